"""A folder of pictures sorted by class: `<root>/{train,test}/<class>/*.{png,jpg,...}`, or the same tree in a zip."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from gam_viz.datasets.arrays import DatasetError, DatasetInfo, LabelledImages, MissingDataError

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}

#: What Pillow and zipfile raise on damaged files, beside OSError.
DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    NotImplementedError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
    Image.DecompressionBombError,
)

#: For each path below the root, with slashes, how to read the file.
Files = Mapping[PurePosixPath, Callable[[], bytes]]


def load_folder(split: str, path: Path, *, size: int = 64) -> LabelledImages:
    """The pictures of one split, scaled to cover a square and cropped at its centre.

    Mean and standard deviation in the result's info are those of this split.

    Args:
        split: "train" or "test": the folder of that name is read; each folder in it is a class, with all pictures
            below it. Names that start with a dot are left out.
        path: the tree's root, or a zip of the tree (with or without the root itself).
        size: side of the square, in pixels, at least 8.

    Raises:
        DatasetError: nothing is there, there are fewer than two classes, or a picture cannot be read.
    """
    if size < 8:
        raise DatasetError(f"pictures of a folder are scaled to 8 pixels or more, got size {size}")
    if path.is_dir():
        found = sorted(p for p in (path / split).rglob("*") if p.is_file())
        return _load(
            split, path.stem, {PurePosixPath(p.relative_to(path).as_posix()): p.read_bytes for p in found}, size
        )
    if path.is_file() and zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                return _load(split, path.stem, _files_of(archive, split), size)
        except zipfile.BadZipFile as error:
            raise DatasetError(f"{path.name} is a damaged zip: {error}") from error
    raise MissingDataError(
        f"no folder or zip of pictures named {path.name}; expected <root>/{split}/<class>/*.png inside",
        title=path.name,
        folder=path.parent,
        expected=(path.name,),
    )


def _files_of(archive: zipfile.ZipFile, split: str) -> Files:
    names = sorted(name for name in archive.namelist() if not name.endswith("/"))
    tops = {PurePosixPath(name).parts[0] for name in names if "/" in name and not name.startswith(("__MACOSX/", "."))}
    # Most zips hold the root folder itself; it may have any name, "train" too.
    root = f"{next(iter(tops))}/" if len(tops) == 1 else ""
    if not any(name.startswith(f"{root}{split}/") for name in names):
        root = ""
    return {
        PurePosixPath(name.removeprefix(root)): partial(archive.read, name) for name in names if name.startswith(root)
    }


def _load(split: str, name: str, files: Files, size: int) -> LabelledImages:
    by_class: dict[str, list[PurePosixPath]] = defaultdict(list)
    for path in files:
        hidden = any(part.startswith(".") for part in path.parts)
        if path.suffix.lower() in SUFFIXES and len(path.parts) >= 3 and path.parts[0] == split and not hidden:
            by_class[path.parts[1]].append(path)
    if len(by_class) < 2:
        raise DatasetError(
            f"{name}/{split} holds pictures of {len(by_class)} classes, and at least two are needed; expected "
            f"<root>/{split}/<class>/*.png"
        )
    classes = tuple(sorted(by_class))
    images, labels = [], []
    for label, class_name in enumerate(classes):
        for path in by_class[class_name]:
            try:
                images.append(_square(files[path](), size))
            except DAMAGED as error:
                raise DatasetError(f"{path} cannot be read as a picture: {error}") from error
            labels.append(label)
    stacked = np.stack(images)
    mean, std = mean_and_std(stacked)
    info = DatasetInfo(
        name=name,
        title=name,
        classes=classes,
        size=size,
        mean=mean,
        std=std,
        source="a folder of pictures",
        licence="not stated",
    )
    return LabelledImages(info, stacked, np.asarray(labels, dtype=np.int64))


def _square(data: bytes, size: int) -> npt.NDArray[np.uint8]:  # -> (size, size, 3)
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP", "BMP", "TIFF")) as picture:
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith("I;16"):  # Pillow's own conversion would clip all above 255 to white
            upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
        elif upright.mode in ("I", "F"):
            raise ValueError("its pixels have 32 bits and no known range; 8 or 16 bits are read")
        return np.asarray(ImageOps.fit(upright.convert("RGB"), (size, size)))


def mean_and_std(images: npt.NDArray[np.uint8]) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Per RGB channel, in 0..1; a channel without any variation gets a standard deviation of 1."""
    levels = np.arange(256) / 255
    means, deviations = [], []
    for channel in range(3):  # from a histogram: a float64 copy of the pictures would be eight times their size
        share = np.bincount(images[..., channel].ravel(), minlength=256) / max(1, images[..., channel].size)
        mean = float((share * levels).sum())
        means.append(round(mean, 4))
        deviations.append(round(float((share * (levels - mean) ** 2).sum() ** 0.5), 4) or 1.0)
    return (means[0], means[1], means[2]), (deviations[0], deviations[1], deviations[2])
