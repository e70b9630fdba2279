"""Attributions and ablations, for the pictures on which the networks are farthest apart.

They cost hundreds of passes a picture, so that nobody asks for them of a million; of some dozens they say what the
networks' answers rest on, where it matters most.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from pyarrow import parquet

from gam_viz.audit.folder import EXPLAINED
from gam_viz.audit.item import AuditItem
from gam_viz.audit.naming import compared
from gam_viz.audit.network import AuditedNetwork
from gam_viz.audit.opened import Audit
from gam_viz.audit.rows import least_sure, most_apart
from gam_viz.audit.run import AuditRun
from gam_viz.audit.statistics import CENTRE
from gam_viz.evidence.ablation.ablate import ablations
from gam_viz.evidence.localisation import Mask, share
from gam_viz.explain import explain, seen_by
from gam_viz.explain.attributions import METHODS, attribute_each

#: What gates are replaced by: what leaves features as they are, and each channel's mean. Both need no other pictures.
MODES = ("identity", "channel_mean")
_DESCRIBED = b"gam_viz"
SCHEMA = pa.schema(
    [
        ("item", pa.int64()),
        ("network", pa.string()),
        ("target", pa.string()),
        ("kind", pa.string()),
        ("key", pa.string()),
        ("mode", pa.string()),
        ("change", pa.float64()),
        ("flips", pa.bool_()),
        ("centre", pa.float64()),
        ("object", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Explaining:
    """What is explained.

    Attributes:
        count: of pictures; those on which the networks are farthest apart, of one network those it is least sure of.
        methods: of attributions, keys of `METHODS`.
    """

    count: int
    methods: tuple[str, ...] = ("gradcam",)

    def __post_init__(self) -> None:
        unknown = [method for method in self.methods if method not in METHODS]
        if unknown or self.count < 1:
            given = unknown[0] if unknown else self.count
            raise ValueError(f"1 picture or more and methods among {', '.join(METHODS)} are needed, got {given}")


def explain_rows(run: AuditRun, asked: Explaining, progress: Callable[[int], None] | None = None) -> pa.Table:
    """Explain them, once all shards are there, and write the table beside them; what is there already is not computed
    again. Pictures that cannot be read any more are left out.

    The table's rows: of an attribution (kind "attribution", key its method) the shares of its positive mass in the
    centre and on the object, where that is known; of an ablation (kind "ablation", key the layer and branch) the change
    of the target's probability, or value, without the gate, and whether the decision flips. The target is what the
    network predicts.

    Args:
        run: all of whose shards are there.
        asked: which pictures and methods.
        progress: told after each picture.

    Raises:
        AuditError: it cannot be written.
        ValueError: a method does not fit a network; the sentence says what would.
    """
    audit = Audit(run.folder.address)
    table = most_apart(audit, asked.count) if compared(audit) else least_sure(audit, run.networks[0].name, asked.count)
    items = table["item"].to_pylist()
    described = json.dumps([items, list(asked.methods), [network.sha256 for network in run.networks]]).encode()
    if run.folder.has(EXPLAINED):
        before: pa.Table = parquet.read_table(io.BytesIO(run.folder.read(EXPLAINED)))
        if (before.schema.metadata or {}).get(_DESCRIBED) == described:
            return before
    rows: list[dict[str, Any]] = []
    for number in items:
        (item,) = run.source.items(number, number + 1)
        for network in run.networks:
            rows += [{"item": number, "network": network.name, **row} for row in _one(item, network, asked.methods)]
        if progress is not None:
            progress(1)
    found = pa.Table.from_pylist(rows, SCHEMA.with_metadata({_DESCRIBED: described}))
    sink = io.BytesIO()
    parquet.write_table(found, sink, compression="zstd")
    run.folder.write(EXPLAINED, sink.getvalue())
    return found


def _one(item: AuditItem, network: AuditedNetwork, methods: Sequence[str]) -> Iterator[dict[str, Any]]:
    try:
        picture, known = item.picture(), item.truth()
    except (OSError, ValueError):
        return
    card, module = network.card, network.module
    seen = seen_by(card, picture)
    x = seen.tensor.to(network.device)
    target = explain(module, card, x).predicted
    inside = None
    if known is not None and known[0].any():
        inside = Mask.as_seen(known[0], seen.box, card.sides)
    said = {"target": card.classes[target]}
    black = tuple(-mean / std for mean, std in zip(card.mean, card.std, strict=True))
    with torch.enable_grad():
        for found in attribute_each(module, x, target, methods, black=black):
            mass = np.maximum(found.values, 0)
            shares: dict[str, float | None] = {"centre": None, "object": None}
            if mass.any():
                shares["centre"] = share(mass, CENTRE).inside
                shares["object"] = None if inside is None else share(mass, inside).inside
            yield {**said, "kind": "attribution", "key": found.method, **shares}
    for one in ablations(module, x, target, modes=MODES, together=False, kind=card.output).results:
        change = {"change": one.answer.value, "flips": one.flips}
        yield {**said, "kind": "ablation", "key": f"{one.place}/{one.branch}", "mode": one.mode, **change}
