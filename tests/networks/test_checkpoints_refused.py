"""Files that are no checkpoints of their cards' networks: each ends in one sentence, none is half loaded."""

import dataclasses
import json
import os
import struct

import pytest
import torch
from safetensors.torch import load_file, save_file

from gam_viz.evaluation.predictions import predictions_path
from gam_viz.networks import NetworkConfig, build_network, checkpoints, safetensors_file, weights
from gam_viz.networks.checkpoints import Card, CheckpointError, load, read, save, snapshot_path, snapshots
from gam_viz.networks.state_dicts import open_weights

CONFIG = NetworkConfig(width=4, num_classes=3, attention="cbam")
CARD = Card("small", "easy", "Easy", ("a", "b", "c"), 12, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2), CONFIG)
CARD_TEXT = CARD.to_json()


@pytest.fixture
def path(tmp_path):
    save(build_network(CONFIG), CARD, tmp_path / "small.safetensors")
    return tmp_path / "small.safetensors"


def write_header(path, tensors, data=b"", card=CARD_TEXT):
    """A safetensors file by hand."""
    header = json.dumps({"__metadata__": {"card": card}, **tensors}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def rewrite(path, change, card=CARD):
    weights = load_file(path)
    change(weights)
    save_file(weights, path, metadata={"card": card.to_json()})


def refusal(path):
    with pytest.raises(CheckpointError) as caught:
        load(read(path))
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_missing_unexpected_and_reshaped_weights_are_named(path):
    def change(weights):
        del weights["fc.bias"]
        weights["extra.weight"] = torch.zeros(2)
        weights["conv1.weight"] = torch.zeros(4, 3, 5, 5)

    rewrite(path, change)
    assert refusal(path) == (
        "small.safetensors does not fit the network its card describes: missing fc.bias; unexpected extra.weight; "
        "shape of conv1.weight is (4, 3, 5, 5), expected (4, 3, 3, 3)"
    )


def test_many_differences_are_counted(path):
    def change(weights):
        for key in [key for key in weights if key.startswith("layer3")]:
            weights[f"old.{key}"] = weights.pop(key)

    count = sum(key.startswith("layer3") for key in load_file(path))
    rewrite(path, change)
    assert refusal(path).count(f" and {count - 4} more") == 2


def test_another_networks_weights_are_refused(path):
    other = dataclasses.replace(CARD, config=dataclasses.replace(CONFIG, attention="gam"))
    rewrite(path, lambda weights: None, card=other)
    sentence = refusal(path)
    assert "missing layer1.0.attention.channel_attention.0.bias" in sentence
    assert "unexpected layer1.0.attention.bn.bias" in sentence


@pytest.mark.parametrize(
    ("key", "dtype"),
    [
        ("fc.weight", torch.int64),
        ("fc.weight", torch.bool),
        ("fc.weight", torch.complex64),
        ("fc.weight", torch.float8_e4m3fn),
        ("bn1.num_batches_tracked", torch.float32),
    ],
)
def test_numbers_of_another_kind_are_refused(key, dtype, path):
    rewrite(path, lambda weights: weights.update({key: weights[key].to(dtype)}))
    assert refusal(path).endswith(f"describes: number format of {key}")


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (float("nan"), torch.float32),
        (float("inf"), torch.bfloat16),
        (float("nan"), torch.float16),
        (1e300, torch.float64),
    ],
)
def test_weights_that_are_not_finite_are_refused(value, dtype, path):
    rewrite(path, lambda weights: weights.update({"fc.bias": torch.full((3,), value, dtype=dtype)}))
    assert refusal(path) == "weight fc.bias holds values that are not finite"


@pytest.mark.parametrize("keep", [0, 7, 8, 100, -1])
def test_a_truncated_file_is_refused(keep, path):
    path.write_bytes(path.read_bytes()[:keep])
    assert refusal(path).startswith("small.safetensors is not a safetensors file: ")


