"""What a network costs: parameters, multiply-adds, memory of activations, and the time of a prediction."""

from gam_viz.cost.designs import FAMILIES, Fit, fits, usual
from gam_viz.cost.network_cost import Bill, Counts, Part, bill, count
from gam_viz.cost.stages import ModuleCost, attention_cost, module_cost, stages_of
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
    "FAMILIES",
    "MOST_MACS",
    "MOST_PARAMETERS",
    "Bill",
    "Counts",
    "Fit",
    "Latency",
    "ModuleCost",
    "Part",
    "Row",
    "Timing",
    "TooLargeError",
    "attention_cost",
    "bill",
    "count",
    "fits",
    "latency",
    "module_cost",
    "records",
    "relative_time",
    "stages_of",
    "timeable",
    "timing",
    "to_csv",
    "usual",
]
