"""The command line: `python -m gam_viz train | evaluate | zoo | checkpoints | convert | cost | evidence | explain`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gam_viz import __version__
from gam_viz.cli import checkpoints, cost, evidence, explain, train
from gam_viz.cli.common import shared_arguments
from gam_viz.datasets import DatasetError
from gam_viz.networks.checkpoints import CheckpointError
from gam_viz.training import TrainingError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gam_viz", description="Train, keep and question attention networks."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    common = shared_arguments()
    for room in (train, checkpoints, cost, evidence, explain):
        room.add(commands, common)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status. What the user can mend ends in one sentence and status 2."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (CheckpointError, DatasetError, TrainingError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"error: {where}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        return 130
    return 0
