"""The statement that GAM is plug and play, and those that nothing here measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gam_viz.claims.claim import Claim
from gam_viz.networks import ARCHITECTURES, NetworkConfig, build_network


@dataclass(frozen=True)
class PlugAndPlay:
    """Where GAM goes in.

    Attributes:
        architectures: name -> whether the network with GAM in every block answers in the shape it had without.
        layouts: how features lie in memory -> whether the printed `permute(0, 2, 3, 1).view(b, -1, c)` takes them.
        widths: whether the printed product works where `out_channels` is not `in_channels`.
    """

    architectures: dict[str, bool]
    layouts: dict[str, bool]
    widths: bool


def fit() -> PlugAndPlay:
    """Try them all; architectures on a small picture, with weights of 0, since only shapes count."""
    shapes = {}
    for name in ARCHITECTURES:
        plain, gated = (_answer(NetworkConfig(architecture=name, attention=each, width=4)) for each in ("none", "gam"))
        shapes[name] = plain.shape == gated.shape
    features = torch.zeros(2, 16, 8, 8)
    layouts = {
        "contiguous": features,
        "channels_last": features.contiguous(memory_format=torch.channels_last),
        "cropped": features[:, :, 1:-1, 1:-1],
    }

    def flattened(x: Tensor) -> Callable[[], Tensor]:
        return lambda: x.permute(0, 2, 3, 1).view(x.shape[0], -1, x.shape[1])

    return PlugAndPlay(
        architectures=shapes,
        layouts={name: _works(flattened(x)) for name, x in layouts.items()},
        widths=_works(lambda: features * torch.zeros(2, 32, 8, 8)),
    )


def plug(found: PlugAndPlay) -> Claim:
    """ "Plug and play in all kinds of networks."

    Borne out where all architectures, memory layouts and widths work; partly where all architectures do; else
    contradicted.
    """
    everywhere = all(found.architectures.values())
    if everywhere and all(found.layouts.values()) and found.widths:
        verdict = "seen"
    else:
        verdict = "partly" if everywhere else "not_seen"
    facts: dict[str, dict[str, object]] = {
        "architectures": {"works": sum(found.architectures.values()), "count": len(found.architectures)},
    }
    if not found.layouts["cropped"]:
        facts["cropped"] = {}
    if not found.widths:
        facts["widths"] = {}
    return Claim("plug", verdict, verdict, facts=facts)  # type: ignore[arg-type]


def learning() -> Claim:
    """ "Begin with a learning rate about 30 % lower, and a weight decay of 1e-4": no trainings compare that."""
    return Claim("learning", "untested", "untested")


def kernel() -> Claim:
    """ "The 7x7 kernel was verified by experiments": no network with another kernel was trained."""
    return Claim("kernel", "untested", "untested")


@torch.inference_mode()
def _answer(config: NetworkConfig) -> Tensor:
    with torch.device("meta"):
        network = build_network(config).eval()
    network.to_empty(device="cpu")
    for value in network.state_dict().values():
        value.zero_()
    return network(torch.zeros(1, 3, 8, 8))


def _works(attempt: Callable[[], Tensor]) -> bool:
    try:
        attempt()
    except RuntimeError:
        return False
    return True
