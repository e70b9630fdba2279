"""`evaluate`: a checkpoint on a test split."""

from __future__ import annotations

import argparse
from typing import Any

from gam_viz.cli.common import checkpoint_argument, data_argument, device_argument


def add(commands: Any) -> None:
    """Add the command to the parser."""
    c = commands.add_parser("evaluate", help="test a checkpoint and write the result into its card")
    c.add_argument("checkpoint", nargs="+", help="names or files")
    c.add_argument("--data", help="test on another data set of the same classes; printed, not written into the card")
    data_argument(c)
    device_argument(c)
    checkpoint_argument(c)
    c.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Test each checkpoint."""
    from gam_viz.datasets import DatasetError, data_root, load_dataset
    from gam_viz.evaluation.metrics import predict, summarise
    from gam_viz.networks.checkpoints import load, named, rewrite_card
    from gam_viz.runtime.device import pick_device

    device = pick_device(options.device)
    for given in options.checkpoint:
        checkpoint = named(given, options.checkpoints)
        card = checkpoint.card
        name = options.data or card.dataset
        data = load_dataset(name, "test", data_root(options.data_root), size=card.sides[0])
        if data.info.classes != card.classes:
            raise DatasetError(f"{card.name} was trained on other classes than {name} has now")
        network = load(checkpoint, device)
        result = summarise(predict(network, data, card.mean, card.std, device), data)
        if not options.data:
            rewrite_card(checkpoint, test=result)
        low, high = result["interval"]
        print(
            f"{card.name}: test accuracy {result['accuracy']:.2%} (95% interval {low:.2%} to {high:.2%}, "
            f"{result['count']} pictures), balanced accuracy {result['balanced_accuracy']:.2%}, "
            f"calibration error {result['calibration_error']:.3f}"
        )
        for class_name, accuracy in result["per_class"].items():
            print(f"  {class_name:<12} {accuracy:.2%}")
