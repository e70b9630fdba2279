"""Readers of our own, or one worker process with limits? What each costs an upload, and what each does to a bomb.

Pictures are decoded in the server's process, after readers of our own looked at what a file declares. The other wall
would be a worker that has the decoders loaded and forks a child for every file, with a limit on memory and a deadline,
in which Pillow, OpenJPEG, libavif and pydicom read what they are given. Both are tried on the same files in one run:
valid ones, one after the other, and those that tests/images keeps for being small and asking for much. Processor time
of the child is printed for bombs, because it moves less than wall time when something else runs. Nothing is asserted.

    python benchmarks/pictures.py [--rounds 5] [--deadline 20] [--megabytes 700]
"""

from __future__ import annotations

import argparse
import io
import mmap
import os
import pickle
import resource
import select
import signal
import statistics
import struct
import subprocess
import sys
import time
import types
from importlib import import_module
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))
ANSWER = struct.Struct("<cQdd")  # how it ended, bytes of the answer, processor seconds, megabytes at most


# ---- the worker ------------------------------------------------------------------------------------------------------


def serve(bare: bool, shared: int) -> None:
    """Load the decoders, then fork a child for every file that comes down the pipe."""
    for name in ("gam_viz", "gam_viz.images"):  # their front doors would load torch
        package = types.ModuleType(name)
        package.__path__ = [str(PROJECT.joinpath(*name.split(".")))]
        sys.modules[name] = package
    import_module("gam_viz.images.decode")

    if bare:
        take_the_readers_away()
    send(1, b"R")
    while head := os.read(0, 8):
        limit, deadline, job = pickle.loads(receive(0, *struct.unpack("<Q", head)))
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            answer_for(job, limit, writing, shared)
        os.close(writing)
        answer, late = until(reading, deadline)
        if late:
            os.kill(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
        os.close(reading)
        ended = b"t" if late else b"c" if status else b"k"
        send(1, ANSWER.pack(ended, len(answer), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024) + answer)


def answer_for(job: tuple[bytes, str], limit: int, out: int, shared: int) -> None:
    """In the child: decode within the limits, leave the pixels in the shared memory, tell the rest."""
    from gam_viz.images.decode import decode
    from gam_viz.images.errors import PictureError

    used = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
    resource.setrlimit(resource.RLIMIT_AS, (used + limit, used + limit))
    try:
        picture = decode(*job)
        os.ftruncate(shared, picture.pixels.nbytes)
        mmap.mmap(shared, picture.pixels.nbytes)[:] = picture.pixels.reshape(-1).data
        answer = ("shown", picture.pixels.shape)
    except PictureError as error:
        answer = (error.code, ())
    except MemoryError:
        answer = ("out_of_memory", ())
    send(out, pickle.dumps(answer))
    os._exit(0)


def until(pipe: int, seconds: float) -> tuple[bytes, bool]:
    """What comes out of a pipe until it is closed, and whether that took too long."""
    end, out = time.monotonic() + seconds, b""
    while select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
        part = os.read(pipe, 1 << 16)
        if not part:
            return out, False
        out += part
    return out, True


def send(pipe: int, data: bytes) -> None:
    """All of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(pipe, rest) :]


def receive(pipe: int, count: int) -> bytes:
    """So many bytes."""
    out = bytearray()
    while len(out) < count:
        part = os.read(pipe, count - len(out))
        if not part:
            raise EOFError("the worker is gone")
        out += part
    return bytes(out)


class Worker:
    """The worker from the server's side."""

    def __init__(self, *, bare: bool) -> None:
        start = time.perf_counter()
        self.shared = os.memfd_create("pixels")
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", str(self.shared), *(["--bare"] if bare else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(self.shared,),
            bufsize=0,
        )
        assert self.process.stdin
        assert self.process.stdout
        self.to, self.back = self.process.stdin.fileno(), self.process.stdout.fileno()
        receive(self.back, 1)
        self.start = time.perf_counter() - start

    def decode(self, data: bytes, name: str, limit: int, deadline: float) -> tuple[str, float, float, Any]:
        """How it ended, processor seconds, megabytes at most, and the pixels."""
        job = pickle.dumps((limit, deadline, (data, name)))
        send(self.to, struct.pack("<Q", len(job)) + job)
        ended, size, seconds, megabytes = ANSWER.unpack(receive(self.back, ANSWER.size))
        answer = receive(self.back, size)
        if ended != b"k":
            return ("killed: too long" if ended == b"t" else "crashed"), seconds, megabytes, None
        code, shape = pickle.loads(answer)
        pixels = None
        if shape:
            import numpy as np

            pixels = np.array(np.frombuffer(mmap.mmap(self.shared, 0), np.uint8).reshape(shape))
        return code, seconds, megabytes, pixels


