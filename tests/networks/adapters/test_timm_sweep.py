"""Architectures of timm with gates: each call of one of its gating modules is found, and nothing else."""

from collections import Counter

import pytest
import torch

from gam_viz.explain import read_gates
from gam_viz.explain.attention_maps import on_grid, read_attention, rollout
from gam_viz.networks.adapters import adapt

#: timm's modules that multiply by gates, and by how many.
GATES = {
    **dict.fromkeys(
        ("SEModule", "SqueezeExcite", "EffectiveSEModule", "EcaModule", "CecaModule", "SqueezeExcitation"), 1
    ),
    **dict.fromkeys(("SplitAttn", "SelectiveKernel", "GatherExcite", "GhostModuleV2"), 1),
    **dict.fromkeys(("CbamModule", "LightCbamModule", "CoordAttn"), 2),
}
NAMES = (
    *(
        "seresnet18",
        "seresnet50",
        "seresnext26d_32x4d",
        "legacy_seresnet18",
        "legacy_seresnext26_32x4d",
        "ecaresnet26t",
    ),
    *(
        "ecaresnet50d",
        "efficientnet_b0",
        "efficientnet_b1",
        "efficientnet_lite0",
        "tf_efficientnetv2_b0",
        "mnasnet_small",
    ),
    *("mobilenetv3_small_100", "mobilenetv3_large_100", "lcnet_050", "fbnetc_100", "fbnetv3_b", "hardcorenas_a"),
    *("ghostnet_100", "ghostnetv2_100", "regnety_002", "regnety_008", "rexnet_100", "skresnet18", "skresnet34"),
    *("resnest14d", "resnest26d", "ese_vovnet19b_dw", "ese_vovnet39b", "semnasnet_075", "spnasnet_100", "tinynet_e"),
    *("coatnet_pico_rw_224", "maxvit_rmlp_pico_rw_256", "eca_nfnet_l0", "resnet18", "convnextv2_atto"),
)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_every_gate_of_an_architecture(name, timm, randomise):
    network = randomise(timm.create_model(name, pretrained=False, num_classes=5))
    x = torch.randn(1, 3, 64, 64)
    calls = Counter()
    hooks = [
        module.register_forward_hook(lambda module, inputs, output: calls.update([type(module).__name__]))
        for module in network.modules()
        if type(module).__name__ in GATES
    ]
    try:
        network(x)
    except (RuntimeError, AssertionError):
        calls.clear()
        x = torch.randn(1, *network.default_cfg["input_size"])
        network(x)
    for hook in hooks:
        hook.remove()
    expected = sum(GATES[kind] * count for kind, count in calls.items())
    adapted = adapt(network, x)
    assert torch.equal(adapted(x), network(x))
    _, readings = read_gates(adapted, x)
    assert len(readings) == expected
    assert all(reading.bounds == (0.0, 1.0) for reading in readings)
    assert adapted.adaption.left_out == ()


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "count", "shape"),
    [
        ("vit_tiny_patch16_224", 12, (1, 3, 17, 17)),
        ("deit_tiny_patch16_224", 12, (1, 3, 17, 17)),
        ("swin_tiny_patch4_window7_224", 12, (64, 3, 49, 49)),
    ],
)
def test_attention_of_transformers_is_no_gate(name, count, shape, timm):
    swin = name.startswith("swin")
    network = timm.create_model(name, pretrained=False, num_classes=5, **({} if swin else {"img_size": 64})).eval()
    x = torch.randn(1, 3, *([224, 224] if swin else [64, 64]))
    adapted = adapt(network, x)
    assert adapted.adaption.places == {}
    for given in (network, adapted):
        readings = read_attention(given, x)
        assert len(readings) == count
        assert readings[0].weights.shape == shape
        assert readings[0].layer.endswith("attn")
        assert abs(readings[-1].weights.sum(-1) - 1).max() < 1e-5
    if not swin:
        assert on_grid(rollout(readings)[0], (64, 64)).shape == (4, 4)
