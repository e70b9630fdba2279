"""The columns of an audit's table: one row a picture, one group of columns a network, in it one group a gate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gam_viz.audit.decoding import DecodedItem
from gam_viz.audit.network import AuditedNetwork
from gam_viz.audit.statistics import THUMBNAIL, statistics_of

TEXT = pa.dictionary(pa.int32(), pa.string())  # of few different ones
MAP = pa.binary(THUMBNAIL**2)

#: Of one channel of one gate, over the pictures of a shard that were answered.
CHANNELS = pa.schema(
    [
        ("network", TEXT),
        ("gate", TEXT),
        ("channel", pa.int32()),
        ("count", pa.int64()),
        ("sum", pa.float64()),  # of its means over positions
        ("lowest", pa.float32()),
        ("highest", pa.float32()),
    ]
)


def answer_columns(network: AuditedNetwork) -> dict[str, pa.DataType]:
    """Of what a network says: name -> type.

    prediction: class, or what is asked about where nobody chooses
    probability (or value, summed_logit, summed_score): of the prediction
    margin: how far it is from another decision, in logits
    farther: share of validation pictures that are more familiar, 0..1
    problem: why there is no answer
    """
    found: dict[str, pa.DataType] = {"prediction": TEXT, network.answers.measured: pa.float32()}
    if network.answers.margin is not None:
        found["margin"] = pa.float32()
    if network.familiarity is not None:
        found["farther"] = pa.float32()
    return {**found, "problem": pa.string()}


def schema_of(networks: Sequence[AuditedNetwork], truth: bool) -> pa.Schema:
    """Of the table.

    item, name, label, left, top, sha256, status, sentence: of the picture
    disagree, gap: whether the networks predict several classes, and how far the two most different are apart (total
        variation of their probabilities, 0..1), where there are several
    NETWORK/prediction …: see `answer_columns`
    NETWORK/GATE/mean …: see `statistics.statistics_of`; NETWORK/GATE/map: its 8 x 8 map
    """
    fields: list[tuple[str, pa.DataType]] = [
        ("item", pa.int64()),
        ("name", pa.string()),
        ("label", TEXT),
        ("left", pa.int32()),
        ("top", pa.int32()),
        ("sha256", pa.string()),
        ("status", TEXT),
        ("sentence", pa.string()),
    ]
    if compared(networks):
        fields += [("disagree", pa.bool_()), ("gap", pa.float32())]
    for network in networks:
        fields += [(f"{network.name}/{name}", kind) for name, kind in answer_columns(network).items()]
        for gate in network.gates:
            names = statistics_of(gate, truth)
            fields += [(f"{network.name}/{gate.key}/{name}", pa.float32()) for name in names]
            fields += [(f"{network.name}/{gate.key}/map", MAP)] if gate.over_picture else []
    return pa.schema(fields)


def compared(networks: Sequence[AuditedNetwork]) -> bool:
    """Whether there is something to disagree about: several networks that give chances of the same classes."""
    return len(networks) > 1 and all(network.answers.chances for network in networks)


class RowBuilder:
    """The table of a shard while it is filled; what nobody fills is null.

    Args:
        schema: of the table.
        count: its rows.
    """

    def __init__(self, schema: pa.Schema, count: int) -> None:
        self.schema, self.count = schema, count
        self._place = {f.name: n for n, f in enumerate(each for each in schema if each.type == pa.float32())}
        self._numbers = np.full((len(self._place), count), np.nan, np.float32)
        self._map = {f.name: n for n, f in enumerate(each for each in schema if each.type == MAP)}
        self._maps = np.zeros((len(self._map), count, THUMBNAIL**2), np.uint8)
        self._mapped = np.zeros((len(self._map), count), bool)
        self._others: dict[str, list[object]] = {
            f.name: [None] * count for f in schema if f.name not in self._place and f.name not in self._map
        }

    def put_items(self, start: int, first: int, lot: Sequence[DecodedItem]) -> None:
        """What is known of pictures before any network: rows start, start + 1, …, whose numbers begin with `first`."""
        for row, each in enumerate(lot, start):
            item, corner = each.item, each.item.corner or (None, None)
            cells = (first + row, item.name, item.label, *corner, each.sha256, each.status, each.sentence or None)
            for name, cell in zip(self.schema.names, cells, strict=False):
                self._others[name][row] = cell

    def put(self, names: Sequence[str], rows: npt.NDArray[np.int64], values: npt.NDArray[np.floating]) -> None:
        """Numbers (columns, n) of some rows; NaN is null."""
        self._numbers[np.ix_(np.array([self._place[name] for name in names], np.int64), rows)] = values

    def put_maps(self, names: Sequence[str], rows: npt.NDArray[np.int64], values: npt.NDArray[np.uint8]) -> None:
        """Maps (columns, n, 64) of some rows."""
        at = np.ix_(np.array([self._map[name] for name in names], np.int64), rows)
        self._maps[at], self._mapped[at] = values, True

    def put_each(self, name: str, rows: npt.NDArray[np.int64], values: Sequence[object]) -> None:
        """Anything else."""
        column = self._others[name]
        for row, value in zip(rows.tolist(), values, strict=True):
            column[row] = value

    def table(self) -> pa.Table:
        """It."""
        return pa.Table.from_arrays([self._column(each) for each in self.schema], schema=self.schema)

    def _column(self, field: pa.Field) -> pa.Array:
        if field.name in self._place:
            values = self._numbers[self._place[field.name]]
            return pa.array(values, field.type, mask=np.isnan(values))
        if field.name in self._map:
            place = self._map[field.name]
            flat = pa.py_buffer(self._maps[place].tobytes())
            plain = pa.FixedSizeBinaryArray.from_buffers(MAP, self.count, [None, flat])
            missing = pa.array(~self._mapped[place])
            return pa.compute.if_else(missing, pa.scalar(None, MAP), plain)
        return pa.array(self._others[field.name], field.type)
