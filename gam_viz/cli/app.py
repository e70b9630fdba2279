"""`app`: the pages, served to a browser."""

from __future__ import annotations

import argparse
import os
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from gam_viz.cli.common import checkpoint_argument, data_argument
from gam_viz.runtime.installation import PACKAGE, STREAMLIT_CONFIG


def add(commands: Any) -> None:
    """Add the command to the parser."""
    c = commands.add_parser("app", help="start the app and say its address")
    c.add_argument("--port", type=int, help="default: 8501, or the next that is free")
    c.add_argument("--address", help="to listen at; 0.0.0.0 lets other machines in (default: this machine alone)")
    c.add_argument("--browser", action="store_true", help="open it in the browser at once")
    checkpoint_argument(c)
    data_argument(c)
    c.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Serve until it is stopped."""
    from streamlit.web import bootstrap

    # Streamlit looks for its settings in the folder where it is started; the app's own hold anywhere.
    settings = dict(_flat(tomllib.loads(STREAMLIT_CONFIG.read_text(encoding="utf-8"))))
    if options.port is not None:
        settings["server_port"] = options.port
    if options.address is not None:
        settings["server_address"] = options.address
    if options.browser:
        settings["server_headless"] = False
    os.environ["GAM_VIZ_CHECKPOINTS"] = str(options.checkpoints)
    if options.data_root is not None:
        os.environ["GAM_VIZ_DATA"] = options.data_root
    bootstrap.load_config_options(settings)
    bootstrap.run(str(PACKAGE / "app" / "main.py"), False, [], settings)


def _flat(tables: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Streamlit's names for the settings of a TOML file: `theme_light_primaryColor`."""
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}_")
        else:
            yield f"{above}{key}", value
