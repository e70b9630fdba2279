"""Own networks of timm's and torchvision's architectures: chosen by name, with weights from a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import streamlit as st
import torch

from gam_viz.app.shared.own_networks.admission import OwnNetworkError, check_library_scale
from gam_viz.app.shared.words import reason, text
from gam_viz.images.preparation import read_preparation
from gam_viz.networks.adapters import adapt, foreign_card
from gam_viz.networks.libraries import architectures, own_transform
from gam_viz.networks.live import UploadedNetwork, live_digest
from gam_viz.networks.named import NamedWeights

TOLD = "told"  # by the weights


def choose_architecture(number: int) -> str | None:
    """Draw the choice: None for what the weights tell, else a name that `open_named` takes."""
    chosen: str = st.selectbox(
        text("own_networks.architecture"),
        [TOLD, *_architectures()],
        format_func=lambda name: text("own_networks.told") if name == TOLD else name,
        key=f"own-architecture-{number}",
        help=text("own_networks.architecture_help"),
    )
    return None if chosen == TOLD else chosen


@st.cache_resource(show_spinner=False)
def _architectures() -> tuple[str, ...]:
    return architectures()


def library_network(
    weights: NamedWeights,
    classes: Sequence[str],
    *,
    input_size: int,
    mean: Sequence[float],
    std: Sequence[float],
    name: str,
) -> UploadedNetwork:
    """The network, built, its gates found on noise of the input's size.

    Raises:
        CheckpointError: its weights are damaged or not finite.
        OwnNetworkError: it is too large to be looked at, or does not run on such pictures.
    """
    check_library_scale(weights, input_size)
    module = weights.build().module
    noise = torch.randn(1, weights.channels, input_size, input_size, generator=torch.Generator().manual_seed(0))
    try:
        adapted = adapt(module, noise).eval().requires_grad_(False)
    except ValueError as error:
        raise OwnNetworkError("runs_not", side=input_size, why=reason(error)) from error
    card = foreign_card(adapted, classes, input_size=input_size, mean=mean, std=std, name=name)
    config = dataclasses.replace(card.config, architecture=weights.architecture)
    card = dataclasses.replace(
        card, dataset="own", dataset_title="", config=config, **_preparation(weights.architecture, input_size)
    )
    return UploadedNetwork(card, adapted, live_digest(adapted, card))


def _preparation(architecture: str, side: int) -> dict[str, Any]:
    """How pictures take the input's form, as for the library's own weights: of the same share for another size."""
    own = read_preparation(own_transform(architecture))
    resize = int(side * own.resize / own.size) if isinstance(own.size, int) else 0
    return {"fit": own.fit, "resize": resize, "interpolation": own.interpolation}
