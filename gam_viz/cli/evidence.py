"""`evidence`: who looks at the right place, over many scenes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gam_viz.cli.common import checkpoint_of
from gam_viz.evidence.leaderboard.markdown import write_table
from gam_viz.evidence.leaderboard.results import RESULTS, load_results, results, write
from gam_viz.evidence.leaderboard.run import TAGGED, EvidenceError, Question, gather
from gam_viz.evidence.leaderboard.scoring import METHODS
from gam_viz.networks.checkpoints import find
from gam_viz.runtime.device import pick_device


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    e = commands.add_parser(
        "evidence", parents=[common], help="judge every map of networks against scenes whose evidence is known"
    )
    e.add_argument("--data", choices=list(TAGGED), nargs="+", default=list(TAGGED), help="default: both")
    e.add_argument("--networks", nargs="+", metavar="NAME", help="names or files (default: all of that data)")
    e.add_argument("--scenes", type=int, default=500, help="how many test scenes (default: 500)")
    e.add_argument("--methods", nargs="+", default=list(METHODS), help=f"of attribution (default: {' '.join(METHODS)})")
    e.add_argument("--out", type=Path, default=RESULTS.parent, help="folder of evidence.json and evidence.md")
    e.add_argument("--runs", type=Path, default=Path("runs"), help="folder where each network's numbers are kept")
    e.set_defaults(run=_evidence)


def _evidence(options: argparse.Namespace) -> None:
    device = pick_device(options.device)
    if options.networks:
        every = [checkpoint_of(name, options.checkpoints) for name in options.networks]
    else:
        every = find(options.checkpoints)[0]
    found = {each.data: each for each in load_results(options.out / RESULTS.name)}
    for data in options.data:
        of_data = [checkpoint for checkpoint in every if checkpoint.card.dataset == data]
        if not of_data:
            raise EvidenceError(f"no network of {data} is there")
        question = Question(data, options.scenes, tuple(options.methods))
        with tqdm(total=len(of_data), unit="network", disable=not sys.stderr.isatty()) as bar:

            def progress(name: str, share: float, bar: Any = bar) -> None:
                bar.n = [each.card.name for each in of_data].index(name) + share  # noqa: B023
                bar.set_description(name)

            trivial, gathered = gather(
                of_data, question, options.runs, device, say=lambda line: print(line, flush=True), progress=progress
            )
        found[data] = results(question, trivial, gathered)
        # After each data set: who is stopped in the second has the first.
        write(list(found.values()), options.out / RESULTS.name)
        write_table(list(found.values()), options.out / f"{RESULTS.stem}.md")
        print(f"{data}: {len(gathered)} networks, {options.scenes} scenes")
