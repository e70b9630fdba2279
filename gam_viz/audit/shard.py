"""`audit_shard`: pictures and networks in, a table out. It knows of no file that is written and nobody who waits."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from gam_viz.audit.columns import CHANNELS, RowBuilder, compared, schema_of
from gam_viz.audit.decoding import LOT, OK, DecodedItem, Form, batch, lots
from gam_viz.audit.item import AuditItem
from gam_viz.audit.network import AuditedNetwork
from gam_viz.audit.statistics import GateNumbers, PassTruth, gate_numbers
from gam_viz.images.network_input import normalise_batch
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
    forms = {network: Form.of(network.card) for network in networks}
    channels = {network: _Channels(network) for network in networks}
    start = 0
    threads = max(decoders(network.device) for network in networks)
    for lot in lots(items, list(dict.fromkeys(forms.values())), lot_size(networks), threads):
        builder.put_items(start, first, lot)
        shown = [(row, each) for row, each in enumerate(lot, start) if each.status == OK]
        rows = np.array([row for row, _ in shown], np.int64)
        values = [
            _ask(network, forms[network], [each for _, each in shown], rows, builder, channels[network], truth)
            for network in networks
        ]
        if compared(networks) and len(rows):
            _compare(np.stack(values), networks, rows, builder)
        start += len(lot)
        if progress is not None:
            progress(len(lot))
    return ShardTables(builder.table(), pa.concat_tables([each.table() for each in channels.values()]))


def _ask(
    network: AuditedNetwork,
    form: Form,
    shown: Sequence[DecodedItem],
    rows: npt.NDArray[np.int64],
    builder: RowBuilder,
    channels: _Channels,
    truth: bool,
) -> npt.NDArray[np.float64]:
    """All passes of one network over a lot; returns its answers (n, K), NaN where it gave none."""
    answers = [np.zeros((0, len(network.card.classes)))]
    for begin in range(0, len(shown), network.at_once):
        part = shown[begin : begin + network.at_once]
        of = rows[begin : begin + len(part)]
        scores, gates, features = network.run(_inputs(network, form, part))
        given = scores[: len(part)].cpu()
        answered = torch.isfinite(given).all(1).numpy()
        known = _truth(network, form, part) if truth else None
        for place, gate in zip(network.gates, gates, strict=True):
            companion = None if place.companion is None else gates[place.companion]
            numbers = gate_numbers(place, gate, companion, known)
            _put_gate(f"{network.name}/{place.key}", numbers, of, answered, builder)
            channels.add(place.key, numbers, answered)
        if features is not None and network.familiarity is not None:
            farther = network.familiarity.farther_than(network.familiarity.distance(features.cpu().numpy()))
            builder.put(f"{network.name}/farther", of[answered], farther[: len(part)][answered])
        answers.append(_answer(network, given, of, answered, builder))
    return np.concatenate(answers)


def _inputs(network: AuditedNetwork, form: Form, part: Sequence[DecodedItem]) -> torch.Tensor:
    x = batch([each.inputs[form] for each in part], network.at_once).to(network.device)
    if x.dtype == torch.uint8:
        x = normalise_batch(x, network.card.mean, network.card.std)
    return x.contiguous(memory_format=torch.channels_last)


def _truth(network: AuditedNetwork, form: Form, part: Sequence[DecodedItem]) -> PassTruth:
    nothing = np.zeros(network.card.sides, bool)
    masks = [each.truth.get(form, (nothing, nothing)) for each in part]
    return PassTruth(*(batch(of, network.at_once).float().to(network.device) for of in zip(*masks, strict=True)))


def _put_gate(
    name: str,
    numbers: GateNumbers,
    rows: npt.NDArray[np.int64],
    answered: npt.NDArray[np.bool_],
    builder: RowBuilder,
) -> None:
    count = len(rows)
    for statistic, values in numbers.numbers.items():
        builder.put(f"{name}/{statistic}", rows[answered], values[:count][answered])
    if numbers.thumbnails is not None:
        builder.put_map(f"{name}/map", rows[answered], numbers.thumbnails[:count][answered])


def _answer(
    network: AuditedNetwork,
    scores: torch.Tensor,
    rows: npt.NDArray[np.int64],
    answered: npt.NDArray[np.bool_],
    builder: RowBuilder,
) -> npt.NDArray[np.float64]:
    kind, name = network.answers, network.name
    finite = scores.double()[torch.from_numpy(answered)]
    values = np.full(scores.shape, np.nan)
    values[answered] = kind.read(finite).numpy()
    of = rows[answered]
    picked = torch.tensor([kind.pick(row) for row in finite], dtype=torch.long)[:, None]
    builder.put_each(f"{name}/prediction", of, [network.card.classes[int(target)] for target in picked])
    builder.put(f"{name}/{kind.measured}", of, kind.read(finite).gather(1, picked)[:, 0].float().numpy())
    if kind.margin is not None and len(finite):
        margins = [kind.margin(row[None], int(target))[0] for row, target in zip(finite, picked, strict=True)]
        builder.put(f"{name}/margin", of, torch.stack(margins).float().numpy())
    silent = str(RefusalError("audit.row.no_answer"))
    builder.put_each(f"{name}/problem", rows[~answered], [silent] * int((~answered).sum()))
    return values


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
    builder.put("gap", of, gaps)


@dataclass
class _Channels:
    """Each channel of each gate of one network, over the pictures so far."""

    network: AuditedNetwork
    count: int = 0
    lowest: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    highest: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    sums: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)

    def add(self, gate: str, numbers: GateNumbers, answered: npt.NDArray[np.bool_]) -> None:
        if gate == self.network.gates[0].key:
            self.count += int(answered.sum())
        if numbers.lowest is None or numbers.highest is None or numbers.means is None:
            return
        chosen = np.flatnonzero(answered)
        for kept, found, reduce in (
            (self.lowest, numbers.lowest, np.minimum),
            (self.highest, numbers.highest, np.maximum),
        ):
            rows = found[chosen] if gate not in kept else np.vstack([kept[gate], found[chosen]])
            if len(rows):
                kept[gate] = reduce.reduce(rows, axis=0)
        sums = self.sums.setdefault(gate, np.zeros(numbers.means.shape[1]))
        for row in numbers.means[chosen]:  # one after the other, however many come together
            sums += row

    def table(self) -> pa.Table:
        parts = []
        for gate, lowest in self.lowest.items():
            count = len(lowest)
            columns = {
                "network": pa.array([self.network.name] * count, CHANNELS.field("network").type),
                "gate": pa.array([gate] * count, CHANNELS.field("gate").type),
                "channel": np.arange(count, dtype=np.int32),
                "count": np.full(count, self.count),
                "sum": self.sums[gate],
                "lowest": lowest,
                "highest": self.highest[gate],
            }
            parts.append(pa.table(columns, schema=CHANNELS))
        return pa.concat_tables(parts) if parts else CHANNELS.empty_table()
