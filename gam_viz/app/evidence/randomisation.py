"""Does the map survive random weights? From the head down, and of a network that was never trained."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import streamlit as st

from gam_viz.app.evidence import measurements
from gam_viz.app.evidence.shared import choose_map, choose_methods, givens, map_title, refusals
from gam_viz.app.shared.columns import PLOT, View, heading
from gam_viz.app.shared.words import layer_title, prose, text, text_or
from gam_viz.evidence.randomisation.cascade import MapTest, Randomisation
from gam_viz.evidence.registry import MEASURES
from gam_viz.figures.curves import DASHES, Curve, lines
from gam_viz.figures.scales import number


@st.fragment
@refusals
def randomised_section(view: View) -> None:
    """Draw the section."""
    st.caption(prose("evidence.randomised.about"))
    controls = st.container(horizontal=True, vertical_alignment="bottom")
    with controls:
        methods = choose_methods()
    found: list[Randomisation] = [
        measurements.measured(MEASURES["randomisation"], [each], {"cascade": True}) for each in givens(view, methods)
    ]
    maps = [tuple(test.heatmap for test in of.maps) for of in found]
    if not any(maps):
        st.info(prose("evidence.no_maps"))
        return
    with controls:
        chosen = choose_map(maps, "map")
    for column, index in zip(st.columns(len(found), gap="medium"), range(len(found)), strict=True):
        with column:
            _cascade(view, index, found[index], chosen)
    _verdicts(view, found)


def _cascade(view: View, index: int, found: Randomisation, chosen: str) -> None:
    st.html(heading(view.titles()[index], view.colours()[index]))
    if not found.maps:
        st.caption(prose("evidence.no_maps"))
        return
    methods = list(dict.fromkeys(t.heatmap.source for t in found.maps if t.heatmap.kind == "attribution"))
    drawn = [
        Curve(
            map_title(test.heatmap),
            view.colours()[index],
            np.array([1.0, *(math.nan if c.rank is None else c.rank for c in test.cascade)]),
            "solid" if test.heatmap.kind == "gate" else DASHES[1 + methods.index(test.heatmap.source) % 5],
            test.heatmap.key == chosen,
        )
        for test in found.maps
    ]
    st.plotly_chart(
        lines(
            [text("evidence.randomised.trained"), *(stage_title(stage) for stage in found.stages)],
            drawn,
            axis=text("evidence.randomised.axis"),
            value=text("evidence.spearman"),
            span=(-1.02, 1.02),
            form=".1f",
            guides=[0.0],
            height=280,
        ),
        config=PLOT,
        key=f"cascade-{index}",
        alt=text("evidence.randomised.alt", name=view.titles()[index]),
    )
    test = next((test for test in found.maps if test.heatmap.key == chosen), None)
    st.caption(text("evidence.lacks_map") if test is None else sentence(test))


def stage_title(stage: str) -> str:
    """A stage of the cascade for people."""
    layer = layer_title(stage)
    return text_or(f"evidence.stage.{stage}", layer.removeprefix("layer"))


def sentence(test: MapTest) -> str:
    """What was measured of one map, with its numbers."""
    rank = test.untrained_rank
    return text(
        f"evidence.randomised.sentence.{test.verdict}",
        map=map_title(test.heatmap),
        rank="–" if rank is None else f"{rank:+.2f}",
        seeds=len(test.untrained),
        spread=number(test.spread),
        fresh=number(float(np.nanmedian([c.spread for c in test.untrained]))) if _spreads(test) else "–",
    )


def _spreads(test: MapTest) -> bool:
    return any(not math.isnan(compared.spread) for compared in test.untrained)


def _verdicts(view: View, found: Sequence[Randomisation]) -> None:
    rows = []
    for index, of in enumerate(found):
        for test in of.maps:
            bands = [c.band for c in test.untrained if c.band is not None]
            high = float(np.median([band.spearman[1] for band in bands])) if bands else None
            rows.append(
                {
                    text("compare.region.column.network"): view.titles()[index],
                    text("compare.region.column.map"): map_title(test.heatmap),
                    text("evidence.column.untrained"): test.untrained_rank,
                    text("evidence.column.band"): high,
                    text("evidence.column.spread"): test.spread,
                    text("evidence.column.fresh_spread"): float(np.nanmedian([c.spread for c in test.untrained]))
                    if _spreads(test)
                    else None,
                    text("evidence.column.verdict"): text(f"evidence.verdict.{test.verdict}"),
                }
            )
    st.dataframe(
        rows,
        column_config={
            **{
                text(f"evidence.column.{name}"): st.column_config.NumberColumn(format="%.2f")
                for name in ("untrained", "band")
            },
            **{
                text(f"evidence.column.{name}"): st.column_config.NumberColumn(format="%.2g")
                for name in ("spread", "fresh_spread")
            },
        },
        hide_index=True,
        placeholder="–",
        key="verdicts",
    )
    kept = {name for of in found for name in of.kept}
    if kept:
        st.caption(text("evidence.randomised.kept", names=", ".join(sorted(kept)[:5])))
    st.caption(prose("evidence.randomised.limits"))
