"""Networks that are no classifiers on Compare, on Evidence and in the report: nothing there is a probability or a class
that is none."""

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor, nn

from gam_viz.app.shared import explanations
from gam_viz.app.shared.columns import Shown, View
from gam_viz.evidence.case import CaseSettings, LoadedNetwork
from gam_viz.evidence.examine import examine
from gam_viz.evidence.faithfulness import Settings
from gam_viz.explain import explain
from gam_viz.explain.attributions import layers_of
from gam_viz.images import prepare
from gam_viz.images.picture import from_pixels
from gam_viz.networks.adapters import adapt, foreign_card
from gam_viz.report import html
from gam_viz.text import words
from gam_viz.titles import literal
from tests.app.reading import plain
from tests.networks_of_others import OwnSE, own_network

SIDE = 16


class Dense(nn.Module):
    """(B, 2, 8, 8): a segmentation behind two gates, a mask among them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.attention = nn.Conv2d(3, 8, 3, 2, 1), OwnSE(8)
        self.mask, self.head = nn.Sequential(nn.Conv2d(8, 1, 3, 1, 1), nn.Sigmoid()), nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.attention(self.stem(x).relu())
        return self.head(x * self.mask(x))


def dense() -> nn.Module:
    torch.manual_seed(0)
    return Dense().eval()


#: Network, names, unit, and words that no sentence may hold, by language.
KINDS: dict[str, tuple[nn.Module, tuple[str, ...], str, dict[str, str]]] = {
    "regression": (
        own_network(outputs=1),
        ("age",),
        "years",
        {"en": r"probab|\bclass|logit|P\(", "zh": "概率|类别|logit|P（"},
    ),
    "multilabel": (own_network(outputs=3), ("rain", "snow", "fog"), "", {"en": r"\bclass", "zh": "类别"}),
    "binary": (own_network(outputs=1), ("tumour",), "", {"en": r"\bclass", "zh": "类别"}),
    "segmentation": (dense(), ("road", "sky"), "", {"en": r"probab|P\(", "zh": "概率|P（"}),
}


def network_of(kind: str) -> LoadedNetwork:
    network, names, unit, _ = KINDS[kind]
    adapted = adapt(network, torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)), kind=kind)  # type: ignore[arg-type]
    card = foreign_card(adapted, names, input_size=SIDE, mean=(0.5,) * 3, std=(0.25,) * 3, name="net", unit=unit)
    assert card.output == kind
    return LoadedNetwork(adapted.requires_grad_(False), card, f"sha-{kind}")


def picture() -> Any:
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    return from_pixels(pixels, "noise.png")


def draw(page: str) -> None:
    import streamlit as st

    from gam_viz.app.compare.attributions import attribution_row
    from gam_viz.app.compare.prediction import answers_in_full
    from gam_viz.app.evidence.ablation import gate_section
    from gam_viz.app.evidence.faithfulness import faithful_section
    from gam_viz.app.shared.sidebar import _target
    from gam_viz.app.shared.subject import subject_row

    view = st.session_state["planted-view"]
    if page == "attributions":
        parts = (attribution_row,)
    elif page == "compare":
        _target(view.explanations[0].card)
        parts = (answers_in_full, attribution_row)
    else:
        parts = (subject_row, gate_section, faithful_section)
    for part in parts:
        part(view)


def texts(app: AppTest) -> str:
    """All words of a page, its charts' titles and what they say to those who do not see them."""
    found = [str(each.value) for each in (*app.markdown, *app.caption, *app.info, *app.warning, *app.header)]
    found += [f"{box.label} {box.options}" for box in (*app.selectbox, *app.multiselect)]
    for chart in app.get("plotly_chart"):
        found += [chart.proto.alt, *re.findall(r'"text":\s*"([^"]*)"', chart.proto.spec)]
    for body in (drawn.proto.body for drawn in app.get("html")):
        found += [*re.findall(r'(?:alt|title|aria-label)="([^"]*)"', body), re.sub(r"<[^>]*>", " ", body)]
    return plain("\n".join(found))


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Any:
    def plant(kind: str) -> View:
        given, image = network_of(kind), picture()
        card = given.card
        monkeypatch.setattr(explanations.Subject, "network", property(lambda subject: given.network))
        seen = prepare(image, size=SIDE, mean=card.mean, std=card.std)
        checkpoint = SimpleNamespace(sha256=given.sha256, card=card, content=None, origin="live")
        selection: Any = SimpleNamespace(
            picture=image, classes=card.classes, target=None, fit="crop", regions={}, title="noise", label=None
        )
        selection.credit, selection.source, selection.medical = "", None, False
        subject = explanations.Subject(checkpoint, seen)  # type: ignore[arg-type]
        return View(selection, (subject,), (explain(given.network, card, seen.tensor),), Shown())

    return plant


