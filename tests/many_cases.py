"""Hundreds of thousands of damaged and made-up files, cards and links, in a process that may be killed.

`python -m tests.many_cases KIND [FIRST] [END]` runs the cases of one kind. Case 17 of a kind is the same wherever it is
run. Whoever started the process learns on its output what fell short, and from how it ended whether a case killed it or
took longer than `LIMIT` seconds of the processor. `test_many_cases.py` runs them all.
"""

import ctypes
import gc
import gzip
import io
import json
import logging
import math
import os
import random
import signal
import struct
import sys
import time
import traceback
import zlib
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from safetensors.torch import save

from gam_viz.app.networks.card import _facts
from gam_viz.app.shared import state
from gam_viz.app.shared.own_networks.admission import OwnNetworkError, admitted
from gam_viz.app.shared.words import speaking
from gam_viz.images import PictureError, Rendering, open_source, prepare, render
from gam_viz.images.zip_files import members
from gam_viz.networks.card import Card, CheckpointError
from gam_viz.networks.checkpoints import from_bytes
from gam_viz.networks.state_dicts import open_weights
from gam_viz.text import words
from gam_viz.text.refusal import RefusalError
from tests.images import test_fuzz as pictures
from tests.images.test_hostile import mutated
from tests.images.test_zip_files import zipped
from tests.networks.state_dicts import test_fuzz as states

LIMIT = 5  # seconds of the processor for one case
GROWTH = 100  # megabytes that a process may grow by, once a quarter of its cases is behind it

MADE_UP = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"BM", b"P5 "),
    *(b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0", bytes(128) + b"DICM", b"\xff\x4f\xff\x51", b"\0\0\0\x18ftypavif"),
    *(b"\0\0\0\x0cjP  \r\n\x87\n", b"RIFF\0\0\0\0WEBPVP8X", b"%!PS-Adobe", b"<VRTDataset>", b"\x93NUMPY\x01\0"),
    *(b"\0\0\0\x18ftypheic", struct.pack("<i", 348), b"PK\x03\x04", b""),
)
ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 10**400, 2**63, 1e308, float("nan"), float("inf"), 1e-320, "", "x", "\0", "\ud800", "$x^$"),
    *(
        "[a](http://x.invalid)",
        "![p](http://x.invalid/p.png)",
        "a" * 10_000,
        [],
        [1],
        [[]],
        {},
        {"a": 1},
        [10**400] * 3,
    ),
    *(["a"] * 10, [None] * 10, [0.5] * 3, [float("inf")] * 3, "1970", {"accuracy": 0.5}, [0.1, 0.2]),
)


@cache
def files(format: str) -> list[bytes]:
    if format == "NumPy":
        kinds = ("|u1", "<f2", ">f4", "<f8", "|b1", "<u8", ">i2", "<f16")
        return [array(shape, kind) for kind in kinds for shape in ((6, 5), (6, 5, 3))]
    return [data for data in pictures.seeds() if open_source(data, "a").format == format]


def array(shape: tuple[int, ...], kind: str) -> bytes:
    out = io.BytesIO()
    np.save(out, np.arange(math.prod(shape)).reshape(shape).astype(kind))
    return out.getvalue()


def mended(data: bytes) -> bytes:
    """The checksums of a PNG's chunks put right again, behind which a change would go unread."""
    out, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        body = data[at + 4 : at + 8 + length]
        out += data[at : at + 4] + body + struct.pack(">I", zlib.crc32(body))
        at += 12 + length
    return bytes(out) + data[at:]


def picture(format: str, dice: random.Random) -> None:
    data = dice.choice(files(format))
    inside = format == "NIfTI" and data[:2] == b"\x1f\x8b" and dice.random() < 0.8
    data = mutated(gzip.decompress(data) if inside else data, dice)
    if inside:
        data = gzip.compress(data, 1)
    if format == "PNG" and dice.random() < 0.7:
        data = mended(data)
    looked_at(data, dice)


