"""Files in the folder of checkpoints that are damaged each cost themselves, and say so in the sidebar."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from streamlit.testing.v1 import AppTest

from gam_viz.app.pages import PAGES
from gam_viz.app.shared.words import speaking
from gam_viz.networks.checkpoints import Card, read, rewrite_card, snapshot_path
from tests.app.conftest import APP
from tests.app.visiting import visit
from tests.checkpoint_files import write_checkpoints


def spoil(folder: Path, name: str) -> None:
    """Two networks of the scenes are left; each other file has something else that is wrong."""
    for path in folder.glob("cifar10-*"):
        path.unlink()
    good = read(folder / "scenes-cbam.safetensors")
    weights = load_file(good.path)
    card = json.loads(good.card.to_json())

    def write(name: str, weights: dict[str, torch.Tensor] = weights, **changes: object) -> None:
        said = json.dumps(card | {"name": name} | changes)
        save_file(weights, folder / f"{name}.safetensors", metadata={"card": said})

    write("std", std=[10**400] * 3)
    write("test-x", test="x")
    write("test-1", test=[1])
    write("test-half", test={"accuracy": 0.5})
    write("validation", validation=None)
    write("dataset", dataset=["a"])
    write("tiny", std=[1e-320] * 3)
    write("start", started_from={"name": [1]})
    write("wide", config=card["config"] | {"width": 10**12})
    write("misfit", config=card["config"] | {"attention": "gam", "attention_options": {}})
    write("nan", weights | {"fc.bias": torch.full((10,), torch.nan)})
    (folder / "dangling.safetensors").symlink_to(folder / "nowhere")
    (folder / "looping.safetensors").symlink_to(folder / "looping.safetensors")
    (folder / "folder.safetensors").mkdir()
    for epoch in (0, 1, 2):
        path = snapshot_path(folder, "scenes-cbam", epoch)
        path.parent.mkdir(parents=True, exist_ok=True)
        rewrite_card(good, path=path)
    snapshot_path(folder, "scenes-cbam", 1).write_bytes(b"nothing")
    save_file(
        weights | {"fc.bias": torch.full((10,), torch.inf)},
        snapshot_path(folder, "scenes-cbam", 2),
        metadata={"card": good.card.to_json()},
    )


BAD = (
    "std",
    "test-x",
    "test-1",
    "test-half",
    "validation",
    "dataset",
    "tiny",
    "start",
    "dangling",
    "looping",
    "folder",
)
OPENED = ("nan", "misfit", "wide")  # told once somebody looks at them


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    write_checkpoints(tmp_path)
    spoil(tmp_path, "scenes-cbam")
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(tmp_path))
    return AppTest.from_file(str(APP), default_timeout=120)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_bad_file_costs_only_itself(page: AppTest, language: str) -> None:
    page.query_params["lang"] = language
    page.query_params["networks-scenes"] = ",".join(["scenes-cbam", "scenes-gam", *OPENED])
    with speaking(language):
        page.run()
        assert not page.exception
        assert page.multiselect(key="networks-scenes").value == ["scenes-cbam", "scenes-gam"]
        for name in (each.name for pages in PAGES.values() for each in pages):
            visit(page, name).run()
            assert not page.exception, name
            told = [warning.value for warning in page.sidebar.warning]
            if not told:
                assert name in ("tours", "claims", "glossary", "design", "audit", "training"), (
                    name
                )  # no network is chosen there
                continue
            for file in (*BAD, *OPENED):
                assert sum(f"{file}.safetensors" in line.replace("\\", "") for line in told) == 1, (name, file)


def test_where_the_first_comparison_is_damaged_the_next_is_shown(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert page.multiselect(key="networks-scenes").value == ["scenes-cbam", "scenes-gam"]
    assert page.multiselect(key="methods").value  # the page is drawn to its end


def test_a_damaged_snapshot_is_a_frame_less_and_said(page: AppTest) -> None:
    page.query_params["networks-scenes"] = "scenes-cbam,scenes-gam"
    page.query_params["film"] = "on"
    page.run()
    assert not page.exception
    told = [warning.value for warning in page.sidebar.warning]
    assert sum("epoch-001.safetensors" in line for line in told) == 1


def test_the_schema_knows_what_training_writes() -> None:
    path = Path(__file__).resolve().parents[2] / "checkpoints" / "scenes-cbam.safetensors"
    card = read(path).card
    assert Card.from_json(card.to_json()) == card
