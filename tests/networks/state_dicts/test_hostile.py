"""Files that are no state dicts: each ends in one sentence, nothing in them runs, nothing is left on disk."""

import io
import os
import pickle
import random
import re
import struct
import time
import tracemalloc
import zipfile

import pytest
import torch
from torch import nn

from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import CheckpointError, from_bytes, load
from gam_viz.networks.state_dicts import archive, open_state_dict, pickles
from gam_viz.text import words

NETWORK = build_network(NetworkConfig(width=4, num_classes=3, attention="gam"))
WEIGHTS = NETWORK.state_dict()


def saved(thing, **options):
    file = io.BytesIO()
    torch.save(thing, file, **options)
    return file.getvalue()


@pytest.fixture(autouse=True)
def _nothing_runs_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path)
    yield
    assert list(tmp_path.iterdir()) == []


def refusal(content, name="x.pth"):
    started = time.monotonic()
    with pytest.raises(CheckpointError) as caught:
        load(open_state_dict(content, name).checkpoint())
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert len(sentence) < 500
    assert in_chinese(caught.value)
    assert time.monotonic() - started < 5
    return sentence


def in_chinese(error):
    """Nothing of its English is left in Chinese but names and what libraries say."""
    sentence = error.sentence(words("zh"))
    english = re.findall(r"[A-Za-z]{2,} (?:is|has|holds|of|that|was|are|than) ", sentence)
    return sentence.isprintable() and not english and re.search(r"[\u4e00-\u9fff]", sentence) is not None


class Runs:
    def __reduce__(self):
        return os.system, ("touch ran",)


class Builds:
    """What torch's own weights_only reader would call: a byte array of 10 GB."""

    def __reduce__(self):
        return bytearray, (10**10,)


class Compiles:
    def __reduce__(self):
        return eval, ("open('ran', 'w')",)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    ("thing", "named"),
    [
        (Runs(), "posix.system"),
        ({**WEIGHTS, "extra": Runs()}, "posix.system"),
        (Builds(), "__builtin__.bytearray"),
        ({"network": Runs(), "state_dict": WEIGHTS}, "posix.system"),
        (Compiles(), "builtin"),
    ],
)
def test_what_is_more_than_weights_is_not_opened(thing, named, zipped):
    sentence = refusal(saved(thing, _use_new_zipfile_serialization=zipped))
    assert sentence.startswith("x.pth holds more than weights (")
    assert named in sentence
    assert "torch.save(network.state_dict(), 'weights.pth'), and give that file" in sentence
    assert sentence.endswith("gam-viz show mymodels:build --weights weights.pth --classes classes.txt")


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_a_scripted_network():
    file = io.BytesIO()
    torch.jit.save(torch.jit.trace(NETWORK.eval(), torch.zeros(1, 3, 8, 8)), file)
    assert refusal(file.getvalue()).startswith("x.pth is a scripted network, and is not opened: save its weights")


