"""The time of a prediction on this machine, against another network that takes turns with it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from gam_viz.cost.network_cost import Counts, count
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.bn_folding import fuse
from gam_viz.runtime.device import describe
from gam_viz.runtime.device_queue import give_way

WARM_UP = 3  # passes of each network before any is timed
LEAST, MOST = 5, 40  # rounds, where the time they may take decides
#: Beyond these a network is not built to be timed: a copy with folded batch norms lives beside it, both in float32,
#: and one pass takes seconds on a few cores, for which others wait.
MOST_PARAMETERS, MOST_MACS = 200_000_000, 30_000_000_000


class TooLargeError(ValueError):
    """A network that is not built here to be timed.

    Attributes:
        counts: what it has.
    """

    def __init__(self, counts: Counts) -> None:
        super().__init__(
            f"networks of up to {MOST_PARAMETERS / 1e6:.0f} million parameters and {MOST_MACS / 1e9:.0f} billion "
            f"multiply-adds are timed here, this one has {counts.parameters / 1e6:.0f} million and "
            f"{counts.macs / 1e9:.1f} billion"
        )
        self.counts = counts


def timeable(counts: Counts) -> bool:
    """Whether a network of that size is built here to be timed."""
    return counts.parameters <= MOST_PARAMETERS and counts.macs <= MOST_MACS


@dataclass(frozen=True)
class Latency:
    """Time of a prediction, relative to another network measured in turn with it.

    Attributes:
        ratio: median over the rounds.
        low, high: the middle half of the rounds.
        rounds: how many.
        device: in words.
    """

    ratio: float
    low: float
    high: float
    rounds: int
    device: str


@dataclass(frozen=True)
class Timing:
    """Of one design: as it is trained, and with its batch norms folded into the convolutions before them.

    Attributes:
        plain: against the base.
        fused: with folded batch norms, against the base with folded batch norms.
        milliseconds, fused_milliseconds: of one picture, median over the rounds.
    """

    plain: Latency
    fused: Latency
    milliseconds: float
    fused_milliseconds: float


def latency(
    config: NetworkConfig, base: NetworkConfig, side: int, device: torch.device, *, rounds: int = 40
) -> Latency:
    """Time of one picture through a network of `config`, relative to one of `base`, in eval mode.

    Both take turns, so that whatever else the machine does meets both; fresh weights, since time does not depend on
    them. Below about 10 rounds the middle half says little.
    """
    network, other = (build_network(c).to(device).eval() for c in (config, base))
    return relative_time(network, other, torch.randn(1, 3, side, side, device=device), rounds=rounds)


def relative_time(network: nn.Module, other: nn.Module, picture: torch.Tensor, *, rounds: int = 40) -> Latency:
    """The same of two networks that are there, in eval mode, on a picture (1, 3, S, S) on their device."""
    pair = (network, other)
    _warm(pair, picture)
    mine, others = zip(*(_round(pair, picture, index) for index in range(rounds)), strict=True)
    return _relative(mine, others, picture.device)


def timing(
    config: NetworkConfig,
    base: NetworkConfig,
    side: int,
    device: torch.device,
    *,
    rounds: int | None = None,
    seconds: float = 3.0,
    progress: Callable[[float], None] | None = None,
) -> Timing:
    """The same with and without folded batch norms: four networks that take turns.

    Args:
        config, base: what is timed, and what it is compared with.
        side: of the square picture, in pixels.
        device: where.
        rounds: how many; None for as many as about `seconds` have room for, 5 to 40.
        seconds: see `rounds`.
        progress: told the share that is done, between passes; may raise to leave.

    Raises:
        TooLargeError: one of the two is not built here.
    """
    for each in (config, base):
        counts = count(each, side)
        if not timeable(counts):
            raise TooLargeError(counts)
    tell = progress or (lambda share: None)
    tell(0.0)
    networks: list[nn.Module] = []
    for each in (config, base):
        network = build_network(each).to(device).eval()
        networks += [network, fuse(network)]
    picture = torch.randn(1, 3, side, side, device=device)
    _warm(networks, picture)
    if rounds is None:
        rounds = min(max(int(seconds / sum(_round(networks, picture, 0))), LEAST), MOST)
    took = []
    for index in range(rounds):
        give_way()
        tell(index / rounds)
        took.append(_round(networks, picture, index))
    mine, mine_fused, others, others_fused = zip(*took, strict=True)
    return Timing(
        _relative(mine, others, device),
        _relative(mine_fused, others_fused, device),
        1000 * statistics.median(mine),
        1000 * statistics.median(mine_fused),
    )


def _warm(networks: Sequence[nn.Module], picture: torch.Tensor) -> None:
    for network in networks:
        for _ in range(WARM_UP):
            _seconds(network, picture)


def _round(networks: Sequence[nn.Module], picture: torch.Tensor, index: int) -> list[float]:
    """Seconds of each network; every other round begins at the other end."""
    order = range(len(networks)) if index % 2 == 0 else reversed(range(len(networks)))
    took = {place: _seconds(networks[place], picture) for place in order}
    return [took[place] for place in range(len(networks))]


def _relative(mine: Sequence[float], others: Sequence[float], device: torch.device) -> Latency:
    ratios = [one / other for one, other in zip(mine, others, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Latency(round(middle, 2), round(low, 2), round(high, 2), len(ratios), describe(device))


@torch.inference_mode()
def _seconds(network: nn.Module, picture: torch.Tensor) -> float:
    started = time.perf_counter()
    network(picture)
    if picture.device.type == "cuda":
        torch.cuda.synchronize(picture.device)
    return time.perf_counter() - started
