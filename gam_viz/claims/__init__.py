"""What the tutorial says, measured: each statement with its figures and the verdict that one rule draws from them."""

from gam_viz.claims.accuracy import PROMISED_GAIN, PROMISED_PARAMETERS
from gam_viz.claims.claim import SECTIONS, VERDICTS, Claim, ColumnHead, Measured, Table, TableRow, Verdict
from gam_viz.claims.judge import Counted, Live, MeasuredNetwork, counted, judge, measure, stand_in
from gam_viz.claims.parameters import PRINTED_RATE, RATE_SIDE, RATE_WIDTH
from gam_viz.claims.snippets import SNIPPETS, Snippet

__all__ = [
    "PRINTED_RATE",
    "PROMISED_GAIN",
    "PROMISED_PARAMETERS",
    "RATE_SIDE",
    "RATE_WIDTH",
    "SECTIONS",
    "SNIPPETS",
    "VERDICTS",
    "Claim",
    "ColumnHead",
    "Counted",
    "Live",
    "Measured",
    "MeasuredNetwork",
    "Snippet",
    "Table",
    "TableRow",
    "Verdict",
    "counted",
    "judge",
    "measure",
    "stand_in",
]
