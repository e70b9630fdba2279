"""A picture format that only the tests know: "P7 toy", width and height, then one byte of grey for each pixel."""

from dataclasses import dataclass

import numpy as np

from gam_viz.images import Limits, PictureError, Rendering, Source
from gam_viz.images.formats.picture_format import PictureFormat, begins_with
from gam_viz.images.source import PictureFile, Rendered, size_facts

MAGIC = b"P7 toy\n"


@dataclass(frozen=True)
class ToyFile(PictureFile):
    grey: np.ndarray

    def show(self, rendering: Rendering) -> Rendered:
        height, width = self.grey.shape
        return Rendered(np.repeat(self.grey[..., None], 3, axis=2), "L", (width, height))


def open_toy(data: bytes, limits: Limits) -> Source:
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (7, 11))
    limits.check_dimensions(width, height, 10_000)
    if len(data) < 15 + width * height:
        raise PictureError("truncated", format="Toy")
    grey = np.frombuffer(data, np.uint8, width * height, 15).reshape(height, width)
    return Source("picture", (width, height), "L", ToyFile(grey), facts=size_facts((width, height), 1))


TOY = PictureFormat("Toy", ("toy",), begins_with(MAGIC), open_toy)


def toy(grey: np.ndarray) -> bytes:
    height, width = grey.shape
    return MAGIC + width.to_bytes(4, "big") + height.to_bytes(4, "big") + grey.astype(np.uint8).tobytes()
