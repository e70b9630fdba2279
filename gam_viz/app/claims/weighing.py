"""What a verdict on accuracy rests on: differences as dots, which data sets decide, and for which side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gam_viz.app.shared.columns import PLOT
from gam_viz.app.shared.words import text, text_or
from gam_viz.app.shared.zoo_results import points
from gam_viz.claims import Claim, Measured
from gam_viz.figures.dots import Dot, dots
from gam_viz.figures.style import look_of

SIDES = ("for", "against", "open")


def draw_differences(claim: Claim) -> None:
    """Differences of accuracy as dots with their intervals, each in its own line of the alternative text.

    A dot is filled where the data set decides, a ring where it does not.
    """
    shown = (*claim.measured, *claim.beside)
    firsts = {measured.label[0] for measured in shown}
    seconds = {measured.label[1] for measured in shown}
    sets = {measured.data for measured in shown}
    look = look_of("se_gam" if shown[0].label[0] == "se-gam" else "gam")
    rows = []
    for measured in shown:
        names = [_data(measured)] if len(sets) > 1 else []
        another = measured.label[0] != shown[0].label[0]
        names += [_label(measured.label[0])] if another or (len(firsts) > 1 and not names) else []
        names += [_label(measured.label[1])] if len(seconds) > 1 else []
        low, value, high = (100 * of for of in _ends(measured))
        filled = measured.weight == "counts"
        dot = Dot(_data(measured), look, value, low, high, filled=filled, told=_points(measured))
        rows.append(("\n".join(names) or _data(measured), [dot]))
    ends = [100 * end for measured in shown for end in _ends(measured)]
    air = 0.06 * (max(*ends, 0) - min(*ends, 0))
    first, second = (_label(label) for label in shown[0].label)
    which = "difference" if len(seconds) == 1 else "difference_each"
    which = "difference_to" if len(firsts) > 1 else which
    st.caption(text(f"claims.{which}", first=first, second=second))
    st.plotly_chart(
        dots(
            rows,
            axis=text("claims.points"),
            span=(min(*ends, 0) - air, max(*ends, 0) + air),
            form=".1~f",
            guides=[(0.0, "")],
            row=40 if any("\n" in name for name, _ in rows) else 26,
        ),
        config=PLOT,
        key=f"claims-differences-{claim.key}",
        alt=" ".join(difference_line(measured) for measured in shown),
    )
    bases = {measured.estimate.basis for measured in shown}
    st.caption(" ".join(text(f"claims.basis.{basis}") for basis in ("seeds", "pictures") if basis in bases))


def draw_weights(claim: Claim) -> None:
    """Which data sets decide and what each says, those that do not and why, and the rule."""
    if not claim.measured:
        return
    counts = [measured for measured in claim.measured if measured.weight == "counts"]
    rest = [measured for measured in claim.measured if measured.weight != "counts"]
    lines = [_line(side, [measured for measured in counts if measured.says == side]) for side in SIDES]
    if rest:
        lines.append(_line("not", rest))
    st.markdown("\n".join(f"- {line}" for line in lines))
    rule = "rule_loss" if claim.key == "factorised" else "rule"
    said = [text(f"claims.weigh.{rule}", effect=100 * claim.effect)]
    if len(counts) > 1:
        said.append(text("claims.weigh.correction", count=len(counts), level=counts[0].level))
    elif counts:
        said.append(text("claims.weigh.one"))
    st.caption(" ".join(said))


def difference_line(measured: Measured) -> str:
    """A data set, what was compared, the difference in points and what its interval is over."""
    first, second = (_label(label) for label in measured.label)
    said = {"data": _data(measured), "first": first, "second": second, "points": _points(measured)}
    return text(f"claims.line_{measured.estimate.basis}", **said)


def _line(side: str, measured: Sequence[Measured]) -> str:
    names = [
        text(
            f"claims.weigh.{each.weight}",
            data=_data(each),
            detectable=100 * each.detectable,
            room=100 * each.room,
        )
        for each in measured
    ]
    joined = text("claims.weigh.join").join(names) or text("claims.weigh.none")
    return text("claims.weigh.sides", side=f"**{text(f'claims.weigh.{side}')}**", names=joined)


def _ends(measured: Measured) -> tuple[float, float, float]:
    return measured.corrected.low, measured.corrected.value, measured.corrected.high


def _points(measured: Measured) -> str:
    return points(measured.corrected)


def _label(label: str) -> str:
    return text_or(f"claims.label.{label}", label)


def _data(measured: Measured) -> str:
    return text_or(f"data.{measured.data}", measured.title)
