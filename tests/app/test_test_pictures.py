"""The gallery of test pictures: filters, links to Compare, missing data, the download."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, Selectbox

from gam_viz.app.shared.words import network_title, speaking
from gam_viz.datasets import LabelledImages, MissingDataError
from gam_viz.datasets.cifar10 import ARCHIVE, INFO
from gam_viz.datasets.cifar10_download import Cifar10Download
from gam_viz.datasets.scenes.dataset import load_scenes
from gam_viz.evaluation.predictions import Predictions, pictures_digest, predictions_path, save_predictions
from gam_viz.networks.checkpoints import find
from tests.app.reading import plain
from tests.app.visiting import visit

#: Data sets and predictions are others here than in other files, and in some tests.
pytestmark = pytest.mark.usefixtures("cold")
GALLERY = "test_pictures"
COMPARE = "compare"
COUNT = 100  # test scenes that `tests/app` has


@pytest.fixture(scope="module")
def scenes() -> LabelledImages:
    return load_scenes("test", Path(), shortcut=False)


@pytest.fixture
def gallery(app: AppTest, scenes: LabelledImages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AppTest:
    """The gallery after its first run, on a hundred scenes."""
    monkeypatch.setattr("gam_viz.datasets.registry.DATASETS", {"scenes": lambda split, root: scenes})
    monkeypatch.setenv("GAM_VIZ_DATA", str(tmp_path))
    return visit(app, GALLERY).run()


@pytest.fixture
def stored(
    checkpoint_folder: Path, scenes: LabelledImages, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Predictions, Predictions]]:
    """Predictions that lie beside the checkpoints: CBAM right on the first 80, GAM on 60 of them and 5 others."""
    wrong = (scenes.labels + 1) % 10
    numbers = np.arange(COUNT)
    cbam = Predictions(np.where(numbers < 80, scenes.labels, wrong), np.linspace(0.5, 0.99, COUNT, dtype=np.float32))
    gam = Predictions(np.where((numbers < 60) | (numbers >= 95), scenes.labels, wrong), np.full(COUNT, 0.7, np.float32))
    by_name = {checkpoint.card.name: checkpoint for checkpoint in find(checkpoint_folder)[0]}
    for name, predictions in (("scenes-cbam", cbam), ("scenes-gam", gam)):
        path = predictions_path(checkpoint_folder, name)
        save_predictions(path, predictions, checkpoint=by_name[name].sha256, pictures=pictures_digest(scenes))

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("computed although the file is there")

    monkeypatch.setattr("gam_viz.app.shared.evaluation_set.predict_pictures", forbidden)
    yield cbam, gam
    for path in (checkpoint_folder / "predictions").iterdir():
        path.unlink()


@pytest.fixture(scope="module")
def cbam(checkpoint_folder: Path) -> str:
    """What the page calls the network with CBAM."""
    cards = [checkpoint.card for checkpoint in find(checkpoint_folder)[0]]
    with speaking("en"):
        return next(network_title(card) for card in cards if card.name == "scenes-cbam")


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))  # type: ignore[attr-defined]


def tiles(app: AppTest) -> int:
    return html(app).count('<div class="gv-tile">')


def links(app: AppTest) -> list[str]:
    """Of the tiles; those of the page's head carry no choices."""
    return [of for link in app.get("page_link") if (of := link.proto.query_string)]  # type: ignore[attr-defined]


def box(app: AppTest, key: str) -> Selectbox:
    """A filter: its widget is another one with each choice beside it."""
    return next(box for box in app.selectbox if str(box.key).startswith(f"{key}-"))


def words(app: AppTest) -> str:
    return "\n".join(element.value for kind in (app.markdown, app.caption, app.info) for element in kind)


def downloads(app: AppTest) -> list[Button]:
    """The buttons of the main area; the sidebar has its own."""
    return list(app.main.button)


def test_predictions_are_computed_where_no_file_has_them(gallery: AppTest) -> None:
    assert not gallery.exception
    assert gallery.title[0].value == "Test pictures"
    assert f"of the {COUNT} test pictures" in words(gallery)
    assert 1 <= tiles(gallery) <= 24


