"""The same shards on Ray: equal to the last bit, a worker that dies included."""

import os
import signal
import time
from pathlib import Path
from threading import Thread

import pytest

from gam_viz.audit.on_ray import run_on_ray
from tests.audit.audits import audited, begin, table

ray = pytest.importorskip("ray", reason="Ray is not installed (requirements-scale.txt)")


@pytest.fixture(scope="module")
def cluster():
    """Two workers on this machine."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


def test_on_two_workers_one_of_which_is_killed(cluster, pictures, networks, tmp_path):
    audit = begin(pictures, networks, tmp_path / "ray", shard=4)
    killed, told = [], []

    def kill() -> None:
        while not killed and len(audit.missing()) > 2:
            for process in _workers() if len(audit.missing()) <= 9 else ():
                os.kill(process, signal.SIGKILL)
                killed.append(process)
                return
            time.sleep(0.05)

    watching = Thread(target=kill)
    watching.start()
    run_on_ray(audit, networks, "auto", told.append)
    watching.join()
    assert killed
    assert sum(told) == 41
    assert table(tmp_path / "ray").equals(audited(pictures, networks, tmp_path / "here"))


def _workers() -> list[int]:
    """Processes that compute a shard now and descend from this one: Ray writes what they do into their names."""
    found, own = [], os.getpid()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            working = (folder / "cmdline").read_bytes().startswith(b"ray::work_on")
            if working and own in _ancestors(int(folder.name)):
                found.append(int(folder.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


def _ancestors(process: int) -> list[int]:
    found = []
    while process > 1:
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        found.append(process)
    return found
