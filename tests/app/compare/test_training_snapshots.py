"""How gates form: the slider over the epochs, its play button, and a scale that spans the film."""

import re
import shutil
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared import playing
from gam_viz.networks.checkpoints import Card, load, read, save, snapshot_path
from tests.app.reading import plain

EPOCHS = (0, 2, 4)


@pytest.fixture
def filmed(app: AppTest, checkpoint_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app with copies of three epochs of the CBAM and the GAM scenes network."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(checkpoint_folder, folder)
    for name in ("scenes-cbam", "scenes-gam"):
        checkpoint = read(folder / f"{name}.safetensors")
        for epoch in EPOCHS:
            network = load(checkpoint)
            if epoch < max(EPOCHS):
                for key, value in network.state_dict().items():
                    if "attention" in key and value.ndim > 1:
                        value.mul_(1 + 3 * (4 - epoch))  # stronger gates at first, so that the film has a wider scale
            said = {
                "name": f"{name}@{epoch}",
                "epochs": epoch,
                "test": {},
                "validation": {"accuracy": 0.1 + epoch / 10},
            }
            card = Card(**{**vars(checkpoint.card), **said})
            save(network, card, snapshot_path(folder, name, epoch))
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(folder))
    monkeypatch.setattr(playing, "SECONDS", 0.0)
    return app


def captions(app: AppTest) -> str:
    return plain("\n".join(caption.value for caption in app.caption))


def gate_captions(app: AppTest) -> list[str]:
    return [caption.value for caption in app.caption if "layer3.1" in caption.value]


def scale_of(app: AppTest) -> str:
    """The printed scale of GAM's channel weights, the last of those of gates."""
    drawn = "\n".join(html.proto.body for html in app.get("html"))  # type: ignore[attr-defined]
    scales = re.findall(r'class="gv-scale" role="img" aria-label="([^"]+)"', drawn)
    return str(scales[1])


def test_every_epoch_shows_its_own_gates_on_one_scale(filmed: AppTest) -> None:
    filmed.run()
    assert not filmed.exception
    assert filmed.button(key="film-button").label == "How these gates formed"
    assert not filmed.select_slider  # not shown unasked
    trained, alone = gate_captions(filmed), scale_of(filmed)
    filmed.button(key="film-button").click().run()
    assert filmed.select_slider(key="epoch").options == ["untrained", "after 2", "after 4"]
    assert gate_captions(filmed) == trained  # it begins at its end: the trained networks
    seen, scales = {tuple(trained)}, {scale_of(filmed)}
    for epoch in ("2", "0"):
        filmed.select_slider(key="epoch").set_value(epoch).run()
        assert not filmed.exception
        assert filmed.query_params["epoch"] == epoch
        assert f"After {epoch} epochs: validation accuracy {0.1 + int(epoch) / 10:.1%}." in captions(filmed)
        seen.add(tuple(gate_captions(filmed)))
        scales.add(scale_of(filmed))
    assert len(seen) == len(EPOCHS)
    assert len(scales) == 1
    assert scales != {alone}
    filmed.button(key="film-button").click().run()
    assert gate_captions(filmed) == trained
    assert scale_of(filmed) == alone


def test_it_plays_to_the_end_and_stops(filmed: AppTest) -> None:
    filmed.run()
    filmed.button(key="film-button").click().run()
    filmed.button(key="play-epoch").click().run()  # the page goes on by itself, frame by frame
    assert not filmed.exception
    assert filmed.session_state["epoch"] == "4"
    assert filmed.session_state["playing-epoch"] is False
    assert filmed.button(key="play-epoch").label == "Play"


def test_a_link_opens_an_epoch(filmed: AppTest) -> None:
    filmed.query_params["film"] = "on"
    filmed.query_params["epoch"] = "2"
    filmed.run()
    assert not filmed.exception
    assert filmed.select_slider(key="epoch").value == "2"


def test_a_network_without_copies_stays_as_it_is(filmed: AppTest) -> None:
    filmed.query_params["film"] = "on"
    filmed.query_params["epoch"] = "0"
    filmed.query_params["networks-scenes"] = "scenes-none,scenes-cbam"
    filmed.run()
    assert not filmed.exception
    assert "scenes-none: no earlier snapshots were saved" in captions(filmed)


def test_a_damaged_copy_costs_its_own_frame_alone(filmed: AppTest, tmp_path: Path) -> None:
    for name in ("scenes-cbam", "scenes-gam"):
        snapshot_path(tmp_path / "checkpoints", name, 2).write_bytes(b"nothing")
    filmed.query_params["film"] = "on"
    filmed.run()
    assert not filmed.exception
    assert filmed.select_slider(key="epoch").options == ["untrained", "after 4"]


def test_data_without_copies_offers_no_film(filmed: AppTest) -> None:
    filmed.query_params["data"] = "cifar10"
    filmed.run()
    assert not filmed.exception
    assert not [button for button in filmed.button if button.key == "film-button"]


def test_the_copies_are_read_as_they_were_written(filmed: AppTest, tmp_path: Path) -> None:
    last = load(read(snapshot_path(tmp_path / "checkpoints", "scenes-gam", 4)))
    whole = load(read(tmp_path / "checkpoints" / "scenes-gam.safetensors"))
    for a, b in zip(last.parameters(), whole.parameters(), strict=True):
        assert torch.equal(a, b)
