"""What a report judges: what replacing gates does, how faithful each map is, which maps agree, and other measures."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from gam_viz.evidence.measure import Measure, Verdict
from gam_viz.evidence.registry import MEASURES
from gam_viz.evidence.verdicts import Judgement, Likeness
from gam_viz.explain.answer_words import spans
from gam_viz.figures.curves import DASHES, Curve
from gam_viz.figures.scales import number
from gam_viz.figures.signs import swatch
from gam_viz.figures.static import curves, matrix
from gam_viz.report.ablation import ablation_part
from gam_viz.report.context import ReportContext
from gam_viz.report.ranks import ranks_part
from gam_viz.text import signed

JUDGED = ("map", "deletion", "insertion", "beats", "untrained", "delta", "alike")
#: Measures that are shown in a way of their own; each other one is a table.
PLACED = {"ablation", "faithfulness", "randomisation", "agreement"}


def parts(shown: ReportContext) -> dict[str, Any]:
    """What the template `evidence` draws."""
    return {
        "ablation": ablation_part(shown),
        "judged": _judged(shown),
        "agreement": _agreement(shown),
        "ranks": ranks_part(shown),
        "measures": [table for key, each in MEASURES.items() if key not in PLACED if (table := _measure(shown, each))],
    }


def _judged(shown: ReportContext) -> dict[str, Any]:
    """The evidence about each map, and the curves behind it."""
    settings = shown.case.settings.faithfulness
    baseline = shown.say(f"evidence.baseline.{settings.baseline}")
    networks = []
    for index in range(len(shown.titles)):
        rows = [row for row in shown.judged if row.network == index]
        if rows:
            drawn = [_judged_row(shown, row) for row in rows]
            networks.append({"index": index, "rows": drawn, "curves": _curves(shown, index, rows)})
    return {
        "how": shown.say(
            "report.judged_by",
            steps=settings.steps,
            orders=max((n.faithfulness.orders for n in shown.case.networks if n.faithfulness), default=0),
            baseline=baseline,
            least=shown.told(shown.case.networks[0]).least,
        ),
        "head": [shown.say(f"report.column.{key}") for key in JUDGED],
        "networks": networks,
    }


def _judged_row(shown: ReportContext, row: Judgement) -> dict[str, Any]:
    standing, test = row.standing, row.test
    untrained = "–"
    if test is not None:
        verdict = shown.say(f"evidence.verdict.{test.verdict}")
        untrained = verdict if row.untrained is None else f"{verdict} ({signed(row.untrained, '+.2f')})"
    delta = None if row.attribution is None else row.attribution.delta
    areas = ["–"] * 3
    if standing is not None:
        beaten = f"{standing.beats * standing.orders:g} / {standing.orders}"
        areas = [f"{standing.deletion:.3f}", f"{standing.insertion:.3f}", beaten]
    return {
        "outcome": row.outcome,
        "title": shown.map_title(row.map),
        "cells": [*areas, untrained, "–" if delta is None else number(delta)],
        "near": _likenesses(shown, row),
        "told": shown.together(*_sentences(shown, row)),
    }


def _likenesses(shown: ReportContext, row: Judgement) -> list[str]:
    def written(near: Likeness, name: str) -> str:
        return f"{name} {signed(near.spearman, '+.2f')}{ {1: ' ●', -1: ' ×'}.get(near.outside, '') }"

    titles = {each.map.key: shown.map_title(each.map) for each in shown.judged if each.network == row.network}
    across = [(near, shown.say("report.same_of", name=shown.title_of(near.network))) for near in row.across]
    return [written(near, titles[near.key]) for near in row.inside] + [written(near, name) for near, name in across]


def _sentences(shown: ReportContext, row: Judgement) -> list[str]:
    """What each measure that has sentences says of a map."""
    told, network = [], shown.case.networks[row.network]
    for key, measure in MEASURES.items():
        if not measure.sentence_key or key not in network.results:
            continue
        for verdict in measure.verdicts(network.results[key]):
            if verdict.key == row.map.key:
                sentence = f"{measure.sentence_key}.{verdict.code}"
                numbers = shown.told(network).numbers(verdict.numbers)
                told.append(shown.say(sentence, map=shown.map_title(row.map), **numbers))
    return told


def _curves(shown: ReportContext, index: int, rows: list[Judgement]) -> dict[str, Any] | None:
    say, network, colour = shown.say, shown.case.networks[index], shown.colours[index]
    known = network.faithfulness
    if known is None:
        return None
    standings = {row.map.key: row.standing for row in rows if row.standing is not None}
    gates = [row.map.key for row in rows if row.map.kind == "gate" and row.map.key in standings]
    best = max(gates, key=lambda key: standings[key].difference, default=None)
    titles = {row.map.key: shown.map_title(row.map) for row in rows}
    others = [curve.key for curve in known.curves if curve.key not in gates]
    dashes = {key: DASHES[1 + place % (len(DASHES) - 1)] for place, key in enumerate(others)}
    strong = [key for key in (best, *others) if key is not None]
    charts, words = [], shown.told(network)
    reached = [*(curve.deletion for curve in known.curves), *(pool.deletion for pool in known.pools)]
    ends = [float(end) for values in reached for end in (values.min(), values.max())]
    span = None if words.answers.chances else spans(ends, chances=False)
    for kind, places in (("deletion", known.removed), ("insertion", known.inserted)):
        lines = [
            Curve(titles[c.key], colour, getattr(c, kind), dashes.get(c.key, "solid"), c.key in strong)
            for c in known.curves
        ]
        low, high = known.band(kind, next((c.grain for c in known.curves if c.key in strong), known.pools[0].grain))
        strongest = titles[strong[0]] if strong else "–"
        alt = say(f"evidence.faithful.alt.{kind}", name=shown.titles[index], measured=words.measured, map=strongest)
        across = say(f"evidence.faithful.axis.{kind}")
        svg = curves(places, lines, (low, high), across=across, up=words.of(network.target), alt=alt, span=span)
        charts.append((Markup(svg), say(f"report.curve.{kind}")))
    legend = [(Markup(swatch(colour, dashes.get(key, "solid"))), titles[key]) for key in strong]
    if len(gates) > 1:
        legend.append((Markup(swatch(colour, "solid", strong=False)), say("report.other_gates")))
    return {"charts": charts, "legend": legend}


def _agreement(shown: ReportContext) -> dict[str, Any] | None:
    """The matrix of all maps."""
    say, known = shown.say, shown.case.agreement
    if known is None or len(known.maps) < 2:
        return None
    names = [network.name for network in shown.case.networks]
    groups = [names.index(label) for label in known.labels]
    svg = matrix(
        [shown.map_title(map_) for map_ in known.maps],
        [shown.colours[group] for group in groups],
        groups,
        known.spearman.values,
        known.spearman.outside,
        say("evidence.agreed.alt", maps=len(known.maps)),
    )
    notes = [say("evidence.agreed.about"), say("report.matrix", side=known.side)]
    labelled = zip(known.labels, known.maps, known.flat, strict=True)
    flat = [f"{shown.title_of(label)} {shown.map_title(map_)}" for label, map_, is_it in labelled if is_it]
    if flat:
        notes.append(say("evidence.agreed.flat", names=say("report.comma").join(flat)))
    return {"chart": Markup(svg), "networks": list(dict.fromkeys(groups)), "notes": notes}


def _measure(shown: ReportContext, measure: Measure) -> dict[str, Any] | None:
    """A table of what a measure says of every map of every network; None where it was not taken."""
    say, or_key = shown.say, shown.words.text_or
    rows = [
        _measure_row(shown, index, measure, verdict)
        for index, network in enumerate(shown.case.networks)
        if measure.key in network.results
        for verdict in measure.verdicts(network.results[measure.key])
    ]
    if not rows:
        return None
    head = [
        say("report.column.network"),
        say(measure.of[0] if measure.of else "report.column.map"),
        *(or_key(q.title_key, q.key) for q in measure.quantities),
    ]
    return {
        "title": or_key(measure.title_key, measure.key),
        "about": or_key(measure.about_key, ""),
        "head": [*head, *([say("evidence.column.verdict")] if measure.tones else [])],
        "rows": rows,
    }


def _measure_row(shown: ReportContext, index: int, measure: Measure, verdict: Verdict) -> list[str]:
    titles = {map_.key: shown.map_title(map_) for map_ in shown.case.networks[index].maps}
    own = {} if measure.of else {verdict.key: shown.own_map_title(verdict.key)}
    title = measure.name_of(shown.words, verdict, own | titles)
    if "region" in verdict.numbers:
        region = shown.say(f"compare.region.kind.{verdict.numbers['region']}")
        title = shown.say("report.map.layer", method=title, layer=region)
    cells = [
        shown.titles[index],
        title,
        *(q.written(verdict) for q in measure.quantities),
    ]
    if measure.tones:
        cells.append(shown.words.text_or(f"{measure.verdict_key}.{verdict.code}", verdict.code))
    return cells
