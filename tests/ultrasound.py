"""Ultrasound pictures drawn for tests: layers of tissue, with and without what an operator draws on them."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from gam_viz.datasets.operator_marks import with_callipers

SIDE = 256


def tissue(seed: int) -> np.ndarray:
    """Bright layers that run from left to right, as an ultrasound picture has them, and speckle."""
    chance = np.random.default_rng(seed)
    layers = ndimage.gaussian_filter(chance.normal(size=(SIDE, SIDE)), (2, 14))
    speckle = ndimage.gaussian_filter(chance.normal(size=(SIDE, SIDE)), 1)
    grey = 70 + 35 * layers / layers.std() + 10 * speckle / speckle.std()
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def busi_in_small(root: Path) -> Path:
    """BUSI's pack with four pictures of each class and split: marks on two benign ones, lesions in one place."""
    with zipfile.ZipFile(root / "busi256.zip", "w") as archive:

        def put(name: str, picture: np.ndarray) -> None:
            content = io.BytesIO()
            Image.fromarray(picture).save(content, "PNG")
            archive.writestr(name, content.getvalue())

        for split in ("train", "test"):
            for label, name in enumerate(("benign", "malignant", "normal")):
                for number in range(4):
                    seed = 10 * label + number + 100 * (split == "test")
                    picture = tissue(seed)
                    if name == "benign" and number < 2:
                        picture = with_callipers(picture, seed)
                    put(f"busi256/{split}/{name}/{name}-{number}.png", picture[..., 0])
                    if split == "test":
                        mask = np.zeros((SIDE, SIDE), np.uint8)
                        mask[60:120, 80:160] = 255 * (name != "normal")
                        put(f"busi256/masks/{name}/{name}-{number}.png", mask)
    return root
