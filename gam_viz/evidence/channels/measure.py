"""All of it for every channel of a network, over the pictures of a test split."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from gam_viz.datasets import LabelledImages
from gam_viz.evaluation.predictions import batches
from gam_viz.evidence.channels.closing import ClosedChannels, close_channels
from gam_viz.evidence.channels.field import CellFields, receptive_field
from gam_viz.evidence.channels.responses import ChannelResponses, channel_responses
from gam_viz.evidence.dependence.measure import spread_over
from gam_viz.explain.answers import answers_of
from gam_viz.networks.card import Card
from gam_viz.runtime.device import device_of
from gam_viz.runtime.progress import Progress

CLOSED = 500  # pictures at most on which channels are closed: for each of them a pass


@dataclass(frozen=True, eq=False)
class GateChannels:
    """One gate's channels.

    Attributes:
        responses: the pictures at both ends, and the channels that are alike.
        field: what a position of its features sees.
        closed: what closing channels does; None where that was not measured.
    """

    responses: ChannelResponses
    field: CellFields
    closed: ClosedChannels | None = None


def gate_channels(
    network: nn.Module, card: Card, test: LabelledImages, progress: Progress | None = None
) -> tuple[GateChannels, ...]:
    """Of every gate that has channels, in the order they are computed.

    Args:
        network: in eval mode; only read.
        card: its.
        test: (N,) pictures that it answers.
        progress: told the share that is done.

    Raises:
        ValueError: see `channel_responses` and `close_channels`.
    """
    device = device_of(network)
    first = next(iter(batches(test, card.mean, card.std, device)))[:1]
    found = channel_responses(network, batches(test, card.mean, card.std, device))
    few = spread_over(test, CLOSED)
    closed = close_channels(
        network,
        answers_of(card),
        batches(few, card.mean, card.std, device),
        few.labels,
        {of.path: range(of.shape[0]) for of in found},
        count=len(few),
        progress=progress,
    )
    return tuple(
        GateChannels(of, receptive_field(network, of.path, first), each) for of, each in zip(found, closed, strict=True)
    )
