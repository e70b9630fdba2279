"""The parts of a report that judge: what replacing gates does, how faithful each map is, which maps agree."""

from __future__ import annotations

import math

import numpy as np

from gam_viz.evidence.ablation.ablate import Ablation
from gam_viz.evidence.examine import Examined
from gam_viz.evidence.verdicts import Judgement, Likeness
from gam_viz.figures.curves import DASHES, Line
from gam_viz.figures.report_marks import SHAPES, Mark, changes, mark_sign
from gam_viz.figures.report_matrix import matrix
from gam_viz.figures.scales import number
from gam_viz.figures.static import curves, swatch
from gam_viz.report.context import ReportContext
from gam_viz.report.looks import network_heading
from gam_viz.report.markup import Html, h, joined

_BRANCHES = ("channel", "spatial", "both")


def found(shown: ReportContext) -> Html:
    """The whole in a few sentences, each with its number."""
    say, case = shown.say, shown.case
    told = []
    for index, network in enumerate(case.networks):
        name, answer = shown.titles[index], network.explanation
        told.append(
            say(
                "common.prediction.alt",
                name=name,
                predicted=shown.class_name(network, answer.predicted),
                probability=float(answer.probabilities[answer.predicted]),
            )
            + say("report.stop")
        )
        if network.ablations is not None and network.ablations.results:
            told.append(_largest(shown, index, network.ablations.results))
        of = [row for row in shown.judged if row.network == index]
        judged = [row for row in of if row.outcome is not None]
        if judged:
            better = [row for row in judged if row.outcome == "better"]
            told.append(
                say(
                    f"report.found.{'faithful' if better else 'unfaithful'}",
                    name=name,
                    better=len(better),
                    count=len(judged),
                    maps=say("report.comma").join(shown.map_title(row.map) for row in better),
                )
            )
        surviving = [row for row in of if row.test is not None and row.test.verdict == "survives"]
        if surviving:
            maps = say("report.comma").join(shown.map_title(row.map) for row in surviving)
            told.append(say("report.found.survive", name=name, maps=maps))
    told += _alike(shown)
    return joined(h("h2", say("report.found")), h("ul", *(h("li", sentence) for sentence in told), class_="found"))


def ablation(shown: ReportContext) -> Html:
    """A chart a way of replacing, a row a layer, a mark a gate."""
    say, case = shown.say, shown.case
    known = [(i, network) for i, network in enumerate(case.networks) if network.ablations is not None]
    results = [(i, one) for i, network in known if network.ablations is not None for one in network.ablations.results]
    parts: list[str] = [h("h2", say("evidence.section.gates"))]
    if not results:
        return joined(*parts, h("p", say("common.gates.none")))
    parts.append(h("p", shown.together(say("evidence.gates.about"), say("report.ablation_limits")), class_="lead"))
    ends = [end for _, one in results for end in (one.probability.low, one.probability.high, one.probability.value)]
    span = (min(-0.1, math.floor(10 * min(ends)) / 10), max(0.1, math.ceil(10 * max(ends)) / 10))
    layers = list(dict.fromkeys(one.layer for _, one in results))
    lanes = {index: lane for lane, (index, _) in enumerate(known)}
    charts = []
    for mode in dict.fromkeys(one.mode for _, one in results):
        rows = [
            (
                shown.layer(layer),
                [_mark(shown, i, lanes[i], one) for i, one in results if (one.layer, one.mode) == (layer, mode)],
            )
            for layer in layers
        ]
        title = say("report.replaced_by", mode=say(f"evidence.mode.{mode}"))
        alt = say("evidence.gates.alt", gates=sum(len(marks) for _, marks in rows))
        caption = say("evidence.gates.axis.probability") + say("report.points")
        drawn = Html(changes(rows, len(known), span, f"{title}: {alt}"))
        charts.append(h("figure", h("h3", title), drawn, h("figcaption", caption)))
    signs = [
        *(
            h("p", Html(mark_sign(s, filled=False)), " ", say(f"evidence.branch.{b}"))
            for s, b in zip(SHAPES, _BRANCHES, strict=True)
        ),
        h("p", *(Html(mark_sign(s)) for s in SHAPES), " ", say("evidence.gates.flips")),
        h("p", *(Html(mark_sign(s, filled=False)) for s in SHAPES), " ", say("evidence.gates.stays")),
    ]
    heads = [network_heading(shown, i, "p") for i, _ in known]
    parts += [h("div", *heads, *signs, class_="legend"), h("div", *charts, class_="columns two")]
    table = [h("tr", *(h("th", say(f"report.column.{key}"), scope="col") for key in _COLUMNS))]
    table += [_ablation_row(shown, i, one) for i, one in results]
    parts.append(h("details", h("summary", say("compare.region.table")), h("div", h("table", *table), class_="wide")))
    return joined(*parts)


