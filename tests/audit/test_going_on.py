"""Killed anywhere, an audit goes on with what is missing; what does not fit is refused in one sentence."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gam_viz.audit import folder as files
from gam_viz.audit.errors import AuditError
from gam_viz.audit.folder import AuditFolder
from gam_viz.audit.opened import Audit
from gam_viz.audit.run import AuditRun, run
from gam_viz.cli.main import main
from gam_viz.runtime import files as runtime_files
from tests.audit.audits import audited, begin, table, write_networks, write_pictures


def command(pictures, networks, out, *more):
    names = [str(path) for path in networks.values()]
    return ["audit", str(pictures), "--networks", *names, "--out", str(out), "--device", "cpu", *more]


def parts(out):
    return sorted((out / files.ROWS).glob("*.parquet"))


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_killed_anywhere(sent, pictures, networks, tmp_path):
    """The process dies in the middle of a shard; the shards before it are not touched again."""
    out, arguments = tmp_path / "out", command(pictures, networks, tmp_path / "out", "--shard-size", "4")
    # A shell that runs tests in its background has them ignore Ctrl-C.
    listens = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    program = [sys.executable, "-c", f"{listens}from gam_viz.cli.main import main; raise SystemExit(main({arguments}))"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and len(parts(out)) < 2:
            time.sleep(0.01)
        process.send_signal(sent)
        _, said = process.communicate(timeout=300)
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert "of 41 pictures are done, and the same command goes on with the rest" in said
        assert "Traceback" not in said
    before = {path: path.stat().st_mtime_ns for path in parts(out)}
    assert 2 <= len(before) < 11
    assert main(arguments) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert table(out).equals(audited(pictures, networks, tmp_path / "whole"))
    assert not list(out.rglob("*.part"))


def test_nothing_is_computed_twice(pictures, networks, tmp_path, monkeypatch):
    computed = []
    compute = AuditRun.compute
    monkeypatch.setattr(
        AuditRun, "compute", lambda self, shard, progress=None: computed.append(shard) or compute(self, shard)
    )
    run(begin(pictures, networks, tmp_path, shard=10), (1, 2))
    run(begin(pictures, networks, tmp_path, shard=10))
    run(begin(pictures, networks, tmp_path, shard=10))
    assert computed == [0, 2, 4, 1, 3]


def test_a_full_disk_costs_the_shard_alone(pictures, networks, tmp_path, monkeypatch, capsys):
    replace, arguments = os.replace, command(pictures, networks, tmp_path, "--shard-size", "10")

    def full(part, path):
        if Path(path).name == "part-0000002.parquet":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(part, path)

    monkeypatch.setattr(runtime_files.os, "replace", full)
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said == (
        f"error: There is no space left for {tmp_path}. What was finished is there; make room, and the same command "
        "continues from it.\n"
    )
    assert len(parts(tmp_path)) == 2
    monkeypatch.undo()
    assert main(arguments) == 0
    assert Audit(tmp_path).whole


def test_other_audits_are_refused(pictures, networks, tmp_path):
    out = tmp_path / "out"
    audited(pictures, networks, out, shard=30)
    kept = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    other = tmp_path / "other"
    write_pictures(other, 3)
    cases = [
        ("holds an audit with cbam, gam; cbam would be another", pictures, {"cbam": networks["cbam"]}, 30),
        ("gam is not the checkpoint that the audit", pictures, networks | {"gam": networks["cbam"]}, 30),
        ("began with shard = 30, and 20 was asked for", pictures, networks, 20),
        ("has changed since the audit", other, networks, 30),
        ("holds an audit of .*; choose another folder for another source", "data:scenes", networks, 30),
    ]
    for sentence, where, of, shard in cases[:4]:
        with pytest.raises(AuditError, match=sentence):
            begin(where, of, out, shard=shard)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize("change", ["more", "fewer", "another"])
def test_a_source_that_changes(change, networks, tmp_path):
    pictures, out = tmp_path / "pictures", tmp_path / "out"
    write_pictures(pictures, 6)
    run(begin(pictures, networks, out, shard=4), (1, 2))
    one = next(pictures.rglob("*.png"))
    if change == "more":
        (one.parent / "new.png").write_bytes(one.read_bytes())
    elif change == "fewer":
        one.unlink()
    else:
        one.write_bytes(one.read_bytes() + b"!")
    with pytest.raises(AuditError, match="has changed since the audit"):
        begin(pictures, networks, out, shard=4)


def test_folders_of_others_are_left_alone(pictures, networks, tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(AuditError, match=r"holds other files \(thesis.tex\), and no audit"):
        begin(pictures, networks, tmp_path)
    with pytest.raises(AuditError, match="is a file; a folder is needed"):
        begin(pictures, networks, tmp_path / "thesis.tex")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_killed_beginning_is_begun_again(pictures, networks, tmp_path):
    (tmp_path / files.LISTING).write_bytes(b"half")
    assert audited(pictures, networks, tmp_path).num_rows == 41


def test_a_damaged_description(pictures, networks, tmp_path):
    audited(pictures, networks, tmp_path)
    (tmp_path / files.MANIFEST).write_text("{")
    with pytest.raises(AuditError, match=r"audit.json\) is damaged"):
        begin(pictures, networks, tmp_path)


def test_an_address_elsewhere(pictures, networks, tmp_path):
    """As on S3: another of fsspec's systems."""
    out = "memory://audits/first"
    assert audited(pictures, networks, out, shard=30).equals(audited(pictures, networks, tmp_path))
    assert AuditFolder(out).names() == [files.MANIFEST, files.CHANNELS, files.LISTING, files.ROWS]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--shard", "3/2"], "A share is given as k/n with k from 1 to n, as 1/8; got 3/2."),
        (["--tile", "0"], "tile is a number of pixels, 1 or more; got 0."),
        (["--nodata", "2"], "The share without data lies between 0 and 1; got 2.0."),
    ],
)
def test_bad_arguments(more, sentence, pictures, networks, tmp_path, capsys):
    assert main(command(pictures, networks, tmp_path / "out", *more)) == 2
    assert capsys.readouterr().err == f"error: {sentence}\n"
    assert not (tmp_path / "out").exists()


def test_networks_of_other_classes(pictures, networks, tmp_path):
    from tests.checkpoint_files import write_checkpoints

    write_checkpoints(tmp_path)
    with pytest.raises(AuditError, match="cbam and cifar have different ones"):
        begin(pictures, networks | {"cifar": tmp_path / "cifar10-cbam.safetensors"}, tmp_path / "out")


def test_in_one_line(pictures, tmp_path):
    import gam_viz

    found = gam_viz.audit(pictures, [str(path) for path in write_networks(tmp_path).values()], tmp_path / "out")
    assert found.whole
    assert found.counts() == {"ok": 40, "refused": 1}
    assert found.query("select count(*) as n from pictures where gap > ?", [0.0])["n"].to_pylist() == [40]
