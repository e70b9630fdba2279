"""The gallery: offline, deterministic, honest about its sources."""

import re
import socket
from importlib import metadata

import numpy as np
import pytest

from gam_viz.datasets.scenes.draw import CLASSES, draw_scene
from gam_viz.images import PictureError, list_samples, load_sample, sample_scene
from gam_viz.images.samples import _FILES, _load
from gam_viz.text import words

SAMPLES = list_samples()
SCENES = [sample for sample in SAMPLES if sample.group == "scene"]


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("the gallery must not open a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    _load.cache_clear()


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.id)
def test_every_sample_loads_offline_and_always_the_same(sample):
    first = load_sample(sample.id)
    _load.cache_clear()
    second = load_sample(sample.id)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert first.sha256 == second.sha256
    assert first.pixels.std() > 5, "an empty picture"
    assert not first.pixels.flags.writeable


def test_ids_titles_and_sources():
    assert len({sample.id for sample in SAMPLES}) == len(SAMPLES) >= 20
    assert len({load_sample(sample.id).sha256 for sample in SAMPLES}) == len(SAMPLES)
    for sample in SAMPLES:
        assert re.fullmatch(r"[a-z0-9-]+", sample.id)
        assert sample.credit
        assert sample.licence
        assert sample.title
    assert {sample.title_key for sample in SAMPLES} == {
        key for key in words("en").sentences if key.startswith("samples.")
    }


def test_photographs_come_with_the_wheel():
    shipped = {str(path) for path in metadata.files("scikit-image") or ()}
    assert {f"skimage/data/{file}" for file, _ in _FILES.values()} <= shipped


def test_an_id_from_a_broken_link_is_refused_in_a_sentence():
    for call in (load_sample, sample_scene):
        with pytest.raises(PictureError, match="no sample picture called 'scene-ufo-1'") as caught:
            call("scene-ufo-1")
        assert caught.value.code == "unknown_sample_near"


@pytest.mark.parametrize("sample", SCENES, ids=lambda sample: sample.id)
def test_scenes_are_members_of_the_test_split(sample):
    scene = sample_scene(sample.id)
    index = int(sample.id.rpartition("-")[2])
    own = draw_scene(index, split="test")
    assert CLASSES[own.label] == CLASSES[scene.label] == sample.label_name
    np.testing.assert_array_equal(scene.image, load_sample(sample.id).pixels)
    np.testing.assert_array_equal(scene.image[~scene.tag_mask], own.image[~scene.tag_mask])
    assert scene.mask.sum() > 40
    assert scene.tag_mask.any() == (sample.tag_name is not None)


def test_the_gallery_shows_every_class_and_tags_that_agree_and_contradict():
    assert {sample.label_name for sample in SCENES} == set(CLASSES)
    tagged = [sample for sample in SCENES if sample.tag_name]
    assert {sample.tag_name == sample.label_name for sample in tagged} == {True, False}
    for sample in tagged:
        plain = "scene-" + "-".join(sample.id.split("-")[-2:])
        assert load_sample(plain).sha256 != load_sample(sample.id).sha256


def test_photographs_have_no_scene():
    assert sample_scene("photo-cat") is None
    face = load_sample("photo-cat-face")
    assert face.width == face.height
    assert [note.code for note in face.notes] == ["cropped_sample"]
