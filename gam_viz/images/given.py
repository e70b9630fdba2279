"""Pictures that a program hands over: a folder, files, or what it has in memory; each opened when it is looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gam_viz.images.formats.npy import bands_last
from gam_viz.images.formats.raster.stack import as_tiff
from gam_viz.images.formats.registry import format_of_suffix
from gam_viz.images.limits import LIMITS
from gam_viz.images.open_source import clean_name, open_source
from gam_viz.images.picture import Picture, from_pixels
from gam_viz.images.render import first_look, render
from gam_viz.images.source import Source

MOST = 100_000  # files of a folder
IN_MEMORY = replace(LIMITS, bands=1024, file_bytes=LIMITS.session_bytes)  # of what its program holds already


class _Items(Protocol):
    """A list of pictures, or a data set of (picture, label)."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


@dataclass(frozen=True, eq=False)
class GivenPicture:
    """One picture that was handed over.

    Attributes:
        item: a path, a picture in memory, or (picture, label).
        name: for people.
    """

    item: Any
    name: str

    def label(self, classes: Sequence[str]) -> str | None:
        """The class that is known of it: its folder's name, or the label beside it; None where there is none."""
        if isinstance(self.item, Path):
            return self.item.parent.name if self.item.parent.name in classes else None
        label = self.item[1] if isinstance(self.item, tuple) and len(self.item) > 1 else None
        if isinstance(label, str):
            return label if label in classes else None
        index = int(label) if label is not None and np.ndim(label) == 0 else -1
        return classes[index] if 0 <= index < len(classes) else None

    def source(self) -> Source | None:
        """A file, opened, and bands in memory; None for other pictures in memory.

        Raises:
            PictureError: it is refused.
            OSError: it cannot be read.
        """
        if not isinstance(self.item, Path):
            return bands_in_memory(self._shown, self.name)
        LIMITS.check_file_size(self.item.stat().st_size)  # before it is read
        return open_source(self.item.read_bytes(), self.item.name)

    def picture(self) -> Picture:
        """The picture; of a file, as it is looked at first.

        Raises:
            PictureError: a file is refused.
            OSError: it cannot be read.
            ValueError: what is in memory is no picture; the sentence says what was given.
        """
        source = self.source()
        if source is not None:
            return render(source, first_look(source))
        return in_memory(self._shown, self.name)

    @property
    def _shown(self) -> Any:
        return self.item[0] if isinstance(self.item, tuple) else self.item

    @property
    def digest(self) -> str:
        """Of a file, what a cache may go by without opening it: its path, size and time; empty of what is in memory."""
        if not isinstance(self.item, Path):
            return ""
        status = self.item.stat()
        return hashlib.sha256(f"{self.item}\n{status.st_size}\n{status.st_mtime_ns}".encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class GivenPictures:
    """Pictures by number.

    Attributes:
        items: paths, pictures in memory, or (picture, label).
        root: the folder that paths are named from; None where there is none.
    """

    items: _Items
    root: Path | None = None

    def __len__(self) -> int:
        return len(self.items)

    def name(self, number: int) -> str:
        """Of a file its path below the folder, else its number."""
        item = self.items[number] if self._listed else None
        if isinstance(item, Path):
            return str(item.relative_to(self.root)) if self.root is not None else item.name
        return f"picture {number}"

    def item(self, number: int) -> GivenPicture:
        """One of them. A data set reads and transforms it now: once, whatever is asked of it."""
        return GivenPicture(self.items[number], self.name(number))

    def picture(self, number: int) -> Picture:
        """See `GivenPicture.picture`."""
        return self.item(number).picture()

    @property
    def _listed(self) -> bool:
        """Whether an item costs nothing: a data set reads and transforms each."""
        return isinstance(self.items, list)


def given_pictures(pictures: Any) -> GivenPictures:
    """Whatever was given, as pictures by number.

    Args:
        pictures: a folder (looked through to its bottom), a file, one picture, a list of these, or a data set whose
            items are pictures or (picture, label). Pictures in memory are Pillow's, or (H, W), (H, W, C) or (C, H, W)
            arrays or tensors: of one channel or three, of bytes or of numbers in 0..1; of other numbers of bands, of
            any numbers, as they were measured.

    Raises:
        ValueError: nothing is there, or no file of a kind that is read; the sentence says which are.
    """
    if isinstance(pictures, str | Path):
        path = Path(pictures).expanduser()
        if path.is_dir():
            return GivenPictures(_files(path), path)
        if not path.is_file():
            raise ValueError(f"there is no picture and no folder {path}")
        return GivenPictures([path], path.parent)
    if isinstance(pictures, Image.Image | np.ndarray) or hasattr(pictures, "detach"):
        return GivenPictures([pictures])
    if isinstance(pictures, list | tuple):
        items = [Path(item).expanduser() if isinstance(item, str) else item for item in pictures]
        missing = next((item for item in items if isinstance(item, Path) and not item.is_file()), None)
        if missing is not None:
            raise ValueError(f"there is no picture {missing}")
        pictures = items
    if not hasattr(pictures, "__len__") or not hasattr(pictures, "__getitem__"):
        kind = type(pictures).__name__
        raise ValueError(f"pictures are a folder, files, pictures in memory or a data set with a length, got {kind}")
    if not len(pictures):
        raise ValueError("no picture was given")
    return GivenPictures(pictures)


def in_memory(given: Any, name: str) -> Picture:
    """A picture that is no file, of one channel or three.

    Raises:
        ValueError: it is none, or its numbers are not finite or lie outside 0..1.
    """
    if isinstance(given, Image.Image):
        return from_pixels(np.asarray(given.convert("RGB")), clean_name(name), given.format or "array")
    array = _array(given)
    if array.ndim != 3 or array.shape[2] not in (1, 3) or 0 in array.shape:
        raise ValueError(
            f"{name} is no picture: (H, W), or (H, W, C) or (C, H, W) with as many channels C as there are bands, is; "
            f"got {np.shape(given)}"
        )
    if array.dtype != np.uint8:
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):
            raise ValueError(
                f"{name} holds numbers from {low:.4g} to {high:.4g}; bytes, or numbers in 0..1 before normalisation, "
                "are shown"
            )
        array = np.rint(array.astype(np.float64) * 255).astype(np.uint8)
    array = np.repeat(array, 3, axis=2) if array.shape[2] == 1 else array
    return from_pixels(np.ascontiguousarray(array), clean_name(name))


def bands_in_memory(given: Any, name: str) -> Source | None:
    """An array or a tensor of two bands, or of more than three, as a raster; None of everything else.

    Raises:
        PictureError: it is too large.
    """
    if isinstance(given, Image.Image):
        return None
    array = _array(given)
    if array.ndim != 3 or array.shape[2] in (1, 3) or 0 in array.shape or array.dtype.kind not in "buif":
        return None
    return replace(open_source(as_tiff(array), name, IN_MEMORY), format="array")


def _array(given: Any) -> NDArray[Any]:
    """(H, W, C) of whatever holds numbers."""
    tensor = hasattr(given, "detach")
    if tensor:
        given = given.detach().cpu()
        given = given.float() if str(given.dtype) == "torch.bfloat16" else given
    return bands_last(np.asarray(given), first=tensor)


def _files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if format_of_suffix(path.name)[1] is not None and path.is_file())[
        :MOST
    ]
    if not found:
        raise ValueError(f"there is no picture of a kind that is read in {folder}")
    return found
