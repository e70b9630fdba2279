"""The Inside page's walk: every station of every module, in both languages, on small networks."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared.words import speaking
from gam_viz.explain.walkthrough import STATIONS, walk
from gam_viz.figures.scales import number
from gam_viz.images import load_sample, prepare
from gam_viz.networks.checkpoints import find, load
from gam_viz.text import TERM, words
from tests.app.visiting import visit
from tests.checkpoint_files import write_scenes_network

PAGE = "inside"
RAW_KEY = re.compile(r"\b(inside|word|gates|own)\.[a-z_]+\b")


@pytest.fixture
def page(app: AppTest) -> AppTest:
    return visit(app, PAGE)


def said(app: AppTest) -> str:
    return "\n".join([*(m.value for m in app.markdown), *(c.value for c in app.caption)])


def formulas(app: AppTest) -> list[str]:
    return [latex.value for latex in app.latex]


@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.long)])
def test_next_and_back_walk_through_every_station(page: AppTest, language: str) -> None:
    page.query_params["lang"] = language
    page.run()
    assert page.title[0].value == words(language).sentences["inside.nav"]
    with speaking(language):  # the test's side of each widget formats its value anew
        for station in STATIONS:
            assert not page.exception, station
            assert not page.error
            assert page.session_state["station"] == station
            assert not RAW_KEY.search(said(page))
            assert "{" not in said(page)
            assert formulas(page)  # at least one of the two does something here
            assert any("NumPy" in caption.value for caption in page.caption)
            if station != STATIONS[-1]:
                page.button(key="step-station-next").click().run()
                assert page.query_params["station"] != station
        page.button(key="step-station-next").click().run()  # after the last comes the first: neither is disabled
        assert page.session_state["station"] == STATIONS[0]
        page.button(key="step-station-back").click().run()
    assert page.query_params["station"] == STATIONS[-1]


def test_the_number_shown_is_the_networks(page: AppTest, checkpoint_folder: Path) -> None:
    """From the picture to the page: the arithmetic's result is printed as the network has it."""
    page.query_params.update({"station": "expand", "layer": "layer2.0", "unit": "3", "row": "5", "column": "2"})
    page.run()
    card = next(c for c in find(checkpoint_folder)[0] if c.card.name == "scenes-gam")
    meta = card.card
    seen = prepare(load_sample("scene-sailboat-17"), size=meta.input_size, mean=meta.mean, std=meta.std)
    (step,) = walk(load(card), seen.tensor, "layer2.0").at("expand")
    assert f"**row 5, column 2, channel 3** = {number(float(step.values[5, 2, 3]))}" in said(page)


def test_a_channel_and_a_cell_are_chosen_and_kept_in_the_link(page: AppTest) -> None:
    page.query_params["station"] = "rescale"
    page.run()
    page.number_input(key="unit").set_value(2).run()
    page.number_input(key="row").set_value(0).run()
    assert not page.exception
    assert page.query_params["unit"] == "2"
    assert "**channel 2, row 0, column" in said(page)
    page.radio(key="station").set_value("squeeze").run()
    assert "**average, channel 2** =" in said(page)


def test_a_number_beyond_the_module_is_brought_back(page: AppTest) -> None:
    page.query_params.update({"station": "hidden", "hidden": "999", "row": "-4", "column": "99"})
    page.run()
    assert not page.exception
    assert page.number_input(key="row").value == 0


def test_another_layer(page: AppTest) -> None:
    page.run()
    page.radio(key="layer").set_value("layer1.0").run()
    assert not page.exception
    assert "in layer1.0" in said(page)


def test_a_window_of_another_input_channel(page: AppTest) -> None:
    page.query_params["station"] = "conv"
    page.run()
    tap = page.selectbox(key="inside-1-0-None-tap")
    assert len(tap.options) == 16  # GAM's convolution reads every channel
    tap.set_value(5).run()
    assert not page.exception


def test_a_network_without_attention_is_left_out_with_a_sentence(page: AppTest) -> None:
    page.query_params["networks-scenes"] = "scenes-none,scenes-gam_sigmoid"
    page.query_params["station"] = "channel"
    page.run()
    assert not page.exception
    assert "No attention has no attention in this layer." in said(page)
    assert "has one for each channel at every position" in said(page)


def test_only_networks_without_attention(page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(2):
        write_scenes_network(tmp_path, f"scenes-none-{seed}", "none", {}, seed)
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(tmp_path))
    page.run()
    assert not page.exception
    assert page.info[0].value == TERM.sub(r"\2", words("en").sentences["common.gates.none"])


VARIANTS = {
    "se": {"reduction_ratio": 2},
    "se_gam": {},
    "gam": {"groups": 2, "rate": 2, "shuffle": "last"},
    "gam_sigmoid": {"spatial": "depthwise"},
}


PAIRS = [("se", "gam"), ("gam_sigmoid", "gam-factorised"), ("gam-groups", "se_gam")]


@pytest.mark.parametrize(
    ("language", "pair"),
    [("en", PAIRS[0]), ("zh", PAIRS[1]), ("en", PAIRS[2])]
    + [pytest.param(*case, marks=pytest.mark.long) for case in (("zh", PAIRS[0]), ("en", PAIRS[1]), ("zh", PAIRS[2]))],
)
def test_every_kind_of_module_has_its_sentences(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, pair: tuple[str, str]
) -> None:
    for seed, (attention, options) in enumerate(VARIANTS.items()):
        write_scenes_network(tmp_path, f"scenes-{attention}", attention, options, seed)
    write_scenes_network(tmp_path, "scenes-gam-factorised", "gam", {"spatial": "factorised"}, 9)
    write_scenes_network(tmp_path, "scenes-gam-groups", "gam", {"groups": 2, "rate": 2}, 10)
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(tmp_path))
    page = visit(app, PAGE)
    layer = "layer1.0.second" if "se_gam" in pair else "layer1.0"
    names = ",".join(f"scenes-{name}" for name in pair)
    page.query_params.update({"lang": language, "networks-scenes": names, "layer": layer})
    page.run()
    with speaking(language):
        for _ in page.radio(key="station").options:  # after the last step comes the first
            assert not page.exception, page.query_params
            assert not page.error
            assert not RAW_KEY.search(said(page))
            page.button(key="step-station-next").click().run()
    assert not page.exception
