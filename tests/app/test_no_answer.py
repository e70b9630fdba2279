"""A network whose weights are finite and whose answer is not: every page says so in a sentence and goes on."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared.words import speaking
from gam_viz.text import words
from tests.app.conftest import APP
from tests.app.test_my_pictures import flat, links, put
from tests.app.visiting import visit
from tests.checkpoint_files import spoil, write_checkpoints


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """CBAM and GAM of the scenes; GAM's last layer overflows."""
    write_checkpoints(tmp_path)
    for name in ("cifar10-none", "cifar10-cbam", "cifar10-gam", "cifar10-gam_sigmoid", "scenes-none"):
        (tmp_path / f"{name}.safetensors").unlink()
    spoil("scenes-gam", tmp_path)
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(tmp_path))
    return AppTest.from_file(str(APP), default_timeout=120)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_network_is_named_and_the_other_goes_on(page: AppTest, language: str) -> None:
    page.query_params["lang"] = language
    sentence = words(language).text("common.prediction.no_answer", names="GAM")
    for name in ("compare", "inside", "evidence"):
        with speaking(language):
            visit(page, name).run()
        assert not page.exception
        assert [error.value for error in page.error] == [sentence]
        assert not any("nan" in each.value.lower().split() for each in (*page.markdown, *page.caption))


def test_where_no_network_answers_the_page_ends_with_the_sentence(page: AppTest) -> None:
    page.query_params["networks-scenes"] = "scenes-gam,scenes-gam_sigmoid"
    page.run()
    assert len(page.error) == 1  # the other one answers
    visit(page, "test_pictures").run()
    assert not page.exception
    (error,) = page.error
    assert "no finite answer (NaN or infinity)" in error.value


@pytest.mark.parametrize("language", ["en", "zh"])
def test_my_pictures_names_it_for_each_file_and_judges_them_with_the_others(page: AppTest, language: str) -> None:
    page.query_params["lang"] = language
    sentence = words(language).text("common.prediction.no_answer", names="GAM")
    with speaking(language):
        put(visit(page, "my_pictures").run(), flat(1), flat(2))
    assert not page.exception
    assert [warning.value for warning in page.warning] == [f"**{n}. picture-{n}.png** · {sentence}" for n in (1, 2)]
    assert not links(page)  # no row for a picture without a prediction
    with speaking(language):
        page.multiselect(key="networks-scenes").set_value(["scenes-cbam", "scenes-gam_sigmoid"]).run()
    assert not page.warning
    assert sorted(name for name, _ in links(page)) == ["1. picture-1.png", "2. picture-2.png"]
