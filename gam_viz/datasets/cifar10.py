"""CIFAR-10 (Krizhevsky, 2009), from torchvision's files or from a packed zip, whichever the data folder holds.

The zip holds, for each split, `cifar10/<split>/strip_NNN.webp` (500 pictures stacked, 32 wide and 16,000 tall,
lossless WebP) and `cifar10/<split>_labels.npy`, in the original order.
"""

from __future__ import annotations

import dataclasses
import io
import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from gam_viz.datasets.arrays import DatasetError, DatasetInfo, LabelledImages, MissingDataError
from gam_viz.datasets.enlarged import EnlargedImages

INFO = DatasetInfo(
    name="cifar10",
    title="CIFAR-10",
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    size=32,
    mean=(0.4914, 0.4822, 0.4465),
    std=(0.2470, 0.2435, 0.2616),
    source="A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    licence="none stated; its page asks for the citation",
    domain="photographs",
)


PACK, FOLDER = "cifar10.zip", "cifar-10-batches-py"
LARGE = 128  # side of the enlarged pictures
ARCHIVE = "cifar-10-python.tar.gz"  # as torchvision saves what it downloads


def load_cifar10(split: str, root: Path, *, download: bool = True) -> LabelledImages:
    """CIFAR-10's training (50,000) or test (10,000) pictures, 32x32.

    Looks in `root` for `cifar10.zip`, then for torchvision's `cifar-10-batches-py`; where neither is there, and with
    `download`, asks torchvision to download it.

    Raises:
        MissingDataError: it is not there and was not to be downloaded.
        DatasetError: it could not be downloaded, or the zip is damaged.
    """
    pack = root / PACK
    if pack.exists():
        images, labels = _read_pack(pack, split)
    else:
        images, labels = _read_torchvision(split, root, download)
    return LabelledImages(INFO, images, labels)


def load_enlarged_cifar10(split: str, root: Path, *, download: bool = True) -> LabelledImages:
    """The same pictures, enlarged to 128x128 when they are asked for: what networks for photographs are trained on.

    Raises:
        DatasetError: as for `load_cifar10`.
    """
    data = load_cifar10(split, root, download=download)
    assert isinstance(data.images, np.ndarray)
    info = dataclasses.replace(INFO, name="cifar10-128", title="CIFAR-10 at 128 pixels", size=LARGE)
    return LabelledImages(info, EnlargedImages(data.images, LARGE), data.labels)


def _read_pack(pack: Path, split: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    try:
        with zipfile.ZipFile(pack) as archive:
            names = sorted(n for n in archive.namelist() if n.startswith(f"cifar10/{split}/") and n.endswith(".webp"))
            strips = []
            for name in names:
                with Image.open(io.BytesIO(archive.read(name)), formats=("WEBP",)) as strip:
                    strips.append(np.asarray(strip.convert("RGB")).reshape(-1, 32, 32, 3))
            labels = np.load(io.BytesIO(archive.read(f"cifar10/{split}_labels.npy")), allow_pickle=False)
        if not strips:
            raise ValueError(f"it holds no strips named cifar10/{split}/*.webp")
        return np.concatenate(strips), labels.astype(np.int64)
    except (zipfile.BadZipFile, zlib.error, EOFError, LookupError, ValueError, OSError, NotImplementedError) as error:
        raise DatasetError(f"the CIFAR-10 pack {pack.name} cannot be read: {error}") from error


def _read_torchvision(split: str, root: Path, download: bool) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    from gam_viz.runtime.torchvision_shim import torchvision  # loads slowly, and only this path needs it

    try:
        data = torchvision.datasets.CIFAR10(str(root), train=split == "train", download=download)
    except (OSError, RuntimeError) as error:
        if not download:
            raise MissingDataError(
                f"CIFAR-10 is not in the data folder {root}, or not whole: expected {PACK}, or a folder {FOLDER}",
                title=INFO.title,
                folder=root,
                expected=(PACK, FOLDER),
            ) from error
        raise DatasetError(
            f"CIFAR-10 is not in the data folder (neither cifar10.zip nor cifar-10-batches-py) and could not be "
            f"downloaded: {error}"
        ) from error
    return data.data, np.asarray(data.targets, dtype=np.int64)