def faithful(shown: ReportContext) -> Html:
    """The evidence about each map in a table, and the curves behind it."""
    say, case = shown.say, shown.case
    settings = case.settings.faithfulness
    baseline = say(f"evidence.baseline.{settings.baseline}")
    told = say("report.judged_by", steps=settings.steps, orders=settings.orders, baseline=baseline)
    parts: list[str] = [
        h("h2", say("report.evidence")),
        h("p", shown.together(say("evidence.faithful.about"), told), class_="lead"),
    ]
    parts.append(h("p", say("report.randomised_about", seeds=len(case.settings.untrained))))
    for index, network in enumerate(case.networks):
        rows = [row for row in shown.judged if row.network == index]
        if not rows:
            continue
        parts += [network_heading(shown, index, "h3"), _table(shown, rows)]
        if network.faithfulness is not None:
            parts.append(_curves(shown, index, network, rows))
    return joined(*parts)


def agreed(shown: ReportContext) -> Html:
    """The matrix of all maps."""
    say, known = shown.say, shown.case.agreement
    if known is None or len(known.maps) < 2:
        return Html("")
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
    legend = h("div", *(network_heading(shown, i, "p") for i in dict.fromkeys(groups)), class_="legend")
    flat = [
        f"{shown.title_of(label)} {shown.map_title(m)}"
        for label, m, is_it in zip(known.labels, known.maps, known.flat, strict=True)
        if is_it
    ]
    notes = [h("p", say("evidence.agreed.about")), h("p", say("report.matrix", side=known.side))]
    if flat:
        notes.append(h("p", say("evidence.agreed.flat", names=say("report.comma").join(flat))))
    figure = h("figure", Html(svg), h("figcaption", say("evidence.spearman")))
    return joined(h("h2", say("evidence.section.agreed")), h("div", figure, h("div", legend, *notes), class_="columns"))


def _largest(shown: ReportContext, index: int, results: tuple[Ablation, ...]) -> str:
    say, network = shown.say, shown.case.networks[index]
    most = max(results, key=lambda one: abs(one.probability.value))
    return say(
        "report.found.ablation",
        name=shown.titles[index],
        layer=shown.layer(most.layer),
        branch=say(f"evidence.branch.{most.branch}"),
        mode=say(f"evidence.mode.{most.mode}"),
        target=shown.target(network),
        change=100 * most.probability.value,
        flips=sum(one.flips for one in results),
        count=len(results),
    )


def _alike(shown: ReportContext) -> list[str]:
    """Of every two networks: how many of their masks of the same layer agree."""
    say, told = shown.say, []
    for index in range(len(shown.titles)):
        gates = [row for row in shown.judged if row.network == index and row.map.kind == "gate"]
        for other in range(index + 1, len(shown.titles)):
            name = shown.case.networks[other].name
            pairs = [near for row in gates for near in row.across if near.network == name]
            if pairs:
                told.append(
                    say(
                        "report.found.alike",
                        first=shown.titles[index],
                        second=shown.titles[other],
                        alike=sum(near.outside > 0 for near in pairs),
                        count=len(pairs),
                    )
                )
    return told


def _mark(shown: ReportContext, index: int, lane: int, one: Ablation) -> Mark:
    say = shown.say
    told = f"{shown.titles[index]} {say(f'evidence.branch.{one.branch}')}: {100 * one.probability.value:+.1f}"
    change, shape = one.probability, SHAPES[_BRANCHES.index(one.branch)]
    return Mark(change.value, change.low, change.high, shown.colours[index], shape, one.flips, lane, told)


_COLUMNS = ("network", "layer", "branch", "mode", "probability", "margin", "flips")


def _ablation_row(shown: ReportContext, index: int, one: Ablation) -> Html:
    say = shown.say
    change = f"{100 * one.probability.value:+.1f}"
    if one.draws > 1:
        change += f" ({100 * one.probability.low:+.1f} … {100 * one.probability.high:+.1f})"
    cells = [
        shown.titles[index],
        shown.layer(one.layer),
        say(f"evidence.branch.{one.branch}"),
        say(f"evidence.mode.{one.mode}"),
        change,
        f"{one.margin.value:+.2f}",
        f"{one.flip_share:.0%}",
    ]
    return h("tr", *(h("td", cell) for cell in cells))