@pytest.mark.parametrize(
    "content", [b"", b"not a checkpoint", b"PK\x03\x04" + bytes(2000), struct.pack("<Q", 2**60) + b"{}", bytes(4000)]
)
def test_what_is_no_safetensors_file_is_refused(content, path):
    path.write_bytes(content)
    assert refusal(path).startswith("small.safetensors is not a safetensors file: ")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert refusal(tmp_path / "none.safetensors") == "none.safetensors cannot be opened: No such file or directory"
    assert refusal(tmp_path).startswith(f"{tmp_path.name} cannot be opened: ")


def test_a_file_that_is_too_large_is_not_even_opened(path, monkeypatch):
    monkeypatch.setattr(checkpoints, "MAX_BYTES", 2_000_000)
    monkeypatch.setattr(safetensors_file, "safe_open", None)
    with path.open("r+b") as file:
        file.truncate(2_000_001)
    assert refusal(path) == "small.safetensors is larger than 2 MB, the most that is read"


@pytest.mark.parametrize("metadata", [False, True])
def test_a_large_header_is_refused_before_it_is_parsed(metadata, path, monkeypatch):
    """A million names cost ten seconds and a gigabyte to parse."""
    monkeypatch.setattr(safetensors_file, "safe_open", None)
    part = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    names = {} if metadata else {f"layer{number}.weight": part for number in range(60_000)}
    write_header(path, names, card="x" * 5_000_000 if metadata else CARD_TEXT)
    sentence = "small.safetensors has a header of more than 4 MB, the most that is read"
    assert refusal(path) == sentence
    for read_so in (lambda: checkpoints.from_bytes(path.read_bytes(), path.name), lambda: open_weights(path)):
        with pytest.raises(CheckpointError) as caught:
            read_so()
        assert str(caught.value) == sentence


def test_what_is_no_regular_file_is_refused_at_once(path):
    path.unlink()
    os.mkfifo(path)
    assert refusal(path) == "small.safetensors cannot be opened: not a file"


def test_a_file_without_a_card_is_refused(path):
    save_file({"fc.bias": torch.zeros(3)}, path)
    assert refusal(path).startswith("small.safetensors has no model card in its header")


@pytest.mark.parametrize(
    ("shape", "bytes_declared", "bytes_held"),
    [
        ([40_000_000_000], 160_000_000_000, 64),  # more than the file holds
        ([40_000_000_000], 64, 64),  # more than its own bytes
        ([2**40, 2**40], 64, 64),  # more than can be counted
    ],
)
def test_a_declared_size_costs_nothing(shape, bytes_declared, bytes_held, path, monkeypatch):
    monkeypatch.setattr(weights, "build_network", failing("a network was built before the header was read"))
    write_header(
        path,
        {"fc.weight": {"dtype": "F32", "shape": shape, "data_offsets": [0, bytes_declared]}},
        bytes(bytes_held),
    )
    assert refusal(path).startswith("small.safetensors is not a safetensors file: ")


def test_a_large_tensor_of_a_wrong_shape_is_not_read(path, monkeypatch):
    """The file holds what it declares (100 MB, sparse): shapes are compared before anything is read."""
    tensors = {"fc.weight": {"dtype": "F32", "shape": [25_000_000], "data_offsets": [0, 100_000_000]}}
    write_header(path, tensors)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + 100_000_000)
    real = safetensors_file.safe_open

    def without_reading(*arguments, **options):
        handle = real(*arguments, **options)

        class Handle:
            def __enter__(self):
                self.file = handle.__enter__()
                return self

            def __exit__(self, *error):
                handle.__exit__(*error)

            get_tensor = failing("a tensor was read")

            def __getattr__(self, name):
                return getattr(self.file, name)

        return Handle()

    monkeypatch.setattr(safetensors_file, "safe_open", without_reading)
    assert "shape of fc.weight is (25000000,), expected (3, 16)" in refusal(path)


def failing(why):
    def fail(*arguments, **options):
        raise AssertionError(why)

    return fail


def changed(**changes):
    return json.dumps({**json.loads(CARD.to_json()), **changes})


