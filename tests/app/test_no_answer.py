"""A network whose weights are finite and whose answer is not: every page says so in a sentence and goes on."""

from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared.words import speaking
from gam_viz.networks.checkpoints import load, named, save
from gam_viz.text import words
from tests.app.visiting import visit
from tests.checkpoint_files import write_checkpoints


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """CBAM and GAM of the scenes; GAM's last layer overflows."""
    write_checkpoints(tmp_path)
    for name in ("cifar10-none", "cifar10-cbam", "cifar10-gam", "cifar10-gam_sigmoid", "scenes-none"):
        (tmp_path / f"{name}.safetensors").unlink()
    spoiled = named("scenes-gam", tmp_path)
    network = load(spoiled)
    with torch.no_grad():
        network.fc.weight.fill_(3e38)
    save(network, spoiled.card, tmp_path / "scenes-gam.safetensors")
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(tmp_path))
    return AppTest.from_file(str(Path(__file__).resolve().parents[2] / "app.py"), default_timeout=120)


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
