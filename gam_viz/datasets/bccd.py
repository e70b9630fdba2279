"""BCCD (Shenggan, MIT): blood smears with boxes on every cell, cut into tiles that are named by what they hold."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from gam_viz.datasets.arrays import DatasetError, DatasetInfo, LabelledImages, MissingDataError
from gam_viz.datasets.folders import DAMAGED, mean_and_std

PACK = "bccd.zip"
CLASSES = ("white cell", "platelets", "red cells only")
KINDS = ("WBC", "Platelets", "RBC")  # what the boxes call them
SIDE = 192  # of a tile, in the picture's own pixels
COLUMNS, ROWS = 5, 3  # tiles a picture, overlapping
RED_TILES = 3  # of one picture at most: nearly all of a smear is red cells
WHOLE, CUT = 0.75, 0.1  # shares of a cell's box: from the first on a tile holds it, up to the second it does not
FILLED = 0.4  # share of the tile that a white cell larger than the tile must cover to count as held

Box = tuple[str, int, int, int, int]  # kind, x0, y0, x1, y1, the last two exclusive


@dataclass(frozen=True)
class Tile:
    """A square of a picture: its name, its corner, and what it holds (an index into `CLASSES`)."""

    picture: str
    left: int
    top: int
    label: int
    boxes: tuple[Box, ...]  # of the kind that names the tile, in the tile's pixels, clipped to it
    cut: tuple[Box, ...] = ()  # of that kind too, but so cut by the tile's border that the tile does not hold them


def load_bccd(split: str, root: Path) -> LabelledImages:
    """Tiles of 192x192 pixels at the smear's own resolution: a white cell, platelets but no white cell, red cells only.

    Tiles that cut a white cell or a platelet are left out. Split by picture, as in the source; its validation pictures'
    tiles are those of "train" that are held out.

    Raises:
        MissingDataError: `bccd.zip` is not in `root`.
        DatasetError: it is damaged.
    """
    train, held = _read(root, ("train", "val" if split == "train" else "test"))
    if not train[0] or not held[0]:
        raise DatasetError(f"the BCCD pack {PACK} holds no tiles to train on, or none to test")
    mean, std = mean_and_std(train[1])
    tiles = [*train[0], *held[0]] if split == "train" else held[0]
    return LabelledImages(
        DatasetInfo(
            name="bccd",
            title="BCCD",
            classes=CLASSES,
            size=SIDE,
            mean=mean,
            std=std,
            source="BCCD Dataset, github.com/Shenggan/BCCD_Dataset; tiles of 192x192 of its 364 smears, split by smear",
            licence="MIT",
            any_way_up=True,
            domain="medical",
        ),
        np.concatenate([train[1], held[1]]) if split == "train" else held[1],
        np.array([tile.label for tile in tiles], dtype=np.int64),
        held_out=np.repeat([False, True], [len(train[0]), len(held[0])]) if split == "train" else None,
    )


def tiles_of_split(split: str, root: Path) -> list[Tile]:
    """The tiles of one of the source's splits ("train", "val", "test"), in the order `load_bccd` has them.

    Raises:
        DatasetError: as for `load_bccd`.
    """
    return _read(root, (split,))[0][0]


def tiles_of(picture: str, size: Sequence[int], boxes: Sequence[Box]) -> list[Tile]:
    """The tiles of one picture (width, height), left to right and top to bottom."""
    lefts, tops = (_places(side, count) for side, count in zip(size, (COLUMNS, ROWS), strict=True))
    found = [tile for top in tops for left in lefts if (tile := _tile(picture, left, top, boxes)) is not None]
    red = [tile for tile in found if tile.label == KINDS.index("RBC")]
    if len(red) > RED_TILES:
        kept = {red[index] for index in np.linspace(0, len(red) - 1, RED_TILES).round().astype(int)}
        found = [tile for tile in found if tile.label != KINDS.index("RBC") or tile in kept]
    return found


def _places(side: int, count: int) -> list[int]:
    if side < SIDE:
        raise ValueError(f"a picture of {side} pixels holds no tile of {SIDE}")
    return [round(step * (side - SIDE) / (count - 1)) for step in range(count)]


def _tile(picture: str, left: int, top: int, boxes: Sequence[Box]) -> Tile | None:
    """The tile at a place; None where it cuts a cell that would name it, or holds no cell."""
    held, cut = list[Box](), list[Box]()
    for kind, x0, y0, x1, y1 in boxes:
        clipped = max(x0 - left, 0), max(y0 - top, 0), min(x1 - left, SIDE), min(y1 - top, SIDE)
        area = max(clipped[2] - clipped[0], 0) * max(clipped[3] - clipped[1], 0)
        share = area / ((x1 - x0) * (y1 - y0))
        if share >= WHOLE or (kind == "WBC" and area >= FILLED * SIDE**2):
            held.append((kind, *clipped))
        elif kind != "RBC" and share > CUT:
            return None
        elif area:
            cut.append((kind, *clipped))
    label = next((index for index, kind in enumerate(KINDS) if any(box[0] == kind for box in held)), None)
    if label is None:
        return None
    of_label = (tuple(box for box in boxes if box[0] == KINDS[label]) for boxes in (held, cut))
    return Tile(picture, left, top, label, *of_label)


def _read(root: Path, splits: Sequence[str]) -> list[tuple[list[Tile], npt.NDArray[np.uint8]]]:
    """For each split its tiles, and their pixels (N, SIDE, SIDE, 3)."""
    pack = root / PACK
    if not pack.exists():
        raise MissingDataError(
            f"BCCD is not in the data folder {root}: expected {PACK}", title="BCCD", folder=root, expected=(PACK,)
        )
    try:
        with zipfile.ZipFile(pack) as archive:
            described = json.loads(archive.read("bccd/boxes.json"))["pictures"]
            return [_tiles(archive, described, split) for split in splits]
    except DAMAGED as error:
        raise DatasetError(f"the BCCD pack {pack.name} cannot be read: {error}") from error


def _tiles(
    archive: zipfile.ZipFile, described: dict[str, dict[str, object]], split: str
) -> tuple[list[Tile], npt.NDArray[np.uint8]]:  # tiles, (N, SIDE, SIDE, 3)
    tiles, pixels = list[Tile](), list[npt.NDArray[np.uint8]]()
    for name, facts in sorted(described.items()):
        if facts["split"] != split:
            continue
        with Image.open(io.BytesIO(archive.read(f"bccd/pictures/{name}.jpg")), formats=("JPEG",)) as picture:
            if list(picture.size) != facts["size"]:
                raise ValueError(f"{name} is {picture.size} and its boxes are for {facts['size']}")
            array = np.asarray(picture.convert("RGB"))
        boxes = [(str(kind), *map(int, corners)) for kind, *corners in facts["boxes"]]  # type: ignore[attr-defined]
        for tile in tiles_of(name, picture.size, boxes):  # type: ignore[arg-type]
            tiles.append(tile)
            pixels.append(array[tile.top : tile.top + SIDE, tile.left : tile.left + SIDE])
    return tiles, np.stack(pixels) if pixels else np.empty((0, SIDE, SIDE, 3), np.uint8)
