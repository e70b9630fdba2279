"""What was measured of the maps: tested when the reader asks, told under each map, and counted beside the button."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from gam_viz.app.compare.masks import Masks
from gam_viz.app.pages import script
from gam_viz.app.shared import measurements
from gam_viz.app.shared.choices import chosen_many, switch
from gam_viz.app.shared.columns import Column, View
from gam_viz.app.shared.explanations import attributions
from gam_viz.app.shared.waiting import progress_line
from gam_viz.app.shared.words import language, reason, text, words
from gam_viz.evidence.measure import Measure, MeasureInput, Verdict
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain import SpatialMap
from gam_viz.explain.answer_words import AnswerWords
from gam_viz.explain.attributions import DEFAULT_METHODS, METHODS, Attribution, Request
from gam_viz.explain.heatmaps import Heatmap, of_attributions, of_gates
from gam_viz.titles import literal

#: Streamlit's names. Green: the map passed, orange: it failed, grey: nothing was decided.
TONE_COLOURS = {"passed": "green", "failed": "orange", "open": "gray"}
#: Reductions that the randomisation test knows; the others pick channels, and say so on the map.
TESTED = ("gain", "spread", "mean")


@dataclass(frozen=True)
class Badge:
    """What is told of one map: Markdown, and the reasons in sentences."""

    said: str
    why: str = ""

    def draw(self) -> None:
        """Draw it."""
        if self.said:
            st.markdown(self.said, help=self.why or None)


def test_row(view: View, masks: Masks) -> None:
    """Draw the choice whether maps are tested; while they are, how far that is, and then what came of it."""
    labels = (text("evidence.badge.show"), text("evidence.badge.hide"))
    if not switch("badges", labels, ":material/fact_check:", text("evidence.badge.help"), whole=True):
        return
    asked = [*_of_masks(view, masks), *_of_attributions(view)]
    total = sum(len(given.maps) for given, _ in asked)
    found: dict[str, list[Verdict]] = {}
    with progress_line(lambda share, _: _testing(share, total)) as line:
        done = 0
        for given, remakes in asked:
            measures = _measures(given, remakes)
            for number, measure in enumerate(measures):

                def progress(share: float, at: str = "", number: int = number, of: int = len(measures)) -> None:
                    line.progress((done + len(given.maps) * (number + share) / of) / total, at)  # noqa: B023

                try:
                    result = measurements.measured(measure, [given], line=(progress, line.on_wait))
                except ValueError:  # said under the map
                    continue
                found.setdefault(measure.key, []).extend(measure.verdicts(result))
            done += len(given.maps)
    for key, verdicts in found.items():
        _result(MEASURES[key], verdicts)


def _testing(share: float, total: int) -> str:
    return text("evidence.badge.testing", number=min(total, int(share * total) + 1), total=total)


def _result(measure: Measure, verdicts: Sequence[Verdict]) -> None:
    """How many maps passed, as a way to the test itself."""
    passed = sum(measure.tones.get(verdict.code) == "passed" for verdict in verdicts)
    if f"evidence.badge.count.{measure.key}" not in words().sentences:
        return
    st.page_link(
        script("evidence"),
        label=text(f"evidence.badge.count.{measure.key}", passed=passed, maps=len(verdicts)),
        icon=":material/arrow_forward:",
        query_params={"question": measure.title_key.rpartition(".")[2], "lang": language()},
    )


def _of_masks(view: View, masks: Masks) -> Iterator[tuple[MeasureInput, bool]]:
    """Each network's spatial masks as they are shown, and whether a measure can make them anew."""
    for column, maps in zip(view.columns, masks.maps, strict=True):
        if maps:
            yield _given_of_masks(column, maps, masks)


def _given_of_masks(column: Column, maps: Mapping[str, SpatialMap], masks: Masks) -> tuple[MeasureInput, bool]:
    # One mask for all channels is the same whatever the reduction.
    alike = all(map_.reduction == "mask" for map_ in maps.values())
    remade = "gain" if alike else masks.reduction if masks.reduction in TESTED else None
    return _given(column, of_gates(maps), ("gates", masks.reduction, masks.detail), (), remade)


def _of_attributions(view: View) -> Iterator[tuple[MeasureInput, bool]]:
    """Each network's attributions as they are chosen further down; those that are refused say so there."""
    methods = chosen_many("methods", list(METHODS), DEFAULT_METHODS)
    for column in view.columns:
        if not methods or column.told.nothing(column.explanation, column.target, column.title):
            continue
        requests = measurements.requests_of(column, methods)
        try:
            made = attributions(column.subject, column.target, requests, column.title)
        except (ValueError, RuntimeError):
            continue
        yield _given(column, of_attributions(made), ("attributions",), requests, "gain")


