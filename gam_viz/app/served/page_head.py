"""A script in the head of the page that Streamlit serves, which has no setting for one: `tab.js` says what it does."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEAD = b"<head>"
#: With these a browser asks for less than the page as it is.
SHORTER = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"if-range", b"range")


class PageHead:
    """Writes the script into every page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._script = b"<script>" + Path(__file__).with_name("tab.js").read_bytes() + b"</script>"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as ASGI calls it."""
        if scope["type"] != "http" or b"text/html" not in dict(scope["headers"]).get(b"accept", b""):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def with_script(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    whole = body.replace(HEAD, HEAD + self._script, 1)
                    headers = MutableHeaders(scope=start)
                    headers["content-length"] = str(len(whole))
                    await send(start)
                    await send({"type": "http.response.body", "body": whole})

        plain = [(name, value) for name, value in scope["headers"] if name not in SHORTER]
        await self._app({**scope, "headers": plain}, receive, with_script)


def _is_page(start: Message) -> bool:
    return MutableHeaders(scope=start).get("content-type", "").startswith("text/html")
