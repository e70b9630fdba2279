"""Whether the network's answer hangs on what a map marks."""

from gam_viz.evidence.faithfulness.captum_metrics import Infidelity, infidelity, max_sensitivity
from gam_viz.evidence.faithfulness.curves import faithfulness
from gam_viz.evidence.faithfulness.result import (
    Curves,
    Faithfulness,
    Outcome,
    RandomOrders,
    RefusedMap,
    Standing,
)
from gam_viz.evidence.faithfulness.settings import BASELINES, Settings

__all__ = [
    "BASELINES",
    "Curves",
    "Faithfulness",
    "Infidelity",
    "Outcome",
    "RandomOrders",
    "RefusedMap",
    "Settings",
    "Standing",
    "faithfulness",
    "infidelity",
    "max_sensitivity",
]
