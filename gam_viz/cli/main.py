"""The command line: `gam-viz COMMAND`, or `python -m gam_viz COMMAND` where it is not installed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from gam_viz import __version__
from gam_viz.cli import (
    app,
    audit,
    checkpoints,
    convert,
    cost,
    evaluate,
    evidence,
    explain,
    fold,
    gates,
    idsds,
    show,
    train,
    zoo,
)
from gam_viz.text import words


def parser() -> argparse.ArgumentParser:
    """Of all commands."""
    program = "python -m gam_viz" if Path(sys.argv[0]).name == "__main__.py" else "gam-viz"
    parser = argparse.ArgumentParser(prog=program, description="Open the gates of attention networks.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    judging = (explain, audit, evidence, gates, fold, idsds)
    for command in (app, show, *judging, cost, train, evaluate, zoo, convert, checkpoints):
        command.add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status. What the user can mend ends in one sentence and status 2."""
    options = parser().parse_args(arguments)
    try:
        _run(options)
    except ValueError as error:  # of which all errors of the library are kinds
        print(f"error: {error}", file=sys.stderr)
        for miss in getattr(error, "misses", ()):  # of weights that are not known
            print(f"  {miss.in_words(words('en'))}", file=sys.stderr)
        return 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"error: {where}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        return 130
    return 0


def _run(options: argparse.Namespace) -> None:
    """Once more, on the CPU, where a GPU's memory does not suffice."""
    try:
        options.run(options)
    except RuntimeError as error:
        # Torch is not imported before a command runs: its error goes by its name.
        if type(error).__name__ != "OutOfMemoryError" or getattr(options, "device", "cpu") == "cpu":
            raise
        from gam_viz.runtime.device import describe, pick_device

        said, device = words(getattr(options, "language", "en")), describe(pick_device(options.device))
        print(said.text("common.device.gave_up", device=device), file=sys.stderr)
        options.device = "cpu"
        options.run(options)
