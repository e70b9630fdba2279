"""GAM built otherwise: what can be, its shapes as recorded, its parameters and multiply-adds as torch counts them."""

import contextlib
import dataclasses
import itertools

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from gam_viz.attention import GAM
from gam_viz.explain.interventions import Options, options_of, refusal, steps_of
from gam_viz.explain.interventions.double_precision import run
from gam_viz.networks import NetworkConfig

EVERY = [
    Options(*values)
    for values in itertools.product(
        (1, 2, 4, 16, 32),
        ("none", "sigmoid"),
        (1, 2, 4, 8),
        ("between", "last", "none"),
        ("full", "factorised", "depthwise"),
    )
]


def test_what_is_refused_cannot_be_built_and_the_rest_can() -> None:
    reasons = set()
    for channels, options in itertools.product((6, 16, 24), EVERY):
        reason = refusal(channels, options)
        reasons.add(reason)
        said = {"rate": "rate", "groups": "divide", "groups_form": "go with"}.get(reason)
        with torch.device("meta"), pytest.raises(ValueError, match=said) if said else contextlib.nullcontext():
            options.build(channels)
    assert reasons == {None, "rate", "groups", "groups_form"}


@pytest.mark.parametrize("options", [o for o in EVERY if refusal(16, o) is None and o.rate in (2, 4)])
def test_shapes_and_sums_are_those_of_the_module(options) -> None:
    module = GAM(16, **dataclasses.asdict(options)).eval()
    steps = steps_of(options, (16, 6, 10))
    assert sum(step.parameters for step in steps) == sum(p.numel() for p in module.parameters())
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.randn(1, 16, 6, 10))
    assert sum(step.macs for step in steps) == counter.get_total_flops() // 2
    gates = run(module, torch.randn(1, 16, 6, 10)).gates
    of_gates = {step.name: step.shape for step in steps}
    channel = "channel_sigmoid" if options.channel_gate == "sigmoid" else "channel_gate"
    mask = "mask_shuffle" if options.groups > 1 and options.shuffle == "last" else "mask"
    assert of_gates[channel] == tuple(gates["channel_gate"].shape[1:])
    assert of_gates[mask] == tuple(gates["spatial_gate"].shape[1:])
    assert steps[0].shape == steps[-1].shape == (16, 6, 10)
    names = [step.name for step in steps]
    hidden = [steps[names.index("linear")].shape, steps[names.index("relu")].shape]
    assert hidden == [(16 // options.rate, 6, 10)] * 2


@pytest.mark.parametrize(
    ("channels", "options", "parameters"),
    [
        (64, Options(), 102_720),
        (256, Options(), 1_639_680),
        (512, Options(), 6_556_160),
        (64, Options(groups=4), 27_456),
        (64, Options(spatial="factorised"), 8_032),
        (64, Options(spatial="depthwise"), 8_416),
    ],
)
def test_known_counts(channels, options, parameters) -> None:
    assert sum(step.parameters for step in steps_of(options, (channels, 8, 8))) == parameters


def test_options_of_a_network() -> None:
    assert options_of(NetworkConfig(attention="gam")) == Options()
    assert options_of(NetworkConfig(attention="gam_sigmoid")) == Options(channel_gate="sigmoid")
    grouped = NetworkConfig(attention="gam", attention_options={"groups": 4, "shuffle": "last"})
    assert options_of(grouped) == Options(groups=4, shuffle="last")
    assert options_of(NetworkConfig(attention="cbam")) is None
    # Without groups the shuffle says nothing.
    assert options_of(NetworkConfig(attention="gam", attention_options={"shuffle": "none"})) == Options()
    assert options_of(NetworkConfig(attention="gam", attention_options={"out_channels": 16})) is None
