"""The Claims page: every verdict, the filter, a link to one statement, and what is missing."""

import dataclasses
import re
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from gam_viz.app.claims import measured
from gam_viz.claims import SECTIONS, counted, judge, measure, stand_in
from gam_viz.text import LANGUAGES, words
from gam_viz.zoo.plan import read_plan
from gam_viz.zoo.results import write
from tests.app.conftest import APP
from tests.app.test_networks import SCENES, row
from tests.app.visiting import visit

PAGE = "claims"
DECIDED = ("seen", "partly", "not_seen", "open", "powerless", "nothing")
#: Every case of every rule, as `Claim.reason` names it.
REASONS = {
    "kept": ("both", "read", "passed", "neither"),
    "crossing": ("both", "one", "field", "neither"),
    "efficiency": DECIDED,
    "beats_cbam": DECIDED,
    "details": DECIDED,
    "pooling": ("both", "parts", "does", "neither"),
    "groups": ("seen", "partly", "not_seen"),
    "range": ("inside", "spatial", "outside"),
    "kernel": ("untested",),
    "plug": ("seen", "partly", "not_seen"),
    "rate": ("seen", "partly", "not_seen"),
    "learning": ("untested",),
    "deeper": DECIDED,
    "with_se": ("seen", "partly", "not_seen", "nothing"),
    "factorised": ("no_saving", "same", "undecided", "worse", "field", "field_and_worse"),
    "depthwise": ("seen", "partly", "not_seen"),
    "folding": ("faster", "even", "slower", "other"),
    "gain": DECIDED,
    "parameters": ("seen", "partly", "not_seen"),
}


