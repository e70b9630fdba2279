"""`python -m gam_viz`."""

import sys

from gam_viz.cli.main import main

sys.exit(main())
