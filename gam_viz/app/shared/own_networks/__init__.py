"""The reader's own networks: uploaded in the sidebar, kept for the session, compared with the others on every page."""

from gam_viz.app.shared.own_networks.dialog import open_own_networks, own_networks_button
from gam_viz.app.shared.own_networks.found import draw_found
from gam_viz.app.shared.own_networks.kept import arrived, group_of, grouped, is_own
from gam_viz.app.shared.own_networks.live import live_networks

__all__ = [
    "arrived",
    "draw_found",
    "group_of",
    "grouped",
    "is_own",
    "live_networks",
    "open_own_networks",
    "own_networks_button",
]
