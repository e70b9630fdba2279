"""Networks in bfloat16, as they are trained and served on GPUs: gates, attributions and evidence are read from them."""

import numpy as np
import pytest
import torch

from gam_viz.evidence.ablation.ablate import ablations
from gam_viz.explain import explain
from gam_viz.explain.attributions import METHODS, attribute
from gam_viz.explain.walkthrough import walk
from gam_viz.networks import NetworkConfig, ResidualNetwork, build_network
from gam_viz.networks.card import Card


@pytest.fixture(scope="module", params=["cbam", "gam"])
def network(request: pytest.FixtureRequest) -> ResidualNetwork:
    torch.manual_seed(0)
    config = NetworkConfig(width=4, num_classes=3, attention=request.param)
    return build_network(config).eval().requires_grad_(False).to(torch.bfloat16)


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1)).to(torch.bfloat16)


def test_gates_are_those_of_float32_to_the_rounding_of_bfloat16(network: ResidualNetwork, x: torch.Tensor) -> None:
    card = Card("n", "own", "", ("a", "b", "c"), 16, (0.5,) * 3, (0.25,) * 3, network.config)
    rough = explain(network, card, x)
    same = build_network(network.config).eval()
    same.load_state_dict({key: value.float() for key, value in network.state_dict().items()})
    fine = explain(same, card, x.float())
    for one, other in zip(rough.readings, fine.readings, strict=True):
        assert one.values.dtype == np.float32
        scale = np.abs(other.values).max()
        np.testing.assert_allclose(one.values, other.values, atol=0.1 * scale + 1e-6)
    assert rough.answered


@pytest.mark.parametrize("method", METHODS)
def test_every_attribution_is_read(method: str, network: ResidualNetwork, x: torch.Tensor) -> None:
    found = attribute(network, x, 1, method)
    assert found.values.dtype == np.float32
    assert np.isfinite(found.values).all()


def test_evidence_and_arithmetic_are_computed(network: ResidualNetwork, x: torch.Tensor) -> None:
    assert len(ablations(network, x, 1, modes=("identity",)).results) == 18
    assert walk(network, x, "layer1.0").steps
