"""A measure that is registered while the app runs is on the Evidence page, a badge on Compare and in the report."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.evidence.plain_measure import of_maps
from gam_viz.evidence.registry import MEASURES
from tests.app.reading import plain
from tests.app.visiting import visit


@pytest.fixture
def contrast(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain function on maps."""
    measure = of_maps(
        "contrast",
        lambda values: float(np.ptp(values)),
        lambda value: "strong" if value > 0 else "none",
        tones={"strong": "passed", "none": "open"},
    )
    for key in [key for key in MEASURES if key != "faithfulness"]:  # what others measure is not looked at here
        monkeypatch.delitem(MEASURES, key)
    monkeypatch.setitem(MEASURES, measure.key, measure)


def test_it_has_a_section_of_its_own_and_stands_in_the_report(app: AppTest, contrast: None) -> None:
    app.query_params["question"] = "contrast"
    visit(app, "evidence").run()
    assert not app.exception
    assert "contrast" in app.segmented_control(key="question").options
    table = app.dataframe[0].value
    assert len(table) == 2 * 7
    assert (table["contrast"] >= 0).all()
    assert set(table["verdict"]) <= {"strong", "none"}
    app.button(key="make-report").click().run()
    assert not app.exception
    (made,) = app.session_state["cache-report"].values()
    report = made["html"]
    assert report.count("contrast") > 2
    assert f"{table['contrast'][0]:.3f}" in report


def test_it_is_a_badge_under_every_map_of_compare(app: AppTest, contrast: None) -> None:
    app.query_params["badges"] = "on"
    app.run()
    assert not app.exception
    badges = [element for element in app.markdown if "-badge[" in element.value]
    assert len(badges) == 2 * 2
    for badge in badges:
        assert "contrast: strong, contrast 0." in plain(badge.help) or "contrast: none" in plain(badge.help)
        passed = ("contrast: strong" in plain(badge.help)) + ("faithful: beats" in badge.help)
        assert f"{passed} for" in badge.value
