"""A badge or two under every map of Compare: what was measured of it, computed when the reader asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from gam_viz.app.evidence import measurements
from gam_viz.app.evidence.verdicts import FAITHFUL_COLOURS, RANDOM_COLOURS
from gam_viz.app.pages import script
from gam_viz.app.shared import state
from gam_viz.app.shared.columns import View
from gam_viz.app.shared.session_cache import told
from gam_viz.app.shared.words import text
from gam_viz.evidence.faithfulness import Faithfulness, Settings
from gam_viz.evidence.randomisation.cascade import MapTest
from gam_viz.explain import SpatialMap
from gam_viz.explain.attributions import Attribution, Request
from gam_viz.explain.heatmaps import Heatmap, of_attributions, of_gates
from gam_viz.titles import literal

#: Reductions that the randomisation test knows; the others pick channels, and say so on the map.
TESTED = ("gain", "spread", "mean")


def badge_switch() -> None:
    """The choice whether maps are tested; it stands outside of the rows, since it concerns them all."""
    state.restore("badges", ["on", "off"], "off")
    on = st.session_state["badges"] == "on"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            text("evidence.badge.hide") if on else text("evidence.badge.show"),
            icon=":material/fact_check:",
            type="tertiary",
            key="badge-button",
            on_click=_switch,
            help=text("evidence.badge.help"),
        )
        if on:
            st.page_link(script("evidence"), label=text("evidence.badge.more"), icon=":material/arrow_forward:")
    state.publish("badges", "off")


def _switch() -> None:
    st.session_state["badges"] = "off" if st.session_state["badges"] == "on" else "on"


def _wanted() -> bool:
    return bool(st.session_state.get("badges") == "on")


def gate_badges(view: View, index: int, maps: Mapping[str, SpatialMap], reduction: str, detail: int) -> dict[str, str]:
    """Markdown by layer; empty where nobody asks."""
    if not _wanted() or not maps:
        return {}
    heatmaps = of_gates(maps)
    tests: dict[str, MapTest] = {}
    try:
        found = _judged(view, index, heatmaps, ("gates", reduction, detail))
        # One mask for all channels is the same whatever the reduction.
        masks = all(map_.reduction == "mask" for map_ in maps.values())
        if reduction in TESTED or masks:
            tests = _tested(view, index, [], "gain" if masks else reduction)
    except ValueError as error:
        return dict.fromkeys(maps, _refused(error))
    return {heatmap.layer or "": _line(heatmap.key, found, tests.get(heatmap.key)) for heatmap in heatmaps}


def attribution_badges(
    view: View, index: int, attributions: Sequence[Attribution], requests: Sequence[Request]
) -> list[str]:
    """Markdown of each attribution; empty where nobody asks."""
    if not _wanted() or not attributions:
        return []
    heatmaps = of_attributions(attributions)
    made = tuple(measurements.made_by(request) for request in requests)
    try:
        found = _judged(view, index, heatmaps, made)
        tests = _tested(view, index, requests, "gain")
    except ValueError as error:
        return [_refused(error)] * len(heatmaps)
    return [_line(heatmap.key, found, tests.get(heatmap.key)) for heatmap in heatmaps]


def _judged(view: View, index: int, maps: Sequence[Heatmap], made: tuple[object, ...]) -> Faithfulness:
    place = st.empty()
    progress, waiting = told(place, view.titles()[index])
    found = measurements.judged(
        view.subjects[index], view.targets()[index], maps, Settings(), made=made, progress=progress, on_wait=waiting
    )
    place.empty()
    return found


def _tested(view: View, index: int, requests: Sequence[Request], reduction: str) -> dict[str, MapTest]:
    place = st.empty()
    progress, waiting = told(place, view.titles()[index])
    found = measurements.randomised(
        view.subjects[index],
        view.targets()[index],
        requests,
        reduction=reduction,
        cascade=False,
        progress=progress,
        on_wait=waiting,
    )
    place.empty()
    return {test.heatmap.key: test for test in found.maps}


def _line(key: str, found: Faithfulness, test: MapTest | None) -> str:
    parts = []
    standing = next((s for s in found.standings() if s.key == key), None)
    if standing is None:
        parts.append(_badge("orange", text("evidence.badge.refused")))
    else:
        verdict = standing.outcome
        said = text(
            f"evidence.badge.faithful.{verdict}",
            beats=round(standing.beats * found.settings.orders),
            orders=found.settings.orders,
        )
        parts.append(_badge(FAITHFUL_COLOURS[verdict], said))
    if test is not None:
        rank = test.untrained_rank
        said = text(f"evidence.badge.random.{test.verdict}", rank="–" if rank is None else f"{rank:+.2f}")
        parts.append(_badge(RANDOM_COLOURS[test.verdict], said))
    return " ".join(parts)


def _refused(error: ValueError) -> str:
    """What the library refuses, as a network whose answers are not finite."""
    return literal(text("evidence.cannot", reason=error))


def _badge(colour: str, said: str) -> str:
    return f":{colour}-badge[{said}]"
