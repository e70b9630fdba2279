"""The arithmetic of one number as LaTeX, with the numbers in it."""

from __future__ import annotations

import numpy as np

from gam_viz.app.shared.words import text
from gam_viz.explain.walkthrough import Arithmetic, DotProduct, Extreme, Function, Mean, Moved, Normalised, Pair
from gam_viz.figures.scales import number

LARGEST = 3  # terms of a sum that are written out
FIRST = 2  # of many numbers, those that are named; three are too wide for a phone


def digits(value: float) -> str:
    """Three significant digits, with a power of ten where there are many zeros."""
    mantissa, e, exponent = number(value).partition("e")
    # In braces a minus is a sign; behind "=" it would be set as a difference.
    return rf"{{{mantissa}}} \cdot 10^{{{int(exponent)}}}" if e else f"{{{mantissa}}}"


def tex(chain: tuple[Arithmetic, ...]) -> str:
    """Every part of the arithmetic under the one before; the parts are told apart by what they do."""
    rows = [row for part in chain for row in _rows(part)]
    return r"\begin{aligned}" + r"\\".join(rows) + r"\end{aligned}"


def _rows(part: Arithmetic) -> list[str]:
    result = digits(part.result)
    if isinstance(part, DotProduct):
        return _dot(part)
    if isinstance(part, Mean):
        count = part.values.size
        first = " + ".join(_signed(float(v)) for v in part.values.ravel()[:FIRST])
        return [rf"&\tfrac{{1}}{{{count}}} \left( {first} + \cdots \right)", f"=\\;& {result}"]
    if isinstance(part, Extreme):
        first = r",\; ".join(digits(float(v)) for v in part.values.ravel()[:FIRST])
        where = ",".join(map(str, part.place))
        return [rf"&\max \left( {first},\; \ldots \right)", rf"=\;& {result} \quad ({where})"]
    if isinstance(part, Normalised):
        top = rf"{digits(part.value)} - {_signed(part.mean)}"
        below = rf"\sqrt{{{digits(part.variance)} + {digits(part.eps)}}}"
        return [
            rf"&\frac{{{top}}}{{{below}}} \cdot {_signed(part.weight)} + {_signed(part.bias)}",
            f"=\\;& {result}",
        ]
    if isinstance(part, Function):
        value = digits(part.value)
        if part.name == "sigmoid":
            return [rf"&\sigma({value}) = \frac{{1}}{{1 + e^{{{digits(-part.value)}}}}}", f"=\\;& {result}"]
        return [rf"&\max(0,\; {value}) = {result}" if part.name == "relu" else f"&{value}"]
    if isinstance(part, Pair):
        sign = "+" if part.sign == "+" else r"\cdot"
        return [rf"&{digits(part.left)} {sign} {_signed(part.right)} = {result}"]
    assert isinstance(part, Moved)
    return [f"&{result}"]


def _dot(dot: DotProduct) -> list[str]:
    """The largest terms one by one, the others together, the bias, and what it comes to."""
    partial = dot.partial
    order = np.argsort(-np.abs(partial), kind="stable")
    rows = []
    for place, index in enumerate(order[:LARGEST]):
        name = rf"\small({dot.first + int(index)})"
        if dot.weights.ndim == 1:
            term = rf"{_signed(float(dot.weights[index]))} \cdot {_signed(float(dot.inputs[index]))}"
        else:
            term = rf"\textstyle\sum_{{k,l}} = {digits(float(partial[index]))}"
        rows.append(rf"{'' if place == 0 else '+'}\;& {term} && {name}")
    rest = order[LARGEST:]
    if len(rest):
        others = text("inside.others", count=len(rest))
        rows.append(rf"+\;& {_signed(float(partial[rest].sum()))} && \small\text{{{others}}}")
    if dot.bias:
        rows.append(rf"+\;& {_signed(dot.bias)} && \small b")
    rows.append(rf"=\;& {digits(dot.result)}")
    return rows


def _signed(value: float) -> str:
    """In brackets where it begins with a sign."""
    return f"({digits(value)})" if value < 0 else digits(value)
