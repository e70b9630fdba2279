"""An attention module taken apart: each tensor made anew with NumPy, and the arithmetic behind every cell of it."""

from gam_viz.explain.walkthrough.arithmetic import (
    Arithmetic,
    DotProduct,
    Extreme,
    Function,
    Mean,
    Moved,
    Normalised,
    Pair,
)
from gam_viz.explain.walkthrough.stages import STATIONS, Step, Walk
from gam_viz.explain.walkthrough.walk import WALKTHROUGHS, StepsError, walk

__all__ = [
    "STATIONS",
    "WALKTHROUGHS",
    "Arithmetic",
    "DotProduct",
    "Extreme",
    "Function",
    "Mean",
    "Moved",
    "Normalised",
    "Pair",
    "Step",
    "StepsError",
    "Walk",
    "walk",
]
