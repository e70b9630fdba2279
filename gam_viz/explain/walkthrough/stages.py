"""One step of an attention module's computation, and the whole way through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gam_viz.explain.walkthrough.arithmetic import Arithmetic, Array, Index

#: Places at which modules are compared, in the order of computation; a module may have no step at one, or several.
STATIONS = (
    "features",
    "squeeze",
    "hidden",
    "expand",
    "join",
    "channel",
    "rescale",
    "summary",
    "conv",
    "bn",
    "relu",
    "conv2",
    "bn2",
    "mask",
    "output",
)


@dataclass(frozen=True, eq=False)
class Step:
    """One tensor of the computation.

    Attributes:
        station: one of `STATIONS`.
        kind: names what is done, for the sentence that explains it: "average_and_max", "linear", "conv", …
        values: the tensor of one picture, without the batch axis, float64.
        axes: what its axes count: "channel", "hidden" (units of a bottleneck), "row", "column", "pool" (CBAM's two ways
            of pooling: average, max), "statistic" (CBAM's two maps: max, mean), "mask" (CBAM's one).
        formula: LaTeX, in no language.
        code: the line of this project's code that does it.
        module: path below the attention module of the part that does it, and its description; empty for none.
        lowest, highest: bounds of what the values can be, or None where there is none.
        arithmetic: from an index into `values` to the arithmetic of that number: one part, or several of which each
            works on the result of the one before.
    """

    station: str
    kind: str
    values: Array
    axes: tuple[str, ...]
    formula: str
    code: str
    arithmetic: Callable[[Index], tuple[Arithmetic, ...]] = field(repr=False)
    module: tuple[str, str] = ("", "")
    lowest: float | None = None
    highest: float | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """As the network has it, with the batch axis of one picture."""
        return (1, *self.values.shape)


@dataclass(frozen=True, eq=False)
class Walk:
    """The way through the attention module of one layer, on one picture.

    Attributes:
        layer: the module's layer, e.g. "layer2.1".
        module: "CBAM", "GAM" or "SE".
        steps: in the order of computation.
        differences: "channel", "spatial" and "output" -> the largest difference between what these steps come to and
            what the network computed, as a share of the largest value there.
    """

    layer: str
    module: str
    steps: tuple[Step, ...]
    differences: dict[str, float]

    def at(self, station: str) -> tuple[Step, ...]:
        """The steps of a station; none where this module does nothing there."""
        return tuple(step for step in self.steps if step.station == station)
