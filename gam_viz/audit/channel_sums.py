"""What is kept of each channel of a network's gates over the pictures of a shard."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gam_viz.audit.columns import CHANNELS
from gam_viz.audit.network import AuditedNetwork


class ChannelSums:
    """Each channel of each gate of one network, over the pictures so far.

    Args:
        network: it.
    """

    def __init__(self, network: AuditedNetwork) -> None:
        self._name = network.name
        self._gates = [(gate.key, gate.size[0]) for gate in network.gates if gate.per_channel]
        total = sum(channels for _, channels in self._gates)
        self._count = 0
        self._sums = np.zeros(total)
        self._lowest, self._highest = np.full(total, np.inf, np.float32), np.full(total, -np.inf, np.float32)

    def add(self, found: npt.NDArray[np.float32]) -> None:
        """(3, n, C): the lowest, highest and mean value of each channel of all gates, of n pictures."""
        self._count += found.shape[1]
        lowest, highest, means = found
        np.minimum(self._lowest, lowest.min(axis=0, initial=np.inf), out=self._lowest)
        np.maximum(self._highest, highest.max(axis=0, initial=-np.inf), out=self._highest)
        for row in means:  # one after the other, however many come together
            self._sums += row

    def table(self) -> pa.Table:
        """A row a channel; see `columns.CHANNELS`. Of no pictures it has none."""
        gates = self._gates if self._count else []
        count = len(self._sums) if self._count else 0
        columns = {
            "network": pa.array([self._name] * count, CHANNELS.field("network").type),
            "gate": pa.array([key for key, size in gates for _ in range(size)], CHANNELS.field("gate").type),
            "channel": np.array([channel for _, size in gates for channel in range(size)], np.int32),
            "count": np.full(count, self._count),
            "sum": self._sums[:count],
            "lowest": self._lowest[:count],
            "highest": self._highest[:count],
        }
        return pa.table(columns, schema=CHANNELS)
