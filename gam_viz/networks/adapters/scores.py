"""From whatever a network returns to scores (B, K), one a class, label or value: what all else here is asked about.

    (B, K), (B,)             scores as they are; (logits, aux), {"logits": …} and an object with .logits hold them
    (B, K, H, W)             segmentation: each class's logits, summed over the picture or over a region of it
    (B, 4 + K, N)            detection as YOLOv8 and later give it: boxes (x, y, width, height around a centre), scores
    (B, N, 5 + K)            the same as YOLOv5 and v7 give it, the fifth number being the box's own score
    [{"boxes", "labels", "scores"}]   detection as torchvision gives it: boxes (left, top, right, bottom)

Of detections, each class's scores are summed over those whose centre lies in the region.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gam_viz.networks.card import OutputKind, Region
from gam_viz.text.refusal import RefusalError

WHOLE: Region = (0.0, 0.0, 1.0, 1.0)
_NAMES = ("logits", "out")  # where transformers and torchvision put them


@dataclass(frozen=True)
class Scores:
    """How one network's output becomes scores.

    Attributes:
        kind: what the output is; None where nobody said it and its shape does not tell.
        output: from what the network returns to a part of it that is read; None to look for it.
        classes: how many there are; None to count them. torchvision's detections do not tell.
        region: over which segmentations and detections are summed.
        refusal: why what the network returned on its example cannot be read; None where it can.
    """

    kind: OutputKind | None = None
    output: Callable[[Any], Any] | None = None
    classes: int | None = None
    region: Region = WHOLE
    refusal: RefusalError | None = None

    def __call__(self, raw: Any, size: tuple[int, int]) -> Any:
        """Scores (B, K); what the network returned, where that cannot be read.

        Args:
            raw: what the network returned.
            size: (height, width) of the pictures it was given, in pixels.
        """
        return raw if self.refusal is not None else self._read(raw, size)

    def part(self, raw: Any) -> Tensor | Sequence[Mapping[str, Tensor]]:
        """The tensor that is read of what the network returned, or its detections, a mapping a picture.

        Raises:
            RefusalError: there is none, or it is in doubt.
        """
        given = raw if self.output is None else self.output(raw)
        if isinstance(given, list) and given and all(isinstance(each, Mapping) and "boxes" in each for each in given):
            return given
        found = given if isinstance(given, Tensor) else self._found(given)
        if found is None or not found.is_floating_point():
            raise unreadable(given)
        return found

    def _read(self, raw: Any, size: tuple[int, int]) -> Tensor:
        found = self.part(raw)
        if not isinstance(found, Tensor):
            return self._of_lists(found, size)
        if found.ndim == 1:
            return found[:, None]  # one value a picture
        if found.ndim == 2:
            return found
        if found.ndim == 4 and tuple(found.shape[2:]) == (1, 1) and self.kind != "segmentation":
            return found.flatten(1)  # of a network of convolutions alone
        if found.ndim == 4 and self.kind in (None, "segmentation"):
            return _within(found, self.region).sum((2, 3))
        if found.ndim == 3 and self.kind == "detection":
            boxes = self.boxes(found)
            centres = boxes[:, :2].detach() / boxes.new_tensor([size[1], size[0]])[:, None]  # (B, 2, N), 0..1
            return (boxes[:, 4:] * _inside(centres, self.region)).sum(2)
        raise unreadable(found)

    def _found(self, given: Any) -> Tensor | None:
        """The scores among several things, where there is no doubt."""
        for name in _NAMES:
            part = given.get(name) if isinstance(given, Mapping) else getattr(given, name, None)
            if isinstance(part, Tensor):
                return part
        parts = list(given.values()) if isinstance(given, Mapping) else given
        if not isinstance(parts, Sequence) or isinstance(parts, str):
            return None
        wanted = {"segmentation": 4, "detection": 3}.get(self.kind or "", 2)
        fitting = [part for part in parts if isinstance(part, Tensor) and part.ndim == wanted]
        if not fitting:  # perhaps one of the things is such a collection itself
            nested = [part for part in parts if isinstance(part, (Mapping, tuple, list)) and "boxes" not in part]
            fitting = [part for part in map(self._found, nested) if part is not None]
        alike = {tuple(part.shape) for part in fitting}
        # Of several alike the first: those after it are what auxiliary heads say.
        told = len(fitting) == 1 or (len(alike) == 1 and not isinstance(given, Mapping))
        return fitting[0] if told else None

    def boxes(self, found: Tensor) -> Tensor:
        """(B, 4 + K, N) or (B, N, 5 + K) -> (B, 4 + K, N): centre, width and height in pixels, then scores."""
        across, down = found.shape[1:]
        by_row = across < down if self.classes is None else across == 4 + self.classes
        if not by_row:
            found = found.transpose(1, 2)  # (B, 5 + K, N)
            found = torch.cat([found[:, :4], found[:, 4:5] * found[:, 5:]], dim=1)
        if self.classes not in (None, found.shape[1] - 4) or found.shape[1] < 5:
            raise RefusalError(
                "errors.reason.detection_classes", rows=int(across), columns=int(down), classes=self.classes or "?"
            )
        return found

    def _of_lists(self, given: Sequence[Mapping[str, Tensor]], size: tuple[int, int]) -> Tensor:
        if self.classes is None:
            raise RefusalError("errors.reason.detection_count")
        rows = []
        for each in given:
            corners = (
                each["boxes"].detach().reshape(-1, 2, 2).mean(1).T
                / each["boxes"].new_tensor([size[1], size[0]])[:, None]
            )  # (2, n)
            scores = each["scores"] * _inside(corners[None], self.region)[0, 0]
            chosen = each["labels"][None] == torch.arange(self.classes, device=scores.device)[:, None]  # (K, n)
            rows.append((scores * chosen).sum(1))
        return torch.stack(rows)


def scores_of(
    raw: Any,
    example: Tensor,
    output: Callable[[Any], Any] | None = None,
    kind: OutputKind | None = None,
    classes: int | None = None,
) -> Scores:
    """How the scores are read from what a network returned on its example.

    Raises:
        ValueError: `output` was given and does not lead to scores; the sentence says what it led to.
    """
    scores, size = Scores(kind, output, classes), (int(example.shape[-2]), int(example.shape[-1]))
    try:
        found = scores._read(raw, size)
    except RefusalError as error:
        if output is not None:
            raise
        return dataclasses.replace(scores, refusal=error)
    except (KeyError, IndexError, AttributeError, TypeError, RuntimeError) as error:
        raise RefusalError(
            "errors.reason.output_fails", given=described(raw), why=f"{type(error).__name__}: {error}"
        ) from error
    if found.shape[0] != example.shape[0]:  # as (K,), where a network squeezes the batch of one away
        if output is not None:
            raise unreadable(raw)
        return dataclasses.replace(scores, refusal=unreadable(raw))
    if kind is None:
        given = raw if output is None else output(raw)
        read = given if isinstance(given, Tensor) else scores._found(given)
        if read is None:
            scores = dataclasses.replace(scores, kind="detection")
        elif read.ndim == 4 and tuple(read.shape[2:]) != (1, 1):
            scores = dataclasses.replace(scores, kind="segmentation")
    return scores


def unreadable(raw: Any) -> RefusalError:
    """Why this gives no scores, and what to write."""
    if isinstance(raw, Tensor):
        squeezed = f"o.reshape(-1, {raw.numel()})"
        ways = {0: squeezed, 1: squeezed, 3: "o.mean(1)", 4: "o.mean((2, 3))"}
        instead = ways.get(raw.ndim, "o.flatten(1)")
    elif isinstance(raw, (Mapping, tuple, list)):
        ways_in = list(_ways_in(raw))
        instead = next((way for way, part in ways_in if part.ndim == 2), ways_in[0][0] if ways_in else "o[0]")
    else:
        instead = "o.logits"
    return RefusalError("errors.reason.output_unknown", given=described(raw), instead=instead)


def _ways_in(raw: Any, way: str = "o") -> Iterator[tuple[str, Tensor]]:
    """How each tensor in nested collections is reached, and it."""
    if isinstance(raw, Tensor):
        yield way, raw
    elif isinstance(raw, Mapping):
        for key, value in raw.items():
            yield from _ways_in(value, f'{way}["{key}"]')
    elif isinstance(raw, (tuple, list)):
        for number, value in enumerate(raw):
            yield from _ways_in(value, f"{way}[{number}]")


def described(raw: Any, most: int = 6) -> str:
    """What was returned, in short: shapes and keys."""
    if isinstance(raw, Tensor):
        return f"({', '.join(map(str, raw.shape))})"
    if isinstance(raw, Mapping):
        parts = [f'"{key}": {described(value, 0)}' for key, value in list(raw.items())[:most]]
        return f"{{{', '.join(parts)}{', …' if len(raw) > most else ''}}}"
    if isinstance(raw, (tuple, list)):
        parts = [described(value, 0) for value in raw[:most]]
        return f"[{', '.join(parts)}{', …' if len(raw) > most else ''}]"
    return type(raw).__name__


def _within(found: Tensor, region: Region) -> Tensor:
    """The cells (B, K, h, w) that a region covers; at least one."""
    rows, columns = found.shape[2:]
    left, top, right, bottom = region
    first_row, first_column = min(round(top * rows), rows - 1), min(round(left * columns), columns - 1)
    last_row, last_column = max(round(bottom * rows), first_row + 1), max(round(right * columns), first_column + 1)
    return found[:, :, first_row:last_row, first_column:last_column]


def _inside(centres: Tensor, region: Region) -> Tensor:
    """(B, 2, N) of x and y in 0..1 -> (B, 1, N): whether each lies in the region. Of the whole picture, all do."""
    if region == WHOLE:
        return torch.ones_like(centres[:, :1])
    left, top, right, bottom = region
    x, y = centres[:, :1], centres[:, 1:]
    return ((x >= left) & (x <= right) & (y >= top) & (y <= bottom)).to(centres.dtype)