@pytest.mark.parametrize(
    ("thing", "sentence"),
    [
        ([torch.zeros(2)], "x.pth holds no state dict (list)"),
        (3, "x.pth holds no state dict (int)"),
        ({}, "x.pth holds no state dict (nothing)"),
        ({"a": 1}, "x.pth holds no state dict ('a' is not a tensor)"),
        ({0: torch.zeros(1)}, "x.pth holds no state dict (0 is not a tensor)"),
        ({"a\nb": torch.zeros(1)}, r"a weight with a name that no network gives: 'a\nb'"),
        ({"a" * 201: torch.zeros(1)}, "a weight with a name that no network gives: 'aaa"),
        ({"a\nb": 1}, r"x.pth holds no state dict ('a\nb' is not a tensor)"),
        ({(1, 2): torch.zeros(1)}, "keys are neither text nor whole numbers"),
        ({"features.0.weight": torch.zeros(3, 3)}, "'conv1.weight' is missing or has another shape"),
        ({**WEIGHTS, "conv1.weight": torch.zeros(4)}, "'conv1.weight' is missing or has another shape"),
        ({**WEIGHTS, "conv1.weight": torch.zeros(4, 3, 5, 5)}, "its first convolution is 5x5, not 3x3 or 7x7"),
        ({**WEIGHTS, "layer1.2.conv1.weight": torch.zeros(1)}, "it has 3-2-2 basic blocks with biases"),
        ({**WEIGHTS, "layer1.0.attention.odd": torch.zeros(1)}, "unexpected layer1.0.attention.odd"),
        ({**WEIGHTS, "layer1.0.gam.channel_attention.0.bias": torch.zeros(1)}, "holds a weight twice"),
        ({**WEIGHTS, "fc.bias": torch.zeros(4)}, "shape of fc.bias is (4,), expected (3,)"),
        ({**WEIGHTS, "fc.bias": torch.zeros(3, dtype=torch.int8)}, "number format of fc.bias"),
        ({**WEIGHTS, "fc.bias": torch.zeros(3, dtype=torch.bool)}, "tensors of a kind that is not read"),
        ({**WEIGHTS, "fc.bias": torch.zeros(3, dtype=torch.complex64)}, "tensors of a kind that is not read"),
        ({**WEIGHTS, "fc.bias": torch.zeros(3).to_sparse()}, "tensors of a kind that is not read"),
        ({**WEIGHTS, "fc.bias": torch.empty(3, device="meta")}, "tensors of a kind that is not read"),
        ({**WEIGHTS, "fc.bias": torch.zeros(1).expand(3)}, "fc.bias repeats its numbers (an expanded view)"),
        ({**WEIGHTS, "fc.bias": torch.zeros(0)}, "fc.bias is empty"),
        ({**WEIGHTS, "fc.bias": torch.tensor([0.0, 1.0, float("nan")])}, "weight fc.bias holds values that are not"),
        ({**WEIGHTS, "fc.bias": torch.full((3,), float("inf"))}, "weight fc.bias holds values that are not finite"),
        ({**WEIGHTS, "fc.bias": torch.full((3,), 1e300, dtype=torch.float64)}, "holds values that are not finite"),
        ({key: value for key, value in WEIGHTS.items() if key != "fc.bias"}, "missing fc.bias"),
    ],
)
def test_what_does_not_fit_is_said(thing, sentence):
    assert sentence in refusal(saved(thing))


def test_another_pickle_protocol():
    assert "protocol 4" in refusal(saved(WEIGHTS, pickle_protocol=4))


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", pickle.dumps(Runs()), b"\x80\x02.", bytes(4000)])
def test_what_torch_does_not_write(content):
    assert refusal(content).startswith("x.pth is not a file that torch.save writes")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_truncated_file(zipped):
    content = saved(WEIGHTS, _use_new_zipfile_serialization=zipped)
    for keep in (5, 100, len(content) // 2, len(content) - 30, len(content) - 1):
        refusal(content[:keep])


def rebuilt(change, compression=zipfile.ZIP_STORED):
    """The archive once more, with `change` made to its members."""
    with zipfile.ZipFile(io.BytesIO(saved(WEIGHTS))) as file:
        members = {name: file.read(name) for name in file.namelist()}
    change(members)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as new:
        for name, content in members.items():
            new.writestr(name, content)
    return file.getvalue()


def test_a_zip_bomb():
    bomb = rebuilt(lambda members: members.update({"archive/data/0": bytes(10**8)}), zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    assert "members of its archive are compressed" in refusal(bomb)
    assert tracemalloc.get_traced_memory()[1] < 5e7
    tracemalloc.stop()


def test_an_archive_whose_members_overlap():
    """Many entries of the list of members point at the same bytes."""
    content = rebuilt(lambda members: members.update({"archive/data/big": bytes(10**6)}))
    start = struct.unpack("<L", content[-6:-2])[0]
    directory = content[start:-22]
    place = directory.index(b"archive/data/big") - 46
    entry = directory[place : place + 46 + len("archive/data/big")]
    more = b"".join(entry.replace(b"/big", f"/{number:03}".encode()) for number in range(100))
    count = struct.unpack("<H", content[-14:-12])[0] + 100
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory + more), start, 0)
    assert "its members are larger than the file" in refusal(content[:start] + directory + more + end)


