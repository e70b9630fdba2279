"""Which picture a data set begins with: one that its networks know something of."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gam_viz.networks import build_network
from gam_viz.networks.checkpoints import read, save


@pytest.fixture
def with_colours(
    app: AppTest, checkpoint_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cold: None
) -> AppTest:
    """The app with two networks of a data set of which no sample is a picture; its data folder lies in `tmp_path`."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(checkpoint_folder, folder)
    for attention in ("cbam", "gam"):
        card = read(folder / f"cifar10-{attention}.safetensors").card
        config = dataclasses.replace(card.config, num_classes=2)
        card = dataclasses.replace(
            card, name=f"colours-{attention}", dataset="folder:colours", classes=("blue", "red"), config=config
        )
        save(build_network(config), card, folder / f"{card.name}.safetensors")
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(folder))
    monkeypatch.setenv("GAM_VIZ_DATA", str(tmp_path / "data"))
    return app


def write_pictures(root: Path) -> None:
    for name, colour in {"blue": (40, 40, 220), "red": (220, 40, 40)}.items():
        folder = root / "colours" / "test" / name
        folder.mkdir(parents=True)
        Image.fromarray(np.full((32, 32, 3), colour, np.uint8)).save(folder / "0.png")


def test_its_test_pictures_where_they_are_there(with_colours: AppTest, tmp_path: Path) -> None:
    write_pictures(tmp_path / "data")
    with_colours.run()
    assert with_colours.segmented_control(key="source").value == "sample"  # scenes have samples of their own
    with_colours.selectbox(key="data").set_value("folder:colours").run()
    assert not with_colours.exception
    assert with_colours.segmented_control(key="source").value == "test"
    assert with_colours.number_input(key="test").value == 0
    with_colours.selectbox(key="data").set_value("scenes").run()
    assert with_colours.segmented_control(key="source").value == "sample"


def test_a_sample_where_they_are_not(with_colours: AppTest) -> None:
    with_colours.query_params["data"] = "folder:colours"
    with_colours.run()
    assert not with_colours.exception
    assert with_colours.segmented_control(key="source").value == "sample"


def test_a_link_says_otherwise(with_colours: AppTest, tmp_path: Path) -> None:
    write_pictures(tmp_path / "data")
    with_colours.query_params["data"] = "folder:colours"
    with_colours.query_params["source"] = "sample"
    with_colours.run()
    assert with_colours.segmented_control(key="source").value == "sample"
