"""From one picture to a million: what networks say of every picture of a source, and what their gates did.

audit = begun("pictures/", {"cbam": checkpoint, "gam": other}, "audit/")      # in gam_viz.audit.run
run(audit)                    # stopped anywhere, the next call goes on
Audit("audit/").query("select name from pictures where disagree")            # in gam_viz.audit.opened
"""

from gam_viz.runtime.callable_room import make_callable

make_callable(__name__)  # gam_viz.audit("pictures/", networks)
