"""The Audit page: every question answered on small audits, rows that open in Compare, and nothing read elsewhere."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import rasterio
from pyarrow import csv, parquet
from streamlit.testing.v1 import AppTest

from gam_viz.app.audit.download import as_csv, as_parquet
from gam_viz.app.pages import address
from gam_viz.app.shared import evaluation_set
from gam_viz.app.shared.audits import audits, link_to_compare, opened_audit
from gam_viz.app.shared.words import speaking, text
from gam_viz.audit import folder as files
from gam_viz.audit.explained import SCHEMA
from gam_viz.audit.opened import Audit
from gam_viz.audit.run import begun, run
from gam_viz.networks.checkpoints import named
from gam_viz.titles import JOINER
from tests.app.reading import words
from tests.app.visiting import opened, visit
from tests.audit.audits import write_pictures

HOSTILE = "**b** [x](http:__x.invalid) :red[c] $y^2$ <i>.png"
QUESTIONS = ("apart", "gates", "channels", "confusion", "spread", "refused")


@pytest.fixture(scope="module")
def made(checkpoint_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Audits of a folder, of the scenes (of which it is known where objects lie) and of a raster."""
    root = tmp_path_factory.mktemp("audited")
    pictures = root / "pictures"
    write_pictures(pictures, 24)
    one = next(pictures.rglob("0000.png"))
    (pictures / HOSTILE).write_bytes(one.read_bytes())
    (pictures / "broken.png").write_text("no picture")
    pixels = np.random.default_rng(0).integers(0, 255, (3, 192, 256), np.uint8)
    with rasterio.open(root / "scene.tif", "w", "GTiff", 256, 192, 3, dtype="uint8", photometric="RGB") as raster:
        raster.write(pixels)
    networks = {name: named(name, checkpoint_folder) for name in ("scenes-cbam", "scenes-gam")}
    for source, out in ((pictures, "folder"), ("data:scenes", "more/split"), (root / "scene.tif", "scene")):
        run(begun(source, networks, root / "audits" / out))
    return root


