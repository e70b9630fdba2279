"""A segmentation and detectors on the pages, asked about the picture and about regions of it that were planted."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor, nn

import gam_viz
from gam_viz.app.shared.own_networks.live import Exhibit, put_up, take_down
from gam_viz.evidence.case import CaseSettings
from gam_viz.evidence.faithfulness import Settings
from gam_viz.explain.attributions import METHODS
from gam_viz.images.given import given_pictures
from gam_viz.networks.adapters import adapt, within
from gam_viz.notebook.opening import Said, open_networks
from gam_viz.text import LANGUAGES, words
from tests.app.conftest import APP
from tests.app.reading import plain
from tests.app.visiting import visit
from tests.networks_of_others import OwnSE

SIDE = 16
OBJECT, EMPTY = (0.5, 0.5, 1.0, 1.0), (0.0, 0.0, 0.25, 0.25)  # the object lies in the lower right quarter


class Seeing(nn.Module):
    """(B, 2, S, S): "ground" is dark, "object" is red; each position sees itself and its neighbours, and one gate."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.gate, self.head = nn.Conv2d(3, 8, 3, padding=1), OwnSE(8), nn.Conv2d(8, 2, 1)
        with torch.no_grad():
            self.stem.weight[0] = 0
            self.stem.weight[0, 0, 1, 1] = 4
            self.stem.bias[0] = 0
            self.head.weight *= 0.05
            self.head.bias[:] = torch.tensor([1.0, -1.0])
            self.head.weight[0, 0], self.head.weight[1, 0] = -3, 3

    def forward(self, x: Tensor) -> Any:
        return {"out": self.head(self.gate(self.stem(x).relu()))}


class Listing(Seeing):
    """torchvision's kind: one box on the object, whose score is how red it is there."""

    def forward(self, x: Tensor) -> Any:
        strength = super().forward(x)["out"][:, 1, 8:, 8:].mean((1, 2)).sigmoid()
        box = torch.tensor([[8.0, 8, 16, 16]])
        return [{"boxes": box, "labels": torch.tensor([1]), "scores": each[None]} for each in strength]


class Gridded(Seeing):
    """YOLO's kind: a box a position, (B, 4 + 2, N), and the map it was made of."""

    def forward(self, x: Tensor) -> Any:
        out = super().forward(x)["out"]
        rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
        places = torch.stack([columns + 0.5, rows + 0.5, 0 * rows + 4, 0 * rows + 4]).expand(len(x), -1, -1, -1)
        return torch.cat([places, (out - 2).sigmoid()], 1).flatten(2), [out]


def picture() -> Any:
    pixels = np.full((SIDE, SIDE, 3), 40, np.uint8)
    pixels[8:, 8:] = 230, 30, 30
    pixels += np.random.default_rng(0).integers(0, 20, pixels.shape, np.uint8)
    return torch.from_numpy(pixels).permute(2, 0, 1)


KINDS: dict[str, tuple[type[nn.Module], dict[str, Any]]] = {
    "segmentation": (Seeing, {"output": None, "target": None}),
    "list": (Listing, {"output": None, "target": None}),
    "tensor": (Gridded, {"output": lambda o: o[0], "target": "detection"}),
}
SAID: dict[str, Any] = {"size": SIDE, "mean": (0.5,) * 3, "std": (0.25,) * 3, "classes": ("ground", "object")}


def region(box: tuple[float, ...], key: str) -> dict[str, str]:
    return {
        f"{key}-{edge}": f"{100 * at:.0f}" for edge, at in zip(("left", "top", "right", "bottom"), box, strict=True)
    }


@pytest.fixture
def opened(checkpoint_folder: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(checkpoint_folder))

    def on(page: str, kind: str, language: str = "en", **params: str) -> AppTest:
        network, said = KINDS[kind]
        shown = open_networks({"net": network().eval()}, Said(**SAID, **said))
        put_up("regions", Exhibit(shown, given_pictures(picture())))
        app = AppTest.from_file(str(APP), default_timeout=120)
        for name, value in {"show": "regions", "lang": language, "methods": "saliency", **params}.items():
            app.query_params[name] = value
        visit(app, page).run()
        assert not app.exception
        return app

    yield on
    take_down("regions")


def inside(app: AppTest) -> float:
    """The share of the map's mass that lies in the object, as the row of regions has it."""
    return float(app.dataframe[0].value["inside"][0].rstrip("%")) / 100


def said(app: AppTest) -> str:
    return plain("\n".join(str(each.value) for each in (*app.caption, *app.info, *app.warning, *app.markdown)))


def alts(app: AppTest, key: str) -> list[str]:
    """Of charts by their key; of the answers as they are drawn, of maps by their method."""
    bodies = [html.proto.body for html in app.get("html")]
    if key == "prediction":
        return [body for body in bodies if "gv-answers" in body]
    if key in METHODS:
        names = [words(code).text(f"common.method.{key}") for code in LANGUAGES]
        return [
            alt for body in bodies for alt in re.findall(r'alt="([^"]*)"', body) if any(name in alt for name in names)
        ]
    return [chart.proto.alt for chart in app.get("plotly_chart") if key in chart.proto.id]


