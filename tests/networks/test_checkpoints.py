"""Checkpoints: weights and card come back as they went in."""

import dataclasses
import hashlib
import json
import os

import pytest
import torch
from safetensors import SafetensorError, safe_open

from gam_viz.networks import NetworkConfig, build_network, safetensors_file
from gam_viz.networks.bn_folding import fuse
from gam_viz.networks.checkpoints import (
    Card,
    CheckpointError,
    find,
    load,
    read,
    rewrite_card,
    save,
    snapshot_path,
    snapshots,
)
from gam_viz.training import RECIPES

TEST = {"accuracy": 0.5, "interval": [0.4, 0.6], "count": 10, "calibration_error": 0.1}
CONFIG = NetworkConfig(width=4, num_classes=3, attention="gam", attention_options={"rate": 2})


def card_of(config=CONFIG, **changes):
    values = {
        "name": "small",
        "dataset": "easy",
        "dataset_title": "Easy colours",
        "classes": ("red", "green", "蓝"),
        "input_size": 12,
        "mean": (0.4, 0.5, 0.6),
        "std": (0.2, 0.25, 0.3),
        "config": config,
        "source": "drawn by the tests",
        "licence": "Apache-2.0",
        "recipe": RECIPES["default"].to_dict(),
        "seed": 7,
        "epochs": 3,
        "validation": {"accuracy": 0.5, "count": 10},
        "versions": {"torch": "2.13.0"},
        "notes": ("A sentence.", "Another."),
    }
    return Card(**{**values, **changes})


@pytest.fixture
def network(randomise):
    return randomise(build_network(CONFIG))


@pytest.fixture
def path(network, tmp_path):
    save(network, card_of(), tmp_path / "small.safetensors")
    return tmp_path / "small.safetensors"


def test_round_trip(network, path):
    checkpoint = read(path)
    assert checkpoint.path == path
    assert checkpoint.card == card_of()
    assert checkpoint.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    loaded = load(checkpoint)
    assert loaded.config == CONFIG
    assert not any(module.training for module in loaded.modules())
    assert not any(p.requires_grad for p in loaded.parameters())
    before, after = network.state_dict(), loaded.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) and before[key].dtype == after[key].dtype for key in before)
    x = torch.randn(2, 3, 12, 12)
    # Not to the bit: equal weights in another place of memory may take another kernel.
    torch.testing.assert_close(loaded(x), network(x), rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_other_precisions_come_back_as_float32(dtype, network, tmp_path):
    x = torch.randn(2, 3, 12, 12)
    stored = build_network(CONFIG)
    stored.load_state_dict(network.state_dict())
    save(stored.to(dtype), card_of(), tmp_path / "small.safetensors")
    with safe_open(tmp_path / "small.safetensors", framework="pt") as file:
        assert file.get_tensor("fc.weight").dtype == dtype
    loaded = load(read(tmp_path / "small.safetensors"))
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert torch.equal(loaded.fc.weight, stored.fc.weight.float())
    assert loaded.bn1.num_batches_tracked.dtype == torch.int64
    tolerance = {torch.bfloat16: 0.05, torch.float16: 0.01, torch.float64: 1e-6}[dtype]
    assert (loaded(x) - network(x)).abs().max() <= tolerance


def test_half_precision_keeps_biases_norms_and_counts_exact(network, path):
    network.bn1.num_batches_tracked.fill_(70_000)  # more than half precision can hold
    network.bn1.running_mean[0] = 1 + 2**-20
    full = path.stat().st_size
    save(network, card_of(), path, half=True)
    assert path.stat().st_size < 0.7 * full  # in so small a network the header weighs, too
    before = network.state_dict()
    with safe_open(path, framework="pt") as file:
        for key in file.keys():  # noqa: SIM118
            stored = file.get_tensor(key)
            assert stored.dtype == (torch.float16 if before[key].ndim > 1 else before[key].dtype), key
            if before[key].ndim <= 1:
                assert torch.equal(stored, before[key]), key
    loaded = load(read(path))
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    for key, value in loaded.state_dict().items():
        if value.ndim > 1:  # eleven bits, rounded; below 2^-14 in steps of 2^-24
            torch.testing.assert_close(value, before[key], rtol=2**-11, atol=2**-25)
    assert network.fc.weight.dtype == torch.float32  # the network itself stays as it is
    x = torch.randn(2, 3, 12, 12)
    torch.testing.assert_close(loaded(x), network(x), rtol=0, atol=0.01)


def test_a_weight_too_large_for_half_precision_is_not_saved(network, path):
    before = path.read_bytes()
    network.fc.weight.data[0, 0] = 1e5
    with pytest.raises(CheckpointError, match=r"fc\.weight holds values that are not finite"):
        save(network, card_of(), path, half=True)
    assert path.read_bytes() == before
    save(network, card_of(), path)
    assert load(read(path)).fc.weight[0, 0] == 1e5


def test_snapshots_are_found_by_epoch_and_are_no_networks_of_the_list(network, path):
    folder = path.parent
    for epoch in (10, 0, 2):
        save(network, card_of(epochs=epoch), snapshot_path(folder, "small", epoch), half=True)
    save(network, card_of(name="other"), snapshot_path(folder, "other", 5), half=True)
    (folder / "snapshots" / "small" / "epoch-last.safetensors").write_text("another's")
    (folder / "snapshots" / "small" / "notes.txt").write_text("another's")
    found = snapshots(folder, "small")
    assert list(found) == [0, 2, 10]
    assert [read(one).card.epochs for one in found.values()] == [0, 2, 10]
    assert list(snapshots(folder, "other")) == [5]
    assert snapshots(folder, "nobody") == snapshots(folder / "nowhere", "small") == {}
    assert [checkpoint.card.name for checkpoint in find(folder)[0]] == ["small"]


def test_a_card_says_what_training_began_with(network, path):
    started = {"name": "first", "sha256": "0" * 64, "fresh": ["conv1", "fc"]}
    card = card_of(domain="aerial", started_from=started, validation={"accuracy": 0.5, "auc": 0.7, "count": 10})
    save(network, card, path)
    assert read(path).card == card
    older = {key: value for key, value in json.loads(card.to_json()).items() if key not in ("domain", "started_from")}
    assert Card.from_json(json.dumps(older)) == dataclasses.replace(card, domain="", started_from={})


def test_a_network_in_channels_last_is_saved_too(network, path):
    save(network.to(memory_format=torch.channels_last), card_of(), path)
    assert torch.equal(load(read(path)).conv1.weight, network.conv1.weight)


def test_a_card_travels_through_json():
    card = card_of(test=TEST, config=dataclasses.replace(CONFIG, stem="stride2"))
    assert Card.from_json(card.to_json()) == card
    assert Card.from_json(json.dumps(json.loads(card.to_json()))) == card
    assert "蓝" in card.to_json()


def test_a_card_needs_only_what_has_no_default():
    names = ("name", "dataset", "dataset_title", "classes", "input_size", "mean", "std", "config")
    least = {key: value for key, value in dataclasses.asdict(card_of()).items() if key in names}
    card = Card.from_json(json.dumps({**least, "notes": []}))
    assert (card.recipe, card.test, card.seed, card.epochs) == ({}, {}, 0, 0)


def test_a_loaded_network_does_not_depend_on_its_file(network, path):
    """The file is mapped into memory while it is read; overwriting it in place must not reach the weights."""
    loaded = load(read(path))
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 8_000)
        file.write(bytes(8_000))
    assert all(torch.equal(loaded.state_dict()[key], value) for key, value in network.state_dict().items())