@pytest.fixture
def page(app: AppTest, made: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("GAM_VIZ_AUDITS", str(made / "audits"))
    return app


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_question_is_answered_in_a_sentence(page: AppTest, made: Path, language: str) -> None:
    audit = Audit(made / "audits" / "folder")
    disagreeing = audit.query("select count(*) filter (where disagree) as n from pictures")["n"][0].as_py()
    with speaking(language):
        opened(page, "audit", audit="folder", lang=language)
        assert page.selectbox(key="audit").options == ["folder", "more/split", "scene"]
        assert f"**{disagreeing:,}**" in words(page)
        for question in QUESTIONS:
            ask(page, "folder", question)
        ask(page, "more/split", "object")
        ask(page, "scene", "scene")
        assert len(page.get("plotly_chart")) == 1


def test_other_explanations_are_other_answers(page: AppTest, made: Path) -> None:
    """The audit is as long as before, and its folder's manifest is the same."""
    written = made / "audits" / "folder" / files.EXPLAINED

    def explain(flips: list[bool]) -> None:
        own = {"network": "scenes-gam", "target": "circle", "kind": "ablation", "key": "layer1.0/channel"}
        rows = [{"item": item, **own, "mode": "identity", "change": 0.1, "flips": of} for item, of in enumerate(flips)]
        parquet.write_table(pa.Table.from_pylist(rows, SCHEMA), written)

    try:
        explain([True, True])
        opened(page, "audit", audit="folder", ask="apart")
        assert "changes its decision on 100%" in words(page).replace("*", "")
        explain([True, False, False, False])
        page.run()
        assert "changes its decision on 25%" in words(page).replace("*", "")
    finally:
        written.unlink()


def ask(page: AppTest, audit: str, question: str) -> None:
    if page.selectbox(key="audit").value != audit:
        page.selectbox(key="audit").set_value(audit).run()
    page.session_state["ask"] = question
    page.run()
    assert not page.exception, question
    assert not page.error, question
    assert page.session_state["ask"] == question
    assert page.header[0].value == text(f"audit.ask.{question}")
    assert len(page.get("download_button")) == (4 if question == "scene" else 2), question


def test_names_of_files_are_read_letter_by_letter(page: AppTest, made: Path) -> None:
    opened(page, "audit", audit="folder", ask="spread")
    rows = parquet.read_table(made / "audits" / "folder" / files.ROWS)
    (item,) = [n for n, name in zip(rows["item"].to_pylist(), rows["name"].to_pylist(), strict=True) if name == HOSTILE]
    while not [link for link in page.get("page_link") if f"item={item}" in str(link.proto)]:
        pager = page.get("pagination")[0]
        pager.set_value(pager.value + 1).run()
    (link,) = [link for link in page.get("page_link") if f"item={item}" in str(link.proto)]
    assert link.proto.label.replace(JOINER, "").replace("\\", "") == HOSTILE
    assert "\\*\\*b\\*\\*" in link.proto.label


def test_a_row_opens_in_compare(page: AppTest, made: Path) -> None:
    audit = Audit(made / "audits" / "folder")
    row = audit.query("select * from pictures where status = 'ok' and label is not null order by item").to_pylist()[3]
    visit(page, "compare")
    for key, value in link_of(audit, "folder", row["item"]).items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    assert page.segmented_control(key="source").value == "audit"
    assert page.multiselect(key="networks-scenes").value == ["scenes-cbam", "scenes-gam"]
    shown = words(page)
    for network in ("scenes-cbam", "scenes-gam"):
        assert f"{row[f'{network}/probability']:.0%}" in shown or f"{row[f'{network}/probability']:.1%}" in shown


def link_of(audit: Audit, name: str, item: int) -> dict[str, str]:
    with speaking("en"):
        return link_to_compare(audit, name, item)


def test_a_test_picture_opens_as_one(page: AppTest, made: Path) -> None:
    link = link_of(Audit(made / "audits" / "more" / "split"), "more/split", 7)
    assert (link["source"], link["test"], link["data"]) == ("test", "7", "scenes")


def test_test_pictures_are_drawn_from_an_audit_of_them(page: AppTest, made: Path, cold: None, monkeypatch) -> None:
    """Nothing is computed where an audit of the test set, by the same checkpoints, is there."""
    monkeypatch.setattr(evaluation_set, "predict_pictures", lambda *given, **more: pytest.fail("computed"))
    visit(page, "test_pictures")
    page.query_params["data"] = "scenes"
    page.query_params["networks-scenes"] = "scenes-cbam,scenes-gam"
    page.run()
    assert not page.exception
    audit = Audit(made / "audits" / "more" / "split")
    right = audit.query('select avg((label = "scenes-cbam/prediction")::int) as share from pictures')
    assert f"is right on {right['share'][0].as_py():.1%} of the 100 test pictures" in words(page)


def test_a_click_on_a_cell_with_one_tile_opens_it(page: AppTest) -> None:
    opened(page, "audit", audit="scene", ask="scene")
    page.session_state["down"], page.session_state["across"], page.session_state["scene-picked"] = 1, 2, True
    page.run()
    assert not page.exception
    assert page.session_state["url-page"] == ""
    assert page.number_input(key="item").value == tile_at(page, 1, 2)


def tile_at(page: AppTest, down: int, across: int) -> int:
    audit = opened_audit(audits()[page.selectbox(key="audit").value])
    left, top = (each * audit.manifest.source["stride"] for each in (across, down))
    found = audit.query('select item from pictures where top = ? and "left" = ?', [top, left])
    return int(found["item"][0].as_py())


def test_a_tile_opens_in_compare(page: AppTest, made: Path) -> None:
    visit(page, "compare")
    for key, value in link_of(Audit(made / "audits" / "scene"), "scene", 2).items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    assert not page.error
    assert page.number_input(key="item").value == 2


def test_a_picture_that_changed_does_not_open(page: AppTest, made: Path, cold: None) -> None:
    audit = Audit(made / "audits" / "folder")
    row = audit.query("select item, name from pictures where name like 'cup/%' order by item").to_pylist()[0]
    path = made / "pictures" / row["name"]
    kept = path.read_bytes()
    path.write_bytes(kept + b"!")
    try:
        visit(page, "compare")
        for key, value in link_of(audit, "folder", row["item"]).items():
            page.query_params[key] = value
        page.run()
        assert not page.exception
        assert f"The picture of row {row['item']} is not where the audit found it" in page.sidebar.error[0].value
    finally:
        path.write_bytes(kept)


def test_an_audit_of_somebody_else_opens_no_file_here(page: AppTest, made: Path, tmp_path: Path, monkeypatch) -> None:
    """Its description names a folder here; the digests in its rows are those of its maker's files."""
    secret = tmp_path / "secret"
    write_pictures(secret, 2, size=80)
    audit = Audit(made / "audits" / "folder")
    out = tmp_path / "audits" / "theirs"
    out.parent.mkdir()
    for name in (files.MANIFEST, files.LISTING, *(f"{of}/part-0000000.parquet" for of in (files.ROWS, files.CHANNELS))):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(audit.folder.read(name))
    manifest = (out / files.MANIFEST).read_text()
    (out / files.MANIFEST).write_text(manifest.replace(str(made / "pictures"), str(secret)))
    listing = parquet.read_table(out / files.LISTING)
    path = next(secret.rglob("*.png")).relative_to(secret)
    paths = pa.array([str(path).encode()] * listing.num_rows, pa.binary())
    parquet.write_table(listing.set_column(0, listing.schema.field(0), paths), out / files.LISTING)
    monkeypatch.setenv("GAM_VIZ_AUDITS", str(out.parent))
    opened(page, "audit", ask="spread")
    assert "10 of these" in words(page)
    assert not [link for link in page.get("page_link") if "item=" in str(link.proto)]


@pytest.mark.parametrize("given", ["../../etc", "/etc", "more", "..", "folder/../../pictures", "s3://bucket/audit"])
def test_a_link_names_no_other_folder(page: AppTest, given: str) -> None:
    visit(page, "audit")
    page.query_params["audit"] = given
    page.run()
    assert not page.exception
    assert page.selectbox(key="audit").value == "folder"
    assert f"audit={given}".replace(":", "") in words(page).replace("\\", "").replace(JOINER, "").replace(":", "")


def test_links_are_not_followed(made: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(made / "audits")
    assert files.audits_below([tmp_path]) == {}
    assert list(files.audits_below([made / "audits" / "folder"])) == ["folder"]
    assert list(files.audits_below([made / "audits", tmp_path])) == [
        "audits/folder",
        "audits/more/split",
        "audits/scene",
    ]


def test_without_an_audit_it_says_what_one_is(app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAM_VIZ_AUDITS", str(tmp_path))
    opened(app, "audit")
    assert app.code[0].value.startswith("gam-viz audit pictures/ --networks")
    assert "An audit asks networks about every picture" in words(app)


def test_a_damaged_part_costs_its_question(page: AppTest, made: Path, tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / "audits" / "bad"
    (out / files.ROWS).mkdir(parents=True)
    (out / files.MANIFEST).write_bytes((made / "audits" / "folder" / files.MANIFEST).read_bytes())
    monkeypatch.setenv("GAM_VIZ_AUDITS", str(tmp_path / "audits"))
    visit(page, "audit").run()
    assert not page.exception
    assert "No shard of the audit" in page.error[0].value
    (out / files.ROWS / "part-0000000.parquet").write_bytes(b"PAR1 nothing PAR1")
    (out / files.CHANNELS).mkdir()
    (out / files.CHANNELS / "part-0000000.parquet").write_bytes(b"PAR1 nothing PAR1")
    visit(page, "audit").run()
    assert not page.exception
    assert page.error


def test_a_table_goes_home_as_csv_and_parquet() -> None:
    table = pa.table({"name": ["=1+1", "b", None], "never_open": [[1, 2], [], [3]], "share": [0.5, None, 1.0]})
    assert parquet.read_table(io.BytesIO(as_parquet(table))).equals(table)
    read = csv.read_csv(io.BytesIO(as_csv(table)))
    assert read["name"].to_pylist() == ["'=1+1", "b", ""]
    assert read["never_open"].to_pylist() == ["1 2", "", "3"]
    assert read["share"].to_pylist() == [0.5, None, 1.0]


def test_its_address() -> None:
    assert address("audit") == "audit"
