"""GAM and its variants against their formulas, and the tutorial's parameter names."""

import pytest
import torch

from gam_viz.attention import GAM
from tests import oracles

VARIANTS = [
    {},
    {"rate": 1},
    {"rate": 16},
    {"rate": 3},  # does not divide: 16 // 3 = 5 hidden channels
    {"channel_gate": "sigmoid"},
    {"groups": 2},
    {"groups": 4},
    {"rate": 2, "groups": 8, "channel_gate": "sigmoid"},
    {"groups": 4, "shuffle": "last"},
    {"groups": 2, "shuffle": "none", "channel_gate": "sigmoid"},
    {"spatial": "factorised"},
    {"spatial": "factorised", "rate": 8, "channel_gate": "sigmoid"},
    {"spatial": "depthwise"},
    {"spatial": "depthwise", "rate": 2, "channel_gate": "sigmoid"},
]

#: Names and shapes of the tutorial's GAM_Attention(64, 64), as its section 3 prints the class.
TUTORIAL = {
    "channel_attention.0.weight": (16, 64),
    "channel_attention.0.bias": (16,),
    "channel_attention.2.weight": (64, 16),
    "channel_attention.2.bias": (64,),
    "spatial_attention.0.weight": (16, 64, 7, 7),
    "spatial_attention.0.bias": (16,),
    "spatial_attention.1.weight": (16,),
    "spatial_attention.1.bias": (16,),
    "spatial_attention.1.running_mean": (16,),
    "spatial_attention.1.running_var": (16,),
    "spatial_attention.1.num_batches_tracked": (),
    "spatial_attention.3.weight": (64, 16, 7, 7),
    "spatial_attention.3.bias": (64,),
    "spatial_attention.4.weight": (64,),
    "spatial_attention.4.bias": (64,),
    "spatial_attention.4.running_mean": (64,),
    "spatial_attention.4.running_var": (64,),
    "spatial_attention.4.num_batches_tracked": (),
}


def without_rate(options):
    return {key: value for key, value in options.items() if key != "rate"}


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_equals_the_formula_in_any_layout(options, randomise, layouts):
    module = randomise(GAM(16, **options).double())
    for layout, x in layouts(2, 16, 9, 6).items():
        expected = oracles.gam(x, module.state_dict(), **without_rate(options))
        assert (module(x) - expected.out).abs().max() < 1e-10, layout


def test_the_layouts_are_what_they_say(layouts):
    contiguous = {name: x.is_contiguous() for name, x in layouts(2, 16, 9, 6).items()}
    assert contiguous == {
        "contiguous": True,
        "channels_last": False,
        "permuted": False,
        "cropped": False,
        "strided": False,
    }


def test_gradients_equal_the_formula(randomise, layouts):
    module = randomise(GAM(8, groups=2).double())
    x = layouts(2, 8, 5, 7)["cropped"].requires_grad_()
    (ours,) = torch.autograd.grad(module(x).square().sum(), x)
    (theirs,) = torch.autograd.grad(oracles.gam(x, module.state_dict(), groups=2).out.square().sum(), x)
    assert (ours - theirs).abs().max() < 1e-10


def test_a_state_dict_of_the_tutorials_class_loads_unchanged():
    generator = torch.Generator().manual_seed(1)
    weights = {
        name: torch.tensor(7) if shape == () else torch.rand(shape, generator=generator, dtype=torch.float64) - 0.3
        for name, shape in TUTORIAL.items()
    }
    for name in ("spatial_attention.1.running_var", "spatial_attention.4.running_var"):
        weights[name] += 0.5
    module = GAM(64, 64).double().eval()
    module.load_state_dict(weights, strict=True)
    x = torch.randn(2, 64, 5, 6, generator=generator, dtype=torch.float64)
    expected = oracles.gam(x, weights).out
    assert (module(x) - expected).abs().max() < 1e-10 * expected.abs().max()


