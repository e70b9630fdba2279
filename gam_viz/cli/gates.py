"""`gates`: how a network's gates vary over its test pictures, and what is lost with each as a constant."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gam_viz.cli.common import checkpoint_argument, checkpoints_of, data_argument, device_argument, test_and_held_out

if TYPE_CHECKING:
    from gam_viz.evidence.dependence.verdict import Dependence
    from gam_viz.runtime.progress import Progress


def add(commands: Any) -> None:
    """Add the command to the parser."""
    c = commands.add_parser("gates", help="does each gate depend on the picture? kept beside the checkpoint")
    c.add_argument("networks", nargs="*", metavar="NETWORK", help="names or files (default: all whose data are there)")
    c.add_argument(
        "--channels",
        action="store_true",
        help="what each channel is for, too: its pictures, its likes, what closing it does (minutes a network)",
    )
    c.add_argument("--pictures", type=int, metavar="N", help="of the test split, spread over it (default: all)")
    data_argument(c)
    device_argument(c)
    checkpoint_argument(c)
    c.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Measure what is not known yet, and say what came out."""
    from gam_viz.evidence.channels.measure import gate_channels
    from gam_viz.evidence.channels.store import channels_path, load_channels, save_channels
    from gam_viz.evidence.dependence.measure import dependence, spread_over
    from gam_viz.evidence.dependence.store import dependence_path, load_dependence, save_dependence
    from gam_viz.networks.checkpoints import load
    from gam_viz.runtime.device import pick_device

    if options.pictures is not None and options.pictures < 2:
        raise ValueError(f"--pictures: at least two are needed to vary, got {options.pictures}")
    device = pick_device(options.device)
    for checkpoint in checkpoints_of(options):
        card = checkpoint.card
        path = dependence_path(checkpoint.path.parent, card.name)
        found = load_dependence(path, checkpoint=checkpoint.sha256)
        of_channels = channels_path(checkpoint.path.parent, card.name)
        lacking = options.channels and load_channels(of_channels, checkpoint=checkpoint.sha256) is None
        if found is None or lacking:
            data = test_and_held_out(card, options)
            if data is None:
                continue
            test, held_out = data
            network = load(checkpoint, device)
            if found is None:
                few = test if options.pictures is None else spread_over(test, options.pictures)
                with _bar(card.name) as progress:
                    found = dependence(network, card, few, held_out, progress)
                save_dependence(path, found, checkpoint=checkpoint.sha256)
            if lacking and found:  # numbers of pictures are those of the whole split
                with _bar(card.name) as progress:
                    channels = gate_channels(network, card, test, progress)
                save_channels(of_channels, channels, checkpoint=checkpoint.sha256)
        _say(card.name, found, path)


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    from tqdm import tqdm

    with tqdm(total=1.0, desc=name, bar_format="{l_bar}{bar}| {remaining}", disable=None) as bar:
        yield lambda share, at: bar.update(share - bar.n)


def _say(name: str, found: tuple[Dependence, ...], path: Path) -> None:
    if not found:
        print(f"{name}: no gates")
        return
    print(f"{name}: {found[0].statistics.pictures} test pictures ({path})")
    for each in found:
        of = each.statistics
        lost = ""
        if each.change is not None:
            points = [100 * value for value in (each.change.value, each.change.low, each.change.high)]
            lost = f"; as a constant {points[0]:+.1f} points ({points[1]:+.1f} to {points[2]:+.1f})"
        print(
            f"  {of.path}: mean {of.mean:.3f}, ±{of.spread:.3f} from picture to picture "
            f"({of.between_pictures:.0%} of its variance, {of.by_class:.0%} of that by class){lost}: {each.verdict}"
        )
    sys.stdout.flush()
