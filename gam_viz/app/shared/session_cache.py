"""What a session keeps of what it computed, by digests and parameters, and what all sessions share.

Streamlit's own cache cannot be used here: what is told of the waiting and the progress would be drawn inside it, and it
cannot let go of all that was made of one file. What is kept lies in the session, so it goes when the session goes.
"""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from contextlib import nullcontext
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from gam_viz.app.shared.waiting import Say, in_queue, made_once, progress_line, spinner
from gam_viz.app.shared.words import text
from gam_viz.runtime.progress import Progress
from gam_viz.runtime.visit import OnWait

MOST = 60  # results of each kind
FORGOTTEN = "something-forgotten"
SHORT = 12  # digits of a sha256 that name an upload in widgets and links
T = TypeVar("T")
#: Digests and parameters, never an array: hashing one takes long, and Streamlit hashes only a sample of it.
Key = tuple[Any, ...]

_lock = threading.Lock()


def recall(store: str, key: Key, *, shared: bool = False) -> Any:
    """What is kept under that key, which becomes the newest; None where nothing is.

    Args:
        store: the kind of result.
        key: digests and parameters.
        shared: whether all sessions of the server share it.
    """
    kept = _kept(store, shared)
    with _lock:
        if key in kept:
            kept.move_to_end(key)
        return kept.get(key)


def keep(store: str, key: Key, value: T, *, most: int = MOST, shared: bool = False) -> T:
    """Keep a result as the newest of its kind; the oldest beyond `most` are let go."""
    kept = _kept(store, shared)
    with _lock:
        kept[key] = value
        while len(kept) > most:
            kept.popitem(last=False)
    return value


def cached(store: str, key: Key, make: Callable[[], T], *, most: int = MOST, shared: bool = False) -> T:
    """What is kept under that key, else what `make` makes now."""
    value: T | None = recall(store, key, shared=shared)
    return keep(store, key, make(), most=most, shared=shared) if value is None else value


def cached_with_progress(
    store: str, key: Key, make: Callable[[Progress], T], say: Say, *, most: int = MOST, shared: bool = False
) -> T:
    """The same for what computes for long: `make` waits for the device, and a line says how far it is.

    Who leaves meanwhile loses nothing but this computation.
    """
    with progress_line(say) as line:
        return computed(store, key, lambda: make(line.progress), line.on_wait, most=most, shared=shared)


def cached_with_spinner(
    store: str, key: Key, make: Callable[[], T], *, said: str = "", most: int = MOST, shared: bool = False
) -> T:
    """The same for what takes moments."""
    with spinner(said or text("compare.predicting")) as line:
        return computed(store, key, make, line.on_wait, most=most, shared=shared)


def computed(
    store: str, key: Key, make: Callable[[], T], on_wait: OnWait, *, most: int = MOST, shared: bool = False
) -> T:
    """What is kept under that key, else what `make` computes on the device; of what sessions share, one computes it
    for all who ask meanwhile."""
    value: T | None = recall(store, key, shared=shared)
    if value is None:
        with made_once((store, key), on_wait) if shared else nullcontext():
            # Another session may have made it while this one waited.
            value = cached(store, key, lambda: in_queue(make, on_wait), most=most, shared=shared)
    return value


def trim(store: str, size: Callable[[Any], int], most: int) -> None:
    """Let go of the oldest results of a kind while those of a session have more than `most` together."""
    kept = _kept(store, False)
    while len(kept) > 1 and sum(map(size, kept.values())) > most:
        kept.popitem(last=False)


def clear(store: str, *, shared: bool = False) -> None:
    """Let go of all results of a kind."""
    _kept(store, shared).clear()


def forget(digest: str) -> None:
    """Let go of an upload or an own network, by its sha256: of itself, of all that this session made of it, and of
    every choice that names it.

    The parts of the page that is drawn still hold what they drew: see `let_go`.
    """
    short = digest[:SHORT]
    st.session_state[FORGOTTEN] = True
    for name in list(st.session_state):
        value = st.session_state[name]
        if short in str(name) or _names(value, short):
            release(value)
            del st.session_state[name]
        elif isinstance(value, MutableMapping):
            _forget_in(value, short)
    for name, given in list(st.query_params.items()):
        if short in given:
            del st.query_params[name]


def let_go() -> None:
    """At the beginning of a page: what was forgotten since is gone, whatever the last page drew of it.

    Streamlit keeps a page's fragments, and what they refer to, until another page is drawn to its end; and what refers
    to itself lives until Python looks for such things.
    """
    context = get_script_run_ctx()
    if st.session_state.pop(FORGOTTEN, False) and context is not None:
        context.fragment_storage.clear()
        gc.collect()


def release(value: object) -> None:
    """Let go of a widget's files, whose bytes Streamlit would keep until the session ends."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in value if isinstance(value, list) else [value]:
            if isinstance(file, UploadedFile):
                context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def _forget_in(kept: MutableMapping[Any, Any], short: str) -> None:
    for key in [key for key, value in kept.items() if _names(key, short) or _names(value, short)]:
        del kept[key]


def _names(value: object, short: str) -> bool:
    """Whether a key, or a widget's value, names a digest."""
    if isinstance(value, tuple):
        return any(_names(part, short) for part in value)
    return isinstance(value, str) and short in value


def _kept(store: str, shared: bool) -> OrderedDict[Key, Any]:
    kept: OrderedDict[Key, Any]
    if shared:
        kept = _of_server().setdefault(store, OrderedDict())
    else:
        kept = st.session_state.setdefault(f"cache-{store}", OrderedDict())
    return kept


@st.cache_resource(show_spinner=False)
def _of_server() -> dict[str, OrderedDict[Key, Any]]:
    return {}
