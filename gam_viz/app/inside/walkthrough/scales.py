"""The scales of a station's pictures: one for all networks where the same thing is shown of each."""

from __future__ import annotations

from collections.abc import Sequence

from gam_viz.explain.walkthrough import Step
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, bounded_scale, symmetric_scale

#: Stations at which every module shows the same quantity; elsewhere numbers have units of their own.
SHARED = ("features", "channel", "rescale", "mask", "output")
GATES = ("channel", "mask")
PERCENTILE = 99.5  # of maps; few large values would pale all others


def comparable(step: Step, others: Sequence[Step]) -> list[Step]:
    """Those of a station that share a scale with `step`, itself among them: of the same quantity and the same bounds. A
    gate within 0..1 is not drawn on the scale of one that is not."""
    if step.station not in SHARED:
        return [step]
    return [other for other in others if (other.lowest, other.highest) == (step.lowest, step.highest)]


def scale_of(steps: Sequence[Step]) -> Scale:
    """0..1 where nothing can lie beyond; from 0 where nothing is negative; else centred on 0. Gates reach at least 1,
    which leaves a feature as it is. Of maps a few values may lie beyond the ends; the scale says how many."""
    if all((step.lowest, step.highest) == (0.0, 1.0) for step in steps):
        return bounded_scale()
    if all(step.lowest == 0.0 for step in steps):
        return Scale(0.0, max(float(step.values.max()) for step in steps) or 1.0)
    whole = any("row" not in step.axes for step in steps)  # bars are not cut off
    scale = symmetric_scale([step.values for step in steps], percentile=100.0 if whole else PERCENTILE)
    if scale.high < 1 and any(step.station in GATES for step in steps):
        return Scale(-1.0, 1.0, signed=True)
    return scale


def colours_of(scale: Scale) -> str:
    """The colour map that goes with a scale."""
    return DIVERGING[0] if scale.signed else SEQUENTIAL[0]
