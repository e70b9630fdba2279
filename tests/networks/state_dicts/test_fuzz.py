"""Whatever bytes there are, a checkpoint reader's answer is a network or a `CheckpointError`, and nothing else."""

import io
import pickle
import zipfile
from collections.abc import Callable
from functools import cache

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from gam_viz.networks import NetworkConfig, ResidualNetwork, build_network
from gam_viz.networks.checkpoints import Card, CheckpointError, from_bytes, load
from gam_viz.networks.state_dicts import open_state_dict
from tests.fuzzing import CHANGE, changed, fuzz


@cache
def seeds() -> list[bytes]:
    """State dicts in every form that is read, then a checkpoint of this project."""
    network = build_network(NetworkConfig(width=4, num_classes=3, attention="gam"))
    found = []
    for content, form in (
        (network.state_dict(), {}),
        ({"epoch": 3, "model": network.state_dict()}, {}),
        (network.state_dict(), {"_use_new_zipfile_serialization": False}),
    ):
        file = io.BytesIO()
        torch.save(content, file, **form)
        found.append(file.getvalue())
    card = Card("a", "own", "Own", ("x", "y", "z"), 16, (0.5,) * 3, (0.5,) * 3, network.config)
    return [*found, save(network.state_dict(), metadata={"card": card.to_json()})]


def answer(content: bytes, *, ours: bool) -> None:
    try:
        checkpoint = from_bytes(content, "x.safetensors") if ours else open_state_dict(content, "x.pth").checkpoint()
        network = load(checkpoint)
    except CheckpointError as error:
        sentence = str(error)
        assert sentence.isprintable()
        return
    assert isinstance(network, ResidualNetwork)
    assert all(bool(torch.isfinite(value).all()) for value in network.state_dict().values())


def repacked(archive: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """With its pickle changed."""
    rebuilt = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(rebuilt, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data) if info.filename.endswith("data.pkl") else data)
    return rebuilt.getvalue()


@fuzz
@given(st.integers(0, 10**6), st.lists(CHANGE, min_size=1, max_size=5))
def test_changed_files(seed: int, changes: list[tuple[float, str, bytes]]) -> None:
    files = seeds()
    index = seed % len(files)
    answer(changed(files[index], changes), ours=index == len(files) - 1)


@fuzz
@given(st.integers(0, 10**6), st.floats(0, 1), st.binary(min_size=1, max_size=8))
def test_changed_pickles(seed: int, where: float, content: bytes) -> None:
    """Inside the archive, where a checksum would stop a change from outside."""
    files = seeds()[:2]
    answer(repacked(files[seed % 2], lambda data: changed(data, [(where, "write", content)])), ours=False)


@fuzz
@given(st.binary(max_size=300), st.booleans())
def test_made_up_pickles(rest: bytes, old: bool) -> None:
    start = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2) if old else b""
    answer(start + rest, ours=False)


@pytest.mark.parametrize("index", range(4))
def test_the_seeds_are_valid(index: int) -> None:
    content = seeds()[index]
    load(from_bytes(content, "x") if index == 3 else open_state_dict(content, "x.pth").checkpoint())
