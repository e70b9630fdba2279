"""IDSDS as Markdown, for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.single_deletion.results import InDomain
from gam_viz.runtime.files import write_atomically

HEAD = """# Scores that two networks can be compared by

Written by `python -m gam_viz idsds`; do not edit.

Of a copy of each network that was tuned a few epochs on pictures of which half lack one cell of a grid, so that a
removed cell is nothing new to it: Spearman's rank correlation of what a map holds in each cell with how far the logit
of the picture's class falls when that cell becomes the mean colour; the mean over test pictures and its 95% interval
(IDSDS: R. Hesse, S. Schaub-Meyer and S. Roth, NeurIPS 2024, arXiv 2407.11910). 1 is perfect, 0 is chance. "gain",
"channel", "mask" and "features" are means over layers; "centre" and "edges" are maps that no network had a hand in
([evidence.md](evidence.md) says what each is).

What is compared are tuned copies: each says of its network what tuning left of it. The columns before the maps say what
a removed cell does to the answers before and after.
"""


def write_table(found: Sequence[InDomain], path: Path) -> None:
    """Write it, atomically."""
    text = "\n".join([HEAD, *(line for each in found for line in _of_data(each))])
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def _of_data(found: InDomain) -> list[str]:
    keys = list(dict.fromkeys(key for row in found.networks for key in row.maps))
    head = ["network", "accuracy", "a cell removed", "tuned", "tuned, a cell removed", *keys]
    lines = [f"## {found.data}, {found.pictures} test pictures, {found.grid} x {found.grid} cells", ""]
    lines += [f"Tuned for {found.epochs} epochs.", "", _line(head), _line(["---"] * len(head))]
    for row in found.networks:
        shares = [f"{of.value:.1%}" for of in (row.before, row.before_without, row.after, row.after_without)]
        lines.append(_line([row.name, *shares, *(_written(row.maps.get(key)) for key in keys)]))
    if apart := [row for row in found.networks if row.apart]:
        lines += ["", "Less CBAM's, on the same pictures:", "", _line(["network", *keys])]
        lines += [_line(["---"] * (1 + len(keys)))]
        lines += [_line([row.name, *(_written(row.apart.get(key)) for key in keys)]) for row in apart]
    return [*lines, ""]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _written(of: Estimate | None) -> str:
    return "" if of is None else f"{of.value:+.3f} ({of.low:+.3f} to {of.high:+.3f})"
