"""Files that ask for much are refused in one sentence, soon, in little memory, and nothing is written anywhere.

All of them are read in a process of their own, which the system kills once they took two minutes of processor time
together; a dozen seconds is what they take.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gam_viz.images import PictureError, decode
from gam_viz.images.zip_files import members
from tests.images import test_hostile, test_zip_files
from tests.images.bombs import BOMBS

PICTURES: dict[str, Callable[[], bytes]] = {
    **BOMBS,
    **{name: lambda data=data: data for name, data in test_hostile.BOMBS.items()},
    **{f"{index}.countless": lambda data=data: data for index, (data, _) in enumerate(test_hostile.COUNTLESS)},
}
ZIPS = test_zip_files.BOMBS
SHOWN = ("empty.j2k",)  # harmless in the end: an empty picture within the limits
CHILD = "import sys, pathlib; from tests.images.test_bombs import measure; measure(pathlib.Path(sys.argv[1]))"
ROOT = Path(__file__).resolve().parents[2]
MB = 2**20


def refusals(name: str, data: bytes) -> list[str]:
    """What is said of a file, or of each file of a ZIP, or how large that is."""
    if name in PICTURES:
        try:
            decode(data, name)
        except PictureError as error:
            return [str(error)]
        return [""]
    told = []
    try:
        for member in members(data, name):
            try:
                told.append(f"{len(member.read()) // MB} MB")
            except PictureError as error:
                told.append(error.code)
    except PictureError as error:
        told.append(error.code)
    return told


def peak_megabytes() -> float:
    """This process's own: `getrusage` would begin with the peak of pytest, which started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measure(folder: Path) -> None:
    """In a process of its own: every bomb, and how far the memory rose above that of the loaded library."""
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
    base = peak_megabytes()
    told = {name: refusals(name, (folder / name).read_bytes()) for name in (*PICTURES, *ZIPS)}
    print(json.dumps({"told": told, "megabytes": peak_megabytes() - base}))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    temporary, working, bombs = (tmp_path_factory.mktemp(name) for name in ("temporary", "working", "bombs"))
    for name, make in {**PICTURES, **ZIPS}.items():
        (bombs / name).write_bytes(make())
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(bombs)],
        cwd=working,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not list(temporary.rglob("*")), "left in the temporary folder"
    assert not list(working.rglob("*")), "written to the working folder"
    assert done.stderr == ""
    for path in bombs.iterdir():
        path.unlink()
    return json.loads(done.stdout)


def test_pictures_are_refused_in_one_sentence(measured: dict[str, Any]) -> None:
    for name in PICTURES:
        (said,) = measured["told"][name]
        if name in SHOWN:
            assert said == ""
        else:
            assert said.endswith("."), name
            assert ". " not in said, name
            assert "\n" not in said, name


def test_zips_are_unpacked_up_to_the_limits_and_no_further(measured: dict[str, Any]) -> None:
    assert {name: measured["told"][name] for name in ZIPS} == {
        "entries": ["archive_entries"],
        "hidden-entries": ["archive_entries"],
        "most-entries": ["archive_entries"],
        "overlapping": ["25 MB"] * 8 + ["archive_too_much"] * 892,
        "zeros": ["25 MB"] * 8 + ["archive_too_much"] * 2,
        "declared": ["archive_damaged"],
        "lying": ["archive_damaged"],
    }


def test_all_of_them_stay_below_500_megabytes(measured: dict[str, Any]) -> None:
    assert 20 < measured["megabytes"] < 500
