"""Own networks of other code in the page: a library's architectures, other names, and what is not known."""

import io
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest
from torch import nn

from gam_viz.app.shared.own_networks import libraries
from gam_viz.app.shared.words import speaking
from gam_viz.networks.libraries import architectures
from gam_viz.networks.live import UploadedNetwork
from gam_viz.titles import literal
from tests.app.shared.test_own_networks import add, captions, dialog, errors, field, give, kept, saved
from tests.app.visiting import visit
from tests.networks.state_dicts.test_other_names import CBAMS, NOBODYS, ResNet, trained

__all__ = ["dialog"]

LINE = "gam-viz show mymodels:build --weights {} --classes classes.txt"


class Gated(nn.Module):
    """Stands for a library's architecture: small, and its gate is found by what it does."""

    def __init__(self, num_classes: int = 1000, in_chans: int = 3) -> None:
        super().__init__()
        self.conv1, self.gate = nn.Conv2d(in_chans, 16, 3, 2, 1), nn.Linear(16, 16)
        self.whole, self.fc = nn.Linear(16, 1), nn.Linear(16, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x).relu()
        x = x * self.whole(x.mean((2, 3))).sigmoid()[:, :, None, None]  # one number a picture
        return self.fc((x * self.gate(x.mean((2, 3))).sigmoid()[:, :, None, None]).mean((2, 3)))


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """timm, as far as it is asked: its own networks are too large for two cores."""

    def create(name: str, pretrained: bool, num_classes: int, in_chans: int) -> nn.Module:
        assert not pretrained
        return Gated(num_classes, in_chans)

    cfg = SimpleNamespace(
        **{"num_classes": 1000, "input_size": (3, 32, 32), "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.2, 0.2)},
        **{"crop_pct": 0.8, "interpolation": "bilinear"},
    )
    timm = SimpleNamespace(
        list_models=lambda: ["gated"],
        is_model=lambda name: name == "gated",
        get_pretrained_cfg=lambda name: cfg,
        create_model=create,
    )
    monkeypatch.setattr("gam_viz.networks.libraries._timm", lambda: timm)
    monkeypatch.setattr(libraries, "_architectures", architectures)


def lightning(weights: dict[str, torch.Tensor]) -> bytes:
    return saved({"state_dict": {f"model.{k}": v for k, v in weights.items()}, "hyper_parameters": {"a": slice(1)}})


@pytest.mark.parametrize("page", ["compare", "my_pictures"])
def test_a_librarys_architecture_with_uploaded_weights(app: AppTest, library: None, page: str) -> None:
    visit(app, page).run()
    torch.manual_seed(0)
    weights = Gated(3).state_dict()
    app.button(key="own-button").click().run()
    field(lambda: app.selectbox, "architecture").set_value("timm:gated").run()
    give(app, "last.ckpt", lightning(weights))
    assert not app.exception
    told = "\n".join(markdown.value for markdown in app.markdown)
    assert f"The weights fit **{literal('timm:gated')}** · 3 classes · 0.00 M parameters." in told
    assert field(lambda: app.number_input, "size").value == 32
    assert field(lambda: app.selectbox, "norm").value == "library"
    add(app, "cat\ndog\nfish")
    assert not app.exception
    assert not errors(app)
    (opened,) = kept(app)
    assert isinstance(opened, UploadedNetwork)
    card = opened.card
    assert (card.name, card.classes, card.mean, card.input_size) == (
        "last",
        ("cat", "dog", "fish"),
        (0.4, 0.5, 0.6),
        32,
    )
    assert card.config.architecture == "timm:gated"
    assert (card.fit, card.resize, card.interpolation) == ("crop", 40, "bilinear"), "as the library prepares pictures"
    assert torch.equal(opened.module.fc.weight, weights["fc.weight"])  # type: ignore[union-attr]
    assert "last: 1 gate in 1 layer (1 channel, 0 spatial)" in captions(app)
    assert "Products left out: 1" in [expander.label for expander in app.expander]
    assert "last multiplies 1 × 16 × 16 × 16 by 1 × 1 × 1 × 1: one number for the whole picture" in captions(app)


def test_weights_of_another_architecture_are_told(dialog: AppTest, library: None) -> None:
    dialog.run()
    dialog.button(key="own-button").click().run()
    field(lambda: dialog.selectbox, "architecture").set_value("timm:gated").run()
    give(dialog, "x.safetensors", save({"fc.weight": torch.ones(3, 16), "fc.bias": torch.ones(3)}))
    assert "x.safetensors does not fit timm" in errors(dialog)
    assert "2 of its 8 weights are there" in errors(dialog)
    assert not kept(dialog)


def test_what_a_librarys_weights_are_is_found_out(
    dialog: AppTest, library: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gam_viz.networks.likely._FAMILIES", ((r"gate\.weight", "timm:gated"),))
    dialog.run()
    give(dialog, "x.safetensors", save(Gated(4).state_dict()))
    assert not errors(dialog)
    assert "The weights fit **timm" in "\n".join(markdown.value for markdown in dialog.markdown)


def test_cbam_under_other_names_is_asked_about(dialog: AppTest) -> None:
    built = trained(ResNet(CBAMS["ca.fc"]))
    dialog.run()
    give(dialog, "x.pth.tar", lightning(built.state_dict()))
    assert field(lambda: dialog.selectbox, "norm").value == "imagenet"  # behind a 7x7 stem
    pooled = next(w for w in dialog.get("button_group") if (w.key or "").startswith("own-pooled"))  # type: ignore[attr-defined]
    assert pooled.value == "mean"
    field(lambda: dialog.number_input, "size").set_value(64)
    add(dialog, "a\nb\nc")
    assert not dialog.exception
    (opened,) = kept(dialog)
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(opened.load("cpu")(x), built(x), atol=1e-5)
    assert opened.card.mean == (0.485, 0.456, 0.406)
    assert "x: 16 gates in 8 layers (8 channel, 8 spatial)" in captions(dialog)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_names_that_nobody_knows_end_in_the_line_that_works(dialog: AppTest, lang: str) -> None:
    dialog.query_params["lang"] = lang
    dialog.run()
    with speaking(lang):
        give(dialog, "mine.pth", saved(NOBODYS))
    assert not dialog.exception
    assert dialog.code[0].value == LINE.format("mine.pth")
    table = dialog.dataframe[0].value
    assert list(table.iloc[:, 0])[:2] == ["gate.a.weight", "mask.weight"]
    assert ("the spatial convolution of CBAM" if lang == "en" else "CBAM 的空间卷积") in list(table.iloc[:, 3])
    with speaking(lang):
        give(dialog, "text.pth", b"no weights")
    assert not dialog.code  # of the file before
    assert LINE.format("weights.pth") in errors(dialog)


def test_a_file_without_weights_says_how_to_save_them(dialog: AppTest) -> None:
    file = io.BytesIO()
    torch.save({"epoch": 3, "args": slice(3)}, file)
    dialog.run()
    give(dialog, "x.pt", file.getvalue())
    assert "torch.save(network.state\\_dict(), 'weights.pth')" in errors(dialog)
