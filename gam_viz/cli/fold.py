"""`fold`: gates that could be constants become constants, and what accuracy, parameters and time that leaves."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gam_viz.cli.common import checkpoint_argument, checkpoints_of, data_argument, device_argument, test_and_held_out

if TYPE_CHECKING:
    from gam_viz.evidence.dependence.fold import FoldedNetwork


def add(commands: Any) -> None:
    """Add the command to the parser."""
    c = commands.add_parser("fold", help="make constants of gates that could be, and measure what is left")
    c.add_argument("networks", nargs="*", metavar="NETWORK", help="names or files (default: all whose data are there)")
    c.add_argument("--to", type=Path, metavar="FOLDER", help="write the folded networks there, as NAME-folded")
    data_argument(c)
    device_argument(c)
    checkpoint_argument(c)
    c.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Fold each network, keep what was measured beside its checkpoint, and say it."""
    from gam_viz.evaluation.metrics import predict, summarise
    from gam_viz.evidence.dependence.fold import choose, folding, folding_path, save_folding
    from gam_viz.explain.gates import gates_of
    from gam_viz.networks.checkpoints import SUFFIX, load, save
    from gam_viz.runtime.device import pick_device
    from gam_viz.runtime.files import file_name

    device = pick_device(options.device)
    for checkpoint in checkpoints_of(options):
        card = checkpoint.card
        network = load(checkpoint, device)
        if not gates_of(network):
            print(f"{card.name}: no gates")
            continue
        data = test_and_held_out(card, options)
        if data is None:
            continue
        test, held_out = data
        means = choose(network, card, held_out)
        found, folded = folding(network, card, means, test, checkpoint=checkpoint.sha256)
        save_folding(folding_path(checkpoint.path.parent, card.name), found)
        _say(card.name, found)
        if options.to is not None and means:
            name = f"{card.name}-folded"
            note = f"Made of {card.name} (sha256 {checkpoint.sha256}): constants are {', '.join(means)}."
            tested = summarise(predict(folded, test, card.mean, card.std, device), test)
            told = dataclasses.replace(
                card, name=name, config=folded.config, test=tested, validation={}, notes=(*card.notes, note)
            )
            path = options.to / f"{file_name(name)}{SUFFIX}"
            save(folded, told, path)
            print(f"  {path}")


def _say(name: str, found: FoldedNetwork) -> None:
    points = [100 * value for value in (found.change.value, found.change.low, found.change.high)]
    print(
        f"{name}: {len(found.folded)} of {found.gates} gates are constants; test accuracy {found.before:.2%} -> "
        f"{found.after:.2%} ({points[0]:+.1f} points, {points[1]:+.1f} to {points[2]:+.1f}); parameters "
        f"{found.parameters:,} -> {found.left:,}; multiply-adds {found.macs:,} -> {found.macs_left:,}; time "
        f"x{found.time.ratio:.2f} ({found.time.low:.2f}-{found.time.high:.2f})"
    )
    sys.stdout.flush()
