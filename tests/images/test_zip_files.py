"""ZIP files: what is in them, what is refused, and that nothing else ever happens."""

import io
import stat
import struct
import zipfile
import zlib
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gam_viz.images import Limits, PictureError, decode
from gam_viz.images.zip_files import is_archive, members
from tests.fuzzing import CHANGE, changed, fuzz

MB = 2**20


def png(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, compresslevel=1) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def said(data: bytes, limits: Limits = Limits()) -> list[tuple[str, bytes | str]]:  # noqa: B008
    """Each member's name, and its bytes or the code of its refusal."""
    found: list[tuple[str, bytes | str]] = []
    for member in members(data, "some.zip", limits):
        try:
            found.append((member.name, member.read()))
        except PictureError as error:
            found.append((str(error.details["name"]), error.code))
    return found


def refused(data: bytes, limits: Limits = Limits()) -> str:  # noqa: B008
    with pytest.raises(PictureError) as caught:
        members(data, "some.zip", limits)
    assert caught.value.details["name"] == "some.zip"
    return caught.value.code


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_files_come_out_as_they_went_in(method: int) -> None:
    data = zipped(("b.png", png(1)), ("a.png", png(2)), method=method)
    assert is_archive(data)
    assert said(data) == [("b.png", png(1)), ("a.png", png(2))]
    assert decode(dict(said(data))["a.png"], "a.png").pixels.shape == (6, 8, 3)  # type: ignore[arg-type]


def test_what_is_no_zip_at_its_beginning_is_none() -> None:
    archive = zipped(("a.png", png()))
    assert not is_archive(png() + archive)
    assert not is_archive(b"")
    assert not is_archive(archive[:128] + b"DICM" + archive[128:])
    assert is_archive(zipped())  # an empty one


def test_folders_are_neither_followed_nor_shown() -> None:
    names = ["../../etc/passwd.png", "/etc/cron.png", "C:\\Users\\a.png", "a/b/c.png", "..", "x\ny.png", "z\0.exe.png"]
    data = zipped(*((name, png()) for name in names), ("folder/", b""), ("windows\\", b""))
    assert [name for name, _ in said(data)] == ["passwd.png", "cron.png", "a.png", "c.png", "..", "x y.png", "z"]


def test_litter_is_left_out_without_a_word() -> None:
    litter = ("__MACOSX/._a.png", "a/__MACOSX/b", "a/.DS_Store", "THUMBS.DB", "desktop.ini", "._a.png")
    assert said(zipped(*((name, b"x") for name in litter), ("a.png", png()))) == [("a.png", png())]
    assert refused(zipped(*((name, b"x") for name in litter))) == "archive_empty"
    assert refused(zipped()) == "archive_empty"


def test_names_are_read_in_the_encodings_that_systems_write() -> None:
    for encoding in ("utf-8", "gb2312"):
        given = "照片.png".encode(encoding)
        data = zipped(("x" * len(given), png())).replace(b"x" * len(given), given)
        assert said(data) == [("照片.png", png())]
    assert said(zipped(("照片.png", png()))) == [("照片.png", png())]  # marked as UTF-8
    assert said(zipped(("xx.png", png())).replace(b"xx", b"\x81e")) == [("üe.png", png())]


def test_two_of_one_name_are_two_files() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped(("a.png", png(1)), ("a.png", png(2)))
    assert said(data) == [("a.png", png(1)), ("a.png", png(2))]