@pytest.mark.parametrize("kind", KINDS)
def test_a_region_over_the_object_is_explained_by_the_object_and_one_beside_it_is_not(opened: Any, kind: str) -> None:
    measured = {"region": "box", **region(OBJECT, "box"), "target": "object"}
    on = opened("compare", kind, over="region", **region(OBJECT, "over-box"), **measured)
    assert inside(on) > 0.95
    assert "50–100% of the width, 50–100% of the height" in said(on)
    assert "object in the region" in "".join(alts(on, "saliency"))
    if kind == "list":
        return  # beside its one box it detects nothing
    beside = opened("compare", kind, over="region", **region(EMPTY, "over-box"), **measured)
    assert inside(beside) < 0.2
    assert alts(beside, "prediction") != alts(on, "prediction")
    whole = opened("compare", kind, **measured)
    assert "in the region" not in "".join(alts(whole, "saliency"))
    # The same session, asked about another region: nothing of the first is handed out.
    for edge, value in {"right": 25, "bottom": 25, "left": 0, "top": 0}.items():
        on.number_input(key=f"over-box-{edge}").set_value(value)
    on.run()
    assert inside(on) == inside(beside)
    assert alts(on, "prediction") == alts(beside, "prediction")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_region_without_a_detection_is_one_sentence_and_no_map(opened: Any, language: str) -> None:
    app = opened("compare", "list", language, over="region", **region(EMPTY, "over-box"))
    assert not alts(app, "saliency")
    sentence = words(language).text("answers.says.nothing_region", name="net")
    assert sum(sentence in plain(info.value) for info in app.info) == 1
    evidence = opened("evidence", "list", language, over="region", question="faithful", **region(EMPTY, "over-box"))
    reason = words(language).text("errors.reason.nothing_detected_region")
    assert [reason in plain(each.value) for each in evidence.warning] == [True]


def test_the_evidence_is_about_the_region_and_says_so(opened: Any) -> None:
    measured = []
    for box in (OBJECT, EMPTY):
        app = opened("evidence", "segmentation", over="region", target="object", **region(box, "over-box"))
        measured.append(alts(app, "ablation") + [caption.value for caption in app.caption])
        assert re.search(r"object in the region [-−]?\d", said(app))
    assert measured[0] != measured[1]
    app = opened(
        "evidence", "segmentation", over="region", question="faithful", target="object", **region(OBJECT, "over-box")
    )
    titles = "".join(chart.proto.spec for chart in app.get("plotly_chart"))
    assert "summed logit of object in the region" in titles


@pytest.mark.parametrize("kind", KINDS)
def test_mask_and_boxes_stand_beside_the_prediction(opened: Any, kind: str) -> None:
    app = opened("compare", kind)
    told = "".join(image.proto.imgs[0].alt for image in app.main if image.type == "image")
    if kind == "segmentation":
        assert "The mask that net predicts: ground (75.0%), object (25.0%)" in told
    else:
        assert re.search(r"The boxes that net predicts: object [01]\.\d\d", told)
        assert "Boxes drawn: " in said(app)


@pytest.mark.parametrize("kind", KINDS)
def test_the_report_has_the_place_and_the_region(kind: str, tmp_path: Any) -> None:
    network, options = KINDS[kind]
    settings = CaseSettings(methods=("saliency",), untrained=1, random_maps=39, faithfulness=Settings(orders=20))
    given = {**SAID, **options, "settings": settings, "region": OBJECT}
    page = gam_viz.report(network().eval(), picture(), tmp_path / "r.html", **given).read_text()
    assert "50–100% of the width, 50–100% of the height" in page
    assert "object in the region" in page
    assert "stroke-dasharray" in page
    assert ("object (25.0%)" in page) == (kind == "segmentation")
    if kind == "list":
        empty = {**given, "region": EMPTY}
        page = gam_viz.report(network().eval(), picture(), tmp_path / "r.html", **empty).read_text()
        assert "net detects nothing" not in page  # it is called by its class
        assert "Listing detects nothing in the region" in page


def test_the_same_in_a_program() -> None:
    x = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    network = Seeing().eval()
    logits = network(x)["out"][0].detach()
    found = gam_viz.explain(network, x, region=OBJECT, size=SIDE)
    torch.testing.assert_close(torch.from_numpy(found.logits), logits[:, 8:, 8:].sum((1, 2)), rtol=1e-5, atol=1e-5)
    adapted = adapt(network, x)
    one = gam_viz.attribute(adapted, x, 1, "saliency", region=OBJECT)
    other = gam_viz.attribute(within(adapted, OBJECT), x, 1, "saliency")
    assert np.array_equal(one.values, other.values)
    assert not np.array_equal(one.values, gam_viz.attribute(adapted, x, 1, "saliency").values)
    with pytest.raises(ValueError, match="segmentation or of detections"):
        gam_viz.attribute(network, x, 1, "saliency", region=OBJECT)
    with pytest.raises(ValueError, match="nothing of this class was detected in the region"):
        gam_viz.attribute(adapt(Listing().eval(), x, classes=2), x, 1, "saliency", region=EMPTY)
