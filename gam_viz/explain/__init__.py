"""What is computed about pictures and networks."""

from gam_viz.explain.explanation import Explanation, explain
from gam_viz.explain.gates import GateReading, gates_of, read_gates, record_gates, replace_gates
from gam_viz.explain.maps import REDUCTIONS, SpatialMap, spatial_map, top_channels

__all__ = [
    "REDUCTIONS",
    "Explanation",
    "GateReading",
    "SpatialMap",
    "explain",
    "gates_of",
    "read_gates",
    "record_gates",
    "replace_gates",
    "spatial_map",
    "top_channels",
]
