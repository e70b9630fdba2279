"""Formats that are known by their first bytes and not read here.

They are named in the refusal, because "this is HEIC" helps its owner and "cannot identify image file" does not.
"""

from __future__ import annotations

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

# The brands behind "ftyp" in the ISO media container, of which HEIC, AVIF and MP4 are all children: the file's own, and
# those that it is compatible with.
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"mif2", b"heif"}


def name_of_refused(data: bytes) -> str | None:
    """What a file is, as a reader would name it; None where that is not known either."""
    text = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, name in _REFUSED:
        if data.startswith(magic) or text.startswith(magic):
            return name
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4], "big"), 256)
        brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
        return "HEIC" if brands & _HEIC else "Canon CR3" if b"crx " in brands else "MP4"
    if text.startswith((b"<?xml", b"<!--", b"<!DOCTYPE svg")) and b"<svg" in data[:4096]:
        return "SVG"
    if data[:2] in (b"P7", b"PF", b"Pf") and data[2:3] in (b" ", b"\n", b"\r", b"\t"):
        return "PAM or PFM"
    return None
