"""The leaderboard on real pictures: ignored zones, sources that are drawn whole, sizes, seeds."""

import dataclasses
import io
import json
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from gam_viz.cli.main import main
from gam_viz.datasets import load_dataset
from gam_viz.evaluation.bootstrap import bootstrap_mean
from gam_viz.evidence.held_against import score
from gam_viz.evidence.leaderboard.aggregate import results
from gam_viz.evidence.leaderboard.ground import ground
from gam_viz.evidence.leaderboard.markdown import write_table
from gam_viz.evidence.leaderboard.pictures import JudgedPictures
from gam_viz.evidence.leaderboard.reliance import pictures_of_other_classes
from gam_viz.evidence.leaderboard.results_file import load_results, write
from gam_viz.evidence.leaderboard.run import Question, gather, untrained_network
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.card import Card
from gam_viz.networks.checkpoints import read, save

CLASSES = ("airplane", "storagetanks")
SIDE = 128


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """UC Merced in small: 12 test pictures of two classes, each with a box in its upper left quarter."""
    root = tmp_path_factory.mktemp("data")
    generator = np.random.default_rng(0)
    with zipfile.ZipFile(root / "ucmerced128.zip", "w") as archive:
        for name in CLASSES:
            for number in (*range(6), *range(80, 86)):
                content = io.BytesIO()
                Image.fromarray(generator.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(content, "JPEG")
                split = "test" if number >= 80 else "train"
                archive.writestr(f"ucmerced128/{split}/{name}/{name}{number:02}.jpg", content.getvalue())
    pictures = {
        f"{name}/{name}{number}.jpg": {"boxes": [[0, 0, 64, 64]], "left_out": [[64, 64, 128, 128]]}
        for name in CLASSES
        for number in range(80, 86)
    }
    (root / "ucmerced_boxes.json").write_text(json.dumps({"image_size": SIDE, "pictures": pictures}))
    return root


@pytest.fixture(scope="module")
def networks(packs, tmp_path_factory):
    """Untrained: none and two seeds of CBAM, of one kind."""
    folder, info = tmp_path_factory.mktemp("networks"), load_dataset("ucmerced", "test", packs).info
    found = []
    for attention, seed in (("none", 0), ("cbam", 0), ("cbam", 1)):
        torch.manual_seed(seed)
        network = build_network(NetworkConfig(num_classes=2, width=4, attention=attention, stem="imagenet")).eval()
        name = f"small-{attention}-s{seed}"
        card = Card(
            name=name,
            dataset="ucmerced",
            dataset_title=info.title,
            classes=info.classes,
            input_size=SIDE,
            mean=info.mean,
            std=info.std,
            config=network.config,
            seed=seed,
        )
        save(network, card, folder / f"{name}.safetensors")
        found.append(read(folder / f"{name}.safetensors"))
    return found


@pytest.fixture(scope="module")
def gathered(packs, networks, tmp_path_factory):
    question = Question("ucmerced", None, ("input_x_gradient",), packs)
    return question, *gather(networks, question, tmp_path_factory.mktemp("runs"), torch.device("cpu"))


def test_what_is_ignored_is_neither_the_object_nor_its_surroundings():
    map_, inside, ignored = np.zeros((4, 4), np.float32), np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    inside[:2, :2], ignored[2:] = True, True
    map_[0, 0], map_[0, 3], map_[3, 3] = 3, 1, 9  # most of the mass, and the largest value, where nothing is known
    assert (score(map_, inside).energy, score(map_, inside).pointing) == (3 / 13, 0)
    told = score(map_, inside, ignored)
    assert (told.energy, told.pointing, told.area) == (0.75, 1, 0.5)
    # The four largest that count: two with mass, and two of six that tie at 0, three of which lie inside.
    assert told.overlap == pytest.approx(2 / (8 - 2))
    with pytest.raises(ValueError, match="both inside and outside"):
        score(map_, inside, ~inside)


def test_of_one_source_many_pictures_are_no_more_than_one():
    generator = np.random.default_rng(1)
    of_source = generator.normal(0, 1, 40)
    alone = bootstrap_mean(of_source, np.arange(40))
    tiles = bootstrap_mean(np.repeat(of_source, 10), np.repeat(np.arange(40), 10))
    assert (tiles.value, tiles.low, tiles.high) == pytest.approx((alone.value, alone.low, alone.high))
    apart = bootstrap_mean(np.repeat(of_source, 10), np.arange(400))
    assert apart.high - apart.low < 0.5 * (tiles.high - tiles.low)


def test_the_interval_holds_the_mean_as_often_as_it_says():
    """Null test: 400 means of 30 sources of 1 to 3 pictures, at 95 % less what a percentile interval of 30 lacks."""
    generator = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        sources = np.repeat(np.arange(30), generator.integers(1, 4, 30))
        values = generator.normal(0, 1, 30)[sources] + 0.3 * generator.normal(0, 1, len(sources))
        of = bootstrap_mean(values, sources)
        held += of.low <= 0 <= of.high
    assert 0.90 <= held / 400 <= 0.98


def test_seeds_are_one_row_over_the_mean_of_each_picture(gathered):
    question, trivial, found = gathered
    told = results(question, trivial, found)
    assert [(row.name, row.seeds) for row in told.networks] == [("small-none-s0", ()), ("small-cbam", (0, 1))]
    assert (told.count, told.answered, told.counts) == (12, 12, {"object": 12, "object_large": 12})
    assert told.areas["object"] == pytest.approx(1 / 3)  # of the three quarters that count
    cbam = {row.key: row for row in told.networks[1].maps if row.region == "object"}
    key = "input_x_gradient"
    by_seed = np.stack([each.looks.of(key, "object", "energy") for each in found[1:]])
    assert cbam[key].seeds["energy"] == pytest.approx(tuple(by_seed.mean(axis=1)))
    of_pictures = bootstrap_mean(by_seed.mean(axis=0), np.arange(12))
    assert cbam[key].scores["energy"] == of_pictures
    # Against the network before training, picture by picture.
    apart = cbam[key].against["untrained"]["energy"]
    fresh = found[1].untrained.of(key, "object", "energy")
    assert apart.value == pytest.approx((by_seed.mean(axis=0) - fresh).mean())
    row = next(r for r in told.networks[1].gates if (r.layer, r.branch, r.by) == ("all", "all", "other_picture"))
    assert len(row.seeds) == 2
    assert row.accuracy.value == pytest.approx(np.mean(row.seeds))


def test_a_plain_network_has_features_where_the_others_have_gates(gathered):
    question, trivial, (none, cbam, _) = gathered
    kept = [key for key in cbam.looks.keys if not key.endswith("layer1.0")]
    places = [cbam.looks.keys.index(key) for key in kept]
    scores = {which: values[places] for which, values in cbam.looks.scores.items()}
    fewer = dataclasses.replace(cbam, looks=dataclasses.replace(cbam.looks, keys=tuple(kept), scores=scores))
    told = results(question, trivial, [none, fewer])
    features = next(row for row in told.networks[0].maps if (row.key, row.region) == ("features", "object"))
    places = [key for key in none.looks.keys if key.startswith("features.") and key != "features.layer1.0"]
    assert len(places) == 5
    expected = np.mean([none.looks.of(key, "object", "overlap") for key in places])
    assert features.scores["overlap"].value == pytest.approx(expected)


def test_what_is_written_of_real_pictures_is_read_back(gathered, tmp_path):
    told = results(*gathered)
    write([told], tmp_path / "evidence.json")
    assert load_results(tmp_path / "evidence.json") == [told]
    write_table([told], tmp_path / "evidence.md")
    text = (tmp_path / "evidence.md").read_text()
    assert "### energy in the large object (33.3% of the picture, 12 pictures)" in text
    row = next(row for row in told.networks[1].maps if (row.key, row.region) == ("gain", "object"))
    of = row.scores["energy"]
    assert (
        f"{of.value:.3f} ({of.low:.3f}–{of.high:.3f}) [{', '.join(f'{each:.3f}' for each in row.seeds['energy'])}]"
        in text
    )


def test_the_network_before_training_has_batch_norms_of_its_pictures(networks, packs):
    card, others = networks[1].card, ground("ucmerced", None, packs).others
    first, again = (untrained_network(card, others, torch.device("cpu")) for _ in range(2))
    assert not first.training
    assert not torch.equal(first.bn1.running_mean, torch.zeros_like(first.bn1.running_mean))
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True))


