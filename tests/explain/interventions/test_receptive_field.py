"""What a mask sees, told by connections, is what it is seen to depend on when its inputs are changed."""

import numpy as np
import pytest
import torch
from torch import nn

from gam_viz.attention import GAM
from gam_viz.explain.interventions import field, reach, spatial_field, spatial_reach

VARIANTS = [
    {},
    {"rate": 2},
    {"groups": 2},
    {"rate": 2, "groups": 4},
    {"rate": 2, "groups": 4, "shuffle": "last"},
    {"rate": 2, "groups": 4, "shuffle": "none"},
    {"groups": 4, "shuffle": "between"},
    {"spatial": "factorised"},
    {"spatial": "depthwise"},
]


def mask_of(module: GAM, x: torch.Tensor) -> torch.Tensor:
    return module.mask_shuffle(module.spatial_sigmoid(module.spatial_attention(x)))


@pytest.mark.parametrize("options", VARIANTS)
def test_channels_seen_are_those_whose_change_is_seen(randomise, options) -> None:
    module = randomise(GAM(16, **options)).double()
    x = 3 * torch.randn(1, 16, 15, 15, dtype=torch.float64)
    expected = spatial_reach(GAM(16, **options).to("meta"))
    with torch.no_grad():
        before = mask_of(module, x)
        for channel in range(16):
            other = x.clone()
            other[0, channel] += torch.randn(15, 15, dtype=torch.float64)
            changed = (mask_of(module, other) != before)[0].flatten(1).any(dim=1).numpy()
            np.testing.assert_array_equal(changed, expected[:, channel])


@pytest.mark.parametrize("options", VARIANTS)
def test_the_field_is_where_a_change_is_seen(randomise, options) -> None:
    module = randomise(GAM(16, **options)).double()
    x = 3 * torch.randn(1, 16, 17, 17, dtype=torch.float64)
    other = x.clone()
    other[0, :, 8, 8] += torch.randn(16, dtype=torch.float64)
    with torch.no_grad():
        changed = (mask_of(module, other) != mask_of(module, x))[0].any(dim=0).numpy()
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    assert field(module.spatial_attention) == (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
    assert spatial_field(module) == ((7, 7) if options.get("spatial") == "factorised" else (13, 13))


def test_known_numbers_of_channels_seen() -> None:
    seen = {
        place: spatial_reach(GAM(16, rate=2, groups=4, shuffle=place)).sum(axis=1).tolist()
        for place in ("between", "last", "none")
    }
    assert seen == {"between": [8] * 16, "last": [4] * 16, "none": [4] * 16}
    blocks = spatial_reach(GAM(16, rate=2, groups=4, shuffle="none"))
    np.testing.assert_array_equal(blocks, np.kron(np.eye(4), np.ones((4, 4))) > 0)
    # Shuffled last, mask channel 1 is what group 1 computed, and it weighs channel 1, which is of group 0.
    last = spatial_reach(GAM(16, rate=2, groups=4, shuffle="last"))
    np.testing.assert_array_equal(np.flatnonzero(last[1]), [4, 5, 6, 7])
    assert spatial_reach(GAM(16)).all()


def test_fields_and_connections_of_plain_layers() -> None:
    layers = nn.Sequential(nn.Conv2d(4, 2, (3, 1), groups=2), nn.ReLU(), nn.Conv2d(2, 2, (1, 5), groups=2))
    assert field(layers) == (3, 5)
    np.testing.assert_array_equal(reach(layers, 4), [[True, True, False, False], [False, False, True, True]])
    np.testing.assert_array_equal(reach(nn.ChannelShuffle(2), 4).argmax(axis=1), [0, 2, 1, 3])


def test_layers_that_are_not_known_are_refused() -> None:
    with pytest.raises(TypeError, match="connections of a Linear"):
        reach(nn.Linear(3, 3), 3)
    with pytest.raises(TypeError, match="field of a AdaptiveAvgPool2d"):
        field(nn.AdaptiveAvgPool2d(1))
    with pytest.raises(TypeError, match="stride or a dilation"):
        field(nn.Conv2d(3, 3, 3, stride=2))