@pytest.mark.parametrize(
    ("spatial", "kernels"),
    [
        ("full", {0: (4, 16, 7, 7), 3: (16, 4, 7, 7)}),
        # The tutorial's section 5: 1x1, 7x1, 1x7, and 1x1 after the ReLU.
        ("factorised", {0: (4, 16, 1, 1), 1: (4, 4, 7, 1), 2: (4, 4, 1, 7), 5: (16, 4, 1, 1)}),
        ("depthwise", {0: (16, 1, 7, 7), 1: (4, 16, 1, 1), 4: (4, 1, 7, 7), 5: (16, 4, 1, 1)}),
    ],
)
def test_kernels_of_the_spatial_forms(spatial, kernels):
    layers = GAM(16, spatial=spatial).spatial_attention
    assert {k: tuple(m.weight.shape) for k, m in enumerate(layers) if isinstance(m, torch.nn.Conv2d)} == kernels


def test_groups_with_the_shuffle_see_several_groups(randomise):
    """Each mask channel sees all of the input's groups that its hidden channels came from, not only its own."""
    module = randomise(GAM(32, groups=4).double())
    x = torch.randn(1, 32, 3, 3, dtype=torch.float64, requires_grad=True)
    mask = module.spatial_attention(x)
    (gradient,) = torch.autograd.grad(mask[0, 0].sum(), x)
    seen = gradient[0].abs().sum(dim=(1, 2)).view(4, 8).sum(dim=1) > 0
    assert int(seen.sum()) == 2  # 8 hidden channels in groups of 2: after the shuffle, from two input groups


@pytest.mark.parametrize("shuffle", ["last", "none"])
def test_without_the_shuffle_between_a_mask_channel_sees_one_group(randomise, shuffle):
    """Moved to the end, the shuffle mixes nothing: it hands the mask of one group to a channel of another."""
    module = randomise(GAM(32, groups=4, shuffle=shuffle).double())
    x = torch.randn(1, 32, 3, 3, dtype=torch.float64, requires_grad=True)
    mask = module.mask_shuffle(module.spatial_attention(x))
    for channel in (0, 1, 31):
        (gradient,) = torch.autograd.grad(mask[0, channel].sum(), x, retain_graph=True)
        seen = gradient[0].abs().sum(dim=(1, 2)).view(4, 8).sum(dim=1) > 0
        own = channel % 4 if shuffle == "last" else channel // 8
        assert seen.nonzero().flatten().tolist() == [own]


def test_the_places_of_the_shuffle_share_their_weights(randomise):
    between = randomise(GAM(16, groups=2))
    for shuffle in ("last", "none"):
        other = GAM(16, groups=2, shuffle=shuffle)
        other.load_state_dict(between.state_dict())
        assert sum(p.numel() for p in other.parameters()) == sum(p.numel() for p in between.parameters())


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        ((16, 32), {}, "in_channels and out_channels must be equal, got 16 and 32"),
        ((16,), {"rate": 0}, r"between 1 and the number of channels \(16\), got 0"),
        ((16,), {"rate": 17}, r"between 1 and the number of channels \(16\), got 17"),
        ((16,), {"channel_gate": "tanh"}, "'none' or 'sigmoid', got 'tanh'"),
        ((16,), {"groups": 0}, "must divide both its widths, 16 and 4"),
        ((16,), {"groups": 3}, "must divide both its widths, 16 and 4"),
        ((16,), {"groups": 8}, "must divide both its widths, 16 and 4"),
        ((16,), {"groups": 2, "shuffle": "first"}, "'between', 'last' or 'none', got 'first'"),
        ((16,), {"groups": 2, "spatial": "depthwise"}, "not with the 'depthwise' form"),
        ((16,), {"spatial": "dilated"}, "'full', 'factorised', 'depthwise', got 'dilated'"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_the_reason(arguments, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        GAM(*arguments, **options)
