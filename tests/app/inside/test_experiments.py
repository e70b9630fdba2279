"""The experiments of the Inside page: their numbers are the library's, both languages, and what cannot be is said."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import softmax
from streamlit.testing.v1 import AppTest

from gam_viz.explain.interventions import Shuffle, move_features, move_pixel, shuffle_picture
from gam_viz.figures.scales import number
from gam_viz.images import load_sample, normalise, prepare
from gam_viz.networks.checkpoints import load, read, save
from tests.app.visiting import visit
from tests.checkpoint_files import write_scenes_network
from tests.combinations import each_once

SECTIONS = ("pixel", "patches", "options")
SAMPLE = "scene-sailboat-17"
RAW = re.compile(r"\btry\.[a-z_]+")


def script() -> None:
    """One section on a page of its own, with the sidebar's choices; the address says which section and layer."""
    import streamlit as st

    from gam_viz.app.inside.experiments.options import options_section
    from gam_viz.app.inside.experiments.patches import patches_section
    from gam_viz.app.inside.experiments.pixel import pixel_section
    from gam_viz.app.shared import state
    from gam_viz.app.shared.columns import Shown, View
    from gam_viz.app.shared.explanations import explained, subject
    from gam_viz.app.shared.sidebar import sidebar
    from gam_viz.app.shared.words import begin_page, language

    state.arrive("trying", language())
    begin_page()
    selection = sidebar()
    assert selection is not None
    subjects = tuple(subject(c, selection.picture, selection.fit) for c in selection.networks)
    view = View(selection, subjects, explained(subjects), Shown())
    draw = {"pixel": pixel_section, "patches": patches_section, "options": options_section}
    draw[st.query_params["section"]](view, st.query_params["at"])


@pytest.fixture
def page(checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    def run(section: str, *, at: str = "layer2.1", folder: Path = checkpoint_folder, **query: str) -> AppTest:
        monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(folder))
        app = AppTest.from_function(script, default_timeout=120)
        for key, value in {"section": section, "at": at, "sample": SAMPLE, **query}.items():
            app.query_params[key.replace("_", "-")] = value
        return app.run()

    return run


def said(page: AppTest) -> str:
    """What is read, without the glossary's links."""
    words = "\n".join(element.value for element in [*page.markdown, *page.caption, *page.info, *page.warning])
    return re.sub(r"\[([^\]]+)\]\(glossary[^)]*\)", r"\1", words)


def tables(page: AppTest) -> str:
    return "\n".join(html.proto.body for html in page.get("html"))  # type: ignore[attr-defined]


def known(folder: Path, name: str):
    checkpoint = read(folder / f"{name}.safetensors")
    card = checkpoint.card
    return load(checkpoint), card, prepare(load_sample(SAMPLE), size=card.input_size, mean=card.mean, std=card.std)


@pytest.mark.parametrize(
    ("section", "where"),
    each_once(SECTIONS, [("features", "en"), ("picture", "zh"), ("picture", "en"), ("features", "zh")]),
)
def test_every_experiment_is_there(page, section, where) -> None:
    level, language = where
    shown = page(section, lang=language, try_level=level)
    assert not shown.exception
    assert not shown.error
    assert not shown.warning
    words = said(shown) + tables(shown)
    assert not RAW.search(words)
    assert ("的" in words) == (language == "zh")
    assert not re.search(r"[。：，]\*\*\w", said(shown))  # Markdown does not close such bold words


@pytest.mark.parametrize("section", SECTIONS)
def test_the_inside_page_has_them(app, section) -> None:
    shown = visit(app, "inside")
    shown.query_params["inside"] = section
    shown.run()
    assert not shown.exception
    assert not shown.error
    assert re.search(
        {"pixel": "Choose a position", "patches": "Shuffle the patches", "options": "Build a different GAM"}[section],
        said(shown),
    )


def test_one_position_without_any_touch(page, checkpoint_folder) -> None:
    shown = page("pixel")
    words = said(shown)
    for name in ("scenes-cbam", "scenes-gam"):
        network, _, seen = known(checkpoint_folder, name)
        for gate in move_features(network, seen.tensor, "layer2.1", 8, 8).gates:
            assert number(gate.largest) in words
    assert "changes at 1 of 256 positions" in words  # GAM's channel gate
    assert "changes at all 256 positions at once" in words  # CBAM's
    assert "changes at 169 of 256 positions" in words  # 13 x 13
    assert "in the 7 × 7 positions" in words


def test_another_position_is_another_number_and_stands_in_the_link(page) -> None:
    shown = page("pixel")
    first = said(shown)
    shown.number_input(key="try-row").set_value(1).run()
    assert not shown.exception
    assert said(shown) != first
    assert shown.query_params["try-row"] == "1"
    assert "what the map's edge leaves of 13 × 13" in said(shown)


def test_a_pixel_gets_another_colour(page, checkpoint_folder) -> None:
    shown = page("pixel", at="layer1.0", try_level="picture", try_y="10", try_x="20", try_colour="#10ff00")
    words = said(shown)
    network, card, seen = known(checkpoint_folder, "scenes-gam")
    colour = normalise(np.array([[[16, 255, 0]]], np.uint8), card.mean, card.std)[0, :, 0, 0]
    moved = move_pixel(network, seen.tensor, "layer1.0", 10, 20, colour)
    assert number(moved.gates[0].largest) in words
    before = softmax(moved.before).max()
    assert f"from {before:.2%} to" in words or f"({before:.1%} before" in words
    assert "Beyond the dashed line" in words  # CBAM's averages
    # A pixel with its own colour changes nothing.
    own = "#" + "".join(f"{value:02x}" for value in seen.seen[10, 20])
    shown.color_picker(key="try-colour").set_value(own).run()
    assert said(shown).count("nothing changes, not by a single bit.") == 4


