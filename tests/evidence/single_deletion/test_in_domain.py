"""IDSDS: tuned once, scored alike for two copies of a network, kept, written and said."""

import dataclasses
import shutil

import numpy as np
import pytest
import torch

from gam_viz.cli.main import main
from gam_viz.datasets import load_dataset
from gam_viz.datasets.scenes.dataset import COUNTS
from gam_viz.evidence.single_deletion.in_domain import deletions, without_cells
from gam_viz.evidence.single_deletion.results import load_in_domain, rows_of
from gam_viz.evidence.single_deletion.score import falls, single_deletion, tuned_grid
from gam_viz.evidence.single_deletion.tuned import tune, tuned_path
from gam_viz.explain.attributions import attribute_many
from gam_viz.explain.heatmaps import of_attributions
from gam_viz.images import normalise_batch
from gam_viz.networks.checkpoints import load, read, rewrite_card
from gam_viz.training import RECIPES, augment

CPU = torch.device("cpu")


@pytest.fixture
def folder(checkpoints, tmp_path, monkeypatch):
    for split in COUNTS:
        monkeypatch.setitem(COUNTS, split, 48)
    for name in ("scenes-cbam", "scenes-gam"):
        shutil.copy(checkpoints[name].path, tmp_path)
        rewrite_card(read(tmp_path / f"{name}.safetensors"), recipe=RECIPES["default"].to_dict())
    return tmp_path


def test_half_of_the_pictures_lose_one_cell():
    x = torch.ones(400, 3, 10, 10)
    changed = augment.without_a_cell(x, 4, torch.Generator().manual_seed(0))
    gone = (changed == 0).all(1)  # (400, 10, 10)
    lost = gone.flatten(1).sum(1)
    assert 150 < int((lost > 0).sum()) < 250
    assert set(lost.tolist()) <= {0, 4, 6, 9}  # cells of 2 or 3 pixels a side
    assert gone.any(0).all()  # any of them


def test_scores_are_those_of_one_picture_at_a_time(folder):
    network = load(read(folder / "scenes-cbam.safetensors"))
    card, pictures = (
        read(folder / "scenes-cbam.safetensors").card,
        load_dataset("scenes", "test", folder).take(np.arange(3)),
    )
    found = deletions(network, network, card, pictures, ["saliency"])
    for place, label in enumerate(pictures.labels.tolist()):
        images = torch.from_numpy(pictures.images[place : place + 1]).permute(0, 3, 1, 2)
        x = normalise_batch(images, card.mean, card.std)
        maps = of_attributions(attribute_many(network, x, label, ["saliency"]))
        (one,) = single_deletion(network, x, label, maps)
        assert found.scores[one.key][place] == pytest.approx(one.correlation, abs=1e-9)
        logits = without_cells(network, x)[0]
        np.testing.assert_allclose(falls(network, x, label), (logits[0] - logits[1:])[:, label], atol=1e-4)
        assert found.before[place] == found.after[place] == (int(logits[0].argmax()) == label)
        assert found.after_without[place] == pytest.approx(float((logits[1:].argmax(1) == label).double().mean()))
    assert {"gain", "mask", "features", "centre", "edges"} <= found.scores.keys()


def test_two_copies_of_one_network_score_equal(folder):
    given = read(folder / "scenes-cbam.safetensors")
    copy = dataclasses.replace(given, card=dataclasses.replace(given.card, name="copy"))
    pictures = load_dataset("scenes", "test", folder).take(np.arange(6))
    networks = [load(given), load(copy)]
    both = [
        (each, deletions(of, of, given.card, pictures, [])) for each, of in zip([given, copy], networks, strict=True)
    ]
    first, second = rows_of(both)
    assert not first.apart
    assert second.apart.keys() == second.maps.keys()
    assert all(of.low <= 0 <= of.high for of in second.apart.values())


def test_a_copy_is_tuned_once_and_kept_in_half_precision(folder):
    given, data = read(folder / "scenes-gam.safetensors"), load_dataset("scenes", "train", folder)

    def tuned(**options):
        return tune(given, data, to=folder, runs=folder / "runs", device=CPU, epochs=1, progress=False, **options)

    found = tuned()
    assert found.path == tuned_path(folder, "scenes-gam")
    assert found.path.stat().st_size < given.path.stat().st_size
    assert (tuned_grid(found.card.recipe), found.card.started_from["sha256"]) == (4, given.sha256)
    assert any(not torch.equal(a, b) for a, b in zip(load(found).parameters(), load(given).parameters(), strict=True))
    written = found.path.stat().st_mtime_ns
    assert tuned().path.stat().st_mtime_ns == written
    with pytest.raises(ValueError, match="other settings"):
        tuned(grid=2)


def test_the_command_tunes_scores_writes_and_goes_on(folder, capsys):
    runs = folder / "runs"
    command = ["idsds", "scenes-cbam", "scenes-gam", "--checkpoints", str(folder), "--runs", str(runs)]
    command += ["--out", str(folder), "--pictures", "4", "--epochs", "1", "--methods", "saliency", "--device", "cpu"]
    assert main(command) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    (found,) = load_in_domain(folder / "idsds.json")
    assert (found.data, found.pictures, found.grid, found.epochs) == ("scenes", 4, 4, 1)
    assert [row.name for row in found.networks] == ["scenes-cbam", "scenes-gam"]
    row = found.networks[1]
    assert f"saliency: {row.maps['saliency'].value:+.3f}" in said
    assert row.apart["saliency"].value == pytest.approx(
        row.maps["saliency"].value - found.networks[0].maps["saliency"].value, abs=1e-9
    )
    table = (folder / "idsds.md").read_text()
    assert f"| scenes-gam | {row.before.value:.1%} |" in table
    states = {path: path.stat().st_mtime_ns for path in runs.rglob("*") if path.name != "lock"}
    assert main(command) == 0
    assert {path: path.stat().st_mtime_ns for path in states} == states
    assert load_in_domain(folder / "idsds.json") == [found]


def test_bad_input(folder, capsys):
    assert main(["idsds", "scenes-cbam", "--checkpoints", str(folder), "--pictures", "1"]) == 2
    assert "at least 2 pictures" in capsys.readouterr().err
    (folder / "idsds.json").write_text("[{}]")
    with pytest.raises(ValueError, match="cannot be read"):
        load_in_domain(folder / "idsds.json")
    assert load_in_domain(folder / "none.json") == []
