"""What the app's server adds to Streamlit's: bounds, headers, and letting go of what a closed tab leaves."""

import asyncio
import gc
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable, Iterator

import pytest
from starlette.formparsers import MultiPartParser
from streamlit import config

from gam_viz.app.served import application, sweeping, upload_room
from gam_viz.app.served.beside import ServerBeside
from gam_viz.app.served.sweeping import EVERY
from gam_viz.runtime.installation import STREAMLIT_CONFIG
from tests.visitor import Visitor

MEGABYTE = 2**20
#: A page that keeps something for its session, as pages keep pictures, in a cycle as they come about.
PAGE = """
import streamlit as st
from tests.app.test_served import Held
if "held" not in st.session_state:
    st.session_state["held"] = Held()
    st.session_state["held"].itself = st.session_state["held"]
st.file_uploader("Pictures", accept_multiple_files=True)
"""


class Held:
    """What a session keeps."""

    def __init__(self) -> None:
        KNOWN.append(weakref.ref(self))


KNOWN: list[weakref.ref[Held]] = []


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the page above, with the app's guards, swept all the time; a session is over when its tab is closed."""
    page = tmp_path_factory.mktemp("page") / "page.py"
    page.write_text(PAGE)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(application, "MAIN", str(page))
        patched.setattr(sweeping, "EVERY", 0.01)
        settings = config.get_option
        patched.setattr(
            config, "get_option", lambda key: 0 if key == "server.disconnectedSessionTTL" else settings(key)
        )
        server = ServerBeside()
        yield server.url
        server.stop()
        assert not asyncio.all_tasks(server._loop)  # Python would complain about each that waits when it ends


@pytest.fixture
def visitor(address: str) -> Iterator[Visitor]:
    with Visitor(address) as visitor:
        visitor.run()
        yield visitor


def held_of(visitor: Visitor) -> int:
    """Bytes of its uploads that the server holds."""
    return upload_room._held()[visitor.session]


@pytest.mark.parametrize(("spooled", "times"), [(None, 0), (MEGABYTE, 1)])
def test_kind_12_an_upload_is_never_on_disk(
    visitor: Visitor, spooled: int | None, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Streamlit's own bound, in the second case, it is."""
    if spooled is not None:
        monkeypatch.setattr(MultiPartParser, "spool_max_size", spooled)
    on_disk = []
    rollover = tempfile.SpooledTemporaryFile.rollover
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", lambda file: on_disk.append(file) or rollover(file))
    assert visitor.upload(b"x" * 3 * MEGABYTE) == 204
    assert held_of(visitor) == 3 * MEGABYTE
    assert len(on_disk) == times


def test_kind_13_what_a_closed_tab_leaves_is_gone_by_itself(address: str) -> None:
    with Visitor(address) as visitor:
        visitor.run()
        held = KNOWN[-1]
        assert held() is not None
        assert visitor.upload(b"x" * MEGABYTE) == 204
    until(lambda: held() is None and not held_of(visitor))


WARMED = """
import gc, sys
from gam_viz.app.served.warming import warm
warm()
print(gc.get_freeze_count(), end=" ")
import torch
from gam_viz.explain.attributions import attribute
from gam_viz.explain.gates import gates_seen
from gam_viz.networks import NetworkConfig, build_network
network = build_network(NetworkConfig(num_classes=3, width=8, attention="gam")).eval()
gates_seen(network, torch.zeros(1, 3, 32, 32))
attribute(network, torch.zeros(1, 3, 32, 32), 0, "gradcam")
print(*sys.modules)
"""


def test_a_server_imports_before_it_answers_and_sets_aside_what_stays(address: str) -> None:
    said = subprocess.run([sys.executable, "-c", WARMED], capture_output=True, text=True, check=True, timeout=120)
    frozen, *imported = said.stdout.split()
    assert int(frozen) > 100_000
    assert {"torch.nn", "gam_viz.app.compare.masks", "gam_viz.app.compare.attributions"} <= set(imported)
    assert "gam_viz.app.compare.page" not in imported  # it would draw
    assert not {"sympy", "torch._dynamo"} & set(imported)  # seconds for what no page needs
    assert gc.get_freeze_count() == 0  # not in a program that a server stands beside


def test_a_minute_is_enough() -> None:
    settings = tomllib.loads(STREAMLIT_CONFIG.read_text())
    assert settings["server"]["disconnectedSessionTTL"] + 2 * EVERY < 60


def test_kind_15_uploads_are_bounded_before_they_are_held(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve files of nearly what a session may upload: the first is held, and no other."""
    monkeypatch.setattr(upload_room, "SESSION", 2 * MEGABYTE)
    answers = [visitor.upload(b"x" * (19 * MEGABYTE // 10)) for _ in range(12)]
    assert answers == [204] + [413] * 11
    assert held_of(visitor) == 19 * MEGABYTE // 10
    with Visitor(visitor.address) as other:
        other.run()
        assert other.upload(b"x" * MEGABYTE) == 204  # each session has room of its own
        monkeypatch.setattr(upload_room, "EVERYBODY", 3 * MEGABYTE)
        assert other.upload(b"x" * (MEGABYTE // 2)) == 503  # up to what all have together


def test_an_upload_of_unsaid_size_is_refused(visitor: Visitor) -> None:
    assert visitor.upload(b"x", declared=False) == 411
    assert held_of(visitor) == 0


@pytest.mark.parametrize("path", ["", "_stcore/health", "media/nothing.png", "static/nothing.js"])
def test_kind_17_every_answer_has_its_headers(address: str, path: str) -> None:
    try:
        headers = urllib.request.urlopen(f"{address}/{path}", timeout=30).headers
    except urllib.error.HTTPError as error:
        headers = error.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert "http" not in policy["connect-src"] + policy["img-src"] + policy["script-src"]
    framed = policy["frame-ancestors"].split()
    assert framed[0] == "'self'"
    assert "http://localhost:*" in framed  # a notebook shows it
    assert "vscode-webview:" in framed


def test_an_app_for_others_is_framed_by_itself_alone() -> None:
    (headers, *_) = application.as_served()["middleware"]
    built = headers.cls(None, **headers.kwargs)
    assert built._headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")


def test_who_else_may_frame_it_can_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAM_VIZ_FRAMED_BY", "https://hub.example")
    (headers, *_) = application.as_served()["middleware"]
    built = headers.cls(None, **headers.kwargs)
    assert built._headers["Content-Security-Policy"].endswith("frame-ancestors 'self' https://hub.example")


def test_every_page_has_the_tabs_script_however_it_is_asked_for(address: str) -> None:
    for path in ("", "inside"):
        asked = urllib.request.Request(
            f"{address}/{path}", headers={"Accept": "text/html,*/*", "Accept-Encoding": "gzip", "If-None-Match": "*"}
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:
            body = answer.read()
            assert int(answer.headers["Content-Length"]) == len(body)
        assert body.count(b"<head><script>//") == 1
