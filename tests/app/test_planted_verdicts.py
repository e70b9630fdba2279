"""Verdicts planted in small networks, as the Evidence page and the badges of Compare say them."""

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared import explanations
from gam_viz.app.shared.columns import Shown, View
from gam_viz.evaluation import permutation
from gam_viz.evidence.faithfulness import curves
from gam_viz.explain import explain
from gam_viz.images import prepare
from gam_viz.text import words
from tests.app.reading import plain
from tests.evidence.planted import MAPS, PatchNetwork, RandomNetwork, loaded, picture

OUTCOMES = {"faithful": "better", "misleading": "worse", "chance": "random", "flat": "flat"}


def view(network: Any) -> View:
    """A page about one planted network."""
    given, image = loaded(network), picture()
    card = given.card
    seen = prepare(image, size=card.input_size, mean=card.mean, std=card.std)
    checkpoint = SimpleNamespace(sha256=given.sha256, card=card, content=None)
    selection: Any = SimpleNamespace(picture=image, classes=card.classes, target=None, fit="crop", regions={})
    subject = explanations.Subject(checkpoint, seen)  # type: ignore[arg-type]
    explanation = explain(given.network, card, seen.tensor)  # type: ignore[arg-type]
    return View(selection, (subject,), (explanation,), Shown())


@pytest.fixture(autouse=True)
def _orders_that_the_level_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "draws_needed", permutation.draws_needed)  # tests/app/conftest.py makes them few


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make pages find a planted network where they would load a checkpoint."""

    def plant(network: Any) -> View:
        held = network.eval().requires_grad_(False)
        monkeypatch.setattr(explanations.Subject, "network", property(lambda subject: held))
        return view(network)

    return plant


def draw(section: str) -> None:
    import streamlit as st

    from gam_viz.app.evidence import faithfulness, randomisation
    from gam_viz.app.evidence.section import measure_section
    from gam_viz.evidence.randomisation.training import TRAINING

    sections = {"faithful": faithfulness.faithful_section, "random": randomisation.randomised_section}
    view = st.session_state["planted-view"]
    if section == "training":
        measure_section(view, TRAINING)
    else:
        sections[section](view)


def section(name: str, shown: View, **query: str) -> AppTest:
    test = AppTest.from_function(draw, kwargs={"section": name}, default_timeout=60)
    test.session_state["planted-view"] = shown
    for key, value in {"methods": "", **query}.items():
        test.query_params[key] = value
    return test.run()


def test_the_table_and_the_sentence_call_each_map_what_it_is(planted: Any) -> None:
    shown = planted(PatchNetwork())
    for name, outcome in OUTCOMES.items():
        page = section("faithful", shown, map=f"gate.{name}", baseline="mean")
        assert not page.exception
        assert not [warning.value for warning in page.warning]
        table = page.dataframe[0].value
        verdicts = dict(zip(table["map"], table["verdict"], strict=True))
        assert verdicts[words("en").text("evidence.map.gate", layer=name)] == words("en").text(
            f"evidence.verdict.{outcome}"
        )
        beginning = words("en").sentences[f"evidence.faithful.sentence.{outcome}"]
        tail = beginning.rpartition("}")[2]
        assert any(plain(caption.value).endswith(plain(tail)) for caption in page.caption)


def test_the_table_says_which_maps_survive(planted: Any) -> None:
    page = section("random", planted(RandomNetwork()))
    assert not page.exception
    table = page.dataframe[0].value
    for name in ("survives", "collapses", "flattens", "flat"):
        title = words("en").text("evidence.map.gate", layer=name)
        row = table[table["map"] == title].iloc[0]
        assert row["verdict"] == words("en").text(f"evidence.verdict.{name}")


@pytest.mark.parametrize(
    ("name", "code"),
    [("collapses", "trained"), ("survives", "untrained"), ("flattens", "untrained"), ("flat", "untrained")],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_reader_is_told_of_evidence_of_training_where_there_is_some(
    planted: Any, name: str, code: str, language: str
) -> None:
    page = section("training", planted(RandomNetwork()), map=f"gate.{name}", lang=language)
    assert not page.exception
    known = words(language)
    title, table = known.text("evidence.map.gate", layer=name), page.dataframe[0].value
    row = table[table[known.text("compare.region.column.map")] == title].iloc[0]
    verdict = known.text(f"evidence.verdict.{code}")
    assert row[known.text("evidence.column.verdict")] == verdict
    numbers = {"networks": 79, "adjusted": row[known.text("evidence.column.p")]}  # 4 maps take 79
    said = known.text(f"evidence.training.sentence.{code}", map=title, **numbers)
    assert verdict in said
    assert any(plain(element.value).endswith(plain(said)) for element in page.markdown)


def test_every_badge_says_what_its_map_is(planted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = planted(PatchNetwork())

    def badges() -> None:
        import streamlit as st

        from gam_viz.app.compare.badges import gate_badges
        from gam_viz.app.compare.masks import masks_of

        st.session_state["badges"] = "on"
        view = st.session_state["planted-view"]
        for layer, badge in gate_badges(view.columns[0], masks_of(view, view.layers()[0], "", "gain", 0)).items():
            st.markdown(f"{layer}: {badge.said}", help=badge.why)

    test = AppTest.from_function(badges, default_timeout=60)
    test.session_state["planted-view"] = shown
    test.run()
    assert not test.exception
    lines = {element.value.split(": ", 1)[0]: element for element in test.markdown}
    assert lines.keys() == MAPS.keys()
    counts = {"better": (1, 0), "worse": (0, 1), "random": (0, 0), "flat": (0, 0)}
    for name, outcome in OUTCOMES.items():
        beginning = words("en").sentences[f"evidence.badge.faithful.{outcome}"].partition("{")[0]
        faithful, _, random = lines[name].help.partition("\n\n")
        assert faithful.startswith(f"**{beginning}"), faithful
        passed, failed = counts[outcome]  # by faithfulness; the untrained networks' maps are these very maps
        if random.startswith("**survives"):
            failed += 1
        colour = "orange" if failed else "green" if passed else "gray"
        tally = words("en").text("evidence.badge.tally", passed=passed, failed=failed, open=2 - passed - failed)
        assert lines[name].value.endswith(f":{colour}-badge[{tally}]"), lines[name].value
