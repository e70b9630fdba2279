"""Does the answer hang on what a map marks? Deletion and insertion, for every map, gates included."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gam_viz.app.evidence import measurements
from gam_viz.app.evidence.shared import choose_map, choose_methods, givens, map_title, refusals
from gam_viz.app.shared import state
from gam_viz.app.shared.choices import segments
from gam_viz.app.shared.columns import PLOT, View, heading
from gam_viz.app.shared.words import class_title, prose, text, words
from gam_viz.evidence.faithfulness import BASELINES, Faithfulness, Settings, Standing
from gam_viz.evidence.measure import MeasureInput, Options
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.figures.curves import DASHES, Curve, lines

KINDS = ("deletion", "insertion")


@st.fragment
@refusals
def faithful_section(view: View) -> None:
    """Draw the section."""
    st.caption(prose("evidence.faithful.about"))
    controls = st.container(horizontal=True, vertical_alignment="bottom")
    with controls:
        methods = choose_methods()
        baseline = segments("baseline", BASELINES, "blur", text("evidence.faithful.baseline"), "evidence.baseline")
        with st.popover(text("compare.attributions.settings")):
            settings = _settings(baseline)
            shaken = st.toggle(
                text("evidence.faithful.sensitivity"), key="shaken", help=text("evidence.faithful.sensitivity_help")
            )
    given = givens(view, methods)
    maps = [each.maps for each in given]
    if not any(maps):
        st.info(prose("evidence.no_maps"))
        return
    found: list[Faithfulness] = [measurements.measured(MEASURES["faithfulness"], [each], settings) for each in given]
    with controls:
        chosen = choose_map(maps, "map")
    for column, index in zip(st.columns(len(found), gap="medium"), range(len(found)), strict=True):
        with column:
            _curves(view, index, maps[index], found[index], chosen)
    _ranking(view, given, found, shaken=shaken)


def _settings(baseline: str) -> Options:
    standard = Settings()
    state.restore_number("steps", 8, 64, standard.steps)
    steps = st.number_input(text("evidence.faithful.steps"), 8, 64, step=8, key="steps")
    state.publish("steps", standard.steps)
    state.restore_number("orders", 4, 64, standard.orders)
    orders = st.number_input(text("evidence.faithful.orders"), 4, 64, step=4, key="orders")
    state.publish("orders", standard.orders)
    return {"baseline": baseline, "steps": int(steps), "orders": int(orders) // 2 * 2}


def _curves(view: View, index: int, maps: Sequence[Heatmap], found: Faithfulness, chosen: str) -> None:
    st.html(heading(view.titles()[index], view.colours()[index]))
    titles = {map_.key: map_title(map_) for map_ in maps}
    methods = list(dict.fromkeys(map_.source for map_ in maps if map_.kind == "attribution"))
    dashes = {map_.key: "solid" if map_.kind == "gate" else DASHES[1 + methods.index(map_.source) % 5] for map_ in maps}
    target = class_title(view.selection.classes[found.target])
    for kind in KINDS:
        _, low, high = found.band(kind)
        places = found.removed if kind == "deletion" else found.inserted
        drawn = [
            Curve(titles[c.key], view.colours()[index], getattr(c, kind), dashes[c.key], c.key == chosen)
            for c in found.curves
        ]
        st.plotly_chart(
            lines(
                places.tolist(),
                drawn,
                axis=text(f"evidence.faithful.axis.{kind}"),
                value=text("evidence.faithful.probability", target=target),
                span=(0, 1.02),
                band=(low, high),
                height=220,
            ),
            config=PLOT,
            key=f"{kind}-{index}",
            alt=text(f"evidence.faithful.alt.{kind}", name=view.titles()[index], map=titles.get(chosen, "")),
        )
    standing = next((s for s in found.standings() if s.key == chosen), None)
    if standing is None:
        st.caption(text("evidence.lacks_map"))
    else:
        st.caption(sentence(titles[chosen], standing, found))
    for refused in found.refused:
        st.caption(text("evidence.refused", map=titles[refused.key], reason=refused.reason.sentence(words())))


def sentence(title: str, standing: Standing, found: Faithfulness) -> str:
    """What was measured of one map, with its numbers."""
    verdict = standing.outcome
    return text(
        f"evidence.faithful.sentence.{verdict}",
        map=title,
        deletion=standing.deletion,
        insertion=standing.insertion,
        beats=round(standing.beats * found.settings.orders),
        orders=found.settings.orders,
    )


def _ranking(view: View, given: Sequence[MeasureInput], found: Sequence[Faithfulness], *, shaken: bool) -> None:
    """The table of all maps, with what each measure says of it."""
    beside = [MEASURES["infidelity"], *([MEASURES["sensitivity"]] if shaken else [])]
    rows: list[tuple[str, str, Standing, dict[str, object]]] = []
    for index, of in enumerate(found):
        titles = {map_.key: map_title(map_) for map_ in given[index].maps}
        numbers: dict[str, dict[str, object]] = {key: {} for key in titles}
        for measure in beside:
            for verdict in measure.verdicts(measurements.measured(measure, [given[index]])):
                numbers[verdict.key] |= verdict.numbers
        rows += [(view.titles()[index], titles[s.key], s, numbers[s.key]) for s in of.standings()]
    rows.sort(key=lambda row: -row[2].difference)
    st.subheader(text("evidence.faithful.ranking"), anchor=False)
    st.dataframe(
        [
            {
                text("compare.region.column.network"): name,
                text("compare.region.column.map"): title,
                text("evidence.column.deletion"): s.deletion,
                text("evidence.column.insertion"): s.insertion,
                text("evidence.column.difference"): s.difference,
                text("evidence.column.beats"): s.beats,
                **{text(measure.title_key): beside_it.get(measure.key) for measure in beside},
                text("evidence.column.verdict"): text(f"evidence.verdict.{s.outcome}"),
            }
            for name, title, s, beside_it in rows
        ],
        column_config={
            **{
                text(f"evidence.column.{name}"): st.column_config.NumberColumn(format="%.3f")
                for name in ("deletion", "insertion", "difference", "infidelity", "sensitivity")
            },
            text("evidence.column.beats"): st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
        },
        hide_index=True,
        placeholder="–",
        key="ranking",
    )
    st.caption(prose("evidence.faithful.limits", orders=found[0].settings.orders))
