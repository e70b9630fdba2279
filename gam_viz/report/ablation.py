"""What a report says of replaced gates: a chart a way of replacing, a table, and how their numbers are filed."""

from __future__ import annotations

import math
from typing import Any

from markupsafe import Markup

from gam_viz.evidence.ablation.ablate import Ablation
from gam_viz.evidence.case import Examined
from gam_viz.explain.answer_words import AnswerWords, spans
from gam_viz.explain.answers import AnswerKind
from gam_viz.figures.scales import number
from gam_viz.figures.signs import mark_sign
from gam_viz.figures.static import SHAPES, Mark, changes
from gam_viz.report.context import ReportContext
from gam_viz.text import signed

BRANCHES = dict(zip(("channel", "spatial", "both"), SHAPES, strict=True))


def ablation_part(shown: ReportContext) -> dict[str, Any] | None:
    """A chart a way of replacing, a row a layer, a mark a gate."""
    say, case = shown.say, shown.case
    known = [index for index, network in enumerate(case.networks) if network.ablations is not None]
    results = [(i, one) for i in known for one in case.networks[i].ablations.results]  # type: ignore[union-attr]
    if not results:
        return None
    told = shown.told(case.networks[known[0]])
    chances, decides = told.answers.chances, told.answers.decide is not None
    scale = _scale(told.answers)
    ends = [scale * end for _, one in results for end in (one.answer.low, one.answer.high, one.answer.value)]
    span: tuple[float, float] = (min(-10, 10 * math.floor(min(ends) / 10)), max(10, 10 * math.ceil(max(ends) / 10)))
    axis = say(f"evidence.gates.axis.{told.answers.measured}")
    if not chances:
        reach = max(map(abs, ends))
        span = spans([*ends, -0.05 * reach, 0.05 * reach], chances=False)
    layers = list(dict.fromkeys(one.place for _, one in results))
    charts = []
    for mode in dict.fromkeys(one.mode for _, one in results):
        rows = [
            (
                shown.layer(layer),
                [_mark(shown, i, known.index(i), one) for i, one in results if (one.place, one.mode) == (layer, mode)],
            )
            for layer in layers
        ]
        title = say("report.replaced_by", mode=say(f"evidence.mode.{mode}"))
        alt = f"{title}: {say('evidence.gates.alt', gates=sum(len(marks) for _, marks in rows))}"
        caption = axis + say("report.points") if chances else told.in_unit(axis)
        charts.append((title, Markup(changes(rows, len(known), span, alt)), caption))
    signs = {filled: [Markup(mark_sign(shape, filled=filled)) for shape in SHAPES] for filled in (True, False)}
    return {
        "networks": known,
        "branches": [(sign, say(f"evidence.branch.{b}")) for sign, b in zip(signs[False], BRANCHES, strict=True)],
        "fills": [
            (Markup("").join(signs[filled]), say(f"evidence.gates.{'flips' if filled else 'stays'}"))
            for filled in (True, False)
            if decides
        ],
        "charts": charts,
        "head": _head(shown, told),
        "rows": [_ablation_row(shown, i, one) for i, one in results],
    }


def _head(shown: ReportContext, told: AnswerWords) -> list[str]:
    """Of the table of replaced gates; of margins and flips only where something is decided."""
    say, answers = shown.say, told.answers
    change = say("report.column.probability")
    if not answers.chances:
        change = say("report.column.change", measured=told.in_unit(told.measured))
    margin = say(f"report.column.{'margin' if answers.key == 'class' else 'logit'}")
    decided = [margin, say("report.column.flips")] if answers.decide is not None else []
    return [*(say(f"report.column.{key}") for key in ("network", "layer", "branch", "mode")), change, *decided]


def _mark(shown: ReportContext, index: int, lane: int, one: Ablation) -> Mark:
    answers, change = shown.told(shown.case.networks[index]).answers, one.answer
    told = f"{shown.titles[index]} {shown.say(f'evidence.branch.{one.branch}')}: {_written(answers, change.value)}"
    filled = one.flips or answers.decide is None
    value, low, high = (_scale(answers) * end for end in (change.value, change.low, change.high))
    return Mark(value, low, high, shown.colours[index], BRANCHES[one.branch], filled, lane, told)


def _scale(answers: AnswerKind) -> float:
    """Probabilities change by percentage points."""
    return 100.0 if answers.chances else 1.0


def _written(answers: AnswerKind, change: float) -> str:
    """A change without its unit, which the column or the axis names: of a probability in percentage points."""
    return signed(100 * change, "+.1f") if answers.chances else f"{'+' if change > 0 else ''}{number(change)}"


def _ablation_row(shown: ReportContext, index: int, one: Ablation) -> list[str]:
    answers = shown.told(shown.case.networks[index]).answers
    change = _written(answers, one.answer.value)
    if one.draws > 1:
        change += f" ({_written(answers, one.answer.low)} … {_written(answers, one.answer.high)})"
    branch, mode = shown.say(f"evidence.branch.{one.branch}"), shown.say(f"evidence.mode.{one.mode}")
    decided = [signed(one.margin.value, "+.2f"), f"{one.flip_share:.0%}"] if answers.decide is not None else []
    return [shown.titles[index], shown.layer(one.place), branch, mode, change, *decided]


def measures_of(network: Examined) -> tuple[tuple[str, str], ...]:
    """What is written of an ablation: a name in files, and where it is kept."""
    answers = network.explanation.answers
    if answers.chances:
        return ("probability", "answer"), ("logit", "score"), ("margin", "margin")
    return ((answers.measured, "answer"),)


def decided(network: Examined, what: int) -> str:
    """A class, or whether a label is given; nothing where nothing is decided."""
    if network.explanation.answers.decide is None:
        return ""
    return network.card.classes[what] if network.card.output == "class" else str(what)
