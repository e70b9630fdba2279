"""How much of what is uploaded is held for a session, and for all, before the app has looked at it.

Streamlit bounds a single file, keeps as many as come, in memory, and spools what arrives to an unlinked temporary file
meanwhile. Here a file is refused by the size that it declares, before any of it is held, where the session has no room
for it; and nothing is spooled to disk.
"""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus

from starlette.formparsers import MultiPartParser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

MEGABYTE = 2**20
#: Of a session: the largest file that any page takes (`server.maxUploadSize`) or a session's pictures, and what a form
#: adds to them. What a page has taken over is not counted here: it has limits of its own.
SESSION = 210 * MEGABYTE
EVERYBODY = 1024 * MEGABYTE  # of all sessions together

MultiPartParser.spool_max_size = EVERYBODY  # larger than any upload: nothing of one is ever written to disk


class UploadRoom:
    """Refuses an upload for which there is no room."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._arriving: Counter[str] = Counter()  # bytes, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as ASGI calls it."""
        session = _session_of(scope)
        if session is None:
            await self._app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"")
        if not length.isdigit():
            await _refuse(HTTPStatus.LENGTH_REQUIRED, scope, receive, send)
            return
        size, held = int(length), _held()
        if self._arriving[session] + held[session] + size > SESSION:
            await _refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, scope, receive, send)
            return
        if self._arriving.total() + held.total() + size > EVERYBODY:
            await _refuse(HTTPStatus.SERVICE_UNAVAILABLE, scope, receive, send)
            return
        self._arriving[session] += size
        try:
            await self._app(scope, receive, send)
        finally:
            self._arriving[session] -= size
            if not self._arriving[session]:
                del self._arriving[session]


def _session_of(scope: Scope) -> str | None:
    """Whose upload it is: `…/_stcore/upload_file/SESSION/FILE`; None of any other request."""
    if scope["type"] != "http" or scope["method"] != "PUT":
        return None
    place, session = str(scope["path"]).split("/")[-3:-1] if scope["path"].count("/") >= 3 else ("", "")
    return session if place == "upload_file" else None


def _held() -> Counter[str]:
    """Bytes that Streamlit holds of each session's uploads, because no page has taken them over."""
    manager = Runtime.instance().uploaded_file_mgr
    assert isinstance(manager, MemoryUploadedFileManager)
    files = {session: list(held.values()) for session, held in list(manager.file_storage.items())}
    return Counter({session: sum(len(file.data) for file in held) for session, held in files.items()})


async def _refuse(status: HTTPStatus, scope: Scope, receive: Receive, send: Send) -> None:
    # What comes is dropped piece by piece: a browser that is cut off while it sends does not see why.
    dropped, more = 0, True
    while more and dropped <= SESSION:
        message = await receive()
        dropped, more = dropped + len(message.get("body", b"")), message.get("more_body", False)
    await PlainTextResponse(status.phrase, status, {"Connection": "close"})(scope, receive, send)