def take_the_readers_away() -> None:
    """Leave the headers to the decoders: what would be left to do without readers of our own."""
    import openjpeg
    import pydicom
    from PIL import Image

    from gam_viz.images.errors import PictureError
    from gam_viz.images.formats.dicom import elements, header, pixels, walk
    from gam_viz.images.formats.header import Essentials
    from gam_viz.images.formats.pillow import PillowDecoder
    from gam_viz.images.formats.registry import FORMATS

    Image.MAX_IMAGE_PIXELS = None
    first_read = PillowDecoder.open

    def open_bare(self: PillowDecoder, data: bytes, limits: Any) -> Any:
        def read(data: bytes, limits: Any, frame: int = 0) -> Essentials:
            with self.image(Essentials(data, (1, 1)), limits) as image:
                return Essentials(data, image.size, frames=getattr(image, "n_frames", 1))

        return first_read(PillowDecoder(self.format, self.plugin, read, self.most_pixels), data, limits)

    PillowDecoder.open = open_bare  # type: ignore[method-assign]
    for name, entry in FORMATS.items():
        decoder = getattr(entry.open, "__self__", None)
        if decoder is not None:
            FORMATS[name] = type(entry)(name, entry.suffixes, entry.recognises, decoder.open)

    def listed(dataset: pydicom.Dataset) -> dict[str, walk.Field]:
        out = {}
        for keyword in dataset.dir():
            raw = dataset.get_item(keyword)
            if keyword in walk.ENTERED:
                out[keyword] = walk.Field("SQ", b"", [listed(item) for item in dataset[keyword].value])
            elif isinstance(raw.value, bytes):
                out[keyword] = walk.Field(raw.VR or "", raw.value)
        return out

    def read_elements(data: bytes, limits: Any) -> tuple[dict[str, walk.Field], str, str]:
        try:
            dataset = pydicom.dcmread(io.BytesIO(data), specific_tags=list(walk.READ | walk.ENTERED))
            syntax = str(dataset.file_meta.get("TransferSyntaxUID", elements.IMPLICIT))
            return listed(dataset), syntax, ">" if syntax == elements.BIG_ENDIAN else "<"
        except MemoryError:
            raise
        except Exception as error:
            raise PictureError("damaged", format="DICOM") from error

    def inner(data: bytes, limits: Any) -> Essentials:
        told = openjpeg.get_parameters(data)
        return Essentials(data, (told["columns"], told["rows"]))

    header.read_elements = read_elements  # type: ignore[assignment]
    pixels.read_jpeg2000 = inner  # type: ignore[assignment]


# ---- what is measured ------------------------------------------------------------------------------------------------


