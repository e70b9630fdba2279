"""Statements about accuracy, judged by the zoo's results alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from gam_viz.claims.claim import Claim, Measured, Says, Table
from gam_viz.claims.weighing import Comparison, Rule, beside, together, weigh
from gam_viz.evaluation.intervals import Estimate
from gam_viz.evaluation.power import at_level
from gam_viz.zoo.results import AttentionResults, SetResults

GAM, PAPERS = "gam", "gam-sigmoid"  # the tutorial's own, and with the channel sigmoid of the paper's figure
#: "about 1.5 to 2 %". The one gain that the tutorial puts a number to, so also what a data set must be able to show to
#: count for a statement without a number.
PROMISED_GAIN = 0.015
PROMISED_PARAMETERS = 0.05  # "less than 5 %"
DETAILED = ("aerial", "medical")  # "tasks that need details kept, such as medical and remote sensing"
NOTHING = "nothing"  # the reason where no network of the kind was trained
POWERLESS = "powerless"  # ... and where no data set could show the effect


def gain(results: Sequence[SetResults]) -> Claim:
    """ "About 1.5 to 2 % more accuracy on CIFAR-10": GAM minus no attention.

    For it where the interval lies above 1.5 points, against it where it ends below.
    """

    def what(pair: Comparison, of: Measured) -> Says:
        ends = of.corrected
        return "for" if ends.low >= PROMISED_GAIN else "against" if ends.high < PROMISED_GAIN else "open"

    return _compared("gain", [each for each in results if each.data == "cifar10"], "none", what)


def details(results: Sequence[SetResults]) -> Claim:
    """ "Especially suited to medical and remote-sensing pictures": GAM minus CBAM on such data."""
    return _compared("details", [each for each in results if each.domain in DETAILED], "cbam", sign)


def beats_cbam(results: Sequence[SetResults]) -> Claim:
    """ "Surpasses CBAM": GAM minus CBAM on every data set."""
    return _compared("beats_cbam", results, "cbam", sign)


def efficiency(results: Sequence[SetResults], table: Table | None = None) -> Claim:
    """ "CBAM uses its parameters less efficiently, GAM more."

    Where GAM adds no more parameters than CBAM: for it if a loss of the claimed effect is excluded. Where it adds more:
    for it if it is measurably better, and by more for each further parameter than CBAM can have gained, over no
    attention, for each of its own; against it if it is not, and a gain of the claimed effect is excluded. Else open:
    more parameters for more accuracy decide nothing.
    """

    def what(pair: Comparison, of: Measured) -> Says:
        gam, cbam, none = pair.first, pair.second, pair.data.row("none")
        more, ends = gam.parameters - cbam.parameters, of.corrected
        if more <= 0:
            return "for" if ends.low > -PROMISED_GAIN else "open"
        if ends.low <= 0:
            return "against" if ends.high < PROMISED_GAIN else "open"
        if none is None or none.parameters >= cbam.parameters:
            return "open"
        most = max(0.0, at_level(minus(cbam, none), of.level).high) / (cbam.parameters - none.parameters)
        return "for" if ends.low / more > most else "open"

    measured = weigh(_pairs(results, GAM, "cbam"), PROMISED_GAIN, what)
    claim = _claim("efficiency", measured, table=table)
    if not measured:
        return claim
    better = sum(of.weight == "counts" and of.corrected.low > 0 for of in measured)
    counts = sum(of.weight == "counts" for of in measured)
    return replace(claim, facts={"gains": {"better": better, "count": counts, "trained": len(measured)}})


def deeper(results: Sequence[SetResults]) -> Claim:
    """ "Works better in deep layers": GAM in the last stage alone minus GAM in the first alone.

    Borne out only partly where the last stage is not measurably better than no attention either.
    """
    pairs = _pairs(results, "gam-last", "gam-first")
    shown = [beside(other) for pair in pairs for other in _pairs([pair.data], "gam-last", GAM, "none")]
    claim = _claim("deeper", weigh(pairs, PROMISED_GAIN, sign), shown)
    gains = [of.estimate.low > 0 for of in shown if of.label[1] == "none"]
    return replace(claim, verdict="partly", reason="partly") if claim.verdict == "seen" and not all(gains) else claim


def with_se(results: Sequence[SetResults]) -> Claim:
    """ "Can be combined with attention such as SE": SE then GAM, minus GAM alone.

    That it trains is granted: where no gain and no loss is measurable, it is partly true.
    """
    pairs = _pairs(results, "se-gam", GAM)
    shown = [beside(other) for pair in pairs for other in _pairs([pair.data], "se-gam", "se", "none")]
    claim = _claim("with_se", weigh(pairs, PROMISED_GAIN, sign), shown)
    return replace(claim, verdict="partly", reason="partly") if pairs and claim.verdict == "open" else claim


def minus(first: AttentionResults, second: AttentionResults) -> Estimate:
    """The first's accuracy minus the second's, as the results have it; else from the two accuracies' own intervals.

    The latter is R. Newcombe's square-and-add (Statistics in Medicine 17, 1998, method 10), which takes the two as
    independent: for networks tested on the same pictures it is rather too wide than too narrow.
    """
    if second.label in first.differences:
        return first.differences[second.label]
    a, b = first.accuracy, second.accuracy
    value = a.value - b.value
    low = value - math.hypot(a.value - a.low, b.high - b.value)
    high = value + math.hypot(a.high - a.value, b.value - b.low)
    return Estimate(value, max(-1.0, low), min(1.0, high), a.basis, min(a.count, b.count))


def sign(pair: Comparison, of: Measured) -> Says:
    """An interval above 0 is for it, one below against it."""
    return "for" if of.corrected.low > 0 else "against" if of.corrected.high < 0 else "open"


def _compared(key: str, results: Sequence[SetResults], other: str, what: Rule) -> Claim:
    """GAM minus another; where that counts, GAM with the paper's sigmoid minus the same is shown beside it."""
    measured = weigh(_pairs(results, GAM, other), PROMISED_GAIN, what)
    counts = {of.data for of in measured if of.weight == "counts"}
    papers = _pairs([each for each in results if each.data in counts], PAPERS, other)
    return _claim(key, measured, [beside(pair) for pair in papers])


def _pairs(results: Sequence[SetResults], first: str, *others: str) -> list[Comparison]:
    """Those that were trained, of each data set."""
    rows = [(each, each.row(first), each.row(other)) for each in results for other in others]
    return [Comparison(each, a, b, minus(a, b)) for each, a, b in rows if a and b]


def _claim(
    key: str, measured: Sequence[Measured], shown: Sequence[Measured] = (), *, table: Table | None = None
) -> Claim:
    says = [of.says for of in measured if of.weight == "counts"]
    verdict = together(says)
    reason = NOTHING if not measured else verdict if says else POWERLESS
    return Claim(key, verdict, reason, {}, tuple(measured), tuple(shown), PROMISED_GAIN, table)