def test_an_archive_of_too_many_members(monkeypatch):
    monkeypatch.setattr(archive, "MAX_DIRECTORY", 1000)
    monkeypatch.setattr(archive.zipfile, "ZipFile", None)
    assert "too many members" in refusal(saved(WEIGHTS))


def test_members_that_are_missing_doubled_or_of_another_length():
    assert "does not hold the numbers" in refusal(rebuilt(lambda members: members.pop("archive/data/0")))
    assert "does not hold the numbers" in refusal(rebuilt(lambda members: members.update({"archive/data/0": b"12"})))
    assert "but not one that torch.save writes" in refusal(rebuilt(lambda members: members.pop("archive/data.pkl")))
    assert "but not one" in refusal(rebuilt(lambda members: members.update({"other/data.pkl": b"\x80\x02."})))
    assert "big-endian" in refusal(rebuilt(lambda members: members.update({"archive/byteorder": b"big"})))
    assert "does not end as one" in refusal(saved(WEIGHTS) + b"more")


def pickled(spec, count=12):
    """An archive whose only tensor is described by `spec`: offset, size, stride."""

    class Tensor:
        def __reduce__(self):
            return torch._utils._rebuild_tensor_v2, (storage, *spec, False, {})

    storage = object()
    file = io.BytesIO()
    pickler = pickle.Pickler(file, protocol=2)
    pickler.persistent_id = lambda thing: (
        ("storage", torch.FloatStorage, "0", "cpu", count) if thing is storage else None
    )
    pickler.dump({"fc.bias": Tensor()})
    return rebuilt(lambda members: members.update({"archive/data.pkl": file.getvalue(), "archive/data/0": bytes(48)}))


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ((0, (13,), (1,)), "reaches beyond the numbers stored for it"),
        ((12, (1,), (1,)), "reaches beyond the numbers stored for it"),
        ((0, (3, 4), (5, 1)), "reaches beyond the numbers stored for it"),
        ((0, (10**12,), (1,)), "reaches beyond the numbers stored for it"),
        ((0, (2**61, 2**61), (2**61, 1)), "reaches beyond the numbers stored for it"),
        ((0, (10**12,), (0,)), "repeats its numbers"),
        ((0, (11, 2), (1, 1)), "repeats its numbers"),
        ((0, (2, 2, 2), (4, 1, 1)), "repeats its numbers"),
        ((0, (0, 10**15), (1, 1)), "is empty"),
        ((0, (2, 2), (1,)), "has 2 axes but not as many strides"),
        ((-1, (2,), (1,)), "a call of torch._utils._rebuild_tensor_v2 that torch.save does not write"),
        ((0, (-2,), (1,)), "that torch.save does not write"),
        ((0, (2,), (-1,)), "that torch.save does not write"),
        ((0, (1.5,), (1,)), "that torch.save does not write"),
        ((0, (1,) * 9, (1,) * 9), "that torch.save does not write"),
        ((0, (2**80,), (1,)), "that torch.save does not write"),
        ((0, 3, 1), "that torch.save does not write"),
    ],
)
def test_tensors_that_cannot_be(spec, sentence):
    assert sentence in refusal(pickled(spec))


def test_more_numbers_announced_than_there_are():
    assert "does not belong" in refusal(pickled((0, (12,), (1,)), count=10**15))
    zeros = torch.zeros(10_000)
    many = {f"w{number}": zeros[number:] for number in range(100)}
    assert "its tensors are larger than the file" in refusal(saved(many))


def test_modules_and_dicts_that_hold_one_another_over_and_over():
    """2**60 names of one weight, and 1000**3 places of one state dict."""
    network = nn.Linear(2, 2)
    for _ in range(60):
        network = nn.Sequential(network, network)
    content = saved(network)
    del network  # pytest would print it
    assert "holds more than weights (torch.nn.modules.container.Sequential)" in refusal(content)
    held: object = {"weight": torch.ones(2, 2), "bias": torch.ones(2)}
    for _ in range(3):
        held = dict.fromkeys(map(str, range(1000)), held)
    content = saved(held)
    del held
    assert "does not belong" in refusal(content)


