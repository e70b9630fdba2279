"""A measure of evidence from a plain function on a map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gam_viz.evidence.measure import Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.explain.gates import FloatArray
from gam_viz.runtime.progress import Progress


def of_maps(
    key: str,
    score: Callable[[FloatArray], float],
    verdict: Callable[[float], str] = lambda value: "",
    **described: Any,
) -> Measure:
    """A measure from a plain function on a map's values (h, w): everywhere a measure is shown, from one line.

    >>> def peak(values):
    ...     return float(values.max())
    >>> of_maps("peak", peak).quantities[0].key
    'peak'
    """

    def run(given: MeasureInput, options: Options, progress: Progress | None) -> tuple[Verdict, ...]:
        values = {map_.key: score(map_.values) for map_ in given.finite_maps}
        return tuple(Verdict(name, verdict(value), {key: value}) for name, value in values.items())

    standard: dict[str, Any] = {"quantities": (Quantity(key),), "badge_key": f"evidence.badge.{key}"}
    if "on_scene" not in described:
        described["on_scene"] = lambda values, inside, ignored: {key: score(values)}
    return Measure(key=key, run=run, verdicts=tuple, **(standard | described))
