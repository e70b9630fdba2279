"""The guide for a new attention module, followed to the letter at run time; then every page is opened with the module.

A second module has nothing but its class: no colour, no closed form, no words, and several gates of one branch on axes
that are not the picture's. What it lacks is said.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from torch import Tensor, nn

from gam_viz.app.pages import PAGES
from gam_viz.attention import ATTENTION, SIGMOID, AttentionSpec, Gate, build_attention, module_cost
from gam_viz.attention.spec import counted
from tests.app.conftest import APP
from tests.app.reading import words
from tests.app.visiting import opened
from tests.checkpoint_files import write_scenes_network

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "adding-an-attention-module.md"
EVERY = [page.name for pages in PAGES.values() for page in pages]
NETWORKS = ("scenes-cbam", "scenes-gct", "scenes-bare_one")


class Bare(nn.Module):
    """A weight for each channel and row, one for each channel and column, and two for each channel."""

    def __init__(self, channels: int, *, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale
        self.sigmoid = nn.Sigmoid()
        self.rows_gate = Gate("spatial", bounds=SIGMOID, name="rows")
        self.depth_gate = Gate("spatial", bounds=None)  # without a name
        self.first_gate = Gate("channel", bounds=(0.0, 2.0), name="first")
        self.second_gate = Gate("channel", bounds=None, name="second")

    def forward(self, x: Tensor) -> Tensor:
        x = self.rows_gate(x, self.sigmoid(x.mean(dim=3, keepdim=True)))  # (B, C, H, 1)
        x = self.depth_gate(x, self.scale + x.mean(dim=2, keepdim=True))  # (B, C, 1, W)
        x = self.first_gate(x, (2 * self.scale) * x.mean(dim=(2, 3), keepdim=True).sigmoid())  # (B, C, 1, 1)
        return self.second_gate(x, 1 - x.mean(dim=(2, 3), keepdim=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Checkpoints of CBAM and of both modules, which are registered until the last test."""
    known = dict(ATTENTION)
    scope: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        exec(block, scope)
    ATTENTION["bare_one"] = AttentionSpec(Bare)
    folder = tmp_path_factory.mktemp("checkpoints")
    for seed, attention in enumerate(("cbam", "gct", "bare_one")):
        options = {"reduction_ratio": 2} if attention == "cbam" else {}
        write_scenes_network(folder, f"scenes-{attention}", attention, options, seed)
    yield folder
    ATTENTION.clear()
    ATTENTION.update(known)
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def app(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(folder))
    app = AppTest.from_file(str(APP), default_timeout=240)
    app.query_params["data"] = "scenes"
    app.query_params["networks-scenes"] = ",".join(NETWORKS)
    return app


@pytest.mark.parametrize("page", EVERY)
def test_every_page_opens(app: AppTest, page: str) -> None:
    opened(app, page)
    if page in ("compare", "inside"):
        assert "GCT" in words(app)  # the title that its entry gives
        assert r"bare\_one" in words(app) or "bare_one" in words(app)  # without one, its name as plain text


def test_the_guides_closed_form_is_what_is_counted(folder: Path) -> None:
    assert module_cost("gct", 24, 5) == counted(lambda: build_attention("gct", 24), 24, 5)


@pytest.mark.parametrize(
    ("module", "language", "says"),
    [
        ("gct", "zh", "的一个 GCT，C = 64：192 个参数。"),
        ("bare_one", "en", "There is no closed form for bare\\_one: the 0 parameters"),
        ("simam", "en", "no parameters at all"),
    ],
)
def test_design_says_whether_there_is_a_closed_form(app: AppTest, module: str, language: str, says: str) -> None:
    opened(app, "design", d_attention=module, d_width="16", d_size="16", lang=language)
    assert app.selectbox(key="d-attention").value == module
    assert says in words(app)
    assert f'attention="{module}"' in app.code[0].value


def test_inside_says_that_it_does_not_take_them_apart(app: AppTest) -> None:
    opened(app, "inside")
    assert "GCT: GCT modules are not taken apart here." in words(app)
    assert "bare\\_one: Bare modules are not taken apart here." in words(app)


@pytest.mark.parametrize("section", ["pixel", "patches"])
def test_experiments_run_on_gates_of_every_shape(app: AppTest, section: str) -> None:
    opened(app, "inside", inside=section)


def test_compare_offers_every_gate_of_a_layer(app: AppTest) -> None:
    """Both gates of a branch can be chosen, and what is not on the picture's axes is not drawn over it."""
    opened(app, "compare")
    assert app.selectbox(key="gate-spatial").options == ["row gate", "depth_gate"]
    assert app.selectbox(key="gate-channel").options == ["first", "second"]
    rows = words(app)
    assert "A weight for each of 16 channels and 8 rows, the same in every column" in rows
    app.session_state["gate-spatial"], app.session_state["gate-channel"] = "depth_gate", "second"
    app.run()
    assert not app.exception
    assert "A weight for each of 16 channels and 8 columns, the same in every row" in words(app)
