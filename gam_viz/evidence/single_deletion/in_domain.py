"""IDSDS of a network's maps: single deletion on its tuned copy, over many pictures."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.datasets import LabelledImages
from gam_viz.evidence.own_maps import KINDS, LayerMaps, trivial_maps
from gam_viz.evidence.single_deletion.score import GRID, FloatArray64, cells_of, correlation
from gam_viz.explain.attributions import attribute_many
from gam_viz.explain.heatmaps import of_attributions
from gam_viz.images import normalise_batch
from gam_viz.networks import ResidualNetwork
from gam_viz.networks.card import Card
from gam_viz.runtime.device import at_once, device_of
from gam_viz.runtime.device_queue import give_way
from gam_viz.runtime.files import write_atomically

VERSION = 1  # of the kept files


@dataclass(frozen=True, eq=False)
class Deletions:
    """Of one network on N pictures.

    Attributes:
        scores: by map, (N,) rank correlations; NaN where the map is flat; of `KINDS` means over layers.
        before, after: (N,) bool, which pictures the network and its tuned copy get right.
        before_without, after_without: (N,) shares of cells with which removed they get them right.
    """

    scores: Mapping[str, FloatArray64]
    before: npt.NDArray[np.bool_]
    after: npt.NDArray[np.bool_]
    before_without: FloatArray64
    after_without: FloatArray64


def without_cells(network: nn.Module, x: Tensor, grid: int = GRID) -> Tensor:  # (B, C, S, S) -> (B, cells + 1, classes)
    """Logits of each picture as it is, and with each cell at the mean colour."""
    found = []
    for cell in (None, *cells_of((int(x.shape[-2]), int(x.shape[-1])), grid)):
        give_way()
        less = x.clone()
        if cell is not None:
            less[:, :, cell[0], cell[1]] = 0
        with torch.inference_mode():
            found.append(network(less))
    return torch.stack(found, 1)


def deletions(
    network: nn.Module,
    tuned: ResidualNetwork,
    card: Card,
    pictures: LabelledImages,
    methods: Sequence[str],
    grid: int = GRID,
    progress: Callable[[float], None] | None = None,
) -> Deletions:
    """Single deletion of all maps of a tuned copy, each for the picture's own class.

    Args:
        network: as it was before, in eval mode.
        tuned: its copy, in eval mode.
        card: of both.
        pictures: of the size that the network sees.
        methods: of attribution.
        grid: cells a side.
        progress: told the share that is done; may raise to leave.
    """
    device, size = device_of(tuned), card.sides
    layers = LayerMaps(tuned, card)
    rows: dict[str, list[float]] = {}
    right: list[list[FloatArray64]] = []
    chunk = min(32, at_once(device, size, 1))
    for start in range(0, len(pictures), chunk):
        images, labels = pictures.images[start : start + chunk], pictures.labels[start : start + chunk]
        batch = normalise_batch(torch.from_numpy(images).permute(0, 3, 1, 2).to(device), card.mean, card.std)
        logits = [without_cells(each, batch, grid).double().cpu().numpy() for each in (network, tuned)]
        right.append([(each.argmax(-1) == labels[:, None]).astype(float) for each in logits])
        own = np.take_along_axis(logits[1], labels[:, None, None], -1)[..., 0]  # (B, cells + 1)
        for place, label in enumerate(labels.tolist()):
            if progress is not None:
                progress((start + place) / len(pictures))
            x, fallen = batch[place : place + 1], own[place, 0] - own[place, 1:]
            maps = layers(x) | {m.key: m.values for m in of_attributions(attribute_many(tuned, x, label, methods))}
            maps |= trivial_maps(images[place])
            scored = {key: correlation(values, fallen, size, grid) for key, values in maps.items() if key != "area"}
            for key, value in scored.items():
                rows.setdefault(key, []).append(np.nan if value is None else value)
    before, after = (np.concatenate([each[which] for each in right]) for which in (0, 1))  # (N, cells + 1)
    return Deletions(
        _by_kind({key: np.asarray(values) for key, values in rows.items()}),
        *(before[:, 0] > 0, after[:, 0] > 0, before[:, 1:].mean(1), after[:, 1:].mean(1)),
    )


def _by_kind(scores: Mapping[str, FloatArray64]) -> dict[str, FloatArray64]:
    """The mean over a kind's layers in the place of single layers, so that no layer is picked afterwards."""
    found: dict[str, list[FloatArray64]] = {}
    for key, values in scores.items():
        kind = key.partition(".")[0]
        found.setdefault(kind if kind in KINDS else key, []).append(values)
    means = {}
    for key, each in found.items():
        known = np.isfinite(each).sum(0)
        means[key] = np.where(known > 0, np.nansum(each, axis=0) / np.maximum(known, 1), np.nan)
    return means


def kept_deletions(path: Path, facts: Mapping[str, Any], make: Callable[[], Deletions]) -> Deletions:
    """What `path` holds of the same question; made and written there where it does not."""
    said = json.dumps({"version": VERSION, **facts}, sort_keys=True)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        if str(arrays.pop("facts")) == said:
            scores = {key.removeprefix("map/"): of for key, of in arrays.items() if key.startswith("map/")}
            return Deletions(scores, **{key: of for key, of in arrays.items() if not key.startswith("map/")})
    except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile):
        pass  # nothing there, or nothing that can be read: it is made anew
    found = make()
    arrays = {f"map/{key}": of for key, of in found.scores.items()}
    others = {field.name: getattr(found, field.name) for field in dataclasses.fields(found) if field.name != "scores"}

    def write(part: Path) -> None:
        with part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, facts=np.asarray(said), **arrays, **others)

    write_atomically(path, write)
    return found