def test_four_counts_and_what_they_say(stored: object, gallery: AppTest, cbam: str) -> None:
    assert not gallery.exception
    shown = html(gallery)
    assert '<td>60</td><td class="gv-odd">20</td>' in shown
    assert '<td class="gv-odd">5</td><td>15</td>' in shown
    said = plain(words(gallery))
    assert f"**{cbam}** is right on 80.0% of the 100 test pictures, **GAM** on 65.0%" in said
    assert "+15.0 points (95% CI +5.1 to +24.3)" in said
    assert (
        f"Of the 25 pictures that only one gets right, {cbam} has 20 (exact McNemar test, p\u00a0=\u00a00.0041)" in said
    )
    assert box(gallery, "outcome").value == "one"
    assert box(gallery, "outcome").options == [
        "only one right · 25",
        f"only {cbam} right · 20",
        "only GAM right · 5",
        "both wrong · 15",
        "both right · 60",
        "all · 100",
    ]
    assert tiles(gallery) == 24
    assert len(links(gallery)) == 24


@pytest.mark.parametrize("outcome", ["first", "second", "neither", "both", "all", "one"])
def test_the_outcome_filter_shows_what_it_says(
    stored: tuple[Predictions, Predictions], gallery: AppTest, scenes: LabelledImages, outcome: str
) -> None:
    box(gallery, "outcome").set_value(outcome).run()
    assert not gallery.exception
    first, second = (predictions.predicted == scenes.labels for predictions in stored)
    expected = {
        "first": first & ~second,
        "second": second & ~first,
        "neither": ~first & ~second,
        "both": first & second,
        "one": first ^ second,
        "all": np.ones(COUNT, bool),
    }[outcome]
    numbers = [int(link.rpartition("test=")[2]) for link in links(gallery)]
    assert len(numbers) == min(24, expected.sum())
    assert expected[numbers].all()
    assert gallery.query_params.get("outcome") == (outcome if outcome != "one" else None)


def test_the_class_filter_and_its_counts(stored: object, gallery: AppTest, scenes: LabelledImages) -> None:
    box(gallery, "outcome").set_value("all").run()
    box(gallery, "class").set_value("car").run()
    assert not gallery.exception
    label = scenes.info.classes.index("car")
    numbers = [int(link.rpartition("test=")[2]) for link in links(gallery)]
    assert sorted(numbers) == np.flatnonzero(scenes.labels == label).tolist()
    assert box(gallery, "outcome").options[-1] == f"all · {len(numbers)}"
    assert gallery.query_params["class"] == "car"


def test_the_surest_mistakes_come_first_or_the_lowest_numbers(stored: object, gallery: AppTest) -> None:
    box(gallery, "outcome").set_value("neither").run()  # 80 to 94; CBAM is surer the higher the number
    numbers = [int(link.rpartition("test=")[2]) for link in links(gallery)]
    assert numbers == list(range(94, 79, -1))
    box(gallery, "order").set_value("number").run()
    assert [int(link.rpartition("test=")[2]) for link in links(gallery)] == list(range(80, 95))
    box(gallery, "outcome").set_value("both").run()
    assert box(gallery, "order").options[0] == "least confident first"


def test_pages(stored: object, gallery: AppTest) -> None:
    box(gallery, "outcome").set_value("all").run()
    gallery.session_state["page"] = 5
    gallery.run()
    assert not gallery.exception
    assert tiles(gallery) == 4
    assert "97–100 of 100" in words(gallery)
    assert gallery.query_params["page"] == "5"
    box(gallery, "outcome").set_value("both").run()  # another filter begins at its first page
    assert "1–24 of 60" in words(gallery)


def test_an_empty_outcome_is_said(stored: object, gallery: AppTest) -> None:
    box(gallery, "outcome").set_value("second").run()  # five pictures, of at most five classes
    options = box(gallery, "class").options
    empty = next(name for name in options if name.endswith("· 0"))
    box(gallery, "class").select(empty).run()
    assert not gallery.exception
    assert tiles(gallery) == 0
    assert "choose another outcome or class" in words(gallery)


def test_a_link_reopens_the_gallery(stored: object, app: AppTest, gallery: AppTest) -> None:
    for key, value in {"outcome": "neither", "class": "", "order": "number", "page": "7"}.items():
        gallery.query_params[key] = value
    gallery.session_state["url-begun"] = set()  # as when it is opened
    gallery.run()
    assert not gallery.exception
    assert box(gallery, "outcome").value == "neither"
    assert box(gallery, "order").value == "number"
    assert tiles(gallery) == 15
    assert "page" not in gallery.query_params


