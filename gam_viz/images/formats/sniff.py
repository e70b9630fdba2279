"""What a file is, by its first bytes. A name proves nothing: "photo.jpg" may hold PostScript.

The answer picks the one decoder that gets to see the file. Formats that are recognised but not read are named
in the refusal, because "this is HEIC" helps its owner and "cannot identify image file" does not.
"""

from __future__ import annotations

from gam_viz.images.errors import PictureError
from gam_viz.images.limits import accepted_names

_ACCEPTED: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),  # BigTIFF
    (b"MM\x00+", "TIFF"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),  # a bare codestream
    (b"BM", "BMP"),
)

_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"%!PS", "EPS/PostScript"),
    (b"\xc5\xd0\xd3\xc6", "EPS/PostScript"),
    (b"%PDF", "PDF"),
    (b"8BPS", "Photoshop (PSD)"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "GZIP"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office (OLE)"),
    (b"SIMPLE  =", "FITS"),
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"\x93NUMPY", "NumPy"),
    (b"<VRTDataset", "GDAL VRT"),
    (b"<svg", "SVG"),
)

# The brand that follows "ftyp" in the ISO media container, of which HEIC, AVIF and MP4 are all children.
_BRANDS = {b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC"}

_SUFFIXES = {
    "png": "PNG",
    "apng": "PNG",
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "jpe": "JPEG",
    "jfif": "JPEG",
    "webp": "WebP",
    "bmp": "BMP",
    "dib": "BMP",
    "tif": "TIFF",
    "tiff": "TIFF",
    "gif": "GIF",
    "avif": "AVIF",
    **dict.fromkeys(("jp2", "j2k", "j2c", "jpc", "jpf", "jpx"), "JPEG2000"),
    **dict.fromkeys(("pbm", "pgm", "ppm", "pnm"), "PNM"),
    **dict.fromkeys(("dcm", "dicom", "dic"), "DICOM"),
}


def sniff(data: bytes) -> str:
    """The format of `data`, one of `ACCEPTED_FORMATS`, by content alone.

    Raises:
        PictureError: "format_refused" for a known format that is not read here, "not_an_image" for anything
            else.
    """
    if data[128:132] == b"DICM":  # before all else: its free first 128 bytes may be dressed up as a TIFF header
        return "DICOM"
    for magic, name in _ACCEPTED:
        if data.startswith(magic):
            return name
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp" and {b"avif", b"avis"} & _brands(data):
        return "AVIF"
    if data[:2] in (b"P4", b"P5", b"P6") and data[2:3] in (b" ", b"\n", b"\r", b"\t"):
        return "PNM"
    found = _refused(data)
    if found is None:
        raise PictureError("not_an_image", accepted=accepted_names())
    raise PictureError("format_refused", found=found, accepted=accepted_names())


def format_of_suffix(name: str) -> tuple[str, str | None]:
    """A name's ending in lower case without its dot, and the format it promises (None if it promises none
    here)."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    return suffix, _SUFFIXES.get(suffix)


def _brands(data: bytes) -> set[bytes]:
    """The brands of an ISO media file: its own, and those that it is compatible with."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}


def _refused(data: bytes) -> str | None:
    text = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, name in _REFUSED:
        if data.startswith(magic) or text.startswith(magic):
            return name
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "MP4")
    if text.startswith((b"<?xml", b"<!--", b"<!DOCTYPE svg")) and b"<svg" in data[:4096]:
        return "SVG"
    if data[:1] == b"P" and data[1:2] in b"1234567" and data[2:3] in (b" ", b"\n", b"\r", b"\t"):
        return "PNM"
    return None