@pytest.fixture
def page(app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("GAM_VIZ_RESULTS", str(tmp_path / "zoo.json"))
    write([SCENES], tmp_path / "zoo.json")
    return visit(app, PAGE)


def said(app: AppTest) -> str:
    return "\n".join(markdown.value for markdown in app.markdown)


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def cards(app: AppTest) -> list[str]:
    """The statements that are shown, in their order."""
    by_sentence = {words("en").text(f"claims.said.{key}"): key for key in SECTIONS}
    return [by_sentence[heading.value] for heading in app.header]


def test_every_case_of_every_rule_has_its_sentence_in_both_languages() -> None:
    assert list(REASONS) == list(SECTIONS)
    wanted = {f"claims.why.{key}.{reason}" for key, reasons in REASONS.items() for reason in reasons}
    for code in LANGUAGES:
        sentences = words(code).sentences
        assert {key for key in sentences if key.startswith("claims.why.")} == wanted


def test_the_factorised_network_of_the_zoo_is_the_one_that_is_named() -> None:
    options = next(iter(read_plan())).attention["gam-factorised"].options
    for code in LANGUAGES:
        sentences = words(code).sentences
        assert f"r = {options['rate']}" in sentences["claims.label.gam-factorised"]


def test_every_fact_has_its_sentence_and_fills_its_gaps() -> None:
    live = measure(stand_in("cbam"), stand_in("gam"), torch.device("cpu"))
    found = {
        f"claims.fact.{claim.key}.{name}": values
        for claim in judge([SCENES], counted(), live)
        for name, values in claim.facts.items()
    }
    # What other networks, or other forms in the table, would have the cards say.
    found.setdefault("claims.fact.crossing.convolutions", {"apart": 1e-16})
    found.setdefault("claims.fact.crossing.convolutions_same", {})
    found["claims.fact.parameters.none_frugal"] = {}
    for code in LANGUAGES:
        sentences = words(code).sentences
        assert {key for key in sentences if key.startswith("claims.fact.")} == found.keys()
        for key, values in found.items():
            assert sentences[key].format(**values)


def test_all_statements_with_their_verdicts(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert not page.error
    assert page.title[0].value == "Claims"
    assert cards(page) == list(SECTIONS)
    counts = [
        int(count)
        for count in re.findall(r"(\d+) (?:borne out|partly true|not borne|inconclusive|not meas)", said(page))
    ]
    assert sum(counts) == len(SECTIONS)
    assert "the trained networks scenes-cbam and scenes-gam" in captions(page)
    assert "Tutorial, section 5" in captions(page)
    assert any('href="?claim=rate&amp;lang=en"' in html.proto.body for html in page.get("html"))
    assert "别再只盯着CBAM了" in captions(page)
    assert "+155.9% in ResNet-18" in said(page)
    assert "Planted scenes, GAM minus CBAM: −2.0 (−3.0 … −1.0) points, over seeds." in said(page)
    assert len(page.expander) == 1 + len(SECTIONS) - 1  # the menu's; nothing measures the kernel
    assert not any(expander.proto.expanded for expander in page.expander)


def test_one_verdict_alone(page: AppTest) -> None:
    page.run()
    page.segmented_control(key="verdict").set_value("open").run()
    assert not page.exception
    assert page.query_params["verdict"] == "open"
    shown = cards(page)
    assert set(shown) >= {"kernel", "learning", "deeper", "gain"}
    assert not set(shown) & {"rate", "pooling"}
    page.segmented_control(key="verdict").set_value("not_seen").run()
    assert {"rate", "parameters", "beats_cbam"} <= set(cards(page))


def test_a_link_to_one_statement_shows_it_first_and_open(page: AppTest) -> None:
    page.query_params["claim"] = "rate"
    page.query_params["verdict"] = "seen"  # where it is not among
    page.run()
    assert not page.exception
    assert cards(page)[0] == "rate"
    assert "kernel" not in cards(page)
    assert [expander.proto.expanded for expander in page.expander][1:3] == [True, False]
    assert "for rate in (1, 2, 4, 8, 16, 32)" in page.code[0].value


def test_a_link_to_no_statement_says_so(page: AppTest) -> None:
    page.query_params["claim"] = "<b>"
    page.run()
    assert not page.exception
    assert "points to a claim that does not exist" in page.info[0].value
    assert cards(page) == list(SECTIONS)


def test_without_trained_networks_fresh_weights_stand_in(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none").mkdir()
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(tmp_path / "none"))
    page.run()
    assert not page.exception
    assert "fresh weights of seed 0 stand in" in captions(page)
    assert cards(page) == list(SECTIONS)


def test_damaged_results_cost_their_cards_alone(page: AppTest, tmp_path: Path) -> None:
    (tmp_path / "zoo.json").write_text("[3]")
    page.run()
    assert not page.exception
    assert "zoo.json cannot be read" in page.error[0].value
    assert cards(page) == list(SECTIONS)
    assert "Nothing was trained here to compare." in said(page)


def test_what_was_trained_in_one_stage_decides_the_deep_layers(page: AppTest, tmp_path: Path) -> None:
    page.run()
    assert "not trained here yet" in said(page)
    rows = (
        *SCENES.rows,
        row("gam-first", "gam", 120_000, 0.92, none=(-0.04, -0.02)),
        row("gam-last", "gam", 200_000, 0.97, none=(0.01, 0.03), **{"gam-first": (0.045, 0.055)}),
        row("se-gam", "se_gam", 260_000, 0.94, none=(-0.02, 0.0)),
    )
    write([dataclasses.replace(SCENES, rows=rows)], tmp_path / "zoo.json")
    page.run()
    assert not page.exception
    assert "GAM in the last stage alone is measurably better than in the first alone" in said(page)
    assert "that it gains over GAM alone is not shown, or not on all data" in said(page)


@pytest.mark.usefixtures("cold")
def test_measured_once_for_all_until_asked_again(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    monkeypatch.setattr(measured, "measure", lambda *given: runs.append(1) or measure(*given))
    page.run()
    assert len(runs) == 1
    visit(AppTest.from_file(str(APP), default_timeout=120), PAGE).run()
    assert len(runs) == 1
    next(button for button in page.button if button.label == "Measure again").click().run()
    assert not page.exception
    assert len(runs) == 2


def test_in_chinese(page: AppTest) -> None:
    page.query_params["lang"] = "zh"
    page.run()
    assert not page.exception
    assert page.title[0].value == "说法核查"
    assert "恰恰相反：rate 是隐藏宽度的除数" in said(page)
    assert "教程第 5 节" in captions(page)