def test_everything_is_there_in_chinese(stored: object, gallery: AppTest) -> None:
    gallery.segmented_control(key="lang").set_value("zh").run()
    assert not gallery.exception
    assert gallery.title[0].value == "测试图片"
    assert box(gallery, "outcome").options[2] == "仅 GAM 正确 · 5"
    assert "个百分点" in words(gallery)
    assert "钥匙" in html(gallery) + "".join(box(gallery, "class").options)
    assert all("lang=zh" in link for link in links(gallery))


def test_any_two_networks_and_which_of_more(gallery: AppTest) -> None:
    gallery.multiselect(key="networks-scenes").set_value(["scenes-none", "scenes-gam_sigmoid", "scenes-gam"]).run()
    assert not gallery.exception
    assert "the first two chosen, No attention and GAM, channel sigmoid" in words(gallery)
    assert "networks-scenes=scenes-none%2Cscenes-gam_sigmoid%2Cscenes-gam" in links(gallery)[0]


def test_a_picture_opens_in_compare_and_the_choice_is_kept_on_the_way_back(
    stored: object, gallery: AppTest, scenes: LabelledImages
) -> None:
    gallery.multiselect(key="networks-scenes").set_value(["scenes-cbam", "scenes-gam"]).run()
    box(gallery, "outcome").set_value("neither").run()
    number = int(links(gallery)[0].rpartition("test=")[2])
    visit(gallery, COMPARE)
    gallery.query_params.clear()
    gallery.query_params["source"] = "test"
    gallery.query_params["test"] = str(number)
    gallery.run()
    assert not gallery.exception
    assert not gallery.error
    assert gallery.segmented_control(key="source").value == "test"
    assert gallery.number_input(key="test").value == number
    truth = scenes.info.classes[scenes.labels[number]]
    assert f"Planted scenes, test picture {number}" in words(gallery)
    assert f"it is {truth}" in words(gallery) or f"Right: {truth}" in words(gallery)
    gallery.selectbox(key="fit").set_value("pad").run()
    gallery.query_params.clear()  # as moving to another page does
    visit(gallery, GALLERY).run()
    assert not gallery.exception
    assert box(gallery, "outcome").value == "neither"
    gallery.query_params.clear()
    visit(gallery, COMPARE).run()
    assert not gallery.exception
    assert gallery.segmented_control(key="source").value == "test"
    assert gallery.number_input(key="test").value == number
    assert gallery.selectbox(key="fit").value == "pad"
    assert gallery.query_params["test"] == str(number)


def test_a_tiles_link_in_a_new_tab_leads_to_compare_too(app: AppTest, gallery: AppTest) -> None:
    gallery.query_params["source"] = "test"
    gallery.query_params["test"] = "17"
    gallery.run()
    assert not gallery.exception
    assert gallery.title[0].value == "Compare"


def test_the_language_and_networks_are_kept_between_pages(gallery: AppTest) -> None:
    gallery.multiselect(key="networks-scenes").set_value(["scenes-none", "scenes-gam"]).run()
    gallery.segmented_control(key="lang").set_value("zh").run()
    gallery.query_params.clear()
    with speaking("zh"):  # AppTest asks the page outside its script what its options are called
        visit(gallery, COMPARE).run()
    assert gallery.title[0].value == "对比"
    assert gallery.multiselect(key="networks-scenes").value == ["scenes-none", "scenes-gam"]