def test_rewriting_the_card_leaves_the_weights(network, path):
    before = read(path)
    after = rewrite_card(before, test=TEST, notes=("Tested.",))
    assert after.card == dataclasses.replace(before.card, test=TEST, notes=("Tested.",))
    assert after.sha256 != before.sha256
    assert after == read(path)
    assert torch.equal(load(after).fc.weight, network.fc.weight)


def test_find_lists_in_order_and_says_what_was_left_out(network, path):
    folder = path.parent
    save(network, card_of(name="another"), folder / "another.safetensors")
    (folder / "broken.safetensors").write_text("no safetensors at all")
    (folder / "folder.safetensors").mkdir()
    (folder / "notes.txt").write_text("not looked at")
    found, refused = find(folder)
    assert [checkpoint.card.name for checkpoint in found] == ["another", "small"]
    assert len(refused) == 2
    assert str(refused[0]).startswith("broken.safetensors is not a safetensors file")
    assert str(refused[1]).startswith("folder.safetensors cannot be opened")
    assert find(folder / "nowhere") == ([], [])


def test_every_reader_may_read_the_file(path):
    other = path.with_name("other")
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode


def test_a_card_of_another_network_is_not_saved(network, tmp_path):
    path = tmp_path / "small.safetensors"
    with pytest.raises(CheckpointError, match="the card's configuration is not the network's"):
        save(network, card_of(dataclasses.replace(CONFIG, width=8)), path)
    with pytest.raises(CheckpointError, match="names 2 classes for a network of 3 logits"):
        save(network, card_of(classes=("a", "b")), path)
    with pytest.raises(CheckpointError, match=r"small does not fit .*missing bn1\.bias"):
        save(fuse(network), card_of(), path)  # folded: other weights than its configuration has
    assert not path.exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_not_saved(value, network, path):
    before = path.read_bytes()
    network.layer1[0].conv1.weight.data[0, 0, 0, 0] = value
    with pytest.raises(CheckpointError, match=r"layer1\.0\.conv1\.weight holds values that are not finite"):
        save(network, card_of(), path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), SafetensorError("I/O error"), KeyboardInterrupt()]
)
def test_a_failing_write_leaves_the_old_file(error, network, path, monkeypatch):
    before = path.read_bytes()

    def fail(weights, part, metadata):
        part.write_bytes(b"half of it")
        raise error

    monkeypatch.setattr(safetensors_file, "save_file", fail)
    expected = CheckpointError if isinstance(error, SafetensorError) else type(error)
    with pytest.raises(expected):
        save(network, card_of(seed=8), path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["small.safetensors"]
