"""`Essentials`: the part of a file that its decoder needs, and what the file declares about itself."""

from __future__ import annotations

from dataclasses import dataclass


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
        complete: False if the file is seen to end too early; Pillow may still get a picture out of it.
    """

    data: bytes
    size: tuple[int, int]
    orientation: int = 1
    frames: int = 1
    bits: int = 8
    layout: str = ""
    inverted: bool = False
    complete: bool = True
