"""The report is made of what the page computed, with what the reader chose; only what is missing is computed."""

import dataclasses
import json
import zipfile
from collections import Counter
from io import BytesIO
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared import explanations
from gam_viz.app.shared.words import speaking
from gam_viz.evidence.examine import CaseSettings
from gam_viz.evidence.faithfulness import Settings
from gam_viz.evidence.registry import MEASURES
from tests.app.visiting import visit


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, cold: None) -> Counter[str]:
    """How often each piece is computed."""
    counted: Counter[str] = Counter()

    def counting(name: str, function: Any) -> Any:
        def counted_call(*args: Any, **options: Any) -> Any:
            counted[name] += 1
            return function(*args, **options)

        return counted_call

    for name in ("explain", "attribute_each"):
        monkeypatch.setattr(explanations, name, counting(name, getattr(explanations, name)))
    for key, measure in MEASURES.items():
        monkeypatch.setitem(MEASURES, key, dataclasses.replace(measure, run=counting(key, measure.run)))
    return counted


def made(page: AppTest) -> dict[str, Any]:
    """The report that the session holds."""
    (report,) = page.session_state["cache-report"].values()
    return dict(report)


def test_what_the_page_showed_is_not_computed_again(app: AppTest, calls: Counter[str]) -> None:
    page = visit(app, "evidence")
    page.query_params["question"] = "gates"
    page.run()
    for mode in ("position_mean", "channel_mean", "shuffled"):
        page.selectbox(key="ablate").set_value(mode).run()
    for question in ("faithful", "randomised", "agreed"):
        page.segmented_control(key="question").set_value(question).run()
        assert not page.exception
    before = Counter(calls)
    assert before.keys() >= {"explain", "attribute_each", "ablation", "faithfulness", "randomisation", "agreement"}
    page.button(key="make-report").click().run()
    assert not page.exception
    new = calls - before
    assert not new.keys() - {"localisation"}  # which no section of the page shows
    assert made(page)["html"].startswith("<!DOCTYPE html>")


def test_what_is_missing_is_computed_once_and_kept(app: AppTest, calls: Counter[str]) -> None:
    app.query_params["lang"] = "zh"
    with speaking("zh"):  # AppTest asks the page outside its script what its options are called
        page = visit(app, "evidence").run()
        assert not page.get("download_button")
        page.button(key="make-report").click().run()
        assert made(page)["zip"][:2] == b"PK"
        assert "python -m gam_viz explain sample:" in page.code[0].value
        assert '<html lang="zh-Hans">' in made(page)["html"]  # in the page's language
        before = Counter(calls)
        assert before["faithfulness"] == before["randomisation"] == 2
        page.segmented_control(key="question").set_value("faithful").run()
        assert calls["faithfulness"] == before["faithfulness"]
        assert calls["attribute_each"] == before["attribute_each"]
        page.selectbox(key="sample").select_index(1).run()
        page.button(key="make-report")  # of another picture, there is none yet


def test_what_a_link_chooses_in_a_section_that_is_not_drawn_stands_in_the_report(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[CaseSettings] = []

    def examine(*_: object, settings: CaseSettings, **__: object) -> None:
        asked.append(settings)
        raise RuntimeError("enough")

    monkeypatch.setattr("gam_viz.app.evidence.report_download.examine", examine)
    app.query_params["methods"] = "gradcam,integrated_gradients"
    app.run()
    app.selectbox(key="cam").set_value("layer3.0")
    app.toggle(key="integrated_gradients-steps-auto").set_value(False).run()
    app.number_input(key="integrated_gradients-steps").set_value(12).run()
    page = visit(app, "evidence")
    for key, value in {"baseline": "mean", "steps": "16", "orders": "40"}.items():
        page.query_params[key] = value
    page.run()
    page.button(key="make-report").click().run()
    (settings,) = asked
    assert settings.methods == ("gradcam", "integrated_gradients")
    chosen = {request.method: request for request in settings.requests or ()}
    assert chosen["gradcam"].layer == "layer3.0"
    assert chosen["integrated_gradients"].params["steps"] == 12
    assert settings.faithfulness == Settings("mean", steps=16, orders=40)


@pytest.mark.long  # what is handed over is held by the test before this one, what is written of it by tests/report
def test_what_the_reader_chose_stands_in_the_report(app: AppTest) -> None:
    app.query_params["methods"] = "gradcam,integrated_gradients"
    app.run()
    app.selectbox(key="cam").set_value("layer3.0").run()
    app.toggle(key="integrated_gradients-steps-auto").set_value(False).run()
    app.number_input(key="integrated_gradients-steps").set_value(12).run()
    page = visit(app, "evidence")
    page.query_params["question"] = "faithful"
    page.run()
    page.segmented_control(key="baseline").set_value("noise")
    page.number_input(key="steps").set_value(16).run()
    page.button(key="make-report").click().run()
    assert not page.exception
    found = made(page)
    archive = zipfile.ZipFile(BytesIO(found["zip"]))
    facts = json.loads(archive.read("manifest.json"))["provenance"]
    assert facts["settings"]["faithfulness"]["baseline"] == "noise"
    assert facts["settings"]["faithfulness"]["steps"] == 16
    for network in facts["networks"]:
        by_method = {each["method"]: each for each in network["attributions"]}
        assert by_method["gradcam"]["layer"] == "layer3.0"
        assert by_method["integrated_gradients"]["params"]["steps"] == 12
    assert "--layer layer3.0" in found["command"]
    assert "integrated_gradients.steps=12" in found["command"]
    assert "--baseline noise" in found["command"]
