"""What the sections share: names of maps, the methods that are judged, the map that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gam_viz.app.shared import measurements
from gam_viz.app.shared.choices import choose, choose_many
from gam_viz.app.shared.columns import View
from gam_viz.app.shared.words import layer_title, text, words
from gam_viz.evidence.measure import Measure, MeasureInput
from gam_viz.explain.answer_words import AnswerWords
from gam_viz.explain.attributions import DEFAULT_METHODS, METHODS
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.figures.curves import DASHES
from gam_viz.networks.card import Card
from gam_viz.titles import literal


def answer_place(section: str) -> DeltaGenerator:
    """Where a section's answer stands, above all it rests on; it is written once everything is measured."""
    return st.container(key=f"answer-{section}")


def say_passed(place: DeltaGenerator, measure: Measure, results: Sequence[tuple[str, Any]]) -> None:
    """Write how many maps of each network passed a test.

    Args:
        place: see `answer_place`.
        measure: that has a sentence for it.
        results: (a network's name, what was measured of its maps).
    """
    said = []
    for name, result in results:
        if verdicts := measure.verdicts(result):
            passed = sum(measure.tones.get(verdict.code) == "passed" for verdict in verdicts)
            count = text(f"evidence.badge.count.{measure.key}", passed=passed, maps=len(verdicts))
            said.append(text("evidence.answer_of", name=name, answer=count))
    place.markdown(literal(text("evidence.answers").join(said)))


def map_title(map_: Heatmap) -> str:
    """A map's name for people."""
    if map_.kind == "gate":
        return text("evidence.map.gate", layer=layer_title(map_.layer or ""))
    return text(f"common.method.{map_.source}")


def choose_methods() -> list[str]:
    """The methods whose maps are judged beside the gates; Compare's choice."""
    label, help = text("evidence.methods"), text("evidence.methods_help")
    return choose_many("methods", list(METHODS), DEFAULT_METHODS, label, "common.method", help=help)


def givens(view: View, methods: Sequence[str]) -> list[MeasureInput]:
    """Each network with its gates and attributions; while they are computed, the page says how far that is."""
    return [measurements.given_of(column, measurements.requests_of(column, methods)) for column in view.columns]


def choose_map(maps: Sequence[Sequence[Heatmap]]) -> str:
    """The map that is drawn strongest; one choice for all networks, by the map's key."""
    titles = {map_.key: map_title(map_) for of_network in maps for map_ in of_network}
    default = next((name for name in reversed(titles) if name.startswith("gate.")), next(iter(titles)))
    return choose("map", list(titles), default, text("evidence.highlight"), titles.__getitem__)


def dashes_of(maps: Sequence[Heatmap]) -> dict[str, str]:
    """A line's dashes by its map's key: gates are solid, each method has its own."""
    methods = list(dict.fromkeys(map_.source for map_ in maps if map_.kind == "attribution"))
    return {map_.key: "solid" if map_.kind == "gate" else DASHES[1 + methods.index(map_.source) % 5] for map_ in maps}


def sentence(measure: Measure, card: Card, result: Any, key: str, title: str) -> str:
    """What was measured of one map, with its numbers."""
    verdict = next((each for each in measure.verdicts(result) if each.key == key), None)
    if verdict is None:
        return text("evidence.lacks_map")
    numbers = AnswerWords(words(), card).numbers(verdict.numbers)
    return text(f"{measure.sentence_key}.{verdict.code}", map=title, **numbers)
