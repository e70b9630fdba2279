"""Where the answer lies in real pictures: boxes and masks that people drew, over the pictures of a test split.

Adding a data set: a reader, and a line in `TRUTHS`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
from PIL import Image

from gam_viz.datasets.arrays import DatasetError, LabelledImages, MissingDataError
from gam_viz.datasets.bccd import load_bccd, tiles_of_split
from gam_viz.datasets.folders import DAMAGED
from gam_viz.datasets.packs import load_busi, load_ucmerced

BOXES = "ucmerced_boxes.json"
FIRST_TEST_NUMBER = 80  # of each of UC Merced's classes


@dataclass(frozen=True, eq=False)
class Truth:
    """The pictures of a test split of which it is known where the object lies.

    Attributes:
        data: those pictures.
        index: (M,) int64, their numbers in the whole split.
        masks: (M, S, S) bool, where the object lies.
        ignored: (M, S, S) bool, what counts neither as the object nor as its surroundings.
    """

    data: LabelledImages
    index: npt.NDArray[np.int64]
    masks: npt.NDArray[np.bool_]
    ignored: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.index)

    def regions(self, number: int) -> dict[str, npt.NDArray[np.bool_]]:
        """What is known to lie in the split's picture of that number, (S, S) each; nothing in most pictures."""
        places = np.flatnonzero(self.index == number)
        return {"object": self.masks[places[0]]} if len(places) else {}


def load_truth(name: str, root: Path) -> Truth:
    """The truth of a data set's test split.

    Raises:
        MissingDataError: the pictures, or the file that says where their objects are, are not in `root`.
        DatasetError: nothing is known of that data set, or what is known does not fit its pictures.
    """
    if name not in TRUTHS:
        raise DatasetError(f"it is not known where the objects of {name} lie; known are {', '.join(TRUTHS)}")
    return TRUTHS[name](root)


def _of_ucmerced(root: Path) -> Truth:
    """Boxes on the airplanes, storage tanks, tennis courts and baseball diamonds; unsure ones are ignored."""
    data = load_ucmerced("test", root)
    path = root / BOXES
    if not path.exists():
        raise MissingDataError(
            f"the boxes of {data.info.title} are not in the data folder {root}: expected {BOXES}",
            title=data.info.title,
            folder=root,
            expected=(BOXES,),
        )
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        if described["image_size"] not in (data.info.size, [data.info.size] * 2):
            raise ValueError(f"its boxes are for pictures of {described['image_size']} pixels, not {data.info.size}")
        numbers, masks, ignored = [], [], []
        for name, facts in described["pictures"].items():
            numbers.append(_number_of(PurePosixPath(name), data))
            sure = [box for index, box in enumerate(facts["boxes"]) if index not in facts.get("unsure", ())]
            rest = [facts["boxes"][index] for index in facts.get("unsure", ())] + facts.get("left_out", [])
            masks.append(_inside(sure, data.info.size))
            ignored.append(_inside(rest, data.info.size) & ~masks[-1])
    except DAMAGED as error:
        raise DatasetError(f"{BOXES} cannot be read: {error}") from error
    return _truth(data, numbers, masks, ignored)


def _number_of(path: PurePosixPath, data: LabelledImages) -> int:
    """UC Merced's test pictures are 80 to 99 of their class, in order of their numbers."""
    of_class = np.flatnonzero(data.labels == data.info.classes.index(path.parent.name))
    return int(of_class[int(path.stem.removeprefix(path.parent.name)) - FIRST_TEST_NUMBER])


def _of_busi(root: Path) -> Truth:
    """Masks of the lesions; pictures without a lesion have none."""
    data = load_busi("test", root)
    pack = root / "busi256.zip"
    size = data.info.size
    numbers, masks = [], []
    if not pack.exists():
        raise MissingDataError(
            f"the masks of {data.info.title} are not in the data folder {root}: expected {pack.name}",
            title=data.info.title,
            folder=root,
            expected=(pack.name,),
        )
    try:
        with zipfile.ZipFile(pack) as archive:
            names = [name for name in archive.namelist() if name.startswith("busi256/test/") and name.endswith(".png")]
            # As `load_folder` has them: by class, and by name within one.
            for number, name in enumerate(sorted(names)):
                path = PurePosixPath(name)
                content = archive.read(f"busi256/masks/{path.parent.name}/{path.name}")
                with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
                    if picture.size != (size, size):
                        raise ValueError(f"the mask of {path.name} is {picture.size}, and the picture {(size, size)}")
                    mask = np.asarray(picture.convert("L")) > 0
                if mask.any():
                    numbers.append(number)
                    masks.append(mask)
    except KeyError as error:
        raise DatasetError(f"{pack.name} holds no masks of its test pictures: {error.args[0]}") from error
    except DAMAGED as error:
        raise DatasetError(f"the masks in {pack.name} cannot be read: {error}") from error
    return _truth(data, numbers, masks, [np.zeros_like(mask) for mask in masks])


def _of_bccd(root: Path) -> Truth:
    """Boxes on the cells that name each tile; cells of that kind that its border cuts are ignored."""
    data = load_bccd("test", root)
    tiles = tiles_of_split("test", root)
    masks, cut = (
        [_inside([box[1:] for box in boxes], data.info.size) for boxes in of]
        for of in ([tile.boxes for tile in tiles], [tile.cut for tile in tiles])
    )
    ignored = [rest & ~mask for rest, mask in zip(cut, masks, strict=True)]
    return _truth(data, list(range(len(masks))), masks, ignored)


def _inside(boxes: Sequence[Sequence[float]], size: int) -> npt.NDArray[np.bool_]:  # -> (size, size)
    """Pixels whose centre lies in one of the boxes [x0, y0, x1, y1]."""
    centre = np.arange(size) + 0.5
    inside = np.zeros((size, size), dtype=bool)
    for x0, y0, x1, y1 in boxes:
        inside |= np.outer((y0 <= centre) & (centre < y1), (x0 <= centre) & (centre < x1))
    return inside


def _truth(
    data: LabelledImages,
    numbers: Sequence[int],
    masks: Sequence[npt.NDArray[np.bool_]],
    ignored: Sequence[npt.NDArray[np.bool_]],
) -> Truth:
    """Without pictures in which nothing, or all that counts, is the object."""
    kept = [place for place, mask in enumerate(masks) if mask.any() and not (mask | ignored[place]).all()]
    if not kept:
        raise DatasetError(f"nothing is known of where the objects of {data.info.title} lie")
    index = np.array([numbers[place] for place in kept], dtype=np.int64)
    return Truth(
        data.take(index),
        index,
        np.stack([masks[place] for place in kept]),
        np.stack([ignored[place] for place in kept]),
    )


TRUTHS: dict[str, Callable[[Path], Truth]] = {"ucmerced": _of_ucmerced, "busi": _of_busi, "bccd": _of_bccd}
