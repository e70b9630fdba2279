"""What a network costs: parameters, multiply-adds, memory of activations, and the time of a prediction."""

from gam_viz.cost.designs import Fit, families, fits, usual
from gam_viz.cost.network_cost import Bill, Counts, Part, bill, count
from gam_viz.cost.stages import attention_cost, stages_of
from gam_viz.cost.table import Row, records, to_csv
from gam_viz.cost.timing import (
    MOST_MACS,
    MOST_PARAMETERS,
    Latency,
    Timing,
    TooLargeError,
    latency,
    relative_time,
    timeable,
    timing,
)

__all__ = [
    "MOST_MACS",
    "MOST_PARAMETERS",
    "Bill",
    "Counts",
    "Fit",
    "Latency",
    "Part",
    "Row",
    "Timing",
    "TooLargeError",
    "attention_cost",
    "bill",
    "count",
    "families",
    "fits",
    "latency",
    "records",
    "relative_time",
    "stages_of",
    "timeable",
    "timing",
    "to_csv",
    "usual",
]
