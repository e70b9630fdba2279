"""`train`, `evaluate` and `zoo`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from gam_viz.cli.common import checkpoint_of, network_arguments, network_of
from gam_viz.datasets import DATASETS, DatasetError, data_root, load_dataset
from gam_viz.networks.checkpoints import load, read, rewrite_card
from gam_viz.runtime.device import describe, pick_device
from gam_viz.training import RECIPES, Job, predict, recipe, summarise, train
from gam_viz.zoo.markdown import tabulate
from gam_viz.zoo.plan import DEFAULT_PLAN, read_plan
from gam_viz.zoo.results import RESULTS
from gam_viz.zoo.train import Workshop, chosen, make, ship, state


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands to the parser."""
    a = commands.add_parser("train", parents=[common], help="train a network and write its checkpoint")
    a.add_argument("--data", required=True, help=f"{', '.join(DATASETS)} or folder:NAME")
    network_arguments(a)
    a.add_argument("--seed", type=int, default=0)
    a.add_argument("--recipe", default="default", choices=list(RECIPES))
    a.add_argument("--epochs", type=int, help="instead of the recipe's")
    a.add_argument("--learning-rate", type=float, help="instead of the recipe's")
    a.add_argument("--size", type=int, default=64, help="side of a folder's pictures (default: 64)")
    a.add_argument("--start", help="name or file of a checkpoint whose weights to start from, where they fit")
    a.add_argument("--snapshot", type=int, action="append", default=[], metavar="EPOCH", help="keep a copy; repeats")
    a.add_argument("--name", help="of the checkpoint (default: from the settings)")
    a.add_argument("--note", action="append", default=[], help="a sentence for the card; repeats")
    a.add_argument("--runs", type=Path, default=Path("runs"), help="folder of logs and resumable states")
    a.set_defaults(run=_train)

    b = commands.add_parser("evaluate", parents=[common], help="test a checkpoint and write the result into its card")
    b.add_argument("checkpoint", nargs="+", help="names or files")
    b.add_argument("--data", help="test on another data set of the same classes; printed, not written into the card")
    b.set_defaults(run=_evaluate)

    z = commands.add_parser("zoo", parents=[common], help="train all networks of a plan and table their results")
    z.add_argument("only", nargs="*", metavar="RUN", help="names or patterns of runs, e.g. 'scenes-*' (default: all)")
    z.add_argument(
        "--plan", type=Path, default=DEFAULT_PLAN, help="TOML list of what to train (default: the project's)"
    )
    z.add_argument("--list", action="store_true", help="say what is done and what is missing, and stop")
    z.add_argument("--ship", action="store_true", help="afterwards copy the best seeds to the folder of checkpoints")
    z.add_argument("--results", type=Path, default=RESULTS.parent, help="folder of zoo.json and zoo.md (default: docs)")
    z.add_argument("--runs", type=Path, default=Path("runs"), help="folder of runs, their logs and resumable states")
    z.set_defaults(run=_zoo)


def _train(options: argparse.Namespace) -> None:
    device = pick_device(options.device)
    chosen = recipe(options.recipe, epochs=options.epochs, learning_rate=options.learning_rate)
    data = load_dataset(options.data, "train", data_root(options.data_root), size=options.size)
    config = network_of(options, len(data.info.classes))
    name = options.name or "-".join(
        [
            Path(data.info.name.removeprefix("folder:")).stem,
            options.network,
            f"w{options.width}",
            options.attention,
            f"s{options.seed}",
        ]
    )
    start = checkpoint_of(options.start, options.checkpoints) if options.start else None
    print(f"{name}: {data.info.title}, {len(data)} pictures, on {describe(device)}", flush=True)
    path = train(
        Job(name, config, chosen, options.seed, start, tuple(options.note)),
        data,
        checkpoints=options.checkpoints,
        runs=options.runs,
        device=device,
        progress=sys.stderr.isatty(),
        snapshots=options.snapshot,
    )
    card = read(path).card
    print(f"{path.name}: validation accuracy {card.validation['accuracy']:.2%}")


def _evaluate(options: argparse.Namespace) -> None:
    device = pick_device(options.device)
    for given in options.checkpoint:
        checkpoint = checkpoint_of(given, options.checkpoints)
        card = checkpoint.card
        name = options.data or card.dataset
        data = load_dataset(name, "test", data_root(options.data_root), size=card.input_size)
        if data.info.classes != card.classes:
            raise DatasetError(f"{card.name} was trained on other classes than {name} has now")
        network = load(checkpoint, device)
        result = summarise(predict(network, data, card.mean, card.std, device), data)
        if not options.data:
            rewrite_card(checkpoint, test=result)
        low, high = result["interval"]
        print(
            f"{card.name}: test accuracy {result['accuracy']:.2%} (95 % interval {low:.2%} to {high:.2%}, "
            f"{result['count']} pictures), calibration error {result['calibration_error']:.3f}"
        )
        for class_name, accuracy in result["per_class"].items():
            print(f"  {class_name:<12} {accuracy:.2%}")


def _zoo(options: argparse.Namespace) -> None:
    plan = read_plan(options.plan)
    runs = chosen(plan, options.only)
    shop = Workshop(
        data_root(options.data_root),
        options.runs,
        pick_device(options.device),
        say=lambda sentence: print(sentence, flush=True),
        progress=sys.stderr.isatty(),
    )
    if options.list:
        for run in runs:
            print(f"{run.name:<36} {state(run, shop)}")
        return
    try:
        for _ in make(runs, shop):
            tabulate(plan, shop, options.results)
    finally:  # what is done is told also where a data set was missing
        tabulate(plan, shop, options.results)
    if options.ship:
        for path in ship(runs, shop, options.checkpoints):
            print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
