"""Every file that the product writes: killed in the middle of it, or on a full disk, the old one stays as it was."""

import os
import re
import resource
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from gam_viz.cli.main import main
from gam_viz.evaluation.predictions import Predictions, save_predictions
from gam_viz.evidence.channels.store import save_channels
from gam_viz.evidence.dependence.store import save_dependence
from gam_viz.evidence.leaderboard import markdown as leaderboard_table
from gam_viz.evidence.leaderboard import results_file
from gam_viz.evidence.single_deletion import results as in_domain
from gam_viz.evidence.single_deletion import table as in_domain_table
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import Card, save
from gam_viz.runtime.files import write_atomically
from gam_viz.training import features, loop
from gam_viz.watching import folder as watched
from gam_viz.zoo import markdown, results

ROOT = Path(__file__).resolve().parents[1]
OLD = b"what was there before"
CONFIG = NetworkConfig(width=4, num_classes=3, attention="cbam")
CARD = Card("small", "easy", "Easy", ("a", "b", "c"), 12, (0.5,) * 3, (0.2,) * 3, CONFIG)
NETWORK = build_network(CONFIG).eval()
ANSWERS = Predictions.of_logits(np.eye(3, dtype=np.float32))


#: What is written -> by what; whatever of these is a table or a list may be empty.
WRITES: dict[str, Callable[[Path], object]] = {
    "a checkpoint": partial(save, NETWORK, CARD),
    "a training's state": lambda path: write_atomically(path, partial(loop._save_state, {"epoch": torch.ones(99)})),
    "a training's log": lambda path: loop._write_log(path, [{"epoch": 1}]),
    "how far features are computed": lambda path: features._note(path, {"done": 3}),
    "predictions": partial(save_predictions, predictions=ANSWERS, checkpoint="a", pictures="b"),
    "what gates depend on": partial(save_dependence, found=[], checkpoint="a"),
    "channels": partial(save_channels, found=[], checkpoint="a"),
    "scores of single deletion": lambda path: in_domain.write_in_domain([], path),
    "their table": lambda path: in_domain_table.write_table([], path),
    "the zoo's results": partial(results.write, []),
    "the zoo's table": partial(markdown.write_table, []),
    "the leaderboard's results": partial(results_file.write, []),
    "the leaderboard's table": partial(leaderboard_table.write_table, []),
    "a watched training's head": lambda path: watched._write_head(path, "a", ()),
    "a reading of gates": lambda path: watched._write_arrays(path, numbers=np.zeros(9)),
    "a table of costs": lambda path: main(["cost", "--attention", "se", "--size", "16", "--csv", str(path)]),
}
#: Where files are written; an audit's are killed in `audit/test_going_on.py`. Not by `write_atomically`: features
#: (beside them stands how many are whole), an archive that is fetched (its digest is compared), locks, and an upload
#: while it is opened, in a folder that goes with it.
WRITERS = {
    *("audit/predictions", "evidence/kept"),
    *(f"evidence/single_deletion/{name}" for name in ("in_domain", "results", "table")),
    *(
        "audit/folder",
        "cli/convert",
        "cli/cost",
        "cli/explain",
        "evaluation/predictions",
        "evidence/leaderboard/markdown",
    ),
    *("evidence/leaderboard/results_file", "evidence/leaderboard/run", "networks/safetensors_file", "notebook/looking"),
    *(
        "evidence/dependence/fold",
        "training/features",
        "training/loop",
        "zoo/markdown",
        "watching/folder",
        "zoo/results",
        "zoo/train",
    ),
}


def in_a_child(write: Callable[[], object], prepare: Callable[[], object]) -> int:
    """How a process ended that prepared itself and wrote; 0: with an error that says why, 3: it wrote."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        prepare()
        write()
        os._exit(3)
    except BaseException as error:  # noqa: BLE001  # whatever it is, the child ends here
        os._exit(0 if isinstance(error, OSError | ValueError | RuntimeError | SystemExit) else 4)


def kill_at_the_end() -> None:
    """All is written, and not in its place yet."""
    os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)


def no_room() -> None:
    """The disk takes no byte, for which the system's word is another (EFBIG) and the exception the same."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))


@pytest.mark.parametrize("what", WRITES)
def test_a_process_killed_while_it_writes_leaves_the_old_file(what: str, tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    path.write_bytes(OLD)
    status = in_a_child(lambda: WRITES[what](path), kill_at_the_end)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert path.read_bytes() == OLD
    WRITES[what](path)  # the next one is not in its way
    assert path.read_bytes() != OLD


@pytest.mark.parametrize("what", WRITES)
def test_a_full_disk_leaves_the_old_file_and_no_other(what: str, tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    path.write_bytes(OLD)
    status = in_a_child(lambda: WRITES[what](path), no_room)
    assert os.waitstatus_to_exitcode(status) in (0, 3)
    assert path.read_bytes() == OLD
    assert not list(tmp_path.glob("*.part"))


def test_whatever_writes_is_known_here() -> None:
    writing = re.compile(r"\.write_(text|bytes)\(|\.open\(\"[wax]|np\.memmap\([^)]*\"[rw]\+|mkstemp|TemporaryDirectory")
    found = {
        str(path.relative_to(ROOT / "gam_viz").with_suffix(""))
        for path in (ROOT / "gam_viz").rglob("*.py")
        if writing.search(path.read_text()) and path.stem != "files"
    }
    assert found == WRITERS