def valid_files() -> dict[str, bytes]:
    """Pictures as people upload them."""
    import numpy as np
    from PIL import Image

    from tests.images.dicom_files import dicom

    def photo(height: int, width: int, format: str) -> bytes:
        dice = np.random.default_rng(0)
        small = Image.fromarray(dice.integers(0, 256, (height // 20, width // 20, 3), np.uint8))
        out = io.BytesIO()
        small.resize((width, height), Image.Resampling.BICUBIC).save(out, format)
        return out.getvalue()

    return {
        "PNG, 64 x 64": photo(64, 64, "PNG"),
        "CT, 512 x 512": dicom(np.random.default_rng(0).integers(0, 4000, (512, 512), np.uint16)),
        "JPEG, 1 megapixel": photo(1000, 1000, "JPEG"),
        "JPEG, 12 megapixels": photo(3000, 4000, "JPEG"),
        "JPEG, 40 megapixels": photo(5000, 8000, "JPEG"),
        "JPEG 2000, 12 megapixels": photo(3000, 4000, "JPEG2000"),
    }


def bombs() -> dict[str, bytes]:
    """Files of few bytes, or of few pixels, that ask for much: those of the tests, and the like at full length."""
    from PIL import Image

    from tests.images import bombs, test_hostile

    scan = test_hostile.encoded(Image.new("L", (2_000, 2_000)), "JPEG", progressive=True)
    at = scan.rindex(b"\xff\xda")
    return {
        **{name: make() for name, make in bombs.BOMBS.items()},
        **test_hostile.BOMBS,
        "chunks.png": test_hostile.png(5, 5, before=test_hostile.chunk(b"teSt") * 2_000_000),
        "segments.jpg": b"\xff\xd8" + b"\xff\xe5\x00\x02" * 6_000_000 + scan[2:],
        "scans.jpg": scan[:-2] + scan[at:-2] * 500 + scan[-2:],
        "blocks.gif": test_hostile.gif(5, 5, before=b"!\xfe" + b"\x01a" * 12_000_000 + b"\0"),
        "runs.bmp": test_hostile.bmp(100, 100, compression=1, body=b"\x01\x05" * 12_000_000),
    }


def uploads(rounds: int, limit: int) -> None:
    """First and later uploads, here and in a worker."""
    from gam_viz.images import decode

    worker = Worker(bare=False)
    print(f"The worker starts in {worker.start:.2f} s. Milliseconds, first and median of {rounds}:\n")
    print(f"{'':26}{'here':>16}{'worker':>16}{'ratio':>8}")
    for name, data in valid_files().items():
        here, there = [], []
        for _ in range(rounds + 1):
            start = time.perf_counter()
            decode(data, name)
            here.append(1e3 * (time.perf_counter() - start))
            start = time.perf_counter()
            code = worker.decode(data, name, limit, 60.0)[0]
            there.append(1e3 * (time.perf_counter() - start))
            if code != "shown":
                raise RuntimeError(f"{name} in the worker: {code}")
        now, then = statistics.median(here[1:]), statistics.median(there[1:])
        print(f"{name:26}{here[0]:8.0f}{now:8.0f}{there[0]:8.0f}{then:8.0f}{then / now:8.1f}", flush=True)


def hostile(limit: int, deadline: float) -> None:
    """What becomes of bombs with readers of our own, and without them within the limits."""
    workers = Worker(bare=False), Worker(bare=True)
    print(f"\n{'':20}{'our readers':28}{'ms':>8}{'MB':>6}   {'decoders within limits':24}{'ms':>8}{'MB':>6}")
    for name, data in bombs().items():
        told = [worker.decode(data, name, limit, deadline)[:3] for worker in workers]
        (ours, seconds, most), (theirs, their_seconds, their_most) = told
        print(
            f"{name:20}{ours:28}{1e3 * seconds:8.0f}{most:6.0f}   "
            f"{theirs:24}{1e3 * their_seconds:8.0f}{their_most:6.0f}",
            flush=True,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--deadline", type=float, default=20.0, help="seconds for one file in the worker")
    parser.add_argument("--megabytes", type=int, default=700, help="that decoding one file may take in the worker")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.bare, options.serve)
        return
    uploads(options.rounds, options.megabytes << 20)
    hostile(options.megabytes << 20, options.deadline)


if __name__ == "__main__":
    main()
