"""The Training page: the numbers are those in the folders, the film is the kept masks, and what grows is followed."""

from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

import gam_viz
from gam_viz.app.shared.words import speaking
from gam_viz.app.training.film import scale_of
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.titles import number
from gam_viz.watching import QUANTITIES, WatchedRun
from tests.app.reading import words
from tests.app.visiting import opened
from tests.networks_of_others import OwnSE, own_network

HOSTILE = "**b** [x](http:__x.invalid) :red[c] $y^2$"


def watched(network: torch.nn.Module, to: Path, steps: int) -> WatchedRun:
    watching = gam_viz.watch(network, every=2, to=to)
    optimiser = torch.optim.SGD(network.parameters(), 0.5)
    for seed in range(steps):
        x = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(seed))
        loss = network(x).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        watching.step(x)
    return WatchedRun.open(to)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    torch.manual_seed(0)
    for name, steps in (("a", 6), (HOSTILE, 4)):
        watched(build_network(NetworkConfig(num_classes=3, width=4, attention="gam")), tmp_path / name, steps)
    watched(own_network(OwnSE), tmp_path / "own", 2)
    monkeypatch.setenv("GAM_VIZ_RUNS", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_numbers_are_those_in_the_folders(app: AppTest, runs: Path, language: str) -> None:
    run = WatchedRun.open(runs / "a")
    path = run.gates[1].path
    with speaking(language):
        opened(app, "training", lang=language, **{"t-gate": path, "t-number": "std"})
        _, values = run.numbers()
        said = words(app)
        assert number(float(values[0, 1, QUANTITIES.index("std")])) in said
        assert f"**{number(float(values[-1, 1, QUANTITIES.index('std')]))}**" in said
        assert not [each for each in (*app.markdown, *app.caption) if "[x](" in each.value]  # a name is no Markdown
        assert app.select_slider(key="t-step").options == ["2", "4", "6"]
        masks = [each for each in app.get("html") if '<div class="gv-map' in str(each.proto.body)]
        assert len(masks) == 2  # of two runs; the third has no such gate
        app.select_slider(key="t-step").set_value("2").run()
        assert not app.exception
        kept = run.shown(2, path)
        assert number(float(kept[0].min())) in words(app)
        for quantity in ("below", "closed", "effective"):
            app.selectbox(key="t-number").set_value(quantity).run()
            assert not app.exception


def test_weights_of_channels_where_there_is_no_mask(app: AppTest, runs: Path) -> None:
    opened(app, "training", **{"t-runs": "own"})
    assert app.multiselect(key="t-runs").value == ["own"]
    assert len(app.get("plotly_chart")) == 2  # the number over the steps, and the weights
    assert not [each for each in app.get("html") if '<div class="gv-map' in str(each.proto.body)]


def test_what_grows_is_followed(app: AppTest, runs: Path) -> None:
    opened(app, "training", **{"t-runs": "a"})
    assert app.select_slider(key="t-step").value == "6"
    network = build_network(NetworkConfig(num_classes=3, width=4, attention="gam"))
    gam_viz.watch(network, every=2, to=runs / "a").step(torch.randn(4, 3, 16, 16), at=8)
    (runs / "a" / "steps" / "000000002.npz").write_bytes(b"half of it")
    app.run()
    assert not app.exception
    assert app.select_slider(key="t-step").options == ["2", "4", "6", "8"]
    assert "every 5 seconds" in words(app)


def test_without_runs_the_page_says_how_one_is_made(app: AppTest, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GAM_VIZ_RUNS", str(tmp_path))
    opened(app, "training")
    assert "gam_viz.watch(network" in app.code[0].value
    assert not app.get("plotly_chart")
    gam_viz.watch(own_network(OwnSE), to=tmp_path / "new").step(torch.randn(4, 3, 16, 16))
    app.run()
    assert not app.exception
    assert "its first reading is not there yet" in words(app)


def test_one_scale_for_all_steps() -> None:
    assert (scale_of([np.full((1, 2, 2), 0.3)]).low, scale_of([np.full((1, 2, 2), 0.3)]).high) == (0, 1)
    assert scale_of([np.full((1, 2, 2), 3.0), np.zeros((1, 2, 2))]).high == 3
    assert scale_of([np.full((40, 2, 2), 2.0), np.full((1, 2, 2), 9e4)]).high == 2  # what ran away once pales nothing
    signed = scale_of([np.full((1, 2, 2), -2.0)])
    assert (signed.low, signed.high, signed.signed) == (-2, 2, True)
