"""What a user takes home.

case = examine(checkpoints, picture)       # gam_viz.evidence.case
html(case, words)                          # one page that needs nothing else
pack(case, words)                          # a ZIP: the page, its numbers, its pictures, a manifest
to_npz(...), to_csv(...)                   # the numbers behind a comparison
"""

from gam_viz.report.numbers import to_csv, to_npz
from gam_viz.report.pack import pack
from gam_viz.report.page import html
from gam_viz.report.provenance import command, facts
from gam_viz.report.words import Words

__all__ = ["Words", "command", "facts", "html", "pack", "to_csv", "to_npz"]
