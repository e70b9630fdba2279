"""How much a picture may ask for: every limit in one place, checked before anything is decoded.

The page prints these numbers beside the uploader; the server enforces them here, because a browser-side check
protects nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gam_viz.images.errors import PictureError

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What is accepted. The defaults are the app's; tests and notebooks may pass others.

    Attributes:
        frames: most pictures of one file that can be chosen from; further ones are not offered.
        bands: most bands of one raster.
        pixels: most pixels of one picture (40 million: a 40-megapixel camera).
        side: longest side, in pixels. The smallest side is 1.
        file_bytes: most bytes of one file.
        files: most files of one session.
        session_bytes: most bytes of all files of one session together; also what one ZIP may unfold to.
        archive_entries: most files that a ZIP may list.
        jpeg2000_samples: most pixels times channels of a JPEG 2000, whose decoder keeps four bytes of each, twice.
        animation_pixels: most pixels of an animation from its first frame to the one that is shown, which is drawn
            over all before it.
        overview_pixels: most pixels of a raster that is too large to be read whole and is read reduced.
        raster_band_bytes: most bytes of one band of a raster that is read whole.
        raster_read_bytes: most bytes that may have to be unfolded for one reading of a raster.
        raster_blocks: most strips or tiles of one raster.
        chunks: most parts (PNG chunks, JPEG segments, GIF blocks, TIFF strips) that a file may be cut into.
            Parts are walked in Python, so a file of nothing but tiny parts would cost minutes.
        jpeg_segments: most segments before a JPEG's first scan; a full-size colour profile needs about 400.
        scan_pixels: most pixels times scans of a progressive JPEG: each scan passes over the whole picture.
        rle_bytes: most bytes of a run-length encoded BMP, which Pillow decodes in Python.
        tile_bytes: most bytes of one TIFF tile, which is decoded whole however small the picture is.
    """

    frames: int = 64
    bands: int = 32
    pixels: int = 40_000_000
    side: int = 10_000
    file_bytes: int = 25 * _MEGABYTE
    files: int = 20
    session_bytes: int = 200 * _MEGABYTE
    archive_entries: int = 1_000
    jpeg2000_samples: int = 40_000_000
    animation_pixels: int = 200_000_000
    overview_pixels: int = 4_000_000
    raster_band_bytes: int = 128 * _MEGABYTE
    raster_read_bytes: int = 768 * _MEGABYTE
    raster_blocks: int = 1_000_000
    chunks: int = 65_536
    jpeg_segments: int = 1_000
    scan_pixels: int = 800_000_000
    rle_bytes: int = 4 * _MEGABYTE
    tile_bytes: int = 64 * _MEGABYTE

    def check_file_size(self, n_bytes: int) -> None:
        """Refuse a file that is too large.

        Raises:
            PictureError: "too_many_bytes".
        """
        if n_bytes > self.file_bytes:
            raise PictureError(
                "too_many_bytes", megabytes=n_bytes / _MEGABYTE, limit_megabytes=self.file_bytes / _MEGABYTE
            )

    def check_batch(self, sizes: Sequence[int], *, files_before: int = 0, bytes_before: int = 0) -> None:
        """Refuse a batch that would overfill the session. Single files are checked by `check_file_size`.

        Args:
            sizes: bytes of each new file.
            files_before: files that the session holds already.
            bytes_before: bytes that the session holds already.

        Raises:
            PictureError: "too_many_files" or "session_full".
        """
        files = files_before + len(sizes)
        if files > self.files:
            raise PictureError("too_many_files", files=files, limit_files=self.files)
        total = bytes_before + sum(sizes)
        if total > self.session_bytes:
            raise PictureError(
                "session_full", megabytes=total / _MEGABYTE, limit_megabytes=self.session_bytes / _MEGABYTE
            )

    def check_dimensions(self, width: int, height: int, most: int | None = None) -> None:
        """Refuse a picture by its declared width and height in pixels, before any of them is decoded.

        Args:
            width: declared pixels across.
            height: declared pixels down.
            most: pixels that the format's decoder may be asked for, where that is less than `pixels`.

        Raises:
            PictureError: "no_pixels", "side_too_long" or "too_many_pixels".
        """
        if width < 1 or height < 1:
            raise PictureError("no_pixels", width=width, height=height)
        most = min(self.pixels, most or self.pixels)
        if width * height > most:
            raise PictureError(
                "too_many_pixels",
                width=width,
                height=height,
                megapixels=width * height / 1e6,
                limit_megapixels=most / 1e6,
            )
        if max(width, height) > self.side:
            raise PictureError("side_too_long", width=width, height=height, limit_side=self.side)

    def check_count(self, count: int, limit: int, *, format: str, parts: str) -> None:
        """Refuse a file that is cut into more parts than a real picture needs.

        Raises:
            PictureError: "too_complex".
        """
        if count > limit:
            raise PictureError("too_complex", format=format, parts=parts, count=count, limit=limit)


LIMITS = Limits()
"""The app's limits."""