def looked_at(data: bytes, dice: random.Random) -> None:
    """As a page does: opened, drawn in one of its ways, made into a network's input."""
    pictures.answer(data, dice.choice(LOOKS))
    if dice.random() < 0.1:
        try:
            drawn = render(open_source(data, "a", pictures.SMALL))
            seen = prepare(drawn, size=16, mean=(0.5,) * 3, std=(0.5,) * 3, fit=dice.choice(["crop", "pad", "stretch"]))
        except PictureError:
            return
        assert seen.tensor.shape == (1, 3, 16, 16)
        assert bool(torch.isfinite(seen.tensor).all())


LOOKS = (
    *(None, None, None, Rendering(frame=1), Rendering(window=(40, 400)), Rendering(window="file:0")),
    *(Rendering(stretch=(1, 99)), Rendering(bands=(1, 1, 1)), Rendering(region=(0, 0, 5, 5)), Rendering(window="full")),
    *(Rendering(time=1), Rendering(window="minmax"), Rendering(window="lut:0"), Rendering(window=(0, 1e-300))),
)


def made_up(dice: random.Random) -> None:
    looked_at(dice.choice(MADE_UP) + dice.randbytes(dice.randrange(300)), dice)


def archive(dice: random.Random) -> None:
    data = mutated(zipped(*((f"{number}.png", dice.choice(pictures.seeds()[:4])) for number in range(3))), dice)
    try:
        for member in members(data, "a.zip", pictures.SMALL):
            pictures.answer(member.read(), None)
    except PictureError:
        return


@cache
def card() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(from_bytes(states.seeds()[3], "x").card.to_json())
    said = {"accuracy": 0.5, "count": 3, "interval": [0.4, 0.6], "calibration_error": 0.1, "per_class": {"x": 0.5}}
    return known | {"test": said, "validation": {"accuracy": 0.5}, "started_from": {"name": "a", "fresh": ["fc"]}}


def changed_card(dice: random.Random) -> str:
    made = json.loads(json.dumps(card()))
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        at = made
        while True:
            place = dice.choice(list(at) if isinstance(at, dict) else range(len(at)))
            if isinstance(at[place], dict | list) and at[place] and dice.random() < 0.6:
                at = at[place]
            else:
                break
        if dice.random() < 0.1:
            del at[place]
        elif dice.random() < 0.1 and isinstance(at, dict):
            at[dice.choice(["new", "", "name"])] = deepcopy(dice.choice(ODD))
        else:
            at[place] = deepcopy(dice.choice(ODD))
    return json.dumps(made)


def read_card(dice: random.Random) -> None:
    """A card that is read can be shown, and be taken from an upload."""
    said = changed_card(dice)
    if dice.random() < 0.2:
        said = mutated(said.encode(), dice).decode(errors="replace")
    try:
        read = Card.from_json(said)
    except CheckpointError as error:
        told(error)
        return
    assert Card.from_json(read.to_json()) == read
    with speaking(dice.choice(["en", "zh"])):
        assert all(isinstance(value, str) for _, value in _facts(read))
    checkpoint = from_bytes(states.seeds()[3], "x")
    try:
        taken = admitted(type(checkpoint)(checkpoint.path, read, "0", b""), (), ())
    except (OwnNetworkError, CheckpointError):
        return
    assert len(taken.card.classes) == read.config.num_classes


LINK_LETTERS = "0123456789bfrstw_.,:-eabcxyz%$[](){}\\/<>&?# \0\n\u2060é漢"


def link(dice: random.Random) -> None:
    """What an address says of a picture's look and of widgets."""
    written = "".join(dice.choices(LINK_LETTERS, k=dice.randrange(30)))
    looks = ["b1_2_3", "f1s2_98", "w40_400r0_0_9_9", "wfile.0", "t1", "wlung"]
    given = dice.choice((written, mutated((dice.choice(looks) + " " * 12).encode(), dice).decode(errors="replace")))
    try:
        look = Rendering.from_key(given)
        assert Rendering.from_key(look.to_key()) == look
    except PictureError as error:
        told(error)
    address = dict.fromkeys(("one", "many", "number", "colour"), given)
    stand_in = SimpleNamespace(session_state={}, query_params=address)
    with patch.object(state, "st", stand_in):
        state.restore("one", ["a", "b"], "a")
        state.restore_many("many", ["a", "b", "c"], ["a"])
        state.restore_number("number", 0, 100, 5)
        state.restore_matching("colour", "#[0-9a-fA-F]{6}", "#000000")
        for key in ("one", "many", "number", "colour"):
            state.publish(key, "")
        assert stand_in.session_state["one"] in ("a", "b")
        assert 0 <= stand_in.session_state["number"] <= 100


