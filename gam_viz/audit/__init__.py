"""From one picture to a million: what networks say of every picture of a source, and what their gates did.

run = begun("pictures/", {"cbam": checkpoint, "gam": other}, "audit/")
run_missing(run)              # killed anywhere, the next call goes on
Audit("audit/").query("select avg(gap) from rows")
"""

from gam_viz.runtime.callable_room import make_callable

make_callable(__name__)  # gam_viz.audit("pictures/", networks)
