"""`app`: the pages, served to a browser."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from typing import Any

from gam_viz.cli.common import checkpoint_argument, data_argument


def add(commands: Any) -> None:
    """Add the command to the parser."""
    c = commands.add_parser("app", help="start the app and say its address")
    c.add_argument("--port", type=int, help="default: 8501, or the next that is free")
    c.add_argument("--address", help="to listen at; 0.0.0.0 lets other machines in (default: this machine alone)")
    c.add_argument("--browser", action="store_true", help="open it in the browser at once")
    checkpoint_argument(c)
    data_argument(c)
    c.add_argument(
        "--audits",
        nargs="+",
        metavar="FOLDER",
        help="audits that are shown, or folders of them (default: $GAM_VIZ_AUDITS, else ./audits)",
    )
    c.add_argument(
        "--runs",
        nargs="+",
        metavar="FOLDER",
        help="watched trainings that are shown, or folders of them (default: $GAM_VIZ_RUNS, else ./runs)",
    )
    c.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Serve until it is stopped."""
    from gam_viz.app.served.serve import serve

    os.environ["GAM_VIZ_CHECKPOINTS"] = str(options.checkpoints)
    if options.data_root is not None:
        os.environ["GAM_VIZ_DATA"] = options.data_root
    if options.audits is not None:
        os.environ["GAM_VIZ_AUDITS"] = os.pathsep.join(options.audits)
    if options.runs is not None:
        os.environ["GAM_VIZ_RUNS"] = os.pathsep.join(options.runs)
    asked = {"server_port": options.port, "server_address": options.address}
    if options.browser:
        asked["server_headless"] = False
    with suppress(KeyboardInterrupt):  # Ctrl-C is how it ends, in the moment before the server takes it itself, too
        serve(**{name: value for name, value in asked.items() if value is not None})
