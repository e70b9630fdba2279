"""`python -m gam_viz`."""

import sys

from gam_viz.cli import main

sys.exit(main())
