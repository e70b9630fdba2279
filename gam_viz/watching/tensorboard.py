"""The same numbers for TensorBoard, or whatever takes scalars and histograms as its `SummaryWriter` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from gam_viz.evidence.dependence.statistics import GateStatistics
from gam_viz.watching.folder import QUANTITIES

VALUES = 4096  # of a gate in a histogram


class Writer(Protocol):
    """What is used of TensorBoard's `SummaryWriter`."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> Any:
        """A number after a step."""

    def add_histogram(self, tag: str, values: Any, global_step: int) -> Any:
        """Values after a step."""


def tell(writer: Writer, found: Sequence[GateStatistics], values: Mapping[str, Tensor], step: int) -> None:
    """A scalar a quantity, `gates/layer1.0.attention.channel_gate/mean`, and a histogram a gate."""
    for each in found:
        for quantity in QUANTITIES:
            if not np.isnan(number := float(getattr(each, quantity))):
                writer.add_scalar(f"gates/{each.path}/{quantity}", number, step)
        flat = values[each.path].flatten()
        writer.add_histogram(f"gates/{each.path}", flat[:: max(1, len(flat) // VALUES)].float().cpu().numpy(), step)
