"""`Essentials`: the part of a file that its decoder needs, and what the file declares about itself.

A decoder is handed nothing else. Previews, comments, text and EXIF are where parsers go wrong, where
a few bytes unfold to gigabytes, and where hundreds of thousands of tiny chunks keep Python busy for minutes; none of
it changes the pixels that are shown. The EXIF orientation and the colour profile, which do,
are read by the header's reader. So is the
declared size, so that it can be refused before a decoder sets memory aside for it.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gam_viz.images.errors import PictureError
from gam_viz.images.limits import Limits


@dataclass(frozen=True)
class Essentials:
    """A file without its trimmings.

    Attributes:
        data: bytes for the decoder; of several pictures only the first, unless another was asked for.
        size: declared (width, height) in pixels, as stored.
        orientation: EXIF orientation 1..8; 1 where the file does not say.
        frames: how many pictures the file declares, which `data` may lack.
        bits: stored bits of one sample of one channel.
        layout: how pixels are stored, for a refusal; empty where the format leaves no choice.
        inverted: whether the largest value is stored as black, in a way that Pillow does not undo.
        profile: the colour profile (ICC); empty without one, or with one that is larger than any in use.
        complete: False if the file is seen to end too early; Pillow may still get a picture out of it.
    """

    data: bytes
    size: tuple[int, int]
    orientation: int = 1
    frames: int = 1
    bits: int = 8
    layout: str = ""
    inverted: bool = False
    profile: bytes = b""
    complete: bool = True


class HeaderReader(Protocol):
    """Takes a file apart without decoding a pixel."""

    def __call__(self, data: bytes, limits: Limits, frame: int = 0) -> Essentials:
        """What a file declares.

        Args:
            data: the whole file.
            limits: bounds on sizes and on the number of parts.
            frame: which picture the decoder is to get, from 0. Of an animation it gets all up to that one, because
                they are drawn over each other.

        Raises:
            PictureError: "truncated", "damaged", "too_complex", "unsupported_mode", "unsupported_compression" or a
                size that `limits` refuse.
        """


def header_reader(format: str) -> Callable[[Callable[[bytes, Limits, int], Essentials]], HeaderReader]:
    """Makes a reader out of a function that reads every field at a position which the file names: past the file's end
    (or past 2**63) means that bytes are missing."""

    def decorate(read: Callable[[bytes, Limits, int], Essentials]) -> HeaderReader:
        @functools.wraps(read)
        def checked(data: bytes, limits: Limits, frame: int = 0) -> Essentials:
            try:
                return read(data, limits, frame)
            except (struct.error, IndexError, OverflowError) as error:
                raise PictureError("truncated", format=format) from error

        return checked

    return decorate
