"""The pictures of an audit as a network sees them, opened again where they came from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gam_viz.audit.errors import AuditError
from gam_viz.audit.opened import Audit
from gam_viz.audit.row_picture import RowPictures
from gam_viz.explain import seen_by
from gam_viz.images import NetworkInput, Picture, PictureError, render
from gam_viz.networks.card import Card
from gam_viz.runtime.device import at_once


class SeenRows:
    """So many of an audit's pictures at most, spread over it. What is not there any more is left out.

    Args:
        audit: whose.
        card: of the network.
        most: pictures.

    Attributes:
        items: rows of the pictures, in order; once they were opened (see `batches`), of those that are there.

    Raises:
        AuditError: no part of the audit is there yet.
    """

    def __init__(self, audit: Audit, card: Card, most: int) -> None:
        self._rows, self._card = RowPictures(audit), card
        found = audit.query("select item, label from pictures where status = 'ok' order by item")
        rows = list(zip(found["item"].to_pylist(), found["label"].to_pylist(), strict=True))
        count = min(most, len(rows))
        self._labels = dict(rows[len(rows) * place // count] for place in range(count)) if count else {}
        self.items = list(self._labels)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def labels(self) -> npt.NDArray[np.int64] | None:
        """(N,) index of each one's class; None where one of them has none that the network knows."""
        names = [self._labels[item] for item in self.items]
        if any(name not in self._card.classes for name in names):
            return None
        return np.array([self._card.classes.index(str(name)) for name in names], dtype=np.int64)

    def seen(self, item: int) -> NetworkInput:
        """One of them.

        Raises:
            AuditError: it is not there any more, or another.
            PictureError: it is refused now.
        """
        found = self._rows.get(item).found
        return seen_by(self._card, found if isinstance(found, Picture) else render(found))

    def batches(self, device: torch.device) -> Iterator[Tensor]:
        """All of them, (B, C, H, W) on a device, as many at once as `at_once` says."""
        size, there, waiting = at_once(device, self._card.sides), [], list[Tensor]()
        for item in self.items:
            try:
                waiting.append(self.seen(item).tensor)
            except (AuditError, PictureError):
                continue
            there.append(item)
            if len(waiting) == size:
                yield torch.cat(waiting).to(device)
                waiting = []
        self.items = there
        if waiting:
            yield torch.cat(waiting).to(device)
