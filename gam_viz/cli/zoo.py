"""`zoo`: all networks of a plan, their results, and which of them ship."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from gam_viz.cli.common import checkpoint_argument, data_argument, device_argument, result_files, say_new_folder
from gam_viz.runtime.installation import new_checkpoints


def add(commands: Any) -> None:
    """Add the command to the parser."""
    c = commands.add_parser("zoo", help="train all networks of a plan and table their results")
    c.add_argument("only", nargs="*", metavar="RUN", help="names or patterns of runs, e.g. 'scenes-*' (default: all)")
    c.add_argument("--plan", type=Path, help="TOML list of what to train (default: the project's)")
    c.add_argument("--list", action="store_true", help="say what is done and what is missing, and stop")
    c.add_argument("--ship", action="store_true", help="afterwards copy the best seeds to the folder of checkpoints")
    c.add_argument(
        "--results",
        type=Path,
        metavar="FOLDER",
        help="folder of zoo.json and zoo.md (default: the project's own results and docs, else the folder of runs)",
    )
    c.add_argument("--runs", type=Path, default=Path("runs"), help="folder of runs, their logs and resumable states")
    data_argument(c)
    device_argument(c)
    checkpoint_argument(c, new_checkpoints())
    c.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Train and test what is missing, table what is there."""
    from gam_viz.datasets import data_root
    from gam_viz.runtime.device import pick_device
    from gam_viz.zoo.markdown import tabulate
    from gam_viz.zoo.plan import DEFAULT_PLAN, read_plan
    from gam_viz.zoo.results import RESULTS
    from gam_viz.zoo.ship import ship
    from gam_viz.zoo.train import Workshop, chosen, make, state

    plan = read_plan(options.plan or DEFAULT_PLAN)
    runs = chosen(plan, options.only)
    shop = Workshop(
        data_root(options.data_root),
        options.runs,
        pick_device(options.device),
        say=lambda sentence: print(sentence, flush=True),
        progress=sys.stderr.isatty(),
    )
    if options.list:
        for each in runs:
            print(f"{each.name:<36} {state(each, shop)}")
        return
    written = result_files(options.results, RESULTS, "zoo", options.runs)
    say_new_folder(written[0].parent)
    try:
        for _ in make(runs, shop):
            tabulate(plan, shop, *written)
    finally:  # what is done is told also where a data set was missing
        tabulate(plan, shop, *written)
    if options.ship:
        for path in ship(runs, shop, options.checkpoints):
            print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
