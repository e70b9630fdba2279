"""What commands share: arguments, and what they stand for."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gam_viz.runtime.installation import INSTALLED, PACKAGE, checkpoint_folder

if TYPE_CHECKING:
    from gam_viz.datasets import LabelledImages
    from gam_viz.networks import NetworkConfig
    from gam_viz.networks.card import Card
    from gam_viz.networks.checkpoints import Checkpoint

# Names that `--help` lists; a test holds them to those of the library, which takes seconds to import.
ARCHITECTURES = ("gam_net", "resnet18", "resnet34", "resnet50")


def device_argument(parser: argparse.ArgumentParser) -> None:
    """What computes."""
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")


def data_argument(parser: argparse.ArgumentParser) -> None:
    """Where the data sets are."""
    parser.add_argument("--data-root", help="folder that holds the data sets (default: $GAM_VIZ_DATA, else ./data)")


def checkpoint_argument(parser: argparse.ArgumentParser, default: Path | None = None) -> None:
    """Where checkpoints are."""
    parser.add_argument(
        "--checkpoints",
        type=Path,
        default=checkpoint_folder() if default is None else default,
        metavar="FOLDER",
        help="folder of checkpoints (default: $GAM_VIZ_CHECKPOINTS, else those that ship)",
    )


def checkpoints_of(options: argparse.Namespace) -> list[Checkpoint]:
    """The networks that `options.networks` names; without names, all in the folder of checkpoints.

    Raises:
        CheckpointError: one of those named is not there, or cannot be read.
    """
    from gam_viz.networks.checkpoints import find, named

    return [named(name, options.checkpoints) for name in options.networks or ()] or find(options.checkpoints)[0]


def network_arguments(parser: argparse.ArgumentParser) -> None:
    """What a network is, for `network_of`."""
    parser.add_argument("--network", default="gam_net", choices=ARCHITECTURES, help="default: gam_net")
    parser.add_argument(
        "--attention", default="none", help="e.g. se, cbam, gam; one that is unknown lists those that are known"
    )
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
    from gam_viz.networks import NetworkConfig

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
    return key, value_of(value)


def value_of(text: str) -> Any:
    """What an option's text says: a number, true, false, null, or else a word."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def say_new_folder(path: Path) -> None:
    """Say that the folder a result goes to is not there yet, and is made."""
    if not path.exists():
        print(f"{path}: a new folder", flush=True)


def result_files(folder: Path | None, own: Path, name: str, otherwise: Path) -> tuple[Path, Path]:
    """Where results go as JSON and as Markdown.

    Args:
        folder: what was asked for: NAME.json and NAME.md there.
        own: the project's JSON; in a checkout it is written anew, and docs/NAME.md with it.
        name: of both files.
        otherwise: the folder where the package is installed and none was asked for.
    """
    if folder is None and not INSTALLED:
        return own, PACKAGE.parent / "docs" / f"{name}.md"
    return (folder or otherwise) / f"{name}.json", (folder or otherwise) / f"{name}.md"


def test_and_held_out(card: Card, options: argparse.Namespace) -> tuple[LabelledImages, LabelledImages] | None:
    """The test pictures of a network's data set, and those that its training held out.

    None, which is said, where they are not on this computer and nobody named the network.
    """
    from gam_viz.datasets import MissingDataError, data_root, load_dataset, split_validation
    from gam_viz.training.loop import VALIDATION_SHARE

    root, size = data_root(options.data_root), card.sides[0]
    try:
        test, train = (
            load_dataset(card.dataset, split, root, size=size, download=False) for split in ("test", "train")
        )
    except MissingDataError as error:
        if options.networks:
            raise
        print(f"{card.name}: left out; {error}")
        return None
    return test, split_validation(train, VALIDATION_SHARE)[1]
