"""What can be wrong with a file, said in one plain sentence.

Every way a picture can be refused has a code and a sentence with named gaps. The page looks the code up in
its own catalogue (English or Chinese) and fills the same gaps; here the English sentence is the exception's
text, so that a notebook or the command line says the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ERROR_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "The file is empty; a picture file ({accepted}) is needed.",
        "too_many_bytes": "The file has {megabytes:.1f} MB; at most {limit_megabytes:.0f} MB a file are accepted.",
        "too_many_files": "{files} files are too many; at most {limit_files} are accepted in one session.",
        "session_full": (
            "These files would bring the session to {megabytes:.1f} MB; at most {limit_megabytes:.0f} MB are accepted."
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
            "The {format} file stores its pixels as {mode}, which is not accepted here; accepted are 8-bit grey, "
            "palette and colour pictures, and 16-bit grey."
        ),
        "unsupported_compression": (
            "The {format} file is compressed with {compression}, which is not accepted here; "
            "accepted are {accepted_compressions}."
        ),
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
    "too many bytes in a tile",
    "too many bytes of run-length code",
)
"""What `parts` of "too_complex" may say: a phrase to be translated, as format names are not."""


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
