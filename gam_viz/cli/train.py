"""`train`: one network, and its checkpoint."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from gam_viz.cli.common import (
    checkpoint_argument,
    data_argument,
    device_argument,
    network_arguments,
    network_of,
)
from gam_viz.runtime.installation import new_checkpoints

RECIPES = ("default", "few-pictures", "radiographs", "tail", "tail-few", "article")


def add(commands: Any) -> None:
    """Add the command to the parser."""
    c = commands.add_parser("train", help="train a network and write its checkpoint")
    c.add_argument("--data", required=True, help="a data set or folder:NAME; one that is unknown lists those known")
    network_arguments(c)
    c.add_argument("--seed", type=int, default=0, help="of weights, order and augmentation (default: 0)")
    c.add_argument("--recipe", default="default", choices=RECIPES, help="default: default")
    c.add_argument("--epochs", type=int, help="instead of the recipe's")
    c.add_argument("--learning-rate", type=float, help="instead of the recipe's")
    c.add_argument("--size", type=int, default=64, help="side of a folder's pictures (default: 64)")
    c.add_argument("--start", help="name or file of a checkpoint whose weights to start from, where they fit")
    c.add_argument("--snapshot", type=int, action="append", default=[], metavar="EPOCH", help="keep a copy; repeats")
    c.add_argument("--name", help="of the checkpoint (default: from the settings)")
    c.add_argument("--note", action="append", default=[], help="a sentence for the card; repeats")
    c.add_argument("--runs", type=Path, default=Path("runs"), help="folder of logs and resumable states")
    data_argument(c)
    device_argument(c)
    checkpoint_argument(c, new_checkpoints())
    c.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Train, or go on where an earlier run stopped."""
    from filelock import FileLock, Timeout

    from gam_viz.datasets import data_root, load_dataset
    from gam_viz.networks.checkpoints import named, read
    from gam_viz.runtime.device import describe, pick_device
    from gam_viz.training import Job, TrainingError, recipe, train

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
    start = named(options.start, options.checkpoints) if options.start else None
    print(f"{name}: {data.info.title}, {len(data)} pictures, on {describe(device)}", flush=True)
    lock = options.runs / name / "lock"  # the zoo's, too
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            path = train(
                Job(name, config, chosen, options.seed, start, tuple(options.note)),
                data,
                checkpoints=options.checkpoints,
                runs=options.runs,
                device=device,
                progress=sys.stderr.isatty(),
                snapshots=options.snapshot,
            )
    except Timeout:
        raise TrainingError(f"another training of the name {name} runs; choose another --name or wait for it") from None
    card = read(path).card
    print(f"{path.name}: validation accuracy {card.validation['accuracy']:.2%}")
