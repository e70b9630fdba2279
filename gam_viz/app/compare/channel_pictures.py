"""The pictures that one channel is looked at on: those of the test set, or of an audit with that network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import numpy.typing as npt
from torch import Tensor

from gam_viz.app.shared.audits import asked_for_audit, audits, opened_audit
from gam_viz.app.shared.columns import Column
from gam_viz.app.shared.evaluation_set import pictures_of
from gam_viz.app.shared.missing_data import is_known
from gam_viz.app.shared.session_cache import cached
from gam_viz.app.shared.words import text
from gam_viz.audit.as_seen import SeenRows
from gam_viz.audit.errors import AuditError
from gam_viz.datasets import is_here
from gam_viz.datasets.registry import data_root
from gam_viz.datasets.scenes.draw import draw_scene
from gam_viz.evaluation.predictions import batches
from gam_viz.evidence.channels.measure import CLOSED, GateChannels
from gam_viz.evidence.channels.store import known_channels
from gam_viz.evidence.dependence.measure import spread_over
from gam_viz.networks.card import Card
from gam_viz.runtime.device import device_of

TEST = "test"
MOST_ROWS = 1000  # pictures of an audit that are opened again
Seen = npt.NDArray[np.uint8]
Inputs = Callable[[], Iterator[Tensor]]


@dataclass(frozen=True, eq=False)
class ChannelPictures:
    """Pictures that a network can be asked about.

    Attributes:
        key: identity in caches.
        kind: "test" or "audit"; `compare.card.of.<kind>` says what they are.
        count: how many.
        stored: what is known of all of the network's gates without asking it.
        inputs: as the network sees them, batch by batch; None where only what is stored can be shown.
        few: some of them, how many, and their classes, to close a channel on.
        seen: (H, W, 3) the one of that number as the network sees it.
        name: what it is called.
    """

    key: tuple[object, ...]
    kind: str
    count: int
    stored: tuple[GateChannels, ...] | None
    inputs: Inputs | None
    few: Callable[[], tuple[Iterator[Tensor], int, npt.NDArray[np.int64] | None]] | None
    seen: Callable[[int], Seen]
    name: Callable[[int], str]


def sources(column: Column) -> dict[str, str]:
    """What can be chosen: "test" where test pictures are there or can be drawn, and names of audits, with titles."""
    opened = column.subject.checkpoint
    found = {}
    if known_channels(opened) or (is_known(opened.card) and is_here(opened.card.dataset, data_root())):
        found[TEST] = text("compare.card.of.test")
    for name, folder in audits().items() if asked_for_audit() else ():
        try:
            digests = [network["sha256"] for network in opened_audit(folder).manifest.networks]
        except AuditError:  # the Audit page says what is the matter with it
            continue
        if opened.sha256 in digests:
            found[name] = text("compare.card.of.audit", name=name)
    return found


def pictures_from(column: Column, source: str) -> ChannelPictures:
    """Those of one of the `sources`.

    Raises:
        DatasetError: the data set cannot be read.
        AuditError: the audit cannot.
    """
    return _test(column) if source == TEST else _audited(column, source)


def _test(column: Column) -> ChannelPictures:
    opened, card = column.subject.checkpoint, column.explanation.card
    stored = known_channels(opened)
    drawn = card.dataset.startswith("scenes")
    if stored and drawn:  # nothing but the pictures that are shown has to be drawn
        count = stored[0].responses.pictures
        return ChannelPictures((), TEST, count, stored, None, None, partial(_scene, card), _test_name)
    pictures = pictures_of(card)
    data = pictures.data

    def shown() -> Iterator[Tensor]:
        return batches(data, card.mean, card.std, device_of(column.subject.network))

    def few() -> tuple[Iterator[Tensor], int, npt.NDArray[np.int64]]:
        some = spread_over(data, CLOSED)
        return batches(some, card.mean, card.std, device_of(column.subject.network)), len(some), some.labels

    def seen(number: int) -> Seen:
        return cast(Seen, data.images[number])

    return ChannelPictures((pictures.digest,), TEST, len(data), stored, shown, few, seen, _test_name)


def _scene(card: Card, number: int) -> Seen:
    return draw_scene(number, split="test", shortcut=card.dataset == "scenes-shortcut").image


def _test_name(number: int) -> str:
    return text("compare.card.test_name", number=number)


def _audited(column: Column, name: str) -> ChannelPictures:
    folder, card = audits()[name], column.explanation.card
    audit = opened_audit(folder)
    key = (str(folder), len(audit.parts), column.subject.checkpoint.sha256)
    rows = cached("audit-seen", key, lambda: SeenRows(audit, card, MOST_ROWS), most=16)

    def shown() -> Iterator[Tensor]:
        return rows.batches(device_of(column.subject.network))

    def few() -> tuple[Iterator[Tensor], int, npt.NDArray[np.int64] | None]:
        return shown(), len(rows), rows.labels

    def seen(place: int) -> Seen:
        return rows.seen(rows.items[place]).seen

    def called(place: int) -> str:
        return text("compare.card.audit_name", item=rows.items[place])

    return ChannelPictures(key, "audit", len(rows), None, shown, few, seen, called)
