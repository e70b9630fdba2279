"""A folder of pictures sorted by class: `<root>/{train,test}/<class>/*.{png,jpg,...}`, or the same tree in a zip."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageOps

from gam_viz.datasets.arrays import DatasetError, DatasetInfo, LabelledImages

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}


def load_folder(split: str, path: Path, *, size: int = 64) -> LabelledImages:
    """The pictures of one split, scaled to cover a square and cropped at its centre.

    Args:
        split: "train" or "test": the folder of that name is read.
        path: the tree's root, or a zip of it.
        size: side of the square, in pixels.

    Raises:
        DatasetError: nothing is there, there are fewer than two classes, or a picture cannot be read.
    """
    if path.is_dir():
        files = {p.relative_to(path).as_posix(): p.read_bytes for p in sorted((path / split).rglob("*")) if p.is_file()}
        return _load(split, path.stem, files, size)
    if path.is_file() and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = sorted(n for n in archive.namelist() if split in PurePosixPath(n).parts)
            return _load(split, path.stem, {n: (lambda n=n: archive.read(n)) for n in names}, size)
    raise DatasetError(f"no folder or zip of pictures named {path.name}; expected <root>/{split}/<class>/*.png inside")


def _load(split, name, files, size) -> LabelledImages:  # type: ignore[no-untyped-def]
    by_class = defaultdict(list)
    for path, read in files.items():
        parts = PurePosixPath(path)
        if parts.suffix.lower() in SUFFIXES and len(parts.parts) >= 2:
            by_class[parts.parts[-2]].append((path, read))
    if len(by_class) < 2:
        raise DatasetError(f"{name}/{split} holds {len(by_class)} classes of pictures; at least two folders are needed")
    classes = tuple(sorted(by_class))
    images, labels = [], []
    for label, class_name in enumerate(classes):
        for path, read in by_class[class_name]:
            try:
                with Image.open(io.BytesIO(read()), formats=("PNG", "JPEG", "WEBP", "BMP", "TIFF")) as picture:
                    square = ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), (size, size))
            except (OSError, ValueError, SyntaxError, TypeError) as error:
                raise DatasetError(f"{path} cannot be read as a picture: {error}") from error
            images.append(np.asarray(square))
            labels.append(label)
    stacked = np.stack(images)
    unit = stacked.reshape(-1, 3).astype(np.float64) / 255
    info = DatasetInfo(
        name=name,
        title=name,
        classes=classes,
        size=size,
        mean=tuple(round(float(v), 4) for v in unit.mean(axis=0)),  # type: ignore[arg-type]
        std=tuple(round(float(v), 4) for v in unit.std(axis=0)),  # type: ignore[arg-type]
        source="a folder of pictures",
        licence="not stated",
    )
    return LabelledImages(info, stacked, np.asarray(labels, dtype=np.int64))
