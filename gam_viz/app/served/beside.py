"""The app's server in a thread beside a program that goes on: a notebook, a training script."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from types import ModuleType

import streamlit as st
import uvicorn
from streamlit.runtime import Runtime

from gam_viz.app.served.application import as_served
from gam_viz.app.served.headers import NOTEBOOKS
from gam_viz.app.served.serve import configure

HOST = "127.0.0.1"
SECONDS = 60.0  # for the server to stand, or to stop
POLL = 0.05  # seconds


#: The program's own `__main__`, while a server runs beside it.
_program: list[ModuleType] = []


def give_back_main() -> None:
    """Put the program's `__main__` back: for each run of a page Streamlit puts that page there, and what the program
    pickles, or hands to other processes, would no longer be found."""
    if _program:
        sys.modules["__main__"] = _program[0]


class ServerError(RuntimeError):
    """The server did not start; the sentence says why."""


class ServerBeside:
    """One server in this process, at a free port of this machine alone.

    Streamlit knows one runtime a process and keeps it after it stopped; it is let go here, so that another can follow.
    """

    def __init__(self, port: int | None = None) -> None:
        """Start it; when this returns it answers.

        Raises:
            ServerError: this process serves a Streamlit app already, the port is taken, or it does not start.
        """
        if Runtime.exists():
            raise ServerError(
                "this process serves a Streamlit app already; call show from a notebook or a script of its own"
            )
        self.port = _free(port)
        self._stands = threading.Event()
        self._failed: list[BaseException] = []
        self._loop = asyncio.new_event_loop()
        self._server: uvicorn.Server | None = None
        _program.append(sys.modules["__main__"])
        configure(server_port=self.port, server_address=HOST, server_headless=True, logger_hideWelcomeMessage=True)
        self._thread = threading.Thread(target=self._run, name="gam-viz-server", daemon=True)
        self._thread.start()
        if not self._stands.wait(SECONDS):
            raise ServerError(f"the server did not answer within {SECONDS:.0f} seconds")
        if self._failed:
            self._let_go()
            raise ServerError(f"the server did not start: {self._failed[0]}") from self._failed[0]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    @property
    def runs(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it, and every session with it."""
        if self._server is not None and self._thread.is_alive():
            self._server.should_exit = True
            self._thread.join(SECONDS)
        self._let_go()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:  # noqa: BLE001 - a thread's errors reach nobody else
            self._failed.append(error)
        finally:
            self._stands.set()
            # What waits for sessions that will not come back would be complained about when the program ends.
            waiting = asyncio.all_tasks(self._loop)
            for task in waiting:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
            self._loop.close()

    async def _serve(self) -> None:
        app = st.App(**as_served(NOTEBOOKS, beside=True))
        self._server = uvicorn.Server(
            uvicorn.Config(app, host=HOST, port=self.port, log_level="error", timeout_graceful_shutdown=1)
        )
        serving = asyncio.ensure_future(self._server.serve())
        while not (self._server.started or serving.done()):
            await asyncio.sleep(POLL)
        self._stands.set()
        await serving

    def _let_go(self) -> None:
        self._server = None
        Runtime._instance = None
        give_back_main()
        _program.clear()


def _free(port: int | None) -> int:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port or 0))
        except OSError as error:
            raise ServerError(f"port {port} is taken; leave it out, and a free one is chosen") from error
        return int(probe.getsockname()[1])