def _table(shown: ReportContext, rows: list[Judgement]) -> Html:
    say = shown.say
    columns = ("map", "deletion", "insertion", "beats", "untrained", "delta", "alike")
    titles = [say(f"report.column.{key}") for key in columns]
    drawn: list[str] = [h("thead", h("tr", *(h("th", title, scope="col") for title in titles)))]
    for row in rows:
        standing, orders = row.standing, shown.case.settings.faithfulness.orders
        cells = [
            "–" if standing is None else f"{standing.deletion:.3f}",
            "–" if standing is None else f"{standing.insertion:.3f}",
            "–" if standing is None else f"{standing.beats * orders:g} / {orders}",
            "–" if row.test is None else _with_untrained(shown, row),
            "–" if row.attribution is None or row.attribution.delta is None else number(row.attribution.delta),
            _likenesses(shown, row),
        ]
        told = h("td", _sentences(shown, row), colspan=len(columns), class_="told")
        drawn.append(
            h(
                "tbody",
                h(
                    "tr",
                    h("th", shown.map_title(row.map), scope="row"),
                    *(h("td", cell, data_title=title) for cell, title in zip(cells, titles[1:], strict=True)),
                ),
                h("tr", told),
                class_=row.outcome,
            )
        )
    return h("div", h("table", *drawn, class_="judged"), class_="wide")


def _with_untrained(shown: ReportContext, row: Judgement) -> str:
    assert row.test is not None
    verdict = shown.say(f"evidence.verdict.{row.test.verdict}")
    return verdict if row.untrained is None else f"{verdict} ({row.untrained:+.2f})"


def _likenesses(shown: ReportContext, row: Judgement) -> Html:
    say = shown.say

    def written(near: Likeness, name: str) -> Html:
        sign = {1: " ●", -1: " ×"}.get(near.outside, "")
        return h("span", f"{name} {near.spearman:+.2f}{sign}", class_="near")

    titles = {each.map.key: shown.map_title(each.map) for each in shown.judged if each.network == row.network}
    inside = [written(near, titles[near.key]) for near in row.inside]
    across = [written(near, say("report.same_of", name=shown.title_of(near.network))) for near in row.across]
    return joined(*inside, *across) if inside or across else Html("–")


def _sentences(shown: ReportContext, row: Judgement) -> str:
    say, title = shown.say, shown.map_title(row.map)
    told: list[str] = []
    if row.standing is not None:
        orders = shown.case.settings.faithfulness.orders
        told.append(
            say(
                f"evidence.faithful.sentence.{row.outcome}",
                map=title,
                deletion=row.standing.deletion,
                insertion=row.standing.insertion,
                beats=f"{row.standing.beats * orders:g}",
                orders=orders,
            )
        )
    if row.test is not None:
        fresh = [compared.spread for compared in row.test.untrained if math.isfinite(compared.spread)]
        told.append(
            say(
                f"evidence.randomised.sentence.{row.test.verdict}",
                map=title,
                rank="–" if row.untrained is None else f"{row.untrained:+.2f}",
                seeds=len(row.test.untrained),
                spread=number(row.test.spread) if math.isfinite(row.test.spread) else "–",
                fresh=number(float(np.median(fresh))) if fresh else "–",
            )
        )
    return shown.together(*told)


def _curves(shown: ReportContext, index: int, network: Examined, rows: list[Judgement]) -> Html:
    say, known, colour = shown.say, network.faithfulness, shown.colours[index]
    assert known is not None
    standings = {row.map.key: row.standing for row in rows if row.standing is not None}
    gates = [row.map.key for row in rows if row.map.kind == "gate" and row.map.key in standings]
    best = max(gates, key=lambda key: standings[key].difference, default=None)
    titles = {row.map.key: shown.map_title(row.map) for row in rows}
    others = [curve.key for curve in known.curves if curve.key not in gates]
    dashes = {key: DASHES[1 + place % (len(DASHES) - 1)] for place, key in enumerate(others)}
    strong = [key for key in (best, *others) if key is not None]
    charts = []
    for kind, places in (("deletion", known.removed), ("insertion", known.inserted)):
        lines = [
            Line(titles[c.key], colour, getattr(c, kind), dashes.get(c.key, "solid"), c.key in strong)
            for c in known.curves
        ]
        _, low, high = known.band(kind)
        axis = say(f"evidence.faithful.axis.{kind}")
        up = say("evidence.faithful.probability", target=shown.target(network))
        alt = say(f"evidence.faithful.alt.{kind}", name=shown.titles[index], map=titles[strong[0]] if strong else "–")
        svg = curves(places, lines, (low, high), across=axis, up=up, alt=alt)
        charts.append(h("figure", Html(svg), h("figcaption", say(f"report.curve.{kind}"))))
    legend = [h("p", Html(swatch(colour, dashes.get(key, "solid"))), " ", titles[key]) for key in strong]
    if len(gates) > 1:
        legend.append(h("p", Html(swatch(colour, "solid", strong=False)), " ", say("report.other_gates")))
    return joined(h("div", *charts, class_="columns"), h("div", *legend, class_="legend"))
