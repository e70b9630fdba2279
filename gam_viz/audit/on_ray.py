"""The same shards on a Ray cluster: what travels is a shard's number and where things are, never a picture."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gam_viz.audit import folder as files
from gam_viz.audit.errors import AuditError
from gam_viz.audit.folder import part_name
from gam_viz.audit.run import AuditRun, Progress, taken_up
from gam_viz.networks.checkpoints import read
from gam_viz.runtime.kept_memory import keep_freed_memory
from gam_viz.text.refusal import first_line

LOCAL = "local"
HEAD = 6379  # port of a cluster's head, where an address names none
PATIENCE = 10.0  # seconds until it answers
#: A client's first words in HTTP/2, which Ray's parts speak with each other (gRPC): the preface, and settings that
#: change nothing. A server's first frame is its settings: type 4 and no flags, in its fourth and fifth byte (RFC 9113).
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_SETTINGS = bytes([4, 0])
TRIES = 3  # of a shard whose worker dies, beside the first

#: Where things are: the audit's address, (name, file) of each network, and the kind of device.
Description = tuple[str, tuple[tuple[str, str], ...], str]


def run_on_ray(
    audit: AuditRun, paths: Mapping[str, Path], address: str = LOCAL, progress: Progress | None = None
) -> None:
    """Compute what is missing of an audit on all workers of a cluster.

    Args:
        audit: begun.
        paths: of the networks' checkpoints, by their names in the audit; every worker finds them there.
        address: of the cluster, "auto" or "ray://…"; "local" starts one on this machine and ends it.
        progress: told as shards are done; may raise to leave.

    Raises:
        AuditError: Ray is not installed or not there, or a worker cannot go on.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    try:
        import ray
    except ImportError as error:
        raise AuditError("audit.refused.no_ray") from error
    try:
        if not ray.is_initialized():
            _knock(address)
            own = {"include_dashboard": False} if address == LOCAL else {"address": address}
            ray.init(**own, log_to_driver=False, logging_level="ERROR")
    except AuditError:
        raise
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise AuditError("audit.refused.ray_address", address=address, why=first_line(error)) from error
    kind = audit.networks[0].device.type
    needs = {"num_cpus": 1, "num_gpus": 1} if kind == "cuda" else {"num_cpus": 1}
    work = ray.remote(max_retries=TRIES, **needs)(work_on)
    described: Description = (
        audit.folder.address if "://" in audit.folder.address else str(audit.folder.local),
        tuple((name, str(path.absolute())) for name, path in paths.items()),
        kind,
    )
    try:
        _gather(ray, [work.remote(described, shard) for shard in audit.missing()], progress)
    finally:
        if address == LOCAL:
            ray.shutdown()


def _knock(address: str) -> None:
    """Ray itself would go on trying for minutes where nobody answers, and without end where somebody else listens.

    Raises:
        OSError: nobody does.
        ValueError: it is no address.
        AuditError: whoever is there does not answer as Ray does.
    """
    if address in (LOCAL, "auto"):
        return
    place = urlsplit(address if "://" in address else f"ray://{address}")
    with socket.create_connection((place.hostname or "", place.port or HEAD), timeout=PATIENCE) as connection:
        if os.environ.get("RAY_USE_TLS") == "1":
            return
        try:
            connection.sendall(_GREETING)
            answer = connection.recv(9, socket.MSG_WAITALL)
        except OSError:
            answer = b""
        if answer[3:5] != _SETTINGS:
            raise AuditError("audit.refused.ray_other", address=address)


def _gather(ray: Any, tasks: list[Any], progress: Progress | None) -> None:
    try:
        while tasks:
            done, tasks = ray.wait(tasks, timeout=1.0)
            for count in ray.get(done):
                if progress is not None:
                    progress(count)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause if isinstance(error.cause, Exception) else error
        raise AuditError("audit.refused.ray_failed", why=first_line(cause)) from error
    except ray.exceptions.RayError as error:
        raise AuditError("audit.refused.ray_failed", why=first_line(error)) from error
    finally:
        for task in tasks:
            ray.cancel(task)


def work_on(described: Description, shard: int) -> int:
    """What a worker does: one shard, unless it is there already; returns how many pictures that are."""
    audit = _opened(described)
    start, stop = audit.manifest.span(shard)
    if not audit.folder.has(f"{files.ROWS}/{part_name(shard)}"):
        audit.compute(shard)
    return stop - start


@lru_cache(1)
def _opened(described: Description) -> AuditRun:
    """Once in each worker. Its checkpoints are compared with the audit's, since they are read again.

    Raises:
        AuditError: one is another now.
    """
    keep_freed_memory()
    out, paths, kind = described
    networks = {name: read(Path(path)) for name, path in paths}
    audit = taken_up(out, networks, kind)
    for known, network in zip(audit.manifest.networks, audit.networks, strict=True):
        if known["sha256"] != network.sha256:
            digests = {"before": known["sha256"][:12], "now": network.sha256[:12]}
            raise AuditError("audit.refused.other_checkpoint", out=out, network=network.name, **digests)
    return audit
