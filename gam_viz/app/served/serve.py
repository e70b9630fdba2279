"""Serving the app with its own settings, wherever it is started."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st
from streamlit.web import bootstrap

from gam_viz.app.served.application import MAIN, as_served
from gam_viz.runtime.installation import STREAMLIT_CONFIG


def serve(**settings: object) -> None:
    """Serve until the process is stopped.

    Args:
        settings: Streamlit's, before the app's own: `server_port=8600`.
    """
    given = configure(**settings)
    # It takes the name of an app, or the app itself.
    bootstrap.run_asgi_app(MAIN, st.App(**as_served()), [], given)  # type: ignore[arg-type]


def configure(**settings: object) -> dict[str, Any]:
    """Give Streamlit the app's settings; returns them.

    It looks for them in the folder where it is started; here the app's own hold anywhere.
    """
    all_settings = dict(_flat(tomllib.loads(STREAMLIT_CONFIG.read_text(encoding="utf-8")))) | settings
    bootstrap.load_config_options(all_settings)
    return all_settings


def _flat(tables: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Streamlit's names for the settings of a TOML file: `theme_light_primaryColor`."""
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}_")
        else:
            yield f"{above}{key}", value
