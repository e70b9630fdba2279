"""The zoo's results as Markdown, for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.leaderboard.pictures import TAGGED
from gam_viz.runtime.files import write_atomically
from gam_viz.zoo.plan import TrainingSet
from gam_viz.zoo.results import AttentionResults, ResultsError, SetResults, gather, load_results, write
from gam_viz.zoo.train import Workshop

HEAD = """# The zoo

Written by `python -m gam_viz zoo`; do not edit. Figures with more digits are in `gam_viz/zoo/results.json`.

Accuracy is that of the test split, read once for each network. Its 95% interval is over seeds (Student's t) where
there are two or more, and over the test pictures (Wilson) of the one network where there is one seed; the column says
which. "Against none" is the difference to the network without attention, in percentage points, with its interval: over
seeds (Welch), or over the pictures that both networks were shown (Bonett and Price). An interval that holds 0 decides
nothing; each holds 95% for one comparison and is not corrected for how many there are. What was seen of CBAM and GAM,
both ways, is in [cbam-or-gam.md](cbam-or-gam.md). Balanced accuracy is the mean of the classes' accuracies;
AUC with more than two classes is the mean of each class against the rest. MACs are multiply-adds of one picture.
Latency is the time of one picture against the network without attention, measured in turn with it: median and middle
half of the rounds.
"""


def tabulate(plan: Sequence[TrainingSet], shop: Workshop, file: Path, table: Path) -> list[SetResults]:
    """Gather what is finished, write it as JSON and as a Markdown table; nothing where nothing is finished."""
    try:
        before = load_results(file)
    except ResultsError as error:
        shop.say(f"{error}; they are gathered anew")
        before = []
    results = gather(plan, shop, before)
    if results:
        write(results, file)
        write_table(results, table)
    return results


def write_table(results: Sequence[SetResults], path: Path) -> None:
    """Write the table, atomically."""
    text = HEAD + "".join(_section(each) for each in results)
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def _section(each: SetResults) -> str:
    two = any(row.auc is not None for row in each.rows)
    head = ["attention", "parameters", "MACs", "latency", "epochs", "seeds", "test accuracy", "against none"]
    if two:
        head.insert(7, "AUC")
    balanced = any("balanced_accuracy" in of for row in each.rows for of in row.seeds.values())
    if balanced:
        head.insert(7, "balanced accuracy")
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    none = each.row("none")
    for row in each.rows:
        cells = [
            row.label,
            f"{row.parameters:,}" + (f" ({row.parameters / none.parameters - 1:+.1%})" if none and row != none else ""),
            f"{row.macs / 1e6:.1f} M",
            _latency(row),
            str(row.epochs),
            str(len(row.seeds)),
            _accuracy(row.accuracy),
            *([_balanced(row)] if balanced else []),
            *([f"{row.auc:.3f}" if row.auc is not None else ""] if two else []),
            _difference(row.differences["none"]) if "none" in row.differences else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    recipe = each.recipe["name"]
    start = f", from the weights of `{each.start}`" if each.start else ""
    devices = ", ".join(sorted({row.device for row in each.rows}))
    return (
        f"\n## {each.title}\n\n{each.network}, width {each.width}, {each.size}x{each.size} pixels, "
        f"{each.classes} classes, {each.test_count:,} test pictures; recipe `{recipe}`{start}; "
        f"trained on {devices}.\n\n{_warning(each)}" + "\n".join(lines) + f"\n{_published(each.published)}"
    )


def _warning(each: SetResults) -> str:
    if not TAGGED.get(each.data, False):
        return ""
    return "A tag gives the class away in every scene: accuracy here means relying on the tag.\n\n"


def _published(other: dict[str, Any]) -> str:
    if not other:
        return ""
    auc = f", AUC {other['auc']:.3f}" if "auc" in other else ""
    return f"\nPublished for {other['network']} ({other['source']}): accuracy {other['accuracy']:.1%}{auc}.\n"


def _latency(row: AttentionResults) -> str:
    return f"{row.latency.ratio:.2f}x ({row.latency.low:.2f}–{row.latency.high:.2f})" if row.latency else ""


def _balanced(row: AttentionResults) -> str:
    """The mean of the classes' accuracies: with its interval over seeds, or of one seed by itself."""
    if row.balanced is not None:
        return _accuracy(row.balanced)
    return ", ".join(f"{of['balanced_accuracy']:.2%}" for of in row.seeds.values() if "balanced_accuracy" in of)


def _accuracy(of: Estimate) -> str:
    return f"{of.value:.2%} ({of.low:.2%}–{of.high:.2%}, {of.basis})"


def _difference(of: Estimate) -> str:
    return f"{of.value * 100:+.2f} ({of.low * 100:+.2f} to {of.high * 100:+.2f}, {of.basis})"
