"""From a program or a notebook: any network's gates, its explanation, a report, or the whole app, in one line each."""

from gam_viz.notebook.auditing import audit
from gam_viz.notebook.looking import Gates, explain, gates, report
from gam_viz.notebook.showing import Show, show

__all__ = ["Gates", "Show", "audit", "explain", "gates", "report", "show"]
