"""What a network costs: parameters, multiply-adds and the time of a prediction."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from gam_viz.devices import describe
from gam_viz.networks import NetworkConfig, ResidualNetwork, build_network


@dataclass(frozen=True)
class Counts:
    """Of one network.

    Attributes:
        parameters: trained numbers.
        macs: multiply-adds of convolutions and linear layers for one picture, half of torch's counted FLOPs.
    """

    parameters: int
    macs: int


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


def count(config: NetworkConfig, side: int) -> Counts:
    """Count a network on square pictures of `side` pixels; no weight is ever stored.

    Raises:
        ValueError: the configuration's attention cannot be built.
    """
    with torch.device("meta"):
        network = build_network(config).eval()
        picture = torch.empty(1, 3, side, side)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(picture)
    return Counts(sum(p.numel() for p in network.parameters()), counter.get_total_flops() // 2)


def latency(
    config: NetworkConfig, base: NetworkConfig, side: int, device: torch.device, *, rounds: int = 40
) -> Latency:
    """Time of one picture through a network of `config`, relative to one of `base`, in eval mode.

    Both take turns, so that whatever else the machine does meets both; fresh weights, since time does not depend on
    them. Below about 10 rounds the middle half says little.
    """
    pair = [build_network(c).to(device).eval() for c in (config, base)]
    picture = torch.randn(1, 3, side, side, device=device)
    for network in pair:
        for _ in range(3):
            _seconds(network, picture)
    ratios = []
    for index in range(rounds):
        order = pair if index % 2 == 0 else pair[::-1]
        took = {id(network): _seconds(network, picture) for network in order}
        ratios.append(took[id(pair[0])] / took[id(pair[1])])
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Latency(round(middle, 2), round(low, 2), round(high, 2), rounds, describe(device))


@torch.inference_mode()
def _seconds(network: ResidualNetwork, picture: torch.Tensor) -> float:
    started = time.perf_counter()
    network(picture)
    if picture.device.type == "cuda":
        torch.cuda.synchronize(picture.device)
    return time.perf_counter() - started
