"""The modules that the experiments are tried on, each with what is known of it from its paper or its code."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gam_viz.attention import build_attention
from gam_viz.networks import ResidualNetwork


class Case(NamedTuple):
    """One module: its name, its options, and how far its mask's convolutions see each way; None without a mask."""

    attention: str
    options: dict[str, Any]
    radius: int | None

    @property
    def averages(self) -> bool:
        """Whether its channel gate has one value a channel."""
        return not self.attention.startswith("gam")


CASES = {
    "se": Case("se", {"reduction_ratio": 2}, None),
    "cbam": Case("cbam", {"reduction_ratio": 2}, 3),
    "cbam-3": Case("cbam", {"reduction_ratio": 2, "kernel_size": 3}, 1),
    "gam": Case("gam", {}, 6),
    "gam-sigmoid": Case("gam_sigmoid", {}, 6),
    "gam-rate-2": Case("gam", {"rate": 2}, 6),
    "gam-groups": Case("gam", {"rate": 2, "groups": 2}, 6),
    "gam-groups-last": Case("gam", {"rate": 2, "groups": 2, "shuffle": "last"}, 6),
    "gam-groups-none": Case("gam", {"rate": 2, "groups": 2, "shuffle": "none"}, 6),
    "gam-factorised": Case("gam", {"rate": 2, "spatial": "factorised"}, 3),
    "gam-depthwise": Case("gam", {"rate": 2, "spatial": "depthwise"}, 6),
}


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def cases() -> dict[str, Case]:
    return CASES


@pytest.fixture
def network_of(random_network: Callable[..., ResidualNetwork]) -> Callable[[Case], ResidualNetwork]:
    """A small random network in float64: three stages of 8, 16 and 32 channels."""

    def make(case: Case) -> ResidualNetwork:
        return random_network(case.attention, double=True, width=8, attention_options=case.options)

    return make


@pytest.fixture
def module_of(randomise: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """A random module in float64."""

    def make(case: Case, channels: int) -> nn.Module:
        return randomise(build_attention(case.attention, channels, **case.options)).double()

    return make


@pytest.fixture
def scene() -> Tensor:
    """(1, 3, 32, 32): noise, so that no two positions are alike."""
    return torch.randn(1, 3, 32, 32, dtype=torch.float64)


@pytest.fixture
def box() -> Callable[..., np.ndarray]:
    """(H, W) bool: the square around a position, as far as it lies on the map."""

    def draw(shape: tuple[int, int], row: int, column: int, radius: int) -> np.ndarray:
        rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
        return (abs(rows - row) <= radius) & (abs(columns - column) <= radius)

    return draw