def test_a_pickle_of_too_many_instructions(monkeypatch):
    monkeypatch.setattr(pickles, "MAX_INSTRUCTIONS", 100)
    assert "more than 100 instructions" in refusal(saved(WEIGHTS))


@pytest.mark.parametrize(
    "program",
    [
        b"\x80\x02" + b"(" * 100_000 + b".",  # marks without end
        b"\x80\x02" + b")\x85" * 100_000 + b".",  # a tuple in a tuple in a tuple …
        b"\x80\x02]q\x00h\x00a.",  # a list that holds itself
        b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.",  # a dict that holds itself
        b"\x80\x02)q\x00" + b"h\x00h\x00\x86q\x00" * 60 + b"}h\x00K\x01s.",  # 2**60 tuples, as the key of a dict
        b"\x80\x02\x8a\xff" + bytes(10) + b".",
        b"\x80\x02X\xff\xff\xff\xffa.",
        b"\x80\x02h\x05.",
        b"\x80\x020.",
        b"\x80\x02R.",
        b"\x80\x02Q.",
        b"\x80\x02" + b"K\x01" * 300_000 + b".",
        b"\x80\x02K\x01",
        b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.",
        b"\x80\x02ctorch._utils\n_rebuild_parameter\n)R.",
        b"\x80\x02ccollections\nOrderedDict\nK\x01R.",
    ],
)
def test_pickles_that_nobody_writes(program):
    refusal(rebuilt(lambda members: members.update({"archive/data.pkl": program})))


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", 2_000_000)
    path = tmp_path / "large.pth"
    with path.open("wb") as file:
        file.truncate(2_000_001)
    assert refusal(path, None) == "large.pth is larger than 2 MB, the most that is read"
    assert refusal(bytes(2_000_001)) == "x.pth is larger than 2 MB, the most that is read"
    path.unlink()


def test_only_the_documented_error_comes_out_of_changed_files(thorough):
    generator = random.Random(0)
    originals = [saved(WEIGHTS), saved(WEIGHTS, _use_new_zipfile_serialization=False)]
    # Most of a file is numbers: changes go where the structure is.
    heads = [(0, 20_000), (0, 30_000)]
    refused = []
    rounds = 300 if thorough else 100
    for round_ in range(rounds):
        which = round_ % 2
        content = bytearray(originals[which])
        low, high = heads[which] if generator.random() < 0.6 else (len(content) - 12_000, len(content))
        for _ in range(generator.choice((1, 1, 2, 8))):
            place = generator.randrange(low, high)
            match generator.randrange(4):
                case 0:
                    content[place] = generator.randrange(256)
                case 1:
                    content[place] ^= 1 << generator.randrange(8)
                case 2:
                    del content[place : place + generator.randrange(1, 9)]
                case _:
                    content[place:place] = generator.randbytes(generator.randrange(1, 9))
            high = min(high, len(content))
        try:
            load(open_state_dict(bytes(content), "x.pth").checkpoint())
        except CheckpointError as error:
            refused.append(str(error))
    assert len(refused) > 2 / 3 * rounds
    assert all(sentence.isprintable() for sentence in refused)


def test_our_own_checkpoints_as_bytes(tmp_path):
    checkpoint = open_state_dict(saved(WEIGHTS), "x.pth").checkpoint()
    again = from_bytes(checkpoint.content, "folder/../x.safetensors")
    assert (again.path.name, again.sha256, again.card) == ("x.safetensors", checkpoint.sha256, checkpoint.card)
    assert torch.equal(load(again).fc.weight, WEIGHTS["fc.weight"])
    with pytest.raises(CheckpointError, match=r"^x is not a safetensors file: "):
        from_bytes(checkpoint.content[:-1], "x")
    with pytest.raises(CheckpointError, match=r"^checkpoint is not a safetensors file: "):
        from_bytes(b"", "")
    damaged = bytearray(checkpoint.content)
    damaged[-4:] = struct.pack("<f", float("nan"))
    with pytest.raises(CheckpointError, match="not finite"):
        load(from_bytes(bytes(damaged), "x"))
