"""A visitor of a served app without a browser: its connection, what it is told, and what it uploads."""

from __future__ import annotations

import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol

PATIENCE = 300.0  # seconds for one message


class Visitor:
    """One tab at the app of that address (http://host:port), at a page of it; `tab` is what it calls itself."""

    def __init__(self, address: str, page: str = "", query: str = "", tab: str = "") -> None:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=30) as answer:
            self._xsrf = next(
                cookie.partition("=")[2].partition(";")[0]
                for cookie in answer.headers.get_all("Set-Cookie")
                if cookie.startswith("_streamlit_xsrf=")
            )
        self.address, self._page, self._query = address, page, query
        self._tab = ExitStack()
        protocols = [Subprotocol(name) for name in ("streamlit", self._xsrf, f"gam-viz-tab-{tab}")] if tab else None
        stream = address.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = self._tab.enter_context(connect(stream, max_size=None, subprotocols=protocols))
        self.session = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the tab."""
        self._tab.close()

    def run(self) -> None:
        """Ask for the page, and wait until it is drawn."""
        self.ask()
        for _ in self.told():
            pass

    def ask(self) -> None:
        """Ask for the page."""
        message = BackMsg()
        message.rerun_script.page_name = self._page
        message.rerun_script.query_string = self._query
        self._socket.send(message.SerializeToString())

    def told(self, until: Callable[[ForwardMsg], bool] | None = None) -> Iterator[ForwardMsg]:
        """What the server says until the page is drawn, or `until` says that it is enough."""
        while True:
            message = ForwardMsg()
            data = self._socket.recv(timeout=PATIENCE)
            assert isinstance(data, bytes)
            message.ParseFromString(data)
            if message.WhichOneof("type") == "new_session":
                self.session = message.new_session.initialize.session_id
            yield message
            done = message.WhichOneof("type") == "script_finished"
            if done or (until is not None and until(message)):
                return

    def upload(self, data: bytes, *, declared: bool = True) -> int:
        """Send a file to the server; the status that it answers.

        Args:
            data: what is in it.
            declared: whether its size is said beforehand.
        """
        border = "border"
        head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{border}--\r\n".encode()
        request = urllib.request.Request(
            f"{self.address}/_stcore/upload_file/{self.session}/{uuid.uuid4()}",
            data=body if declared else iter([body]),
            method="PUT",
            headers={
                "Content-Type": f"multipart/form-data; boundary={border}",
                "X-Xsrftoken": self._xsrf,
                "Cookie": f"_streamlit_xsrf={self._xsrf}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
