"""What a closed tab leaves is gone within a minute, whether or not anybody else comes.

Streamlit keeps a session whose connection ended for `server.disconnectedSessionTTL` seconds, so that a short break of
the network loses nothing, and lets go of it when it next looks, which may be never.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from typing import Any

from streamlit.runtime import Runtime

EVERY = 10.0  # seconds; with those of `server.disconnectedSessionTTL` (.streamlit/config.toml) less than a minute


@contextlib.asynccontextmanager
async def swept(_app: Any) -> AsyncIterator[None]:
    """While the server stands, its closed sessions are swept."""
    task = asyncio.create_task(_sweep_again_and_again())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):  # an error of its own comes out here
            await task


async def _sweep_again_and_again() -> None:
    while True:
        await asyncio.sleep(EVERY)
        sweep(Runtime.instance())


def sweep(runtime: Runtime) -> int:
    """Let go of sessions whose time is over, and of all that was theirs; returns how many."""
    # Streamlit (1.67) has no other way to its sessions, nor one to be told of those that end.
    sessions: Any = runtime._session_mgr
    over = [info.session for _, info in sessions._session_storage._cache.expire()]
    for session in over:
        session.shutdown()
        # The loop of the runtime holds on to the session that it served last until another one comes: what it kept goes
        # before it does, and the parts of its page, which hold what they draw.
        session.session_state.clear()
        session._fragment_storage.clear()
    if over:
        gc.collect()  # pages and their parts refer to each other
    return len(over)
