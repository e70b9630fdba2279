"""`audit_shard`: pictures and networks in, a table out. It knows of no file that is written and nobody who waits."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from gam_viz.audit.channel_sums import ChannelSums
from gam_viz.audit.columns import RowBuilder, compared, schema_of
from gam_viz.audit.decoding import LOT, OK, DecodedItem, lots
from gam_viz.audit.item import AuditItem
from gam_viz.audit.network import AuditedNetwork
from gam_viz.audit.passes import Alike, Seen, alike
from gam_viz.audit.statistics import statistics_of
from gam_viz.audit.streams import stream_count, streams
from gam_viz.text.refusal import RefusalError


@dataclass(frozen=True, eq=False)
class ShardTables:
    """What is known of a shard's pictures.

    Attributes:
        rows: a row a picture, in their order; see `columns.schema_of`.
        channels: a row a channel of a gate of a network; see `columns.CHANNELS`.
    """

    rows: pa.Table
    channels: pa.Table


def decoders(device: torch.device) -> int:
    """How many threads decode: one beside a computation on the same cores, else one a core but one."""
    return 1 if device.type == "cpu" else max(1, min(8, (os.cpu_count() or 2) - 1))


def lot_size(networks: Sequence[AuditedNetwork]) -> int:
    """How many pictures are decoded together. No network's pass is left half empty by it."""
    return max(LOT, *(network.at_once for network in networks))


def audit_shard(
    items: Sequence[AuditItem],
    networks: Sequence[AuditedNetwork],
    *,
    first: int = 0,
    truth: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ShardTables:
    """Look at every picture with every network, and at every gate in the same pass.

    A picture that cannot be read costs its own row, with the sentence why. No row depends on the others, nor on how
    many there are.

    Args:
        items: the pictures.
        networks: of the same classes.
        first: number of the first of them.
        truth: whether it is known of some where their object lies.
        progress: told how many pictures were done since it was told last; may raise to leave.
    """
    builder = RowBuilder(schema_of(networks, truth), len(items))
    channels = {network: ChannelSums(network) for network in networks}
    start = 0
    for lot, shown, seen in _looked_at(items, networks, truth):
        builder.put_items(start, first, lot)
        rows = np.array([start + place for place in shown], np.int64)
        values = [_put(network, seen[network], rows, builder, channels[network], truth) for network in networks]
        if compared(networks) and len(rows):
            _compare(np.stack(values), networks, rows, builder)
        start += len(lot)
        if progress is not None:
            progress(len(lot))
    return ShardTables(builder.table(), pa.concat_tables([each.table() for each in channels.values()]))


def _looked_at(
    items: Sequence[AuditItem], networks: Sequence[AuditedNetwork], truth: bool
) -> Iterator[tuple[list[DecodedItem], list[int], dict[AuditedNetwork, list[Seen]]]]:
    """All items in order, a lot at a time: it, places in it of what could be read, and each network's passes over
    those. Some passes are computed ahead, so that none waits for the end of a lot."""
    device, groups, size = networks[0].device, alike(networks), lot_size(networks)
    count = stream_count(device)
    ahead = 1 + count * max(group.at_once for group in groups) // size  # lots
    waiting = deque[tuple[list[DecodedItem], list[int], list[tuple[Alike, list[Future[list[Seen]]]]]]]()

    def gathered() -> tuple[list[DecodedItem], list[int], dict[AuditedNetwork, list[Seen]]]:
        lot, shown, asked = waiting.popleft()
        seen: dict[AuditedNetwork, list[Seen]] = {}
        for group, passes in asked:
            found = [each.result() for each in passes]
            seen |= {network: [each[n] for each in found] for n, network in enumerate(group.networks)}
        return lot, shown, seen

    with streams(count) as pool:
        for lot in lots(items, list(dict.fromkeys(group.form for group in groups)), size, decoders(device)):
            shown = [place for place, each in enumerate(lot) if each.status == OK]
            asked = []
            for group in groups:
                parts = [shown[begin : begin + group.at_once] for begin in range(0, len(shown), group.at_once)]
                passes = [pool.submit(group.look, [lot[place] for place in part], truth) for part in parts]
                asked.append((group, passes))
            waiting.append((lot, shown, asked))
            if len(waiting) > ahead:
                yield gathered()
        while waiting:
            yield gathered()


def _put(
    network: AuditedNetwork,
    passes: Sequence[Seen],
    rows: npt.NDArray[np.int64],
    builder: RowBuilder,
    channels: ChannelSums,
    truth: bool,
) -> npt.NDArray[np.float64]:
    """Write down what a network made of a lot; returns its answers (n, K), NaN where it gave none."""
    if not passes:
        return np.zeros((0, len(network.card.classes)))
    name, gates = network.name, network.gates
    answered = np.concatenate([each.answered for each in passes])
    predicted = np.concatenate([each.predicted for each in passes])
    said = [network.card.classes[target] for target in predicted[answered].tolist()]
    builder.put_each(f"{name}/prediction", rows[answered], said)
    silent = str(RefusalError("audit.row.no_answer"))
    builder.put_each(f"{name}/problem", rows[~answered], [silent] * int((~answered).sum()))
    for answer in passes[0].answers:
        builder.put([f"{name}/{answer}"], rows, np.concatenate([each.answers[answer] for each in passes])[None])
    names = [f"{name}/{gate.key}/{statistic}" for gate in gates for statistic in statistics_of(gate, truth)]
    builder.put(names, rows, np.concatenate([each.numbers for each in passes], axis=1))
    maps = [f"{name}/{gate.key}/map" for gate in gates if gate.over_picture]
    thumbnails = np.concatenate([each.thumbnails for each in passes], axis=1)
    builder.put_maps(maps, rows[answered], thumbnails[:, answered])
    for each in passes:
        channels.add(each.channels[:, each.answered])
    return np.concatenate([each.values for each in passes])


def _compare(
    values: npt.NDArray[np.float64],
    networks: Sequence[AuditedNetwork],
    rows: npt.NDArray[np.int64],
    builder: RowBuilder,
) -> None:
    """Whether and how far the networks are apart, as `evaluation.disagreement.Judged` says of one picture.

    Args:
        values: (networks, n, K).
        networks: of the same classes.
        rows: of the pictures.
        builder: of the table.
    """
    known = np.isfinite(values).all(axis=(0, 2))
    values, of = values[:, known], rows[known]
    if networks[0].answers.key == "class":
        decided = values.argmax(axis=2)  # (networks, n)
        disagree = (decided != decided[0]).any(axis=0)
    else:
        labels = values > 0.5
        disagree = (labels != labels[0]).any(axis=(0, 2))
    gaps = np.zeros(len(of))
    for a in range(len(values)):
        for b in range(a):
            apart = np.abs(values[a] - values[b])
            gaps = np.maximum(gaps, apart.sum(1) / 2 if networks[0].answers.key == "class" else apart.max(1))
    builder.put_each("disagree", of, disagree.tolist())
    builder.put(["gap"], of, gaps[None])
