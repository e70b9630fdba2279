"""Statements about accuracy, judged by the zoo's results alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from gam_viz.claims.claim import Claim, Measured, Table, Verdict, together
from gam_viz.evaluation.intervals import Estimate
from gam_viz.zoo.results import AttentionResults, SetResults

GAM = "gam"  # the tutorial's own
PROMISED_GAIN = 0.015  # "about 1.5 to 2 %"
PROMISED_PARAMETERS = 0.05  # "less than 5 %"
DETAILED = ("aerial", "medical")  # "tasks that need details kept, such as medical and remote sensing"
NOTHING = "nothing"  # the reason where no network of the kind was trained


def gain(results: Sequence[SetResults]) -> Claim:
    """ "About 1.5 to 2 % more accuracy on CIFAR-10": GAM minus no attention, against 1.5 points."""
    return _compared("gain", results, "none", lambda each: each.data == "cifar10", PROMISED_GAIN)


def details(results: Sequence[SetResults]) -> Claim:
    """ "Especially suited to medical and remote-sensing pictures": GAM minus CBAM on such data."""
    return _compared("details", results, "cbam", lambda each: each.domain in DETAILED)


def beats_cbam(results: Sequence[SetResults]) -> Claim:
    """ "Surpasses CBAM": GAM minus CBAM on every data set."""
    return _compared("beats_cbam", results, "cbam", lambda each: True)


def efficiency(results: Sequence[SetResults], table: Table | None = None) -> Claim:
    """ "CBAM uses its parameters less efficiently, GAM more."

    Borne out where GAM adds no more than CBAM and is not measurably worse; contradicted where it adds more and is not
    measurably better. More parameters for more accuracy decide nothing.
    """
    better, verdicts = 0, list[Verdict]()
    for each in results:
        gam, cbam = each.row(GAM), each.row("cbam")
        if not gam or not cbam:
            continue
        versus = minus(gam, cbam)
        better += versus.low > 0
        if gam.parameters <= cbam.parameters:
            verdicts.append("seen" if versus.high >= 0 else "open")
        else:
            verdicts.append("not_seen" if versus.low <= 0 else "open")
    verdict = together(verdicts)
    facts = {"gains": {"better": better, "count": len(verdicts)}} if verdicts else {}
    return Claim("efficiency", verdict, verdict if verdicts else NOTHING, facts=facts, table=table)


def deeper(results: Sequence[SetResults]) -> Claim:
    """ "Works better in deep layers": GAM in the last stage alone minus GAM in the first alone.

    Borne out where that is above 0, but only partly where the last stage is not measurably better than no attention
    either; contradicted where it is below 0.
    """
    found, verdicts = [], list[Verdict]()
    for each in results:
        last, first, none = (each.row(label) for label in ("gam-last", "gam-first", "none"))
        if not last or not first:
            continue
        found += [_measured(each, last, other) for other in (first, each.row(GAM), none) if other]
        verdict = _sign(minus(last, first))
        if verdict == "seen" and none and minus(last, none).low <= 0:
            verdict = "partly"
        verdicts.append(verdict)
    verdict = together(verdicts)
    return Claim("deeper", verdict, verdict if found else NOTHING, measured=tuple(found))


def with_se(results: Sequence[SetResults]) -> Claim:
    """ "Can be combined with attention such as SE": SE then GAM, minus GAM alone.

    That it trains is granted; borne out where the pair gains, partly where no gain is measurable, contradicted where it
    loses.
    """
    found, verdicts = [], list[Verdict]()
    for each in results:
        pair, gam = each.row("se-gam"), each.row(GAM)
        if not pair or not gam:
            continue
        found += [_measured(each, pair, other) for other in (gam, each.row("se"), each.row("none")) if other]
        verdict = _sign(minus(pair, gam))
        verdicts.append("partly" if verdict == "open" else verdict)
    verdict = together(verdicts)
    return Claim("with_se", verdict, verdict if found else NOTHING, measured=tuple(found))


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


def _compared(
    key: str, results: Sequence[SetResults], other: str, wanted: Callable[[SetResults], bool], promised: float = 0.0
) -> Claim:
    """GAM's accuracy minus another's, on each data set that is wanted, against what was promised."""
    found, verdicts = [], list[Verdict]()
    for each in results:
        gam, second = each.row(GAM), each.row(other)
        if gam and second and wanted(each):
            found.append(_measured(each, gam, second))
            verdicts.append(_against(minus(gam, second), promised))
    verdict = together(verdicts)
    return Claim(key, verdict, verdict if found else NOTHING, measured=tuple(found))


def _measured(each: SetResults, first: AttentionResults, second: AttentionResults) -> Measured:
    return Measured(each.data, each.title, (first.label, second.label), minus(first, second))


def _against(estimate: Estimate, promised: float) -> Verdict:
    """An interval above what was promised bears it out; one that ends below it contradicts it."""
    if estimate.low > 0 and estimate.low >= promised:
        return "seen"
    return "not_seen" if estimate.high < promised or estimate.high <= 0 else "open"


def _sign(estimate: Estimate) -> Verdict:
    """An interval above 0 bears it out, one below contradicts it."""
    if estimate.low > 0:
        return "seen"
    return "not_seen" if estimate.high < 0 else "open"
