"""The reader's own networks: uploaded in the sidebar, kept for the session, compared with the others on every page."""

from gam_viz.app.shared.own_networks.dialog import own_networks_button
from gam_viz.app.shared.own_networks.kept import arrived, grouped, is_own

__all__ = ["arrived", "grouped", "is_own", "own_networks_button"]
