"""The page of the reader's own pictures: several files, a ZIP, bad ones, too many, forgetting, the way to Compare."""

import hashlib
import io
import sys
import weakref
import zipfile
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared.words import speaking
from gam_viz.explain import explain
from gam_viz.images import Picture, Rendering, Source, decode, open_source, prepare, render
from gam_viz.networks.checkpoints import find, load
from tests.app.compare.test_page import captions, picture, png
from tests.app.reading import traces
from tests.app.visiting import visit
from tests.images.dicom_files import dicom

BATCH = "my_pictures"
COMPARE = "compare"
BAD = ("bad.png", b"this is no picture", "image/png")


@pytest.fixture
def page(app: AppTest) -> AppTest:
    """The page after its first run."""
    return visit(app, BATCH).run()


def flat(seed: int) -> tuple[str, bytes, str]:
    """A picture of one colour."""
    colour = np.random.default_rng(seed).integers(0, 256, 3).astype(np.uint8)
    return f"picture-{seed}.png", png(np.broadcast_to(colour, (40, 50, 3)).copy()), "image/png"


def archive(*files: tuple[str, bytes, str], name: str = "many.zip") -> tuple[str, bytes, str]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for path, data, _ in files:
            file.writestr(path, data)
    return name, buffer.getvalue(), "application/zip"


