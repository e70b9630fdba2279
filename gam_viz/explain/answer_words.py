"""A network's answer in words: what it says, how its numbers are written, what axes are called, in its own measure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from gam_viz.explain.answers import answers_of
from gam_viz.explain.explanation import Explanation
from gam_viz.networks.card import Card
from gam_viz.text import Words, signed
from gam_viz.titles import class_title, number

#: Share of the validation pictures that lie nearer from which on a picture is said to be foreign. Of pictures like
#: those one in a hundred is.
FOREIGN_FROM = 0.99


class AnswerWords:
    """What is said of the answers of one network.

    Args:
        words: the catalogue.
        card: the network's.
    """

    def __init__(self, words: Words, card: Card) -> None:
        self.words, self.say, self.card, self.answers = words, words.text, card, answers_of(card)
        self.names = [class_title(words, name) for name in card.classes]
        self.comma = words.text("common.word.comma")

    @property
    def measured(self) -> str:
        """What the target is measured in: "probability"."""
        return self.say(f"answers.measured.{self.answers.measured}")

    @property
    def least(self) -> str:
        """The smallest difference of areas that counts."""
        return self.say(f"answers.least{'' if self.answers.chances else '_share'}")

    def of(self, target: int) -> str:
        """The target as the title of an axis: "P(car)", "age, years"."""
        return self.in_unit(self.say(f"answers.of.{self.answers.measured}", target=self.asked(target)))

    def what(self, target: int) -> str:
        """The target within a sentence: "the probability of car"."""
        return self.say(f"answers.what.{self.answers.measured}", target=self.asked(target))

    def asked(self, target: int) -> str:
        """What is explained: "car", "car in the region"."""
        name = self.names[target]
        return self.say("answers.in_region", target=name) if self.card.region else name

    @property
    def region(self) -> dict[str, str]:
        """The region that the scores are summed over, "across" and "down"; empty where it is the picture."""
        if self.card.region is None:
            return {}
        left, top, right, bottom = (f"{100 * edge:.3g}" for edge in self.card.region)
        return {"across": f"{left}–{right}%", "down": f"{top}–{bottom}%"}

    @property
    def _there(self) -> str:
        return "_region" if self.card.region else ""

    def in_unit(self, axis: str) -> str:
        """An axis's title, with the unit of its numbers where they have one."""
        return self.say("answers.axis_in_unit", axis=axis, unit=self.card.unit) if self.card.unit else axis

    def value(self, value: float) -> str:
        """The target's number: "97.1%", "43.2 years"."""
        return f"{value:.1%}" if self.answers.chances else self._with_unit(number(value))

    def change(self, change: float) -> str:
        """A difference of two of them: "+3.2 points", "+1.5 years"."""
        if self.answers.chances:
            return self.say("answers.points", change=signed(100 * change, "+.1f"))
        return self._with_unit(f"{'+' if change > 0 else ''}{number(change)}")

    def says(self, explanation: Explanation, name: str) -> str:
        """What the network of that name says of the picture, without a stop."""
        values, kind, top = explanation.values, self.card.output, explanation.predicted
        if kind == "class":
            return self.say(
                "common.prediction.alt", name=name, predicted=self.names[top], probability=float(values[top])
            )
        if kind == "multilabel":
            given = self.given(explanation)
            return self.say(
                f"answers.says.multilabel{'' if given else '_none'}",
                name=name,
                count=len(given),
                labels=len(values),
                given=self.comma.join(self.say("answers.label", target=t, value=v) for t, v in given),
                target=self.names[top],
                value=self.value(values[top]),
            )
        if explanation.nothing_of(top):
            return self.say(f"answers.says.nothing{self._there}", name=name)
        pairs = (self.pair(explanation, k) for k in range(len(values)))
        return self.say(
            f"answers.says.{kind}{self._there}",
            name=name,
            target=self.names[top],
            value=self.value(values[top]),
            given=self.comma.join(pairs) if kind == "regression" else "",
        )

    def nothing(self, explanation: Explanation, target: int, name: str) -> str:
        """That the network of that name detects nothing there, or nothing of the target, without a stop; empty where
        it does."""
        if explanation.nothing_of(explanation.predicted):
            return self.says(explanation, name)
        if explanation.nothing_of(target):
            return self.say("answers.says.nothing_of", name=name, target=self.asked(target))
        return ""

    def under(self, explanation: Explanation) -> str:
        """A sentence under the bars of an answer that is no choice among classes."""
        kind = self.card.output
        if kind == "binary":
            if explanation.values[0] > 0.5:
                return self.say("answers.under.binary_yes", target=self.names[0])
            if not self.card.negative:
                return self.say("answers.under.binary_no")
            return self.say("answers.under.binary_other", other=class_title(self.words, self.card.negative))
        if kind == "multilabel":
            given = self.comma.join(name for name, _ in self.given(explanation))
            return self.say(f"answers.under.{'multilabel' if given else 'multilabel_none'}", given=given)
        if explanation.nothing_of(explanation.predicted):
            return self.say(f"answers.under.nothing{self._there}", **self.region)
        return self.say(f"answers.under.{kind}{self._there}", **self.region)

    def familiar(self, explanation: Explanation) -> str:
        """How familiar the picture is to the network; empty where its file does not tell."""
        share = explanation.farther
        if share is None:
            return ""
        return self.say(f"answers.familiar.{'no' if share >= FOREIGN_FROM else 'yes'}", share=share)

    def given(self, explanation: Explanation) -> list[tuple[str, str]]:
        """The labels above one half, the likeliest first, and their probabilities."""
        values = explanation.values
        order = np.argsort(-values, kind="stable")
        return [(self.names[k], self.value(values[k])) for k in order if values[k] > 0.5]

    def pair(self, explanation: Explanation, target: int) -> str:
        """One of its answers, in short: "car, 97.1 %", "age 43.2 years"."""
        if explanation.nothing_of(explanation.predicted):
            return self.say(f"answers.nothing{self._there}")
        name, value = self.asked(target), self.value(explanation.values[target])
        if self.answers.chances:
            return self.say("evidence.subject", target=name, value=value)
        return self.say("answers.pair", target=name, value=value)

    def bars(self, explanation: Explanation, target: int, most: int) -> list[tuple[str, float, str]]:
        """Name, value and the value as it is written of the largest few, the target always among them.

        Args:
            explanation: of this network.
            target: the explained one.
            most: how many.
        """
        values = explanation.values
        order = [int(k) for k in np.argsort(-values, kind="stable")[:most]]
        if target not in order:
            order[-1] = target
        return [(self.names[k], float(values[k]), self.value(values[k])) for k in order]

    def numbers(self, numbers: Mapping[str, object]) -> dict[str, object]:
        """A verdict's numbers as its sentences take them: differences of the target in its measure."""
        rise = numbers.get("rise")
        told = {} if not isinstance(rise, float) else {"rise": self.change(rise).lstrip("+"), "measured": self.measured}
        return {**numbers, **told}

    def _with_unit(self, value: str) -> str:
        return self.say("answers.in_unit", value=value, unit=self.card.unit) if self.card.unit else value


def spans(values: Sequence[float], *, chances: bool) -> tuple[float, float]:
    """Ends of an axis of answers: 0 and 1 of probabilities, else from the smallest to the largest, and 0."""
    if chances:
        return 0.0, 1.0
    low, high = min(0.0, *values), max(0.0, *values)
    air = 0.08 * (high - low) if math.isfinite(high - low) and high > low else 1.0
    return low - (air if low < 0 else 0.0), high + (air if high > 0 or low == high else 0.0)
