"""What is computed about pictures and networks."""

from gam_viz.explain.explanation import Explanation, explain, seen_by
from gam_viz.explain.gates import GateReading, gates_of, read_gates, record_gates, replace_gates
from gam_viz.explain.maps import REDUCTIONS, SpatialMap, spatial_map, top_channels
from gam_viz.runtime.callable_room import make_callable

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
    "seen_by",
    "spatial_map",
    "top_channels",
]

make_callable(__name__)  # gam_viz.explain(network, picture)
