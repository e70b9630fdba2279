"""ECA, coordinate attention, SimAM, BAM and triplet attention against their formulas, written once more in NumPy."""

import numpy as np
import pytest
import torch

from gam_viz.attention import OptionError, build_attention
from gam_viz.explain.gates import record_gates
from gam_viz.runtime import torchvision_shim  # noqa: F401  (timm imports torchvision, which it makes importable)

CASES = {
    "eca": [{}, {"k_size": 5}],
    "coordinate": [{}, {"reduction_ratio": 1}],
    "simam": [{}, {"e_lambda": 0.1}],
    "bam": [{}, {"reduction_ratio": 4, "dilation": 2, "combine": "product"}],
    "triplet": [{}, {"kernel_size": 3}],
}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def norm(x, weights, name, axis):
    """A batch norm in eval mode along one axis."""
    shape = [-1 if i == axis else 1 for i in range(x.ndim)]
    mean, var, scale, shift = (
        weights[f"{name}.{key}"].reshape(shape) for key in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / np.sqrt(var + 1e-5) * scale + shift


def conv(x, kernel, bias=None, dilation=1):
    """(C, H, W), (out, C, k, k) -> (out, H, W): one product for every tap, zeros beyond the map."""
    out, _, rows, columns = kernel.shape
    pad = (dilation * (rows // 2), dilation * (columns // 2))
    around = np.pad(x, ((0, 0), (pad[0], pad[0]), (pad[1], pad[1])))
    total = np.zeros((out, *x.shape[1:]))
    for k in range(rows):
        for m in range(columns):
            window = around[:, k * dilation :, m * dilation :][:, : x.shape[1], : x.shape[2]]
            total += np.einsum("oc,chw->ohw", kernel[:, :, k, m], window)
    return total if bias is None else total + bias[:, None, None]


def eca(x, weights, k_size=3):
    means, kernel = np.pad(x.mean(axis=(1, 2)), k_size // 2), weights["conv.weight"][0, 0]
    gate = sigmoid(np.array([kernel @ means[c : c + k_size] for c in range(len(x))]))[:, None, None]
    return x * gate, [gate]


def coordinate(x, weights, reduction_ratio=32):
    assert len(weights["squeeze.bias"]) == max(8, len(x) // reduction_ratio)

    def through(means, name):  # (C, n) -> (C, n)
        hidden = weights["squeeze.weight"][:, :, 0, 0] @ means + weights["squeeze.bias"][:, None]
        hidden = norm(hidden, weights, "bn", 0)
        hidden = hidden * np.clip(hidden + 3, 0, 6) / 6  # hard swish
        return sigmoid(weights[f"{name}.weight"][:, :, 0, 0] @ hidden + weights[f"{name}.bias"][:, None])

    rows, columns = through(x.mean(axis=2), "rows")[:, :, None], through(x.mean(axis=1), "columns")[:, None, :]
    return x * columns * rows, [columns, rows]


def simam(x, weights, e_lambda=1e-4):
    gate = np.empty_like(x)
    for c, features in enumerate(x):
        distance = (features - features.mean()) ** 2
        variance = distance.sum() / (features.size - 1)
        gate[c] = sigmoid(distance / (4 * (variance + e_lambda)) + 0.5)
    return x * gate, [gate]


def bam(x, weights, reduction_ratio=16, dilation=4, combine="sum"):
    hidden = weights["channel.0.weight"] @ x.mean(axis=(1, 2)) + weights["channel.0.bias"]
    hidden = np.maximum(norm(hidden, weights, "channel.1", 0), 0)
    channel = (weights["channel.3.weight"] @ hidden + weights["channel.3.bias"])[:, None, None]
    spatial = x
    for layer, spread in ((0, 1), (3, dilation), (6, dilation)):
        spatial = conv(spatial, weights[f"spatial.{layer}.weight"], weights[f"spatial.{layer}.bias"], spread)
        spatial = np.maximum(norm(spatial, weights, f"spatial.{layer + 1}", 0), 0)
    spatial = conv(spatial, weights["spatial.9.weight"], weights["spatial.9.bias"])
    gate = 1 + sigmoid(channel + spatial if combine == "sum" else channel * spatial)
    return x * gate, [gate]


def triplet(x, weights, kernel_size=7):
    gates = []
    for name, axis in (("channels_columns", 1), ("channels_rows", 2), ("rows_columns", 0)):
        # The pooled axis first, the other two in the order that swapping it with the channels leaves.
        turned = np.swapaxes(x, 0, axis)
        summary = np.stack([turned.max(axis=0), turned.mean(axis=0)])
        mask = sigmoid(norm(conv(summary, weights[f"{name}.conv.weight"]), weights, f"{name}.bn", 0))
        gates.append(np.swapaxes(mask, 0, axis))
    return sum(x * gate for gate in gates) / 3, gates


ORACLES = {"eca": eca, "coordinate": coordinate, "simam": simam, "bam": bam, "triplet": triplet}


@pytest.mark.parametrize(("name", "options"), [(name, options) for name in CASES for options in CASES[name]], ids=str)
def test_equals_its_formula(name, options, randomise, layouts):
    module = randomise(build_attention(name, 20, **options).double())
    weights = {key: value.numpy() for key, value in module.state_dict().items()}
    for layout, x in layouts(2, 20, 9, 6).items():
        with record_gates(module) as seen, torch.no_grad():
            out = module(x)
        for picture in range(2):
            expected, gates = ORACLES[name](x[picture].numpy(), weights, **options)
            np.testing.assert_allclose(out[picture].numpy(), expected, rtol=0, atol=1e-10, err_msg=layout)
            assert len(seen) == len(gates)
            for (_, _, gate), wanted in zip(seen, gates, strict=True):
                assert gate[picture].shape == wanted.shape
                np.testing.assert_allclose(gate[picture].numpy(), wanted, rtol=0, atol=1e-10, err_msg=layout)


@pytest.mark.parametrize("name", CASES)
def test_no_gate_leaves_the_range_that_it_states(name, randomise):
    module = randomise(build_attention(name, 16), seed=3)
    gates = dict(module.named_modules())
    with record_gates(module) as seen, torch.no_grad():
        module(torch.randn(2, 16, 9, 7) * 50)
    for path, _, gate in seen:
        low, high = gates[path].bounds
        assert low <= float(gate.min()) <= float(gate.max()) <= high
    assert {gates[path].bounds for path, *_ in seen} == {(1.0, 2.0) if name == "bam" else (0.0, 1.0)}


def test_a_map_of_one_position_has_no_variance():
    assert torch.isfinite(build_attention("simam", 4)(torch.randn(2, 4, 1, 1))).all()


def test_timms_eca(randomise):
    """The same weights in timm's module."""
    layers = pytest.importorskip("timm.layers", reason="timm is not installed")
    ours = randomise(build_attention("eca", 16, k_size=3)).double()
    theirs = layers.EcaModule(16, kernel_size=3).double()
    theirs.conv.weight.data = ours.conv.weight.data
    x = torch.randn(2, 16, 7, 5, dtype=torch.float64)
    assert (ours(x) - theirs(x)).abs().max() < 1e-12


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("eca", {"k_size": 4}, "ECA's kernel size must be odd.*got 4"),
        ("triplet", {"kernel_size": 0}, "Triplet attention's kernel size must be odd.*got 0"),
        ("simam", {"e_lambda": 0}, "lambda must be above 0, got 0"),
        ("bam", {"dilation": 0}, "dilation must be at least 1, got 0"),
        ("bam", {"combine": "mean"}, "'sum' or 'product', got 'mean'"),
        ("bam", {"reduction_ratio": 0}, "ratio must be at least 1|reduction ratio must be at least 1"),
        ("coordinate", {"reduction_ratio": 0}, "reduction ratio must be at least 1"),
    ],
)
def test_options_out_of_range(name, options, sentence):
    with pytest.raises(ValueError, match=sentence) as raised:
        build_attention(name, 16, **options)
    assert isinstance(raised.value, OptionError) == (name in ("eca", "triplet"))
