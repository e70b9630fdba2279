"""Commands that take long: the time left on a terminal, nothing of it in a pipe."""

import io
import re
import sys

import numpy as np
import pytest
from PIL import Image

from gam_viz.cli.main import main
from tests.checkpoint_files import write_checkpoints

EXPLAIN = ["explain", "p.png", "--networks", "scenes-cbam", "--methods", "saliency", "--measures", "training"]
AUDIT = ["audit", "pictures", "--networks", "scenes-cbam", "--out", "audit"]
EVIDENCE = ["evidence", "--data", "scenes", "--networks", "scenes-cbam", "--scenes", "2", "--methods", "saliency"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("command", "made"),
    [
        ([*EXPLAIN, "--out", "new/report.html"], "new"),
        (AUDIT, "audit"),
        ([*EVIDENCE, "--out", "found", "--runs", "runs"], "found"),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
@pytest.mark.parametrize("terminal", [True, False])
def test_the_time_left_is_told_on_a_terminal_alone(command, made, terminal, tmp_path, monkeypatch, capsys):
    write_checkpoints(tmp_path / "networks")
    (tmp_path / "pictures").mkdir()
    for path in ("p.png", "pictures/a.png", "pictures/b.png"):
        Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(tmp_path / path)
    monkeypatch.chdir(tmp_path)
    errors = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    assert main([*command, "--checkpoints", "networks", "--device", "cpu"]) == 0
    told = re.findall(r"100%.*\d\d:\d\d<\d\d:\d\d", errors.getvalue())
    assert bool(told) == terminal
    if not terminal:
        assert errors.getvalue() == ""
    said = capsys.readouterr().out
    assert (tmp_path / made).is_dir()
    assert f"{made}: " in said  # a folder that was not there is said