def test_a_number_beyond_the_test_set_is_brought_back(
    app: AppTest, scenes: LabelledImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gam_viz.datasets.registry.DATASETS", {"scenes": lambda split, root: scenes})
    app.query_params["source"] = "test"
    app.query_params["test"] = "99999"
    app.run()
    assert not app.exception
    assert app.number_input(key="test").value == COUNT - 1


def test_missing_data_is_one_sentence_in_both_pages(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAM_VIZ_DATA", str(tmp_path))
    app.query_params["data"] = "cifar10"
    app.query_params["source"] = "test"
    app.run()
    assert not app.exception
    told = [caption.value for caption in app.sidebar.caption if "CIFAR-10" in caption.value]
    assert "cs.toronto.edu" in told[0]
    assert app.segmented_control(key="source").value == "sample"  # what is there stays in front
    assert "Test set" not in app.segmented_control(key="source").options
    assert app.selectbox(key="data").options == ["Planted scenes", "CIFAR-10 (networks only)"]
    assert app.multiselect(key="methods").value  # the page is drawn to its end
    visit(app, GALLERY).run()
    assert not app.exception
    assert "The pictures of CIFAR-10 are not here" in app.info[0].value
    assert "`cifar10.zip` or `cifar-10-batches-py` was expected" in app.info[0].value
    assert "cs.toronto.edu" in app.info[0].value
    assert str(tmp_path) in app.info[0].value
    assert [button.label for button in downloads(app)] == ["Download CIFAR-10 (170 MB)"]
    assert not list(tmp_path.iterdir())  # nothing was downloaded unasked


def test_damaged_data_is_one_sentence(app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAM_VIZ_DATA", str(tmp_path))
    (tmp_path / "cifar10.zip").write_bytes(b"no zip")
    app.query_params["data"] = "cifar10"
    visit(app, GALLERY).run()
    assert not app.exception
    assert "The test pictures cannot be shown: the CIFAR-10 pack cifar10.zip cannot be read" in app.info[0].value
    assert not downloads(app)


def test_other_classes_than_the_networks_are_refused(
    app: AppTest, easy_images: Callable[..., LabelledImages], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = easy_images(12)
    monkeypatch.setattr("gam_viz.datasets.registry.DATASETS", {"scenes": lambda split, root: data})
    visit(app, GALLERY).run()
    assert not app.exception
    assert "Easy colours has 3 classes at 12x12 here; scenes-cbam was trained on 10" in app.info[0].value


def test_the_download_is_shown_and_its_pictures_appear(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halfway, go_on = threading.Event(), threading.Event()
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (30, 32, 32, 3)).astype(np.uint8)

    def fetch(split: str, root: Path, **_: object) -> LabelledImages:
        with (root / ARCHIVE).open("wb") as archive:
            archive.truncate(85_000_000)
        halfway.set()
        assert go_on.wait(60)
        (root / "here").touch()
        return LabelledImages(INFO, images, np.arange(30) % 10)

    def load(split: str, root: Path, *, download: bool = True) -> LabelledImages:
        if not (root / "here").exists():
            raise MissingDataError("not here", title="CIFAR-10", folder=root, expected=("cifar10.zip",))
        return LabelledImages(INFO, images, np.arange(30) % 10)

    monkeypatch.setattr("gam_viz.datasets.cifar10_download.load_cifar10", fetch)
    monkeypatch.setattr("gam_viz.datasets.registry.load_cifar10", load)
    monkeypatch.setenv("GAM_VIZ_DATA", str(tmp_path))
    app.query_params["data"] = "cifar10"
    visit(app, GALLERY).run()
    downloads(app)[0].click().run()
    assert halfway.wait(60)
    app.run()
    assert not app.exception
    assert "85 of 170 MB" in app.get("progress")[0].proto.text  # type: ignore[attr-defined]
    assert not downloads(app)  # one download at a time
    go_on.set()
    for _ in range(100):
        app.run()
        if tiles(app):
            break
    assert not app.exception
    assert f"of the {len(images)} test pictures" in words(app)


def test_a_failed_download_says_why_and_can_be_tried_again(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(split: str, root: Path) -> None:
        raise MissingDataError("x", title="", folder=root, expected=()) from OSError("no route to host")

    monkeypatch.setattr("gam_viz.datasets.cifar10_download.load_cifar10", fetch)
    monkeypatch.setenv("GAM_VIZ_DATA", str(tmp_path))
    app.query_params["data"] = "cifar10"
    visit(app, GALLERY).run()
    downloads(app)[0].click().run()
    for _ in range(100):
        if app.error:
            break
        app.run()
    assert app.error[0].value == "CIFAR-10 could not be downloaded: no route to host."
    assert len(downloads(app)) == 1
    assert not app.exception


def test_a_download_that_succeeds_has_no_failure(tmp_path: Path) -> None:
    download = Cifar10Download(tmp_path / "new", lambda root: (root / ARCHIVE).write_bytes(b"12345"))
    assert download.wait(30)
    assert download.failure is None
    assert download.received == 5