@cache
def weights_files() -> list[bytes]:
    """Small ones, so that the reader is tried and not the network."""
    weights = {"a.weight": torch.randn(2, 3), "a.bias": torch.zeros(2, dtype=torch.float16), "n": torch.tensor(3)}
    found = []
    for content, form in (
        (weights, {}),
        ({"epoch": 3, "model": weights, "args": {"lr": 0.1, "names": ["a", None, (1, 2)]}}, {}),
        ({"state_dict": {f"module.{name}": value for name, value in weights.items()}}, {}),
        (weights, {"_use_new_zipfile_serialization": False}),
    ):
        file = io.BytesIO()
        torch.save(content, file, **form)
        found.append(file.getvalue())
    return [*found, save(weights, metadata={"card": "{}"})]


def weights_read(dice: random.Random) -> None:
    """What is in a weights file, its numbers too: changed from outside, and within the archive."""
    data = dice.choice(weights_files())
    data = (
        states.repacked(data, lambda inside: mutated(inside, dice))
        if data[:2] == b"PK" and dice.random() < 0.7
        else mutated(data, dice)
    )
    try:
        opened = open_weights(data, "x.pth")
        assert all(tuple(value.shape) == opened.shapes[name] for name, value in opened.tensors().items())
    except CheckpointError as error:
        told(error)


def network_read(dice: random.Random) -> None:
    """The whole way to a network."""
    index = dice.randrange(4)
    data = states.seeds()[index]
    zipped = data[:2] == b"PK" and dice.random() < 0.5
    states.answer(
        states.repacked(data, lambda inside: mutated(inside, dice)) if zipped else mutated(data, dice), ours=index == 3
    )


def told(error: RefusalError | PictureError) -> None:
    """What a page says of it."""
    for language in ("en", "zh"):
        assert error.sentence(words(language)).isprintable()


Case = Callable[[random.Random], None]


def of(format: str) -> Case:
    return lambda dice: picture(format, dice)


#: Kind -> how many cases, and what one is.
KINDS: dict[str, tuple[int, Case]] = {
    **{name: (16_000, of(name)) for name in ("PNG", "JPEG", "WebP", "BMP", "GIF", "DICOM", "PNM")},
    **{name: (8_000, of(name)) for name in ("AVIF", "JPEG2000", "NIfTI", "TIFF", "NumPy")},
    "made-up": (10_000, made_up),
    "ZIP": (6_000, archive),
    "card": (16_000, read_card),
    "link": (30_000, link),
    "weights": (20_000, weights_read),
    "network": (1_000, network_read),
}


def main(kind: str, first: int, end: int) -> int:
    torch.set_num_threads(1)
    logging.disable()
    case = KINDS[kind][1]
    case(random.Random(0))  # what is imported and cached
    before, fell = 0, 0
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for number in range(first, end):
        print(number, file=sys.stderr, flush=True)
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        try:
            case(random.Random(f"{kind} {number}"))
        except Exception:  # noqa: BLE001  # whatever it is, it fell
            fell += 1
            print(f"{kind} {number}: {traceback.format_exc(limit=-4)}", flush=True)
            if fell >= 30:
                break
        signal.setitimer(signal.ITIMER_PROF, 0)
        if number == first + (end - first) // 4:
            before = resident()
    grown = resident() - before
    print(f"{kind} {first}..{end}: {fell} fell, grew by {grown:.0f} MB, {time.process_time():.0f} s", flush=True)
    return 1 if fell or grown > GROWTH else 0


def resident() -> float:
    """Megabytes in memory, freed ones given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    of_kind, *given = sys.argv[1:]
    begin, stop = (*map(int, given), *(0, KINDS[of_kind][0])[len(given) :])
    sys.exit(main(of_kind, begin, stop))
