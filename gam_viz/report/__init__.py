"""What a user takes home.

case = examine(checkpoints, picture)       # gam_viz.evidence.examine
html(case, words)                          # one page that needs nothing else
pack(case, words)                          # a ZIP: the page, its numbers, its pictures, a manifest
to_npz(...), to_csv(...)                   # the numbers behind a comparison
"""

from gam_viz.report.archive import pack
from gam_viz.report.page import html
from gam_viz.report.provenance import command, facts
from gam_viz.report.tables import to_csv, to_npz
from gam_viz.runtime.callable_room import make_callable
from gam_viz.text import Words

__all__ = ["Words", "command", "facts", "html", "pack", "to_csv", "to_npz"]

make_callable(__name__)  # gam_viz.report(network, picture, out)
