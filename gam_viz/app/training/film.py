"""The masks of the fixed pictures, or the weights of the channels, step by step, run below run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from gam_viz.app.shared.columns import PLOT, print_scale
from gam_viz.app.shared.playing import player
from gam_viz.app.shared.words import prose, text
from gam_viz.figures.curves import DASHES, Curve, lines
from gam_viz.figures.map_html import map_html, picture_style, strip_html
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, absolute_scale, symmetric_scale
from gam_viz.figures.style import palette
from gam_viz.titles import literal, number
from gam_viz.watching import WatchedRun
from gam_viz.watching.folder import FloatArray

FRAMES = 40  # steps that can be chosen, spread over all; scales span them
MOST = 95.0  # percent of the values: a step at which a gate ran away does not pale all others


def film(runs: Mapping[str, WatchedRun], path: str) -> list[str]:
    """Draw it for one gate; the steps that can be played, nothing where there is no film."""
    having = {name: run for name, run in runs.items() if run.steps and path in [gate.path for gate in run.gates]}
    steps = sorted({step for run in having.values() for step in run.steps})
    if not steps:
        return []
    chosen = [steps[place] for place in np.unique(np.linspace(0, len(steps) - 1, min(FRAMES, len(steps))).astype(int))]
    names = [str(step) for step in chosen]
    st.header(text("training.film"), anchor=False)
    st.caption(prose("training.film_about"))
    step = chosen[-1]
    if len(names) > 1:
        step = int(player("t-step", names, text("training.step"), lambda name: f"{int(name):,}"))
    frames = {name: _frames(run, path, chosen) for name, run in having.items()}
    maps = [values for of in frames.values() for values in of.values() if values.ndim == 3]
    weights = [values for of in frames.values() for values in of.values() if values.ndim == 2]
    if maps:
        with st.container(key="watched"):
            _masks(having, frames, step, scale_of(maps))
    if weights:
        _channels(frames, step, scale_of(weights))
    return names


def scale_of(kept: Sequence[FloatArray]) -> Scale:
    """One for all steps and runs: 0 to 1, or as far as nearly all values go; where some are negative, centred on 0."""
    if min(float(each.min()) for each in kept) < 0:
        found = symmetric_scale(kept, percentile=MOST)
        return found if found.high >= 1 else Scale(-1.0, 1.0, signed=True)
    found = absolute_scale(kept, percentile=MOST)
    return found if found.high >= 1 else Scale(0.0, 1.0)


def _frames(run: WatchedRun, path: str, steps: Sequence[int]) -> dict[int, FloatArray]:
    """What the run has of those steps, without readings that are damaged or not finite."""
    found = {}
    for step in set(steps) & set(run.steps):
        try:
            values = run.shown(step, path)
        except ValueError:
            continue
        if np.isfinite(values).all():
            found[step] = values
    return found


def _latest(of: Mapping[int, FloatArray], step: int) -> tuple[int, FloatArray] | None:
    """The last reading up to a step."""
    before = [each for each in of if each <= step]
    return (max(before), of[max(before)]) if before else None


def _masks(
    runs: Mapping[str, WatchedRun], frames: Mapping[str, Mapping[int, FloatArray]], step: int, scale: Scale
) -> None:
    colours = DIVERGING[0] if scale.signed else SEQUENTIAL[0]
    for name, run in runs.items():
        found = _latest(frames[name], step)
        if found is None or found[1].ndim != 3:
            st.caption(prose("training.not_yet", run=name))
            continue
        at, masks = found
        seen = run.fixed().seen
        drawn = [
            (str(place + 1), map_html(mask, picture, scale, colours, alt=_alt(place, mask)))
            for place, (mask, picture) in enumerate(zip(masks, seen, strict=True))
        ]
        st.caption(prose("training.masks", run=name, step=at))
        st.html(picture_style(list(seen)) + strip_html(drawn, None, text("training.masks_alt", run=name, step=at)))
    print_scale(scale, colours, text("training.scale"), marks=(1.0,) if 1 < scale.high < 10 else ())


def _alt(place: int, mask: FloatArray) -> str:
    low, high = number(float(mask.min())), number(float(mask.max()))
    return text("training.mask_alt", picture=place + 1, low=low, high=high)


def _channels(frames: Mapping[str, Mapping[int, FloatArray]], step: int, scale: Scale) -> None:
    for name, of in frames.items():
        found = _latest(of, step)
        if found is None or found[1].ndim != 2:
            continue
        at, weights = found
        colours = palette()[1:]
        drawn = [
            Curve(text("training.picture", picture=place + 1), colours[place % len(colours)], values, DASHES[place % 6])
            for place, values in enumerate(weights)
        ]
        air = 0.04 * (scale.high - scale.low)
        st.plotly_chart(
            lines(
                [float(channel) for channel in range(weights.shape[1])],
                drawn,
                axis=text("training.channels"),
                value=text("training.weight"),
                span=(scale.low - air, scale.high + air),
                form=".2~f",
                place_form="d",
                height=200,
            ),
            config=PLOT,
            key=f"training-channels-{name}",
            alt=literal(text("training.weights_alt", run=name, step=at)),
        )
        st.caption(prose("training.weights", run=name, step=at))
