"""GAM-Viz: open the gates of attention networks.

gam_viz.show(network)                      # the app on it, beside a notebook or a script
gam_viz.gates(network, "cat.jpg")          # its gates; .plot() draws them
gam_viz.report(network, "cat.jpg", "r.html")
gam_viz.audit("pictures/", networks, "audit/")   # every picture of a folder
gam_viz.watch(network, every=100, to="runs/a")   # while it trains
gam_viz.attribute(network, x, target, "gradcam"), gam_viz.replace_gates(network, {...})
"""

from __future__ import annotations

from typing import Any

__version__ = "0.5.0"

#: Public names -> where they are. Nothing is imported before it is asked for: torch alone takes seconds. `audit`,
#: `explain` and `report` are rooms of the house too; they can be called (see `runtime.callable_room`).
_PUBLIC = {
    "show": "gam_viz.notebook",
    "gates": "gam_viz.notebook",
    "attribute": "gam_viz.explain.attributions",
    "replace_gates": "gam_viz.explain",
    "watch": "gam_viz.watching",
}
_ROOMS = ("audit", "explain", "report")


def __getattr__(name: str) -> Any:
    import importlib

    if name in _ROOMS:
        return importlib.import_module(f"gam_viz.{name}")
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'gam_viz' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_PUBLIC, *_ROOMS]
