"""Networks, pictures and a look at everything a request must not change."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gam_viz.explain.attributions.prepare import prepare
from gam_viz.networks import NetworkConfig, ResidualNetwork, build_network


@pytest.fixture
def random_network(randomise) -> Callable[..., ResidualNetwork]:
    """A small network whose batch norms have something to fold, in eval mode."""

    def make(attention: str = "gam", *, seed: int = 0, double: bool = False, **config: Any) -> ResidualNetwork:
        network = build_network(NetworkConfig(**{"width": 4, "num_classes": 5, "attention": attention, **config}))
        network = randomise(network, seed)
        with torch.no_grad():
            network.fc.weight.abs_()  # every class has something that speaks for it, so no Grad-CAM is empty
        return network.double() if double else network

    return make


@pytest.fixture
def picture() -> Tensor:
    """(1, 3, 16, 20): patches of colour with noise, so that superpixels find something; in float64."""
    patches = torch.randn(1, 3, 4, 5, dtype=torch.float64).repeat_interleave(4, 2).repeat_interleave(4, 3)
    return patches + 0.1 * torch.randn(1, 3, 16, 20, dtype=torch.float64)


@pytest.fixture
def traces() -> Callable[[nn.Module], object]:
    """What a request must leave as it was: values, modes, gradients and hooks of a network and its private copies."""

    def look(network: nn.Module) -> object:
        prepared = prepare(network)
        found: list[object] = [{key: value.clone() for key, value in network.state_dict().items()}]
        for body in (network, prepared.plain, prepared.hooked):
            for name, module in body.named_modules():
                hooks = {key: len(value) for key, value in vars(module).items() if key.endswith("hooks")}
                found.append((name, type(module), module.training, hooks))
            found.extend((name, p.requires_grad, p.grad is None) for name, p in body.named_parameters())
        return found

    return look


@pytest.fixture
def same_traces() -> Callable[[Any, Any], bool]:
    def compare(before: Any, after: Any) -> bool:
        weights = all(torch.equal(before[0][key], after[0][key]) for key in before[0])
        return weights and before[0].keys() == after[0].keys() and before[1:] == after[1:]

    return compare
