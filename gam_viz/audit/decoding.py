"""Items decoded ahead of the device: what is read becomes inputs of all networks, what is not becomes a sentence."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from gam_viz.audit.item import AuditItem, NoDataError
from gam_viz.evidence.localisation import Mask
from gam_viz.explain import seen_by
from gam_viz.images import Picture, PictureError
from gam_viz.images.network_input import placed_pixels
from gam_viz.networks.card import Card
from gam_viz.text.refusal import RefusalError, first_line, os_reason

LOT = 64  # pictures that are decoded together, at least: whole passes of every network
AHEAD = 3  # lots that wait for the device; more would only take memory

#: What became of an item.
OK, REFUSED, NO_DATA = "ok", "refused", "no data"


@dataclass(frozen=True)
class Form:
    """What networks that prepare pictures alike share.

    Attributes:
        card: of one of them.
        key: equal where the input's pixels are.
    """

    card: Card = field(compare=False, repr=False)
    key: tuple[object, ...]

    @classmethod
    def of(cls, card: Card) -> Form:
        """Of a network. Pixels for eyes are normalised on the device; of bands, numbers come normalised already."""
        border = card.mean if card.fit == "pad" else ()
        normalised = () if card.channels in (1, 3) else (card.mean, card.std)
        return cls(card, (card.sides, card.channels, card.fit, card.resize, card.interpolation, border, normalised))


@dataclass(frozen=True, eq=False)
class DecodedItem:
    """An item that was looked at.

    Attributes:
        item: which.
        status: OK, REFUSED or NO_DATA.
        sentence: why not; empty of OK ones.
        sha256: of the file's bytes, or of the pixels.
        inputs: by form (C, H, W): uint8 of pictures for eyes, float32 of bands.
        truth: by form two (H, W) bool: where the object lies, and what counts at all.
    """

    item: AuditItem
    status: str
    sentence: str = ""
    sha256: str | None = None
    inputs: dict[Form, npt.NDArray[np.generic]] = field(default_factory=dict)
    truth: dict[Form, tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]] = field(default_factory=dict)


def decoded(item: AuditItem, forms: Sequence[Form]) -> DecodedItem:
    """Read, decode and prepare one item. Whatever is wrong with it is its sentence."""
    try:
        picture = item.picture()
        known = item.truth()
        inputs, truth = {}, {}
        for form in forms:
            inputs[form], box = _input(picture, form.card)
            if known is not None and (seen := _seen(known, box, form.card.sides)) is not None:
                truth[form] = seen
        return DecodedItem(item, OK, "", picture.sha256, inputs, truth)
    except NoDataError as error:
        return DecodedItem(item, NO_DATA, str(error))
    except OSError as error:
        return DecodedItem(item, REFUSED, str(RefusalError("audit.row.unreadable", why=os_reason(error))))
    except (PictureError, RefusalError) as error:
        return DecodedItem(item, REFUSED, str(error))
    except MemoryError:
        return DecodedItem(item, REFUSED, str(PictureError("out_of_memory")))
    except ValueError as error:  # a path that no system takes, as one with a zero byte
        return DecodedItem(item, REFUSED, first_line(error))


def _input(picture: Picture, card: Card) -> tuple[npt.NDArray[np.generic], tuple[float, float, float, float]]:
    if card.channels not in (1, 3):
        seen = seen_by(card, picture)
        return seen.tensor[0].numpy(), seen.box
    placed, pixels = placed_pixels(picture, card.sides, card.mean, card.fit, card.resize, card.interpolation)  # type: ignore[arg-type]
    return pixels[..., : card.channels].transpose(2, 0, 1), placed.box


def _seen(
    known: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
    box: tuple[float, float, float, float],
    sides: tuple[int, int],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None:
    """The truth as the input was cut; None where nothing of the object, or nothing else, is seen."""
    inside, ignored = known
    try:
        within = Mask.as_seen(inside, box, sides).inside
        left_out = Mask.as_seen(ignored, box, sides).inside if ignored.any() else np.zeros_like(within)
    except ValueError:
        return None
    counted = ~left_out
    return (within, counted) if counted[~within].any() else None


def lots(items: Sequence[AuditItem], forms: Sequence[Form], size: int, threads: int) -> Iterator[list[DecodedItem]]:
    """All items in order, `size` at a time, decoded by other threads while the device computes; never more than `AHEAD`
    lots wait."""

    def lot(start: int) -> list[DecodedItem]:
        return [decoded(item, forms) for item in items[start : start + size]]

    waiting = deque[Future[list[DecodedItem]]]()
    pool = ThreadPoolExecutor(threads, "gam-viz-decode")
    try:
        for start in range(0, len(items), size):
            waiting.append(pool.submit(lot, start))
            if len(waiting) > AHEAD + threads - 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def batch(inputs: Sequence[npt.NDArray[np.generic]], size: int) -> torch.Tensor:
    """(size, C, H, W) of the inputs, or (size, H, W) of masks, filled up with the last of them. Channels come last in
    memory, as they do in a decoded picture, and as convolutions want them."""
    filled = [*inputs, *[inputs[-1]] * (size - len(inputs))]
    if inputs[0].ndim == 2:
        return torch.from_numpy(np.stack(filled))
    return torch.from_numpy(np.stack([each.transpose(1, 2, 0) for each in filled])).permute(0, 3, 1, 2)