def test_gates_are_lent_by_pictures_of_another_class():
    labels = np.array([0, 0, 0, 1, 2])
    lent = pictures_of_other_classes(labels)
    assert (labels[lent] != labels).all()
    alike = pictures_of_other_classes(np.zeros(4, np.int64))
    assert (alike != np.arange(4)).all()


def test_sizes_with_few_pictures_are_left_out(packs):
    few = ground("ucmerced", 4, packs)
    assert list(few.judged.regions) == ["object"]
    assert set(few.answered.labels.tolist()) == {0, 1}  # spread over the classes
    assert isinstance(few.judged, JudgedPictures)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [("busi", "BUSI, breast ultrasound is not in the data folder"), ("bccd", "BCCD is not in the data folder")],
)
def test_without_the_data_one_sentence(networks, tmp_path, capsys, data, sentence):
    card = dataclasses.replace(networks[0].card, dataset=data, name=data)
    torch.manual_seed(0)
    save(build_network(card.config), card, tmp_path / f"{data}.safetensors")
    command = ["evidence", "--data", data, "--checkpoints", str(tmp_path), "--data-root", str(tmp_path)]
    assert main([*command, "--out", str(tmp_path), "--runs", str(tmp_path / "runs"), "--device", "cpu"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {sentence}")
    assert told.count("\n") == 1
