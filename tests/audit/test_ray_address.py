"""An address at which there is no Ray ends in a sentence, at once: Ray itself would try for minutes."""

import socket
import sys
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from gam_viz.audit.errors import AuditError
from gam_viz.audit.on_ray import run_on_ray
from tests.audit.audits import begin


@pytest.fixture
def asked(monkeypatch):
    """What Ray, which need not be installed, was asked to connect to; it would wait without end."""
    found = []

    def init(**given):
        found.append(given.get("address"))
        raise ConnectionError("as far as this the test wants to come")

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False, init=init))
    return found


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "ray://127.0.0.1:{}", "127.0.0.1:{}0000", "ray://"])
def test_nobody_is_there(form, asked, pictures, networks, tmp_path):
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        address = form.format(taken.getsockname()[1])
        audit = begin(pictures, networks, tmp_path)
        with pytest.raises(AuditError, match="There is no Ray cluster at ") as caught:
            run_on_ray(audit, networks, address)
    assert str(caught.value).startswith(f"There is no Ray cluster at {address}: ")
    assert asked == []
    assert len(audit.missing()) == 1


@pytest.mark.parametrize("answer", [None, b"", b"220 mail.example ESMTP\r\n", bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])])
def test_somebody_is_there(answer, asked, pictures, networks, tmp_path, monkeypatch):
    """Whoever says nothing, hangs up or is somebody else is not waited for; who speaks HTTP/2 is asked."""
    monkeypatch.setattr("gam_viz.audit.on_ray.PATIENCE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as head:
        done = Event()

        def speak() -> None:
            visitor, _ = head.accept()
            with visitor:
                if answer is None:
                    done.wait(30)
                else:
                    visitor.recv(64)
                    visitor.sendall(answer)

        speaker = Thread(target=speak)
        speaker.start()
        address = f"127.0.0.1:{head.getsockname()[1]}"
        ray = answer is not None and answer[3:4] == b"\x04"
        sentence = "as far as this the test wants to come" if ray else f"What answers at {address} is no Ray cluster"
        try:
            with pytest.raises(AuditError, match=sentence):
                run_on_ray(begin(pictures, networks, tmp_path), networks, address)
        finally:
            done.set()
            speaker.join()
    assert asked == ([address] if ray else [])
