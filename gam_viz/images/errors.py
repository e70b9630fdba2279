"""What can be wrong with a file, said in one plain sentence.

Every way a picture can be refused has a code and a sentence with named gaps. The page looks the code up in
its own catalogue (English or Chinese) and fills the same gaps; here the English sentence is the exception's
text, so that a notebook or the command line says the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

ERROR_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "The file is empty; a picture file ({accepted}) is needed.",
        "too_many_bytes": "The file has {megabytes:.1f} MB; at most {limit_megabytes:.0f} MB a file are accepted.",
        "too_many_files": "{files} files are too many; at most {limit_files} are accepted in one session.",
        "session_full": (
            "These files would bring the session to {megabytes:.1f} MB; at most {limit_megabytes:.0f} MB are accepted."
        ),
        "archive_entries": "The ZIP lists more than {limit:,} files; a ZIP with fewer is needed.",
        "archive_empty": "The ZIP holds no files; a ZIP with pictures in it is needed.",
        "archive_nested": "This is a ZIP within a ZIP, which is not opened; a ZIP of the pictures alone is needed.",
        "archive_encrypted": "The file is locked with a password within the ZIP; a ZIP without one is needed.",
        "archive_link": "This is a link to another file; a ZIP of the files themselves is needed.",
        "archive_damaged": "The file is damaged within the ZIP and cannot be unpacked; an intact ZIP is needed.",
        "archive_too_much": (
            "This file would bring what the ZIP unpacks to beyond {limit_megabytes:.0f} MB; a ZIP of fewer or smaller "
            "files is needed."
        ),
        "no_pixels": "The file declares {width} x {height} pixels; at least 1 x 1 is needed.",
        "side_too_long": (
            "The picture declares {width} x {height} pixels; no side may be longer than {limit_side} pixels."
        ),
        "too_many_pixels": (
            "The picture declares {width} x {height} pixels, {megapixels:.1f} million in all; "
            "at most {limit_megapixels:.0f} million are accepted."
        ),
        "not_an_image": "The file's content is no picture that is known here; accepted are {accepted}.",
        "format_refused": "The file's content is {found}, which is not accepted here; accepted are {accepted}.",
        "truncated": "The {format} file ends before the picture is complete; a whole file is needed.",
        "damaged": "The {format} file is damaged and cannot be decoded; an intact {format} file is needed.",
        "too_complex": (
            "The {format} file has {parts}: {count:,}, where no ordinary picture has more than {limit:,}; "
            "a plainly saved {format} file is needed."
        ),
        "unsupported_mode": (
            "The {format} file stores its pixels as {mode}, which is not accepted here; accepted are palette "
            "colours, whole numbers of 1 to 32 bits and floating-point numbers."
        ),
        "unsupported_compression": (
            "The {format} file is compressed with {compression}, which is not accepted here; "
            "accepted are {accepted_compressions}."
        ),
        "too_many_bands": "The file has {bands} bands; at most {limit_bands} are accepted.",
        "too_much_to_read": (
            "To show this part of the raster of {width} x {height} pixels, {megabytes:,.0f} MB would have to be "
            "unfolded; at most {limit_megabytes:.0f} MB are; a smaller part or a file with overviews is needed."
        ),
        "too_long_an_animation": (
            "Frame {frame} is drawn over all before it, {megapixels:.0f} million pixels in all; "
            "at most {limit_megapixels:.0f} million are accepted."
        ),
        "no_pixel_data": "The {format} file holds no picture; a {format} file with pixels is needed.",
        "rendering_unreadable": (
            "The rendering {key!r} cannot be read; it is written like w40_400, wlung or b3_2_1~s2_98."
        ),
        "no_such_frame": "Frame {frame} was asked for, counted from 0; the file offers {frames}.",
        "no_such_band": "Band {band} was asked for, counted from 1; the file offers {bands}.",
        "no_such_window": "The window {window} was asked for; the file offers {offered}.",
        "bad_window": "The window {window} cannot be shown; a finite centre and a finite width above 0 are needed.",
        "bad_stretch": "The percentiles {stretch} cannot be used; 0 <= low < high <= 100 is needed.",
        "bad_region": "The part {region} cannot be shown; left < right and top < bottom within the raster are needed.",
        "window_and_stretch": "A window and a percentile stretch were both asked for; only one of them can be used.",
        "not_adjustable": "The choice of a {choice} was made, which this file does not offer.",
        "out_of_memory": "There is not enough memory to decode this picture now; a smaller picture is needed.",
        "unknown_sample": "There is no sample picture called {sample!r}; the samples are listed in the gallery.",
    }
)
"""Code -> English sentence, a `str.format` template over `PictureError.details`."""

PARTS = (
    "too many chunks",
    "too many segments",
    "too many scans",
    "too many blocks",
    "too many strips or tiles",
    "too many values in a tag",
    "too many elements",
    "too many tiles",
    "too many packets",
    "too many blocks of code",
    "too many bytes in a tile",
    "too many bytes of run-length code",
)
"""What `parts` of "too_complex" may say: a phrase to be translated, as format names are not."""

CHOICES = ("window", "band", "stretch", "region")
"""What `choice` of "not_adjustable" may say, to be translated as well."""


class PictureError(ValueError):
    """A picture that cannot be shown, and why.

    `str(error)` is one plain English sentence: what was wrong, and what is accepted.

    Attributes:
        code: one of `ERROR_TEXTS`; the key for a translated sentence.
        details: the values that the sentence names (numbers, format names); enough to fill the same gaps in
            any language. `name`, the file's name, is added when it is known and is not part of the sentence.
    """

    def __init__(self, code: str, /, **details: object) -> None:
        self.code = code
        self.details: dict[str, object] = dict(details)
        super().__init__(ERROR_TEXTS[code].format(**self.details))

    def __reduce__(self) -> tuple[object, ...]:
        # BaseException would rebuild it from the sentence; a worker process has to get code and details back.
        return _rebuild, (self.code, self.details)


def _rebuild(code: str, details: dict[str, object]) -> PictureError:
    return PictureError(code, **details)


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Adds a file's name to the details of whatever refusal comes out of the block."""
    try:
        yield
    except PictureError as error:
        error.details["name"] = name
        raise