def entry(name: str, **marks: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    for mark, value in marks.items():
        setattr(info, mark, value)
    return info


def patched(data: bytes, offset: int, format: str, value: int, *, both: bool = True, local: int = 0) -> bytes:
    """A field of the first member's entry in the list, and of its own header, overwritten."""
    out = bytearray(data)
    struct.pack_into(format, out, out.index(b"PK\x01\x02") + offset, value)
    if both:
        struct.pack_into(format, out, local, value)
    return bytes(out)


def test_one_bad_file_spoils_nothing_but_itself() -> None:
    link = entry("link.png", external_attr=(stat.S_IFLNK | 0o777) << 16)
    good = ("good.png", png())
    data = zipped((link, b"/etc/passwd"), good, ("inner.zip", zipped(good)), ("none.png", b""), ("last.png", png(1)))
    assert said(data) == [
        ("link.png", "archive_link"),
        ("good.png", png()),
        ("inner.zip", "archive_nested"),
        ("none.png", b""),
        ("last.png", png(1)),
    ]


def test_encryption_other_methods_and_damage_are_told_apart() -> None:
    first = zipped(("a.png", png()), ("b.png", png(1)))
    ok = ("b.png", png(1))
    assert said(patched(first, 8, "<H", 1, local=6)) == [("a.png", "archive_encrypted"), ok]
    assert said(patched(first, 10, "<H", 9, local=8)) == [("a.png", "unsupported_compression"), ok]
    assert said(patched(first, 16, "<I", 0, local=14)) == [("a.png", "archive_damaged"), ok]  # the checksum
    assert said(patched(first, 24, "<I", 10, both=False)) == [("a.png", "archive_damaged"), ok]  # longer than declared
    assert said(patched(first, 24, "<I", 1_000, both=False)) == [("a.png", "archive_damaged"), ok]  # shorter
    assert said(patched(first, 42, "<I", 2**31, both=False)) == [("a.png", "archive_damaged"), ok]  # beyond the end
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with pytest.raises(PictureError, match=r"bzip2|LZMA"):
            members(zipped(("a.png", png()), method=method), "a.zip")[0].read()
    assert refused(first[:-30]) == "damaged"
    assert refused(b"PK\x03\x04" + bytes(100)) == "damaged"


def test_zip64_sizes_are_not_believed() -> None:
    info = entry("a.png", extra=struct.pack("<HHQQ", 1, 16, 2**62, 2**62))
    data = bytearray(zipped((info, png())))
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<II", data, at + 20, 2**32 - 1, 2**32 - 1)
    assert said(bytes(data)) == [("a.png", "too_many_bytes")]


def test_sizes_are_bounded_before_and_while_reading() -> None:
    small = Limits(file_bytes=1_000, session_bytes=2_500)
    bomb = zipped(*((f"{i}.bmp", bytes(1_000)) for i in range(4)), ("large.bmp", bytes(1_001)))
    assert [code if isinstance(code, str) else len(code) for _, code in said(bomb, small)] == [
        *(1_000, 1_000),
        *("archive_too_much", "archive_too_much", "too_many_bytes"),
    ]
    assert refused(zipped(("a", np.random.default_rng(0).bytes(3_000))), small) == "session_full"
    assert refused(zipped(*((f"{i}", b"x") for i in range(11))), Limits(archive_entries=10)) == "archive_entries"
    assert len(said(zipped(*((f"{i}", b"x") for i in range(10))), Limits(archive_entries=10))) == 10


def entries(count: int, *, declared: int) -> bytes:
    """A ZIP of nothing but a list."""
    one = b"PK\x01\x02" + bytes(42)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, declared, declared, count * len(one), 4, 0)
    return b"PK\x03\x04" + one * count + end


def overlapping(count: int) -> bytes:
    """Many entries that all unfold the same 25 MB of zeros (D. Fifield, A better zip bomb, WOOT 2019)."""
    one = zipped(("a.bmp", bytes(25 * MB)))
    at, end = one.index(b"PK\x01\x02"), one.rindex(b"PK\x05\x06")
    listed = one[at:end] * count
    return one[:at] + listed + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(listed), at, 0)


BOMBS = {
    "entries": lambda: entries(500_000, declared=0xFFFF),
    "hidden-entries": lambda: entries(500_000, declared=1),
    "most-entries": lambda: entries(10_000, declared=10_000),
    "overlapping": lambda: overlapping(900),
    "zeros": lambda: zipped(*((f"{i}.bmp", bytes(25 * MB)) for i in range(10))),
    "declared": lambda: patched(zipped(("a.bmp", bytes(60 * MB))), 24, "<I", 25 * MB, local=22),
    "lying": lambda: patched(zipped(("a.bmp", bytes(60 * MB))), 24, "<I", 1, local=22),
}


@cache
def seeds() -> list[bytes]:
    link = entry("link", external_attr=(stat.S_IFLNK | 0o777) << 16)
    large = entry("64.png", extra=struct.pack("<HHQQ", 1, 16, 100, 100))
    return [
        zipped(("a.png", png(1)), ("b/c.png", png(2)), ("图.png", b"x")),
        zipped(("a.png", png(1)), (link, b"x"), (large, png(3)), method=zipfile.ZIP_STORED),
        zipped(("inner.zip", zipped(("a", b"x"))), ("bz", b"x" * 100)),
        zipped(("a.png", png()), method=zipfile.ZIP_BZIP2) + zipped(("b", b"x"), method=zipfile.ZIP_LZMA),
        entries(20, declared=3),
    ]


@fuzz
@given(st.integers(0, 4), st.lists(CHANGE, min_size=1, max_size=5))
def test_changed_zips_end_in_bytes_or_a_refusal(seed: int, changes: list[tuple[float, str, bytes]]) -> None:
    told: list[str] = []
    try:
        for member in members(changed(seeds()[seed], changes), "a"):
            try:
                assert zlib.crc32(member.read()) == member._info.CRC
            except PictureError as error:
                told.append(str(error))
    except PictureError as error:
        told.append(str(error))
    assert all(sentence.endswith(".") for sentence in told)