def test_a_gate_behind_a_closed_relu_says_so(page, checkpoint_folder, tmp_path) -> None:
    for name in ("scenes-cbam", "scenes-gam"):
        network, card, _ = known(checkpoint_folder, name)
        if name == "scenes-cbam":
            with torch.no_grad():
                network.layer2[1].attention.mlp[0].bias.fill_(-1e6)
        save(network, card, tmp_path / f"{name}.safetensors")
    words = said(page("pixel", folder=tmp_path))
    assert words.count("a path leads here") == 1


def test_nonsense_in_a_link_falls_back(page) -> None:
    shown = page("pixel", try_level="picture", try_colour="<b>", try_y="900", try_x="-3")
    assert not shown.exception
    assert re.fullmatch(r"#[0-9a-f]{6}", shown.color_picker(key="try-colour").value)
    assert (shown.number_input(key="try-y").value, shown.number_input(key="try-x").value) == (63, 0)
    shown = page("options", try_rate="5", try_groups="x", try_place="?")
    assert not shown.exception
    assert "1,640" in tables(shown)
    assert "856" in tables(shown)  # with two groups, the most that eight channels begin with


def test_shuffled_features_and_again(page) -> None:
    shown = page("patches")
    words = said(shown)
    assert "8 channel weights are unchanged" in words
    assert "the channel gate is unchanged" in words
    assert "the spatial gate differs by" in words
    shown.button(key="try-again").click().run()
    assert shown.number_input(key="try-seed").value == 1
    assert shown.query_params["try-seed"] == "1"
    assert said(shown) != words


def test_a_shuffled_picture_is_answered(page, checkpoint_folder) -> None:
    shown = page("patches", try_level="picture", try_grid="8", try_seed="7")
    network, _, seen = known(checkpoint_folder, "scenes-gam")
    found = shuffle_picture(network, seen.tensor, "layer2.1", Shuffle(8, 7))
    assert number(found.gates[0].largest) in said(shown)
    after = softmax(found.after).max()
    assert f"{after:.1%}" in said(shown) or f"{after:.2%}" in said(shown)


def test_options_in_numbers(page) -> None:
    shown = page("options", at="layer3.1", try_rate="2", try_groups="4", try_place="last")
    assert not shown.exception
    assert "8×8" in tables(shown)
    assert "4 of 16" in tables(shown)
    assert "nothing is mixed" in said(shown)
    assert "No network with exactly these options was trained" in said(shown)


def test_a_trained_network_with_the_options_stands_beside(page) -> None:
    shown = page("options", try_groups="1", try_gate="sigmoid")
    assert not shown.exception
    words = said(shown)
    assert "costs the same as the tutorial's" in words
    assert "Both were trained on Planted scenes" in words
    assert "of the weights are negative" in words  # the printed one's
    assert "over positions they vary" in words


def test_the_printed_options_differ_in_nothing(page) -> None:
    words = said(page("options", try_groups="1"))
    assert "nothing differs" in words
    assert "Choose other options" in words


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"try_rate": "32", "try_groups": "1"}, ("may be at most 8", "最大只能是 8")),
        ({"try_rate": "4", "try_groups": "4"}, ("must divide both", "必须同时整除")),
        ({"try_rate": "1", "try_groups": "4", "try_form": "depthwise"}, ("Groups go with", "分组只与")),
    ],
)
def test_what_cannot_be_built_is_said(page, query, reason, language) -> None:
    shown = page("options", lang=language, **query)
    assert not shown.exception
    assert reason[language == "zh"] in shown.warning[0].value


@pytest.mark.parametrize("section", SECTIONS)
def test_a_network_without_gates_says_so_and_three_are_drawn(page, section) -> None:
    networks = "scenes-none,scenes-cbam,scenes-gam,scenes-gam_sigmoid"
    shown = page(section, networks_scenes=networks)
    assert not shown.exception
    if section != "options":
        assert "No attention has no gates in layer2.1" in said(shown)
        assert "channel sigmoid" not in tables(shown)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_layer_without_gates_says_so(page, section) -> None:
    shown = page(section, at="layer9.0")
    assert not shown.exception
    assert "None of these networks has gates" in shown.info[0].value


@pytest.mark.parametrize("section", SECTIONS)
def test_chains_are_drawn_part_by_part(page, tmp_path, section) -> None:
    for seed, attention in enumerate(("se_cbam", "se_gam")):
        options = {"reduction_ratio": 2} if attention == "se_cbam" else {"rate": 2}
        write_scenes_network(tmp_path, f"scenes-{attention}", attention, options, seed)
    shown = page(section, folder=tmp_path)
    assert not shown.exception
    if section != "options":
        assert said(shown).count("**layer2.1.first.**") == 2
        assert said(shown).count("**layer2.1.second.**") == 2
    shown = page(section, folder=tmp_path, at="layer2.1.second")
    assert not shown.exception
