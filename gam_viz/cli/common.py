"""What commands share: arguments, and checkpoints by name or file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from gam_viz.networks import ARCHITECTURES, NetworkConfig
from gam_viz.networks.checkpoints import SUFFIX, Checkpoint, read

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"


def shared_arguments() -> argparse.ArgumentParser:
    """Where data and checkpoints are, and what computes."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data-root", help="folder that holds the data sets (default: $GAM_VIZ_DATA, else ./data)")
    common.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    common.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, help="folder of checkpoints")
    return common


def checkpoint_of(given: str, folder: Path) -> Checkpoint:
    """A checkpoint by its name in the folder, or by its file."""
    path = Path(given)
    return read(path if path.suffix == SUFFIX else folder / f"{given}{SUFFIX}")


def network_arguments(parser: argparse.ArgumentParser) -> None:
    """What a network is, for `network_of`."""
    parser.add_argument("--network", default="gam_net", choices=list(ARCHITECTURES))
    parser.add_argument("--attention", default="none", help="none, se, cbam, gam, gam_sigmoid, se_cbam, se_gam")
    parser.add_argument(
        "--attention-option", action="append", default=[], metavar="KEY=VALUE", help="e.g. rate=8; repeats"
    )
    parser.add_argument("--width", type=int, default=64, help="channels of the first stage (default: 64)")
    parser.add_argument("--stem", default="cifar", help="cifar, stride2 or imagenet (default: cifar)")


def network_of(options: argparse.Namespace, classes: int, stages: Sequence[bool] = ()) -> NetworkConfig:
    """The network that those arguments describe.

    Raises:
        ValueError: an option is not KEY=VALUE, or a value is out of range.
    """
    return NetworkConfig(
        architecture=options.network,
        num_classes=classes,
        width=options.width,
        attention=options.attention,
        attention_options=dict(_option(text) for text in options.attention_option),
        attention_stages=tuple(stages),
        stem=options.stem,
    )


def _option(text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"an attention option is KEY=VALUE, got {text!r}")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
