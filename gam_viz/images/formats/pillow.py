"""Files that Pillow decodes: handed over cut down, to the one plugin that their content calls for."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from gam_viz.images.errors import PictureError
from gam_viz.images.facts import Window
from gam_viz.images.formats.header import Essentials, HeaderReader
from gam_viz.images.formats.picture_format import PictureFormat
from gam_viz.images.formats.to_rgb import is_deep_grey, to_rgb, upright
from gam_viz.images.limits import Limits
from gam_viz.images.picture import Note
from gam_viz.images.rendering import Rendering
from gam_viz.images.source import PictureFile, Rendered, Source, refuse_choices, size_facts


@dataclass(frozen=True)
class PillowDecoder:
    """How files of one format reach Pillow.

    Attributes:
        format: its name in the registry.
        plugin: Pillow's plugin. Modules import theirs, because Pillow left to itself loads plugins on first use,
            whichever thread comes first.
        read: the reader of its header.
        most_pixels: of one picture, where the decoder needs several times the memory of others.
        container_orientation: the EXIF orientation 1..8 that the plugin reports of the file's container, where the
            header's reader leaves that to it.
        file: what is kept of an opened one; None for `PillowFile`.
    """

    format: str
    plugin: type[ImageFile]
    read: HeaderReader
    most_pixels: int | None = None
    container_orientation: Callable[[Image.Image], int] | None = None
    file: type[PillowFile] | None = None

    def open(self, data: bytes, limits: Limits) -> Source:
        """What a file declares. Pillow reads its header and decodes nothing.

        Raises:
            PictureError: the file is refused by what it declares.
        """
        first = self.read(data, limits)
        limits.check_dimensions(*first.size, self.most_pixels)
        with self.image(first, limits) as image:
            mode = image.mode
        deep = is_deep_grey(mode)
        return Source(
            kind="picture",
            size=first.size,
            mode=mode,
            file=(self.file or PillowFile)(self, data, first, deep, limits),
            frames=min(first.frames, limits.frames),
            dtype="uint16" if deep else "uint8",
            value_range=(0.0, 65_535.0 if deep else 255.0),
            windows=(Window("minmax"), Window("full")) if deep else (),
            stretchable=deep,
            facts=size_facts(first.size, first.frames),
        )

    @contextmanager
    def image(self, essentials: Essentials, limits: Limits) -> Iterator[Image.Image]:
        """Pillow's view of a file; whatever Pillow trips over becomes a `PictureError`.

        On damaged files Pillow raises OSError, SyntaxError, ValueError, TypeError, struct.error, ZeroDivisionError
        and more, and the list changes with every release; so all of Exception is caught here, around Pillow alone.
        """
        try:
            with Image.open(io.BytesIO(essentials.data), formats=(str(self.plugin.format),)) as image:
                # Pillow's own reading of the header has the last word: a second look costs nothing.
                limits.check_dimensions(*image.size, self.most_pixels)
                yield image
        except PictureError:
            raise
        except MemoryError as error:
            raise PictureError("out_of_memory") from error
        except Exception as error:
            if isinstance(error, UnidentifiedImageError) and essentials.layout:
                raise PictureError("unsupported_mode", format=self.format, mode=essentials.layout) from error
            short = not essentials.complete or "truncated" in str(error).lower()
            raise PictureError("truncated" if short else "damaged", format=self.format) from error


def pillow_format(
    name: str,
    plugin: type[ImageFile],
    suffixes: tuple[str, ...],
    recognises: Callable[[bytes], bool],
    read: HeaderReader,
    most_pixels: int | None = None,
    container_orientation: Callable[[Image.Image], int] | None = None,
) -> PictureFormat:
    """The registry's entry of a format that one of Pillow's plugins decodes."""
    decoder = PillowDecoder(name, plugin, read, most_pixels, container_orientation)
    return PictureFormat(name, suffixes, recognises, decoder.open)


@dataclass(frozen=True, eq=False)
class PillowFile(PictureFile):
    """A file that Pillow decodes.

    Attributes:
        decoder: of its format.
        data: the whole file.
        first: what its first frame declares.
        deep: whether that has grey values of more than 8 bits, which are windowed.
        limits: what is accepted.
    """

    decoder: PillowDecoder
    data: bytes
    first: Essentials
    deep: bool
    limits: Limits

    def resolve(self, rendering: Rendering) -> Rendering:
        refuse_choices(rendering, "band", "region", *(() if self.deep else ("window", "stretch")))
        if rendering.window == "minmax" or rendering.stretch == (0, 100):
            return replace(rendering, window=None, stretch=None)  # what is done anyway
        return rendering

    def show(self, rendering: Rendering) -> Rendered:
        frame, format = rendering.frame, self.decoder.format
        essentials = self.decoder.read(self.data, self.limits, frame) if frame else self.first
        # A page of a TIFF is a picture of its own; frames of an animation are drawn over each other.
        steps = frame if format != "TIFF" else 0
        self._check_animation(essentials, steps)
        with self.decoder.image(essentials, self.limits) as image:
            for step in range(1, steps + 1):
                image.seek(step)
                self.limits.check_dimensions(*image.size, self.decoder.most_pixels)
            image.load()
            pixels, notes = to_rgb(image, essentials, format, rendering)
            turn = self.decoder.container_orientation
            if turn is not None and turn(image) != 1:
                pixels, notes = upright(pixels, turn(image)), (*notes, Note("container_turned"))
            return Rendered(pixels, image.mode, essentials.size, notes)

    def measured_range(self, rendering: Rendering) -> tuple[float, float]:
        for note in self.show(Rendering(rendering.frame)).notes if self.deep else ():
            if note.code in ("sixteen_bit_scaled", "values_scaled"):
                return float(str(note.details["low"])), float(str(note.details["high"]))
        return super().measured_range(rendering)  # 8 bits, if only on this page

    def _check_animation(self, essentials: Essentials, steps: int) -> None:
        pixels, most = (steps + 1) * essentials.size[0] * essentials.size[1], self.limits.animation_pixels
        if steps and pixels > most:
            raise PictureError(
                "too_long_an_animation", frame=steps, megapixels=pixels / 1e6, limit_megapixels=most / 1e6
            )
