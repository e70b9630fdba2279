"""An audit from its beginning to its end: what is missing is computed, shard after shard, and written down.

Killed anywhere, it leaves whole shards; the next start computes those that are not there. Many may share the shards
(`share`), in one folder, without speaking to each other.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from pyarrow import parquet

from gam_viz.audit import folder as files
from gam_viz.audit.errors import AuditError
from gam_viz.audit.folder import AuditFolder, part_name
from gam_viz.audit.manifest import AuditSettings, Manifest, begin, known, manifest_of
from gam_viz.audit.network import AuditedNetwork, audited
from gam_viz.audit.shard import audit_shard
from gam_viz.audit.sources import AuditSource, SourceChoices, open_audit_source
from gam_viz.audit.sources.listing import Listing
from gam_viz.audit.sources.split import SplitPictures, check_classes
from gam_viz.networks.opened import OpenedNetwork

#: Told how many pictures were done since it was told last.
Progress = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class AuditRun:
    """An audit that is begun: all that is needed to compute any of its shards.

    Attributes:
        folder: where it is written.
        manifest: what it is of.
        source: the pictures.
        networks: that look at them.
    """

    folder: AuditFolder
    manifest: Manifest
    source: AuditSource
    networks: tuple[AuditedNetwork, ...]

    def missing(self) -> list[int]:
        """Shards that are not there, in order."""
        there = set(self.folder.names(files.ROWS))
        return [shard for shard in range(self.manifest.shards) if part_name(shard) not in there]

    def done(self) -> int:
        """How many pictures are in shards that are there."""
        spans = [self.manifest.span(shard) for shard in self.missing()]
        return self.manifest.count - sum(stop - start for start, stop in spans)

    def compute(self, shard: int, progress: Progress | None = None) -> None:
        """Compute one shard and write it; its rows come last, and say that it is done.

        Raises:
            AuditError: it cannot be written.
        """
        start, stop = self.manifest.span(shard)
        truth = self.manifest.settings.truth
        items = self.source.items(start, stop)
        tables = audit_shard(items, self.networks, first=start, truth=truth, progress=progress)
        self.folder.write(f"{files.CHANNELS}/{part_name(shard)}", _packed(tables.channels))
        self.folder.write(f"{files.ROWS}/{part_name(shard)}", _packed(tables.rows))


def begun(
    where: str | Path,
    networks: Mapping[str, OpenedNetwork],
    out: str | Path,
    *,
    choices: SourceChoices | None = None,
    shard: int = AuditSettings.shard,
    precision: str = "float32",
    device: torch.device | str = "cpu",
) -> AuditRun:
    """Begin an audit, or take up the one that `out` holds.

    Args:
        where: its source; see `open_audit_source`.
        networks: by name, of the same classes.
        out: the folder or address that it is written to.
        choices: of the source.
        shard: pictures of a shard.
        precision: "float32" or "bfloat16", of the passes.
        device: that computes.

    Raises:
        AuditError: `out` holds another audit, or something does not fit; the sentence says what.
        ValueError: a network or the source cannot be opened.
        OSError: something cannot be read.
    """
    _check(networks)
    folder, choices = AuditFolder(out), choices or SourceChoices()
    folder.check_own()
    source = open_audit_source(where, choices, max(min(each.card.sides) for each in networks.values()))
    settings = AuditSettings(shard, precision, isinstance(source, SplitPictures) and source.masks is not None)
    opened = _loaded(networks, source, settings, device)
    manifest = manifest_of(source, choices, opened, settings)
    begin(folder, manifest, source)
    return AuditRun(folder, manifest, source, opened)


def taken_up(out: str | Path, networks: Mapping[str, OpenedNetwork], device: torch.device | str) -> AuditRun:
    """A worker's part of an audit that somebody else has begun and compared: its files are not listed again.

    Raises:
        AuditError: there is none.
    """
    folder = AuditFolder(out)
    manifest = known(folder)
    if manifest is None:
        raise AuditError("audit.refused.no_audit", out=folder.address)
    choices = SourceChoices.from_dict(manifest.source["choices"])
    listing = Listing.from_bytes(folder.read(files.LISTING)) if folder.has(files.LISTING) else None
    source = open_audit_source(manifest.source["where"], choices, manifest.source.get("tile", 1), listing)
    return AuditRun(folder, manifest, source, _loaded(networks, source, manifest.settings, device))


def run(audit: AuditRun, share: tuple[int, int] = (1, 1), progress: Progress | None = None) -> None:
    """Compute what is missing.

    Args:
        audit: begun.
        share: (k, n): the k-th of n shares of the shards, k from 1 on.
        progress: told as pictures are done; may raise to leave.

    Raises:
        AuditError: a shard cannot be written; those before it are there.
    """
    number, of = share
    for shard in audit.missing():
        if shard % of == number - 1:
            audit.compute(shard, progress)


def _check(networks: Mapping[str, OpenedNetwork]) -> None:
    if not networks:
        raise AuditError("audit.refused.no_networks")
    (first, one), *others = networks.items()
    for name, other in others:
        if (other.card.classes, other.card.output) != (one.card.classes, one.card.output):
            raise AuditError("audit.refused.networks_differ", first=first, second=name)


def _loaded(
    networks: Mapping[str, OpenedNetwork], source: AuditSource, settings: AuditSettings, device: torch.device | str
) -> tuple[AuditedNetwork, ...]:
    for name, network in networks.items():
        check_classes(source, network.card.classes, name)
    place = torch.device(device)
    return tuple(audited(network, name, place, settings.dtype) for name, network in networks.items())


def _packed(table: pa.Table) -> Any:
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd", row_group_size=max(1, table.num_rows))
    return sink.getbuffer()
