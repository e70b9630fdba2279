"""How familiar a picture is, from the checkpoint to the pages, the table and the report: planted, and where nothing
was stored."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from gam_viz.evaluation.familiarity import Familiarity, store
from gam_viz.evidence.case import CaseSettings
from gam_viz.evidence.examine import examine
from gam_viz.explain import seen_by
from gam_viz.images import Picture, list_samples, load_sample
from gam_viz.networks.checkpoints import Checkpoint, load, read
from gam_viz.report import html as report_of
from gam_viz.text import words
from tests.app.reading import plain
from tests.app.test_my_pictures import html, picture, put
from tests.app.visiting import visit

KNOWN, PLAIN = "scenes-cbam", "scenes-gam"
FOREIGN_WORDS = "Farther from the training pictures than 100.0% of the validation pictures"
FAMILIAR_WORDS = "Farther from the training pictures than 0% of the validation pictures"


@pytest.fixture
def planted(checkpoint_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    """A folder in which one network knows one sample; every other picture is farther than its validation pictures."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(checkpoint_folder, folder)
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(folder))
    checkpoint = read(folder / f"{KNOWN}.safetensors")
    network, card = load(checkpoint), checkpoint.card

    def features(shown: Picture) -> np.ndarray:
        with torch.inference_mode():
            return network.penultimate(seen_by(card, shown).tensor)[0].numpy()

    familiar, foreign = (features(load_sample(sample.id)) for sample in samples())
    of_classes = np.tile(familiar, (len(card.classes), 1))
    bare = Familiarity(of_classes.astype(np.float16).astype(np.float32), np.array([1.0], np.float32))
    near, far = bare.distance(np.stack([familiar, foreign])).tolist()
    assert far > 2 * near + 1e-6
    return store(checkpoint, Familiarity(of_classes, np.full(8, (near + far) / 2, np.float32)))


def samples():
    """One sample, and another of other content."""
    every = list_samples()
    return every[0], every[-1]


def said(page: AppTest) -> str:
    return plain("\n".join(element.value for element in page.caption))


def on_compare(app: AppTest, sample: str) -> AppTest:
    app.query_params["source"], app.query_params["sample"] = "sample", sample
    app.query_params["networks-scenes"] = f"{KNOWN},{PLAIN}"
    app.query_params["data"] = "scenes"
    return visit(app, "compare").run()


@pytest.mark.parametrize(
    ("place", "told", "untold"), [(0, FAMILIAR_WORDS, "mean little"), (1, FOREIGN_WORDS, "than 0%")]
)
def test_compare_says_it_of_the_network_that_knows(
    planted: Checkpoint, app: AppTest, monkeypatch: pytest.MonkeyPatch, place: int, told: str, untold: str
) -> None:
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(planted.path.parent))
    page = on_compare(app, samples()[place].id)
    assert not page.exception
    assert said(page).count(told) == 1  # the other network's file tells nothing, and nothing is said
    assert untold not in said(page)


def test_my_pictures_has_a_column_of_it(planted: Checkpoint, app: AppTest, monkeypatch) -> None:
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(planted.path.parent))
    page = visit(app, "my_pictures")
    page.query_params["networks-scenes"] = f"{KNOWN},{PLAIN}"
    put(page.run(), picture(3))
    assert not page.exception
    head, row = (
        next(body for body in html(page) if body.startswith(f'<div class="gv-{k}"')) for k in ("head", "cells")
    )
    assert "farther than" in head
    assert "/ –" in row  # the second network's file tells nothing
    assert "“Farther than”" in said(page)


def test_the_report_and_its_language(planted: Checkpoint) -> None:
    other = read(planted.path.with_name(f"{PLAIN}.safetensors"))
    quick = CaseSettings(methods=(), measures=("agreement",))
    case = examine([planted, other], load_sample(samples()[1].id), settings=quick)
    assert [network.explanation.farther for network in case.networks] == [1.0, None]
    assert report_of(case, words("en")).count(FOREIGN_WORDS) == 1
    assert report_of(case, words("zh")).count("比 100.0% 的验证图片都远") == 1