def check(said: str, kind: str, language: str) -> None:
    wrong = re.findall(f".{{0,60}}(?:{KINDS[kind][3][language]}).{{0,60}}", said)
    assert not wrong, wrong


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("page", "language"), [("compare", "en"), ("evidence", "zh")])
def test_no_sentence_of_a_page_speaks_of_what_is_none(planted: Any, kind: str, page: str, language: str) -> None:
    app = AppTest.from_function(draw, kwargs={"page": page}, default_timeout=60)
    app.session_state["planted-view"] = planted(kind)
    app.query_params["methods"], app.query_params["lang"] = "saliency", language
    app.run()
    assert not app.exception
    said = texts(app)
    check(said, kind, language)
    assert KINDS[kind][1][0] in said
    assert KINDS[kind][2] in said


@pytest.mark.parametrize("kind", KINDS)
def test_no_sentence_of_a_report_speaks_of_what_is_none(kind: str) -> None:
    settings = CaseSettings(methods=("saliency",), untrained=1, random_maps=39, faithfulness=Settings(orders=20))
    case = examine([network_of(kind)], picture(), settings=settings)
    assert not [str(left) for left in case.left_out if left.code == "failed"]
    for language in ("en", "zh"):
        drawn = r"base64,[A-Za-z0-9+/=]+|<style.*?</style>|<script.*?</script>"
        page = re.sub(drawn, "", html(case, words(language)), flags=re.S)
        said = re.sub(r"<[^>]*>", " ", page)
        check(re.sub(r"\{.*?\}", "", said), kind, language)
        assert KINDS[kind][1][0] in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_networks_without_a_common_layer_are_compared_at_the_same_depth_and_what_cannot_be_had_is_said(
    monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    x, image, made = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)), picture(), []
    torch.manual_seed(0)
    other = nn.Sequential()
    other.body = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.GELU(), nn.Conv2d(4, 4, 3, padding=1), OwnSE(4))
    other.body[3].fc[1] = nn.GELU()  # no ReLU anywhere
    other.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    networks = {"ours": own_network(outputs=3), "theirs": other.eval()}
    for name, network in networks.items():
        adapted = adapt(network, x)
        card = foreign_card(adapted, "abc", input_size=SIDE, mean=(0.5,) * 3, std=(0.25,) * 3, name=name)
        seen = prepare(image, size=SIDE, mean=card.mean, std=card.std)
        checkpoint: Any = SimpleNamespace(sha256=f"sha-{name}", card=card, content=None, origin="live", module=adapted)
        made.append((explanations.Subject(checkpoint, seen), explain(adapted, card, seen.tensor)))
    monkeypatch.setattr(explanations.Subject, "network", property(lambda subject: subject.checkpoint.module))
    known = [set(layers_of(subject.network)) for subject, _ in made]
    assert not known[0] & known[1]
    selection: Any = SimpleNamespace(picture=image, classes=("a", "b", "c"), target=None, regions={})
    app = AppTest.from_function(draw, kwargs={"page": "attributions"}, default_timeout=60)
    app.session_state["planted-view"] = View(selection, *zip(*made, strict=True), Shown())
    app.query_params["methods"], app.query_params["lang"] = "gradcam,guided_backprop", language
    app.run()
    assert not app.exception
    beginning = words(language).sentences["compare.attributions.by_depth"].partition("{layers}")[0]
    assert any(caption.value.startswith(literal(beginning)) for caption in app.caption)
    method = words(language).text("common.method.guided_backprop")
    assert any("theirs" in info.value and method in info.value for info in app.info)
    gradcam = words(language).text("common.method.gradcam")
    assert sum(bool(re.search(f'alt="[^"]*{gradcam}', drawn.proto.body)) for drawn in app.get("html")) == 2


def test_networks_of_different_outputs_are_not_compared() -> None:
    with pytest.raises(ValueError, match="multilabel, regression years"):
        examine([network_of("regression"), network_of("multilabel")], picture())
