"""The picture formats. Adding one is a file in this folder, its entry here, and a line in docs/pictures.md."""

from __future__ import annotations

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.avif import AVIF
from gam_viz.images.formats.bmp import BMP
from gam_viz.images.formats.dicom.open import DICOM
from gam_viz.images.formats.gif import GIF
from gam_viz.images.formats.jpeg import JPEG
from gam_viz.images.formats.jpeg2000 import JPEG2000
from gam_viz.images.formats.nifti.open import NIFTI
from gam_viz.images.formats.npy import NPY
from gam_viz.images.formats.picture_format import PictureFormat
from gam_viz.images.formats.png import PNG
from gam_viz.images.formats.pnm import PNM
from gam_viz.images.formats.refused import name_of_refused
from gam_viz.images.formats.tiff.open import TIFF
from gam_viz.images.formats.webp import WEBP

FORMATS: dict[str, PictureFormat] = {
    entry.name: entry for entry in (PNG, JPEG, WEBP, BMP, TIFF, GIF, AVIF, JPEG2000, PNM, NPY, NIFTI, DICOM)
}
"""Name -> format. The last is tried first: DICOM's free first 128 bytes may be dressed up as any other's header."""


def recognise(data: bytes) -> PictureFormat:
    """The format of a file by its content alone: a name proves nothing, "photo.jpg" may hold PostScript.

    Raises:
        PictureError: "empty", "format_refused" for a known format that is not read here, "not_an_image" for anything
            else.
    """
    if not data:
        raise PictureError("empty", accepted=accepted_names())
    for entry in reversed(FORMATS.values()):
        if entry.recognises(data):
            return entry
    refused = name_of_refused(data)
    if refused is None:
        raise PictureError("not_an_image", accepted=accepted_names())
    raise PictureError("format_refused", found=refused, accepted=accepted_names())


def format_of_suffix(name: str) -> tuple[str, str | None]:
    """A name's ending in lower case without its dot, and the format it promises (None if it promises none here)."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    return suffix, next((entry.name for entry in FORMATS.values() if suffix in entry.suffixes), None)


def accepted_names() -> str:
    """The accepted formats in one phrase: "PNG, JPEG, ... and DICOM"."""
    *names, last = FORMATS
    return f"{', '.join(names)} and {last}"
