"""What an attribution method is: its name, its parameters and their limits, and the function that computes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from torch import Tensor

if TYPE_CHECKING:  # a method is handed a Work; what a method *is* does not depend on one
    from gam_viz.explain.attributions.work import Work

Value = int | float | str | bool
Params = Mapping[str, Any]
Family = Literal["gradient", "path", "backprop", "cam", "perturbation", "activation"]
Resolution = Literal["pixel", "layer", "window", "superpixel"]


@dataclass(frozen=True)
class Param:
    """One parameter of a method: a number in a range, one of several choices, or either ("auto" or a number).

    Attributes:
        key: its name.
        default: used where nothing is given.
        low, high: the range of a number, ends included; whole numbers where `low` is one. None: no number accepted.
        step: of a slider.
        choices: values accepted beside the range.
    """

    key: str
    default: Value
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[Value, ...] = ()

    def check(self, value: object, method: str) -> Value:
        """`value`, as the type the method expects.

        Raises:
            ValueError: it is out of range or not among the choices; the sentence says what is accepted.
        """
        for choice in self.choices:
            if type(choice) is type(value) and choice == value:
                return choice
        if isinstance(value, np.generic):
            value = value.item()
        if self.low is not None and self.high is not None and _is_number(value):
            number = float(value)  # type: ignore[arg-type]
            whole = isinstance(self.low, int)
            if self.low <= number <= self.high and (not whole or number.is_integer()):
                return int(number) if whole else number
        raise ValueError(f"{method}: {self.key} must be {self.accepted()}, got {value!r}")

    def accepted(self) -> str:
        """The accepted values, in words."""
        words = [repr(choice) for choice in self.choices]
        if self.low is not None:
            kind = "a whole number" if isinstance(self.low, int) else "a number"
            words.append(f"{kind} from {self.low} to {self.high}")
        return " or ".join(words)


@dataclass(frozen=True)
class Finding:
    """What a method's function returns, still as tensors.

    Attributes:
        values: (h, w), the map, at its own resolution.
        channels: (3, H, W), the map before its channels were summed, or None where there is no such thing.
        resolution: (rows, columns) the map really has, where it is coarser than `values`; None where it is not.
        delta: |sum of the map - gap|, of methods that promise completeness.
        gap: f(x) - f(baseline), what the map should sum to.
        evidence: numbers and words that say how the map came about.
    """

    values: Tensor
    channels: Tensor | None = None
    resolution: tuple[int, int] | None = None
    delta: float | None = None
    gap: float | None = None
    evidence: dict[str, Value] = field(default_factory=dict)


Run = Callable[["Work", Params, str | None], Finding]


def _one_gradient(params: Params) -> int:
    return 3


@dataclass(frozen=True)
class Method:
    """An attribution method; `METHODS` lists them.

    Attributes:
        key: its name in code, in links and in the text catalogue.
        family: what it is built on.
        run: computes it: `run(work, params, layer)`.
        paper: where its formula comes from.
        params: its parameters.
        needs_layer: whether it is asked of a layer.
        signed: whether its values can be negative.
        resolution: what the map's cells are.
        uses_target: whether the map depends on the class.
        caution: key of a warning in the text catalogue, or None.
        effort: an estimate of its passes, in forward passes of one picture (a forward and a backward pass are 3);
            progress is told by it.
    """

    key: str
    family: Family
    run: Run
    paper: str
    params: tuple[Param, ...] = ()
    needs_layer: bool = False
    signed: bool = True
    resolution: Resolution = "pixel"
    uses_target: bool = True
    caution: str | None = None
    effort: Callable[[Params], float] = _one_gradient

    def complete(self, given: Params | None) -> dict[str, Value]:
        """All parameters, with defaults where nothing is given.

        Raises:
            ValueError: a parameter is unknown or out of range; the sentence says what is accepted.
        """
        given = dict(given or {})
        known = {param.key: param for param in self.params}
        unknown = sorted(set(given) - set(known))
        if unknown:
            accepted = ", ".join(known) or "no parameters"
            raise ValueError(f"{self.key} does not know {', '.join(map(repr, unknown))}; it takes {accepted}")
        return {key: param.check(given.get(key, param.default), self.key) for key, param in known.items()}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
