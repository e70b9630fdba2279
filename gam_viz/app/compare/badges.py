"""A badge or two under every map of Compare: what was measured of it, computed when the reader asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from gam_viz.app.pages import script
from gam_viz.app.shared import measurements
from gam_viz.app.shared.choices import switch
from gam_viz.app.shared.columns import Column
from gam_viz.app.shared.words import reason, text, words
from gam_viz.evidence.measure import Measure, Verdict
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain import SpatialMap
from gam_viz.explain.attributions import Attribution, Request
from gam_viz.explain.heatmaps import Heatmap, of_attributions, of_gates
from gam_viz.titles import literal

#: Streamlit's names. Green: the map passed, orange: it failed, grey: nothing was decided.
TONE_COLOURS = {"passed": "green", "failed": "orange", "open": "gray"}
#: Reductions that the randomisation test knows; the others pick channels, and say so on the map.
TESTED = ("gain", "spread", "mean")


def badge_switch() -> None:
    """The choice whether maps are tested; it stands outside of the rows, since it concerns them all."""
    with st.container(horizontal=True, vertical_alignment="center"):
        labels = (text("evidence.badge.show"), text("evidence.badge.hide"))
        if switch("badges", labels, ":material/fact_check:", text("evidence.badge.help")):
            st.page_link(script("evidence"), label=text("evidence.badge.more"), icon=":material/arrow_forward:")


def _wanted() -> bool:
    return bool(st.session_state.get("badges") == "on")


def gate_badges(column: Column, maps: Mapping[str, SpatialMap], reduction: str, detail: int) -> dict[str, str]:
    """Markdown by layer; empty where nobody asks."""
    if not _wanted() or not maps:
        return {}
    heatmaps = of_gates(maps)
    # One mask for all channels is the same whatever the reduction.
    masks = all(map_.reduction == "mask" for map_ in maps.values())
    remade = "gain" if masks else reduction if reduction in TESTED else None
    lines = _lines(column, heatmaps, ("gates", reduction, detail), (), remade)
    return {heatmap.layer or "": lines[heatmap.key] for heatmap in heatmaps}


def attribution_badges(column: Column, attributions: Sequence[Attribution], requests: Sequence[Request]) -> list[str]:
    """Markdown of each attribution; empty where nobody asks."""
    if not _wanted():
        return [""] * len(attributions)
    heatmaps = of_attributions(attributions)
    lines = _lines(column, heatmaps, ("attributions",), requests, "gain")
    return [lines[heatmap.key] for heatmap in heatmaps]


def _lines(
    column: Column,
    maps: Sequence[Heatmap],
    made: tuple[object, ...],
    requests: Sequence[Request],
    remade: str | None,
) -> dict[str, str]:
    """Each map's badges, one a measure that has badges, by the map's key.

    Args:
        column: which network.
        maps: that are shown.
        made: how they came about, beside the requests.
        requests: of attributions.
        remade: the reduction by which a measure can make them anew; None where it cannot.
    """
    given = measurements.given_of(column, requests, chosen=maps, chosen_key=made, reduction=remade or "gain")
    parts: dict[str, list[str]] = {map_.key: [] for map_ in maps}
    for measure in MEASURES.values():
        if not measure.badge_key or measure.lacks(given) or (measure.remakes and remade is None):
            continue
        try:
            verdicts = {each.key: each for each in measure.verdicts(measurements.measured(measure, [given]))}
        except ValueError as error:  # a network whose answers are not finite, for instance
            return dict.fromkeys(parts, literal(text("evidence.cannot", reason=reason(error))))
        for key, said in parts.items():
            said.append(_badge(measure, verdicts.get(key)))
    return {key: " ".join(said) for key, said in parts.items()}


def _badge(measure: Measure, verdict: Verdict | None) -> str:
    if verdict is None:
        return f":orange-badge[{text('evidence.badge.refused')}]"
    key = f"{measure.badge_key}.{verdict.code}"
    said = text(key, **verdict.numbers) if key in words().sentences else _in_numbers(measure, verdict)
    return f":{TONE_COLOURS[measure.tones.get(verdict.code, 'open')]}-badge[{literal(said)}]"


def _in_numbers(measure: Measure, verdict: Verdict) -> str:
    """A verdict where the catalogue has no sentence for it: its name, and its numbers."""
    parts = [measure.verdict_title(words(), verdict)] if verdict.code else []
    parts += [f"{quantity.title(words())} {quantity.written(verdict)}" for quantity in measure.quantities]
    return f"{measure.title(words())}: {', '.join(parts)}"