def put(page: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    return page.file_uploader[0].set_value(list(files)).run()


def html(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html")]  # type: ignore[attr-defined]


def links(page: AppTest) -> list[tuple[str, str]]:
    """Name and query of each picture's link, in the table's order."""
    found = [link for link in page.get("page_link") if link.proto.query_string]  # type: ignore[attr-defined]
    return [(link.proto.label, link.proto.query_string) for link in found]  # type: ignore[attr-defined]


def gaps(page: AppTest) -> list[float]:
    rows = [body for body in html(page) if body.startswith('<div class="gv-cells"')]
    return [float(row.rpartition("</span>")[2].partition("</div>")[0]) for row in rows]


def markdown(page: AppTest) -> str:
    return "\n".join(element.value for element in page.markdown)


def test_without_files_it_says_what_to_do(page: AppTest) -> None:
    assert not page.exception
    assert page.title[0].value == "My pictures"
    assert "Upload several pictures, or a ZIP" in markdown(page)
    assert "25 MB and 40 megapixels per file, 20 files" in captions(page)
    assert not links(page)


def test_several_files_and_a_zip_are_one_table_disagreement_first(page: AppTest) -> None:
    pictures = [flat(seed) for seed in range(9, 16)]
    page.multiselect(key="networks-scenes").set_value(["scenes-gam", "scenes-gam_sigmoid"]).run()
    put(page, pictures[0], archive(*pictures[1:6], ("a/.DS_Store", b"x", "")), pictures[6])
    assert not page.exception
    assert not page.error
    assert sorted(name for name, _ in links(page)) == [f"{i + 1}. picture-{i + 9}.png" for i in range(7)]
    said = markdown(page)
    disagreeing = int(said.partition("disagree on **")[2].partition("**")[0])
    assert 1 < disagreeing < 6  # else the order below would show nothing
    assert f"They disagree: {disagreeing}" in said
    shown = gaps(page)
    assert shown[:disagreeing] == sorted(shown[:disagreeing], reverse=True)
    assert shown[disagreeing:] == sorted(shown[disagreeing:], reverse=True)


def test_the_numbers_are_those_of_compare(page: AppTest, checkpoint_folder) -> None:  # type: ignore[no-untyped-def]
    name, data, kind = picture(3)
    put(page, (name, data, kind))
    row = next(body for body in html(page) if body.startswith('<div class="gv-cells"'))
    found = []
    for checkpoint in find(checkpoint_folder)[0]:
        card = checkpoint.card
        if card.name in ("scenes-cbam", "scenes-gam"):
            seen = prepare(decode(data, name), size=card.input_size, mean=card.mean, std=card.std)
            found.append(explain(load(checkpoint, "cpu"), card, seen.tensor))
            assert f"<em>{found[-1].probabilities.max():.0%}</em>" in row
            assert f"<span>{card.classes[found[-1].predicted]}</span>" in row
    assert len(found) == 2
    difference = np.abs(found[0].probabilities - found[1].probabilities)
    assert gaps(page) == [round(float(difference.sum()) / 2, 2)]


def test_a_bad_file_spoils_nothing_but_its_own_row(page: AppTest) -> None:
    inner = archive(picture(9), name="inner.zip")
    put(page, BAD, archive(picture(1), ("half.png", picture(2)[1][:900], ""), inner), picture(3), archive(name="e.zip"))
    assert not page.exception
    assert {name for name, _ in links(page)} == {"1. picture-1.png", "2. picture-3.png"}
    said = markdown(page)
    assert "Refused: 4" in said
    for name, sentence in (
        ("bad.png", "not a known picture format"),
        ("half.png", "ends before"),
        ("inner.zip", "ZIP within a ZIP"),
        ("e.zip", "holds no files"),
    ):
        assert f"{name}\n" in said
        assert sentence in said.replace("\\", "")
    for refused in page.session_state["uploads-refused"]:  # nor are its bytes kept with the reason
        assert refused.error.__traceback__ is None
        assert refused.error.__context__ is None
    page.button(key="dismiss").click().run()
    assert "Refused" not in markdown(page)
    assert len(links(page)) == 2


def test_refusals_beside_the_uploader_do_not_become_a_wall(app: AppTest) -> None:
    app.run()
    put(app, *((f"bad-{i}.png", f"no picture {i}".encode(), "image/png") for i in range(5)), picture(1))
    assert [error.value for error in app.error] == ["5 files were refused."]
    assert "**bad-4.png** · The file's content is not a known picture format" in markdown(app).replace("\\", "")
    app.button(key="dismiss").click().run()
    assert not app.error


def test_of_too_many_the_first_are_taken(page: AppTest) -> None:
    put(page, archive(*(picture(seed, (2, 2)) for seed in range(25))))
    assert not page.exception
    assert len(links(page)) == 20
    assert "25 files are too many" in markdown(page)
    put(page, picture(30, (2, 2)))
    assert len(links(page)) == 20
    assert "21 files are too many" in markdown(page)


def test_a_file_without_an_ending_and_its_medical_note(page: AppTest) -> None:
    grey = np.random.default_rng(0).integers(0, 4000, (16, 16), np.uint16)
    put(page, ("IM0001", dicom(grey), "application/octet-stream"), picture(1))
    assert not page.exception
    assert len(links(page)) == 2
    assert "not a medical device" in captions(page)
    page.button(key="forget-all").click().run()
    put(page, picture(1))
    assert "not a medical device" not in captions(page)


def test_a_picture_opens_in_compare(page: AppTest) -> None:
    page.multiselect(key="networks-scenes").set_value(["scenes-none", "scenes-gam"]).run()
    page.selectbox(key="fit").set_value("pad").run()
    put(page, *(picture(seed) for seed in range(3)))
    name, query = links(page)[-1]
    for key, _, value in (part.partition("=") for part in query.split("&")):
        page.query_params[key] = value
    visit(page, COMPARE).run()
    assert not page.exception
    assert page.selectbox(key="upload").value in query
    assert page.selectbox(key="upload").options[int(name[0]) - 1] == name
    assert page.multiselect(key="networks-scenes").value == ["scenes-none", "scenes-gam"]
    assert page.selectbox(key="fit").value == "pad"


def test_nothing_is_computed_twice(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    put(page, picture(1), picture(2))
    first = html(page)

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("gam_viz.app.my_pictures.predictions._predict", forbidden)
    monkeypatch.setattr("gam_viz.app.my_pictures.predictions._thumbnail", forbidden)
    monkeypatch.setattr("gam_viz.app.shared.pictures.render", forbidden)
    page.run()
    assert not page.exception
    assert html(page) == first


def test_each_file_is_opened_decoded_and_hashed_once(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the upload to Compare, to this page and back: counted where the bytes are read."""
    files = [picture(1), picture(2), ("slice.dcm", dicom(np.arange(256, dtype=np.uint16).reshape(16, 16)), "")]
    opened, decoded, hashed = [], [], []

    def counting(count: list[int], function):  # type: ignore[no-untyped-def]
        def counted(data: bytes, *rest: object):  # type: ignore[no-untyped-def]
            count.append(len(data))
            return function(data, *rest)

        return counted

    def rendering(source: Source, rendering: Rendering | None = None) -> Picture:
        decoded.append(source.sha256)
        return render(source, rendering)

    contents = {data for _, data, _ in files}
    sha256 = hashlib.sha256

    def hashing(data: bytes = b"", **options: bool):  # type: ignore[no-untyped-def]
        if isinstance(data, bytes) and data in contents:  # weights are hashed as well, as views
            hashed.append(len(data))
        return sha256(data, **options)

    monkeypatch.setattr("gam_viz.app.shared.uploads.open_source", counting(opened, open_source))
    monkeypatch.setattr("gam_viz.app.shared.pictures.render", rendering)
    monkeypatch.setattr(sys.modules["gam_viz.images.decode"], "render", rendering)
    monkeypatch.setattr("hashlib.sha256", hashing)
    put(page, *files)
    for name in (COMPARE, BATCH, COMPARE):
        visit(page, name).run()
        assert not page.exception
    page.segmented_control(key="source").set_value("upload").run()
    page.selectbox(key="upload").select_index(1).run()
    assert not page.exception
    sizes = sorted(len(data) for data in contents)
    assert sorted(opened) == sizes
    assert sorted(hashed) == sizes
    assert len(set(decoded)) == len(decoded) == len(files)


def test_what_is_forgotten_is_gone(page: AppTest) -> None:
    """Everywhere that the app has looked at it: no cache, choice or link of the session knows the file any more."""
    put(page, picture(1, (64, 64)), picture(2, (64, 64)))
    visit(page, COMPARE).run()
    page.segmented_control(key="source").set_value("upload").run()
    gone, stays = page.session_state["uploads"]
    page.selectbox(key="upload").set_value(gone[:12]).run()
    page.segmented_control(key="region").set_value("mask").run()
    mask = next(widget for widget in page.file_uploader if widget.key.startswith("mask-file"))
    mask.set_value(("mask.png", png(np.eye(64, dtype=np.uint8) * 255), "image/png")).run()
    assert not page.exception
    visit(page, "evidence").run()
    page.button(key="make-report").click().run()
    assert not page.exception
    visit(page, BATCH).run()
    kept = {"pictures", "explanations", "attributions", "masks", "thumbnails", "predictions", "report"}
    assert {"uploads", "looks", *(f"cache-{name}" for name in kept)} <= traces(page, gone)
    page.button(key=f"forget-{gone[:12]}").click().run()
    assert not page.exception
    assert [name for name, _ in links(page)] == ["1. picture-2.png"]
    assert not traces(page, gone)
    assert "cache-thumbnails" in traces(page, stays)
    page.button(key="forget-all").click().run()
    assert "Upload several pictures" in markdown(page)
    assert not traces(page, stays)


def test_kind_14_forget_forgets_at_once(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the very page is drawn that follows the click, nothing of the file is in memory any more."""
    put(page, picture(1, (64, 64)), picture(2, (64, 64)))
    visit(page, COMPARE).run()
    page.segmented_control(key="source").set_value("upload").run()
    gone = page.session_state["uploads"].keys()
    page.selectbox(key="upload").set_value(next(iter(gone))[:12]).run()
    assert not page.exception
    stores = ("pictures", "explanations", "attributions")
    objects = [
        weakref.ref(value)
        for store in stores
        for key, value in page.session_state[f"cache-{store}"].items()
        if any(digest in str(key) for digest in gone)
    ]
    objects += [weakref.ref(upload.source) for upload in page.session_state["uploads"].values()]
    assert len(objects) > 6
    left: list[object] = []

    def drawn() -> None:
        left.extend(found for each in objects if (found := each()) is not None)

    monkeypatch.setattr("gam_viz.app.shared.words.begin_page", drawn)
    page.button(key="forget-all").click().run()
    assert not page.exception
    assert [type(each).__name__ for each in left] == []


def test_no_download_names_a_file(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a table, a figure nor an array, nor what it is called itself: files are called after patients."""
    handed: dict[str, Any] = {}
    monkeypatch.setattr(st, "download_button", lambda *given, **how: handed.update({how["key"]: (given, how)}))
    secret = "DOE_JOHN_19610203"
    scan = dicom(np.random.default_rng(0).integers(0, 900, (32, 32), np.uint16), PatientName=secret)
    page = visit(app, BATCH).run()
    put(page, (f"{secret}.dcm", scan, ""), (f"={secret}.png", picture(1)[1], ""), (f"bad {secret}.png", b"none", ""))
    visit(page, COMPARE).query_params["source"] = "upload"
    page.run()
    assert not page.exception
    assert handed.keys() == {"csv", *(f"download-{form}" for form in ("png", "svg", "npz", "csv"))}
    for key, (given, how) in handed.items():
        content = given[1]() if callable(given[1]) else given[1]
        content = content.encode() if isinstance(content, str) else content
        assert secret.encode() not in content, key
        assert secret not in f"{given[2:]} {how}", key
    table = handed["csv"][0][1].decode("utf-8-sig").splitlines()
    assert sorted(line.split(",")[0][:15] for line in table[1:]) == ["1. DICOM pictur", "2. PNG picture ", "3."]
    assert secret in page.sidebar.selectbox(key="upload").options[0]


def test_in_chinese(app: AppTest) -> None:
    app.query_params["lang"] = "zh"
    with speaking("zh"):  # AppTest looks the options' words up outside the script
        page = visit(app.run(), BATCH).run()
        assert "请上传多张图片" in markdown(page)
        put(page, picture(1), archive(BAD, archive(picture(2), name="inner.zip")))
    assert not page.exception
    assert page.title[0].value == "我的图片"
    said = markdown(page)
    assert "这是 ZIP 中的 ZIP" in said
    assert "未接受：2" in said
    assert "全变差距离" in captions(page)


def test_one_network_is_enough_and_none_is_said(page: AppTest) -> None:
    put(page, picture(1))
    page.multiselect(key="networks-scenes").set_value(["scenes-gam"]).run()
    assert not page.exception
    assert not page.main.info
    page.multiselect(key="networks-scenes").set_value([]).run()
    assert not page.exception
    assert "Choose a network in the sidebar." in [info.value for info in page.info]
