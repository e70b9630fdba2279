"""Headers that tell a browser what the app's pages may do, and who may frame them."""

from __future__ import annotations

import os
from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Further places that may frame the app, as a policy writes them: a hub's address, for instance.
FRAMED_BY = "GAM_VIZ_FRAMED_BY"
#: Who may frame what `gam_viz.show` serves on this machine: notebooks on it, and VS Code's output cells.
NOTEBOOKS = (
    "http://localhost:*",
    "http://127.0.0.1:*",
    "https://localhost:*",
    "https://127.0.0.1:*",
    "vscode-webview:",
)

# Streamlit's page writes styles into itself, its charts compile expressions (Vega) and make pictures and workers of
# what they hold. Nothing is asked of another host.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "connect-src": "'self' data: blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}


class Headers:
    """Adds them to every answer.

    Args:
        app: that answers.
        framed_by: who may frame a page beside the app itself.
    """

    def __init__(self, app: ASGIApp, framed_by: Sequence[str] = ()) -> None:
        more = os.environ.get(FRAMED_BY, "").split()
        policy = POLICY | {"frame-ancestors": " ".join(["'self'", *framed_by, *more])}
        self._app = app
        self._headers = {
            "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as ASGI calls it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, with_headers)
