"""What several sessions ask for is computed once, where it is nobody's own."""

from collections import Counter
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared import explanations
from tests.app.compare.test_page import picture
from tests.app.conftest import APP

UPLOADED = picture(1, (64, 64))


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch, cold: None) -> Counter[str]:
    """How often each network was run, by its name."""
    counted: Counter[str] = Counter()
    explain = explanations.explain

    def counting(network: Any, card: Any, x: Any) -> Any:
        counted[card.name] += 1
        return explain(network, card, x)

    monkeypatch.setattr(explanations, "explain", counting)
    return counted


def test_a_sample_is_computed_once_for_all_sessions(app: AppTest, computed: Counter[str]) -> None:
    app.run()
    first = Counter(computed)
    assert set(first.values()) == {1}
    other = AppTest.from_file(str(APP), default_timeout=120).run()
    assert not other.exception
    assert computed == first
    assert "cache-explanations" not in other.session_state


def test_an_upload_is_computed_in_each_session(app: AppTest, computed: Counter[str]) -> None:
    """Nobody learns from how fast the answer comes that somebody else has the same file."""
    for session in (app, AppTest.from_file(str(APP), default_timeout=120)):
        session.run()
        before = Counter(computed)
        session.file_uploader[0].set_value([UPLOADED]).run()
        assert not session.exception
        assert set((computed - before).values()) == {1}
