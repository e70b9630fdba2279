"""The maps of a network as it is or as it became random; averaged over noisy pictures where noise is to cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from gam_viz.explain.attributions import Request, attribute_many
from gam_viz.explain.checks import check_target
from gam_viz.explain.explanation import explain
from gam_viz.explain.heatmaps import Heatmap, heatmaps
from gam_viz.networks.card import Card


def maps_under(
    network: nn.Module,
    card: Card,
    pictures: Sequence[Tensor],
    target: int,
    requests: Sequence[Request | str],
    reduction: str,
    tell: Callable[[float], None] = lambda share: None,
) -> tuple[Heatmap, ...]:
    """A network's gates, then its attributions, each the mean over the pictures.

    Args:
        network: in eval mode; only read.
        card: of that network.
        pictures: (1, 3, H, W) each, normalised, on the network's device; at least one.
        target: index of the class that attributions explain.
        requests: attributions.
        reduction: see `heatmaps`.
        tell: told the share that is done; may raise to leave.
    """
    found = []
    for place, x in enumerate(pictures):

        def told(share: float, _: str = "", place: int = place) -> None:
            tell((place + share) / len(pictures))

        told(0)
        explanation = explain(network, card, x)
        check_target(target, len(explanation.logits))
        made = attribute_many(network, x, target, requests, told, black=card.black)
        found.append(heatmaps(explanation, made, reduction=reduction))
    if len(found) == 1:
        return found[0]
    every = zip(*found, strict=True)  # a map in all of its pictures
    return tuple(replace(of[0], values=np.mean([each.values for each in of], axis=0)) for of in every)


def noisy_pictures(x: Tensor, samples: int, noise: float, seed: int = 0) -> list[Tensor]:
    """A picture (1, 3, H, W) under normal noise of standard deviation noise * (max - min), and last the picture itself:
    `samples` in all, so that one is the picture alone."""
    generator, deviation = torch.Generator().manual_seed(seed), noise * float(x.max() - x.min())
    noisy = [torch.randn(x.shape, generator=generator).to(x) for _ in range(samples - 1)]
    return [*(x + deviation * each for each in noisy), x]
