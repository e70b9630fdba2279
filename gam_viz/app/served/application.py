"""The app as its server knows it: Streamlit's, with what this one adds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from streamlit import cli_util, config
from streamlit.web.server import server_util

from gam_viz.app.served.headers import Headers
from gam_viz.app.served.page_head import PageHead
from gam_viz.app.served.sweeping import swept
from gam_viz.app.served.upload_room import UploadRoom
from gam_viz.app.served.warming import warm

MAIN = str(Path(__file__).parents[1] / "main.py")


def as_served(framed_by: Sequence[str] = (), *, beside: bool = False) -> dict[str, Any]:
    """What `st.App` is made of.

    Args:
        framed_by: who may frame a page; see `Headers`.
        beside: whether a program goes on in the same process.
    """
    guards = [Middleware(Headers, framed_by=framed_by), Middleware(UploadRoom), Middleware(PageHead)]
    return {"script_path": MAIN, "middleware": guards, "lifespan": swept if beside else _life}


@contextlib.asynccontextmanager
async def _life(app: Any) -> AsyncIterator[None]:
    await asyncio.to_thread(warm)
    async with swept(app):
        if not config.get_option("server.headless"):
            asyncio.get_running_loop().call_soon(cli_util.open_browser, server_util.get_url("localhost"))
        yield
