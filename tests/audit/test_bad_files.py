"""Two hundred broken, hostile, huge and odd files: a row each, and nothing outside of the audit's folder."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gam_viz.audit.opened import Audit
from gam_viz.cli.main import main
from gam_viz.images import LIMITS
from tests.images import bombs
from tests.images.dicom_files import dataset, written

PATIENT = "Doe^Jane"


def odd_files(folder: Path) -> int:
    """Returns how many rows they are to have."""
    random = np.random.default_rng(0)
    folder.mkdir()
    good = []
    for suffix in ("png", "jpg", "webp", "bmp", "gif", "tif"):
        path = folder / f"good.{suffix}"
        Image.fromarray(random.integers(0, 256, (40, 30, 3), np.uint8)).save(path)
        good.append(path.read_bytes())
    for number in range(150):  # cut, changed and mixed up
        data = bytearray(good[number % len(good)])
        if number % 3 == 0:
            data = data[: int(random.integers(0, len(data)))]
        elif number % 3 == 1:
            for place in random.integers(0, len(data), 20):
                data[place] = int(random.integers(0, 256))
        else:
            data = data[:30] + bytes(random.integers(0, 256, 400).astype(np.uint8))
        (folder / f"broken-{number:03d}.{('png', 'jpg', 'dcm', 'nii.gz', 'npy')[number % 5]}").write_bytes(data)
    made = [bombs.big_jpeg, bombs.jpeg_ls_of_channels, bombs.tiny_elements, bombs.deflated, bombs.segments]
    made += [bombs.run_lengths, bombs.fragments, bombs.tiles_without_end, bombs.avif_of_another_size]
    for bomb in made:
        (folder / f"bomb-{bomb.__name__}").write_bytes(bomb())
    with (folder / "huge.png").open("wb") as file:
        file.truncate(10 * LIMITS.file_bytes)  # a hole: it takes no place
    secret = dataset(np.full((32, 32), 100, np.uint16), PatientName=PATIENT, PatientID="4711")
    (folder / "scan.dcm").write_bytes(written(secret))
    (folder / "readme.txt").write_text("no picture")
    (folder / "inner.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (folder / "empty.png").touch()
    (folder / "名字 with 'quotes', [*] ‮ and\nlines.png").write_bytes(good[0])
    Path(os.fsdecode(os.fsencode(folder) + b"/not-utf8-\xff\xfe.png")).write_bytes(good[0])
    os.mkfifo(folder / "pipe.png")
    with socket.socket(socket.AF_UNIX) as of:
        of.bind(str(folder / "socket.png"))
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "alias.png").symlink_to(folder / "good.png")
    (folder / "again").symlink_to(folder)
    (folder / "folder.png").mkdir()
    deep = folder.joinpath(*("deep",) * 30)
    deep.mkdir(parents=True)
    (deep / "deep.png").write_bytes(good[0])
    (folder / "unreadable.png").write_bytes(good[0])
    (folder / "unreadable.png").chmod(0)
    (folder / ".hidden.png").write_bytes(good[0])  # left out, as Thumbs.db
    (folder / "Thumbs.db").write_bytes(b"x")
    for number in range(25):
        (folder / f"wide-{number}.pgm").write_bytes(b"P5 %d 1 255\n" % (10 ** (number % 9)) + bytes(100))
    return len(good) + 150 + len(made) + 5 + 2 + 2 + 4 + 1 + 1 + 25


@pytest.fixture(scope="module")
def audit(tmp_path_factory, networks):
    """The folder, how many rows it is to have, and the audit."""
    root = tmp_path_factory.mktemp("odd")
    count = odd_files(root / "files")
    before = {path: path.lstat().st_mtime_ns for path in root.rglob("*")}
    names = [str(path) for path in networks.values()]
    assert (
        main(["audit", str(root / "files"), "--networks", *names, "--out", str(root / "out"), "--device", "cpu"]) == 0
    )
    after = {path for path in root.rglob("*") if not path.is_relative_to(root / "out")}
    assert after == set(before)
    assert {path: path.lstat().st_mtime_ns for path in before if path.is_file()} == {
        path: before[path] for path in before if path.is_file()
    }
    return root, count, Audit(root / "out")


def test_a_row_each(audit):
    _, count, found = audit
    assert count >= 200
    assert sum(found.counts().values()) == count
    assert found.query("select name from pictures where status = 'refused' and sentence is null").num_rows == 0
    assert found.query("select name from pictures where status = 'ok' and \"gam/prediction\" is null").num_rows == 0


def test_every_sentence_is_one(audit):
    sentences = audit[2].query("select distinct sentence from pictures where status = 'refused'")["sentence"]
    for sentence in sentences.to_pylist():
        assert sentence.endswith("."), sentence
        assert "\n" not in sentence
        assert "Error" not in sentence
        assert "errno" not in sentence.lower()


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("good.png", "ok", None),
        ("alias.png", "ok", None),
        ("/".join((*("deep",) * 30, "deep.png")), "ok", None),
        ("not-utf8-\\xff\\xfe.png", "ok", None),
        ("名字 with 'quotes', [*] ‮ and\nlines.png", "ok", None),
        ("scan.dcm", "ok", None),
        ("pipe.png", "refused", "This is a pipe, a socket or a device, and not a file with a picture."),
        ("socket.png", "refused", "This is a pipe, a socket or a device, and not a file with a picture."),
        ("again", "refused", "This is a folder that is not looked into: a link to one, or one that may not be read."),
        ("gone.png", "refused", "The file cannot be read: No such file or directory."),
        ("loop.png", "refused", "The file cannot be read: Too many levels of symbolic links."),
        ("huge.png", "refused", "The file has 250.0 MB; at most 25 MB per file are accepted."),
        ("inner.zip", "refused", None),
    ],
)
def test_odd_ones(name, status, sentence, audit):
    found = audit[2].query("select status, sentence from pictures where name = ?", [name]).to_pylist()
    assert [row["status"] for row in found] == [status]
    assert sentence is None or found[0]["sentence"] == sentence


def test_nothing_of_a_patient_is_kept(audit):
    root, _, found = audit
    assert PATIENT.encode() in (root / "files" / "scan.dcm").read_bytes()
    everything = found.query("select * from pictures").to_pylist()
    assert "Doe" not in str(everything)
    assert "4711" not in str([row for row in everything if row["name"] == "scan.dcm"])
    assert not [path for path in (root / "out").rglob("*") if path.is_file() and b"Doe^Jane" in path.read_bytes()]
