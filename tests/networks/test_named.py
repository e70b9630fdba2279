"""timm's and torchvision's architectures by name: checked against the file before anything is allocated."""

import io
import sys

import pytest
import torch
from safetensors.torch import save

from gam_viz.networks import named
from gam_viz.networks.checkpoints import CheckpointError
from gam_viz.networks.libraries import architectures
from gam_viz.networks.named import build_named
from gam_viz.runtime.torchvision_shim import torchvision


def saved(thing):
    file = io.BytesIO()
    torch.save(thing, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def timms():
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    return timm.create_model("seresnet18", pretrained=False, num_classes=5, in_chans=1).eval()


def test_timms_architecture_with_a_files_weights(timms, monkeypatch):
    monkeypatch.setattr("torch.hub.load_state_dict_from_url", lambda *a, **k: pytest.fail("downloads"))
    content = save({f"module.{key}": value for key, value in timms.state_dict().items()}, metadata={"format": "pt"})
    found = build_named("timm:seresnet18", content, "w.safetensors")
    assert (found.architecture, found.num_classes, found.channels) == ("timm:seresnet18", 5, 1)
    assert (found.input_size, found.std) == (224, (pytest.approx(0.226),))  # ImageNet's, of grey pictures
    assert not found.module.training
    x = torch.randn(1, 1, 64, 64)
    with torch.no_grad():
        assert torch.equal(found.module(x), timms(x))
    assert all(not parameter.is_meta for parameter in found.module.state_dict().values())


def test_torchvisions_architecture_in_a_lightning_checkpoint():
    torch.manual_seed(0)
    network = torchvision.models.get_model("mobilenet_v3_small", weights=None, num_classes=3).eval()
    weights = {f"net.{key}": value.half() if value.ndim else value for key, value in network.state_dict().items()}
    content = saved({"state_dict": weights | {"loss.weight": torch.ones(3)}, "hyper_parameters": {"a": slice(1)}})
    found = build_named("torchvision:mobilenet_v3_small", content, "last.ckpt")
    assert (found.num_classes, found.mean, found.left_over) == (3, (0.485, 0.456, 0.406), ("loss.weight",))
    assert next(found.module.parameters()).dtype == torch.float32


def test_another_architecture_is_told_before_anything_is_allocated(timms, monkeypatch):
    content = saved(timms.state_dict())
    monkeypatch.setattr(named, "load_weights", lambda *a: pytest.fail("allocated"))
    with pytest.raises(CheckpointError) as caught:
        build_named("timm:resnet18", content, "w.pth")
    assert str(caught.value) == (
        "w.pth does not fit timm:resnet18: 102 of its 102 weights are there in the right shape; 32 have no place in it "
        "(layer1.0.se.fc1.weight is the first)"
    )
    with pytest.raises(CheckpointError, match=r"134 of its 246 .* 112 are missing"):
        build_named("timm:seresnet34", content, "w.pth")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("resnet18", r"an architecture is called timm:NAME or torchvision:NAME, got 'resnet18'"),
        ("timm:hf-hub:someone/something", "timm has no architecture called 'hf-hub:someone/something'"),
        ("timm:seresnet19", r"timm has no architecture called 'seresnet19'; near it are seresnet18, "),
        ("timm:resnet18.no_such_tag", "timm has no architecture called 'resnet18.no_such_tag'"),
        ("torchvision:resnet19", "near it are resnet18"),
        ("torchvision:raft_large", "torchvision has no architecture called 'raft_large'"),
    ],
)
def test_names_that_nobody_has(name, sentence):
    pytest.importorskip("timm")
    with pytest.raises(CheckpointError, match=sentence):
        build_named(name)


def test_without_timm(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(CheckpointError, match=r"^timm is not installed: pip install timm, and try again$"):
        build_named("timm:seresnet18")
    names = architectures()
    assert "torchvision:resnet18" in names
    assert not [name for name in names if not name.startswith("torchvision:")]


def test_all_names_are_listed():
    pytest.importorskip("timm")
    names = architectures()
    assert {"timm:seresnet18", "torchvision:resnet18"} <= set(names)
    assert build_named("torchvision:resnet18").num_classes == 1000
