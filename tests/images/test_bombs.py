"""Files that ask for much are refused in one sentence, soon, in little memory, and nothing is written anywhere."""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gam_viz.images import PictureError, decode
from tests.images.bombs import BOMBS

SHOWN = ("empty.j2k",)  # harmless in the end: an empty picture within the limits
CHILD = "import sys, pathlib; from tests.images.test_bombs import measure; measure(pathlib.Path(sys.argv[1]))"
ROOT = Path(__file__).resolve().parents[2]


def measure(folder: Path) -> None:
    """In a process of its own: every bomb, and how far the memory rose above that of the loaded library."""
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {}
    for name in BOMBS:
        data = (folder / name).read_bytes()
        start = time.perf_counter()
        try:
            decode(data, name)
            said = ""
        except PictureError as error:
            said = str(error)
        found[name] = (time.perf_counter() - start, said)
    print(json.dumps({"found": found, "megabytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024}))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, tuple[float, str]] | float]:
    temporary, working, bombs = (tmp_path_factory.mktemp(name) for name in ("temporary", "working", "bombs"))
    for name, make in BOMBS.items():
        (bombs / name).write_bytes(make())
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(bombs)],
        cwd=working,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert not list(temporary.rglob("*")), "left in the temporary folder"
    assert not list(working.rglob("*")), "written to the working folder"
    assert done.stderr == ""
    for name in BOMBS:
        (bombs / name).unlink()
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", BOMBS)
def test_refused_soon_and_in_one_sentence(name: str, measured: dict) -> None:
    seconds, said = measured["found"][name]
    assert seconds < 5
    if name in SHOWN:
        return
    assert said.endswith(".")
    assert ". " not in said
    assert "\n" not in said


def test_all_of_them_stay_below_500_megabytes(measured: dict) -> None:
    assert measured["megabytes"] < 500
