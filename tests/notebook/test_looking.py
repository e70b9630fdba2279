"""Gates, explanations and reports in one line, without a server."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import gam_viz
from gam_viz.attention import build_attention
from gam_viz.evidence.case import CaseSettings
from gam_viz.explain.walkthrough import StepsError, walk
from gam_viz.notebook.opening import Said, open_network
from tests.networks_of_others import OwnSE, own_network

SAID = {"size": 32, "mean": (0.5,) * 3, "std": (0.5,) * 3}


@pytest.fixture
def picture():
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8))


def test_gates_equal_hooks_set_by_hand():
    network = own_network()
    x = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    seen = {}
    for name, module in network.named_modules():
        if name in ("attention1.channel", "attention1.spatial", "attention2.channel", "attention2.spatial"):
            module.register_forward_hook(lambda m, i, o, name=name: seen.__setitem__(name, o.detach()))
    with torch.no_grad():
        network(x)
    gates = gam_viz.gates(own_network(), x)
    assert len(gates) == 4
    for number, reading in enumerate(gates):
        block, branch = f"attention{number // 2 + 1}", reading.branch
        by_hand = seen[f"{block}.{branch}"]
        if branch == "channel":  # (B, HW, C)
            side = int(by_hand.shape[1] ** 0.5)
            by_hand = by_hand.reshape(side, side, -1).permute(2, 0, 1)
        else:
            by_hand = torch.sigmoid(by_hand[0])
        np.testing.assert_allclose(reading.values, by_hand.numpy(), atol=1e-6)


def test_a_normalised_tensor_and_a_picture(picture):
    from_picture = gam_viz.gates(own_network(), picture, **SAID)
    assert from_picture.seen.shape == (32, 32, 3)
    x = torch.from_numpy(from_picture.seen.copy()).permute(2, 0, 1)[None].float() / 255
    from_tensor = gam_viz.gates(own_network(), (x - 0.5) / 0.5, **SAID)
    np.testing.assert_allclose(from_tensor[0].values, from_picture[0].values, atol=1e-6)
    np.testing.assert_array_equal(from_tensor.seen, from_picture.seen)


def test_a_plot_has_a_column_a_layer_and_refuses_what_is_not_there(picture):
    gates = gam_viz.gates(own_network(), picture, **SAID)
    figure = gates.plot()
    titles = [axes.get_title() for axes in figure.axes]
    assert [layer for layer in gates.layers if layer in titles] == list(gates.layers)
    assert gates._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="no gates in nowhere; there are in attention1"):
        gates.plot("nowhere")
    with pytest.raises(ValueError, match="no gates in this network"):
        gam_viz.gates(nn.Sequential(nn.Conv2d(3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()), picture, **SAID).plot()


def test_explain_and_report(picture, tmp_path):
    explanation = gam_viz.explain(own_network(OwnSE), picture, classes=("a", "b", "c"), **SAID)
    assert explanation.card.classes == ("a", "b", "c")
    assert len(explanation.readings) == 2
    path = gam_viz.report(
        {"se": own_network(OwnSE), "gam": own_network()},
        picture,
        tmp_path / "r.html",
        settings=CaseSettings(methods=("gradcam",), measures=()),
        **SAID,
    )
    text = path.read_text(encoding="utf-8")
    assert "se" in text
    assert "gam" in text
    with pytest.raises(ValueError, match=r"written as \.html or \.zip, got r\.pdf"):
        gam_viz.report(own_network(), picture, tmp_path / "r.pdf", **SAID)
    assert [file.name for file in tmp_path.iterdir()] == ["r.html"]


def test_public_names_are_there():
    for name in ("show", "gates", "explain", "report", "replace_gates", "attribute"):
        assert callable(getattr(gam_viz, name))
        assert name in dir(gam_viz)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gam_viz.nothing


def test_a_known_module_in_a_foreign_network_is_taken_apart():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.gam = nn.Conv2d(3, 8, 3, 2), build_attention("gam", 8)
            self.own, self.head = OwnSE(8), nn.Linear(8, 2)

        def forward(self, x):
            return self.head(self.own(self.gam(self.stem(x))).mean((2, 3)))

    torch.manual_seed(0)
    opened = open_network(Network(), Said(**SAID))
    x = torch.randn(1, 3, 32, 32)
    taken = walk(opened.module, x, "gam")
    assert taken.module == "GAM"
    assert max(taken.differences.values()) < 1e-5
    with pytest.raises(StepsError, match="layer own has a OwnSE, which is not taken apart"):
        walk(opened.module, x, "own")


def test_gates_are_read_where_the_output_is_not(picture):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = own_network(OwnSE)

        def forward(self, x):
            return {"a": self.net(x), "b": self.net(x)}

    assert len(gam_viz.gates(Odd(), picture, **SAID)) == 4
    with pytest.raises(ValueError, match="output="):
        gam_viz.explain(Odd(), picture, **SAID)
    chosen = gam_viz.explain(Odd(), picture, output=lambda o: o["a"], **SAID)
    plain = gam_viz.explain(own_network(OwnSE), picture, **SAID)
    np.testing.assert_array_equal(chosen.logits, plain.logits)