def _given(
    column: Column, maps: Sequence[Heatmap], made: tuple[object, ...], requests: Sequence[Request], remade: str | None
) -> tuple[MeasureInput, bool]:
    """Maps that are shown, as measures see them, and whether one can make them anew.

    Args:
        column: which network.
        maps: that are shown.
        made: how they came about, beside the requests.
        requests: of attributions.
        remade: the reduction by which a measure can make them anew; None where it cannot.
    """
    given = measurements.given_of(column, requests, chosen=maps, chosen_key=made, reduction=remade or "gain")
    return given, remade is not None


def _measures(given: MeasureInput, remakes: bool) -> list[Measure]:
    """Those that have badges and can be asked."""
    asked = (measure for measure in MEASURES.values() if measure.badge_key and not measure.lacks(given))
    return [measure for measure in asked if remakes or not measure.remakes]


def gate_badges(column: Column, masks: Masks) -> dict[str, Badge]:
    """By the map's place; empty where nobody asks."""
    maps = masks.maps[column.number]
    if not _wanted() or not maps:
        return {}
    badges = _badges(column.told, *_given_of_masks(column, maps, masks))
    return {heatmap.layer or "": badges[heatmap.key] for heatmap in of_gates(maps)}


def attribution_badges(column: Column, made: Sequence[Attribution], requests: Sequence[Request]) -> list[Badge]:
    """Of each attribution; empty ones where nobody asks."""
    if not _wanted():
        return [Badge("")] * len(made)
    heatmaps = of_attributions(made)
    badges = _badges(column.told, *_given(column, heatmaps, ("attributions",), requests, "gain"))
    return [badges[heatmap.key] for heatmap in heatmaps]


def _wanted() -> bool:
    return bool(st.session_state.get("badges") == "on")


def _badges(told: AnswerWords, given: MeasureInput, remakes: bool) -> dict[str, Badge]:
    """By the map's key: how many measures speak for it and how many against it, and what each of them says."""
    said: dict[str, list[_Said]] = {map_.key: [] for map_ in given.maps}
    for measure in _measures(given, remakes):
        try:
            verdicts = {each.key: each for each in measure.verdicts(measurements.measured(measure, [given]))}
        except ValueError as error:  # a network whose answers are not finite, for instance
            return dict.fromkeys(said, Badge(literal(text("evidence.cannot", reason=reason(error)))))
        for key, of_map in said.items():
            of_map.append(_said(measure, verdicts.get(key), told))
    return {key: _tally(of_map) for key, of_map in said.items()}


@dataclass(frozen=True)
class _Said:
    """What one measure says of one map: for it ("passed"), against it ("failed") or neither; in words, and why."""

    tone: str
    words: str
    why: str
    judges: bool


def _tally(said: Sequence[_Said]) -> Badge:
    """One badge of all measures that judge, and behind it what each says; measures that only give numbers beside it."""
    judging = [each for each in said if each.judges]
    counts = {tone: sum(each.tone == tone for each in judging) for tone in TONE_COLOURS}
    tone = "failed" if counts["failed"] else "passed" if counts["passed"] else "open"
    badges = [_drawn(tone, text("evidence.badge.tally", **counts))] if judging else []
    badges += [_drawn("open", each.words) for each in said if not each.judges]
    why = (f"**{literal(each.words)}**" + (f" {literal(each.why)}" if each.why else "") for each in judging)
    return Badge(" ".join(badges), "\n\n".join(why))


def _drawn(tone: str, said: str) -> str:
    return f":{TONE_COLOURS[tone]}-badge[{literal(said)}]"


def _said(measure: Measure, verdict: Verdict | None, told: AnswerWords) -> _Said:
    if verdict is None:
        return _Said("open", text("evidence.badge.refused"), "", bool(measure.tones))
    key = f"{measure.badge_key}.{verdict.code}"
    said = text(key, **verdict.numbers) if key in words().sentences else _in_numbers(measure, verdict)
    why = f"{measure.sentence_key}.{verdict.code}"
    named = {"map": text("evidence.badge.this"), **told.numbers(verdict.numbers)}
    sentence = text(why, **named) if why in words().sentences else ""
    return _Said(measure.tones.get(verdict.code, "open"), said, sentence, bool(measure.tones))


def _in_numbers(measure: Measure, verdict: Verdict) -> str:
    """A verdict where the catalogue has no sentence for it: its name, and its numbers."""
    parts = [measure.verdict_title(words(), verdict)] if verdict.code else []
    parts += [f"{quantity.title(words())} {quantity.written(verdict)}" for quantity in measure.quantities]
    return f"{measure.title(words())}: {', '.join(parts)}"
