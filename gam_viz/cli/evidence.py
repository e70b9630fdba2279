"""`evidence`: who looks at the right place, over many pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from gam_viz.cli.common import (
    checkpoint_argument,
    checkpoints_of,
    data_argument,
    device_argument,
    result_files,
    say_new_folder,
)
from gam_viz.text.nearest import did_you_mean


def add(commands: Any) -> None:
    """Add the command to the parser."""
    e = commands.add_parser("evidence", help="judge every map of networks on pictures whose evidence is known")
    e.add_argument(
        "--data", nargs="+", metavar="NAME", help="scenes, scenes-shortcut (default: both); ucmerced, busi, bccd"
    )
    e.add_argument("--networks", nargs="+", metavar="NAME", help="names or files (default: all of that data)")
    e.add_argument("--scenes", type=int, default=500, help="how many drawn test scenes (default: 500)")
    e.add_argument("--pictures", type=int, help="how many test pictures of a real data set (default: all)")
    e.add_argument("--methods", nargs="+", metavar="NAME", help="of attribution (default: those of docs/evidence.md)")
    e.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="folder of evidence.json and evidence.md (default: the project's own, else the folder of runs)",
    )
    data_argument(e)
    device_argument(e)
    checkpoint_argument(e)
    e.add_argument("--runs", type=Path, default=Path("runs"), help="folder where each network's numbers are kept")
    e.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Gather what is missing, write what is known."""
    from tqdm import tqdm

    from gam_viz.datasets import data_root
    from gam_viz.evidence.leaderboard.aggregate import results
    from gam_viz.evidence.leaderboard.markdown import write_table
    from gam_viz.evidence.leaderboard.pictures import TAGGED
    from gam_viz.evidence.leaderboard.results_file import RESULTS, load_results, write
    from gam_viz.evidence.leaderboard.run import EvidenceError, Question, gather
    from gam_viz.evidence.leaderboard.scoring import METHODS
    from gam_viz.runtime.device import pick_device

    device = pick_device(options.device)
    every = checkpoints_of(options)
    file, table = result_files(options.out, RESULTS, "evidence", options.runs)
    try:
        found = {each.data: each for each in load_results(file)}
    except EvidenceError as error:  # damaged, or of another version
        print(f"{error}; it is written anew", flush=True)
        found = {}
    for data in options.data or TAGGED:
        of_data = [checkpoint for checkpoint in every if checkpoint.card.dataset == data]
        if not of_data:
            near = did_you_mean(data, dict.fromkeys(checkpoint.card.dataset for checkpoint in every))
            raise EvidenceError(f"no network of {data} is there{near}")
        count = options.scenes if data in TAGGED else options.pictures
        question = Question(data, count, tuple(options.methods or METHODS), data_root(options.data_root))
        with tqdm(total=len(of_data), unit="network", disable=not sys.stderr.isatty()) as bar:

            def progress(share: float, name: str, bar: Any = bar) -> None:
                bar.n = [each.card.name for each in of_data].index(name) + share  # noqa: B023
                bar.set_description(name)

            trivial, gathered = gather(
                of_data, question, options.runs, device, say=lambda line: print(line, flush=True), progress=progress
            )
        found[data] = results(question, trivial, gathered)
        say_new_folder(file.parent)
        # After each data set: who is stopped in the second has the first.
        write(list(found.values()), file)
        write_table(list(found.values()), table)
        print(f"{data}: {len(gathered)} networks, {found[data].count} pictures")
