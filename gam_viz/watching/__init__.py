"""Gates while a network trains: `gam_viz.watch(network, every=100, to="runs/a")` in anybody's loop."""

from gam_viz.watching.folder import QUANTITIES, Fixed, WatchedGate, WatchedRun, runs_in
from gam_viz.watching.watch import Watch, watch

__all__ = ["QUANTITIES", "Fixed", "Watch", "WatchedGate", "WatchedRun", "runs_in", "watch"]