@pytest.mark.parametrize(
    ("card", "sentence"),
    [
        ("", "the model card in the file's header cannot be read"),
        ("[1, 2]", "the model card in the file's header cannot be read"),
        ("[" * 100_000, "the model card in the file's header cannot be read"),
        ("{}", "the model card in the file's header lacks 'config'"),
        (changed(colour="red"), "cannot be read: unknown fields: colour"),
        (changed(classes=["a", "b"]), "the model card names 2 classes for a network of 3 logits"),
        (changed(classes=None), "cannot be read"),
        (changed(classes=[1, 2, 3]), r"cannot be read: Expected `str`, got `int` - at `\$.classes\[0\]`"),
        (changed(input_size=0), "input size must lie between 1 and 4096 pixels, got 0"),
        (changed(input_size=10**9), "input size must lie between 1 and 4096 pixels, got 1000000000"),
        (changed(input_size="12"), r"got `str` - at `\$.input_size`"),
        (changed(mean=[0.5]), "mean and std must be numbers, as many of one as of the other"),
        (changed(std=["a", "b", "c"]), r"Expected `float`, got `str` - at `\$.std\[0\]`"),
        (changed(std=[10**400] * 3), "cannot be read"),
        (changed(std=[1e-320] * 3), "finite, and its std above 0"),
        (changed(mean=[1e308] * 3), "finite, and its std above 0"),
        (changed(test="x"), r"Expected `object`, got `str` - at `\$.test`"),
        (changed(test=[1]), r"Expected `object`, got `array` - at `\$.test`"),
        (changed(test={"accuracy": 0.5}), "missing required field `count`"),
        (changed(validation=None), r"Expected `object`, got `null` - at `\$.validation`"),
        (changed(validation={"accuracy": 2}), "Expected `float` <= 1"),
        (changed(dataset=["a"]), r"Expected `str`, got `array` - at `\$.dataset`"),
        (changed(started_from={"name": 1}), r"Expected `str`, got `int` - at `\$.name`"),
        (changed(notes="a note"), "Expected `array`, got `str`"),
        (changed(notes=["\ud800"]), "cannot be read"),
        (changed(std=[0.2, 0, 0.2]), "finite, and its std above 0"),
        (changed(mean=[float("nan")] * 3), "cannot be read: JSON is malformed"),
        (changed(config={"architecture": "vgg"}), "cannot be read: unknown architecture 'vgg'"),
        (changed(config={"depth": 3}), "cannot be read: unknown network settings: depth"),
        (changed(config={"width": "4"}), r"cannot be read: Expected `int`, got `str` - at `\$.width`"),
        (changed(config=[]), "cannot be read: Expected `object`, got `array`"),
    ],
)
def test_a_card_that_cannot_be_is_refused(card, sentence, path):
    write_header(path, {}, card=card)
    with pytest.raises(CheckpointError, match=sentence):
        read(path)


@pytest.mark.parametrize(
    "config",
    [
        {"attention": "sk"},
        {"attention": "gam", "attention_options": {"ratio": 3}},
        {"attention": "gam", "attention_options": {"rate": "4"}},
        {"attention": "cbam", "attention_options": {"kernel_size": 10**10 + 1}},
        {"width": 10**12},
    ],
)
def test_a_network_that_cannot_be_built_is_refused(config, path):
    write_header(path, {}, card=changed(config={"num_classes": 3, **config}))
    assert "the network that small's card describes cannot be built: " in refusal(path)


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "a\0b", "a" * 10_000, "..", ".", "", "a\\b", "净\n"])
def test_a_name_that_a_card_says_leads_to_no_other_folder(name, tmp_path):
    """Beside a checkpoint lie its snapshots, its predictions and what was found of its gates, by its card's name."""
    assert snapshots(tmp_path, name) == {}
    for path in (snapshot_path(tmp_path, name, 1).parent, predictions_path(tmp_path, name)):
        assert path.parent.parent == tmp_path
        assert path.name not in (".", "..")
        path.parent.mkdir(exist_ok=True)
        path.touch()  # it can be the name of a file
    assert predictions_path(tmp_path, "scenes-cbam").name == "scenes-cbam.npz"
