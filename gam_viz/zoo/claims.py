"""What the tutorial claims of GAM, judged by the zoo's results alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from gam_viz.zoo.intervals import Estimate
from gam_viz.zoo.results import SetResults

Verdict = Literal["seen", "not_seen", "open"]
GAM = "gam"  # the tutorial's own
PROMISED_GAIN = 0.015  # "about 1.5 to 2 %"
PROMISED_PARAMETERS = 0.05  # "less than 5 %"
DETAILED = ("aerial", "medical")  # "tasks that need details kept, such as medical and remote sensing"


@dataclass(frozen=True)
class Measured:
    """One figure behind a verdict.

    Attributes:
        title: of the data set.
        label: of the attention.
        value: a share (0.25 is 25 %).
        estimate: where the figure has an interval.
    """

    title: str
    label: str
    value: float
    estimate: Estimate | None = None


@dataclass(frozen=True)
class Claim:
    """A claim and what was found.

    Attributes:
        key: in the text catalogue.
        verdict: "seen": the figures bear it out; "not_seen": they contradict it; "open": they do not decide.
        measured: the figures, most telling first.
    """

    key: str
    verdict: Verdict
    measured: tuple[Measured, ...]


def judge(results: Sequence[SetResults]) -> list[Claim]:
    """The verdict on each claim of which the results say anything."""
    claims = [
        _compared("gain", results, "none", lambda each: each.data == "cifar10", PROMISED_GAIN),
        _parameters([each for each in results if each.data == "cifar10"]),
        _efficiency(results),
        _compared("details", results, "cbam", lambda each: each.domain in DETAILED),
        _compared("beats_cbam", results, "cbam", lambda each: True),
    ]
    return [claim for claim in claims if claim is not None]


def _compared(
    key: str, results: Sequence[SetResults], other: str, wanted: Callable[[SetResults], bool], promised: float = 0.0
) -> Claim | None:
    """GAM's accuracy minus another's, on each data set that is wanted, against what was promised."""
    found, verdicts = [], []
    for each in results:
        row = each.row(GAM)
        if row and wanted(each) and other in row.differences:
            estimate = row.differences[other]
            found.append(Measured(each.title, GAM, estimate.value, estimate))
            verdicts.append(_against(estimate, promised))
    return Claim(key, _together(verdicts), tuple(found)) if found else None


def _against(estimate: Estimate, promised: float) -> Verdict:
    """An interval above what was promised bears it out; one that ends below it contradicts it."""
    if estimate.low > 0 and estimate.low >= promised:
        return "seen"
    return "not_seen" if estimate.high < promised or estimate.high <= 0 else "open"


def _parameters(results: Sequence[SetResults]) -> Claim | None:
    """ "Less than 5 % more parameters": counted, of the tutorial's GAM; the other forms stand beside it."""
    found = [m for each in results for m in _extra(each, [row.label for row in each.rows if row.label != "none"])]
    own = [m.value for m in found if m.label == GAM]
    if not own:
        return None
    return Claim("parameters", "seen" if max(own) < PROMISED_PARAMETERS else "not_seen", tuple(found))


def _efficiency(results: Sequence[SetResults]) -> Claim | None:
    """ "CBAM uses its parameters less efficiently, GAM more."

    Borne out where GAM adds no more than CBAM and is not measurably worse; contradicted where it adds more and is not
    measurably better. More parameters for more accuracy decide nothing.
    """
    found: list[Measured] = []
    verdicts: list[Verdict] = []
    for each in results:
        gam, cbam = each.row(GAM), each.row("cbam")
        if not gam or not cbam or not each.row("none"):
            continue
        found += _extra(each, ["cbam", GAM])
        versus = gam.differences["cbam"]
        if gam.parameters <= cbam.parameters:
            verdicts.append("seen" if versus.high >= 0 else "open")
        else:
            verdicts.append("not_seen" if versus.low <= 0 else "open")
    return Claim("efficiency", _together(verdicts), tuple(found)) if found else None


def _extra(each: SetResults, labels: Sequence[str]) -> list[Measured]:
    """Parameters that each attention adds, as a share of the network's without it."""
    none = each.row("none")
    rows = [each.row(label) for label in labels]
    if none is None:
        return []
    return [Measured(each.title, row.label, row.parameters / none.parameters - 1) for row in rows if row]


def _together(verdicts: Sequence[Verdict]) -> Verdict:
    """Of several data sets: borne out where all say so; contradicted where some do and none bears it out."""
    if all(verdict == "seen" for verdict in verdicts):
        return "seen"
    return "not_seen" if "not_seen" in verdicts and "seen" not in verdicts else "open"
