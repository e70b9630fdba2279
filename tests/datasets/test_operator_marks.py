"""What operators draw on ultrasound pictures: planted marks are found and painted over, tissue is left alone."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from gam_viz.datasets import load_dataset
from gam_viz.datasets.operator_marks import operator_marks, painted_over, with_callipers
from gam_viz.evidence.leaderboard.ground import ground
from tests.ultrasound import SIDE, busi_in_small, tissue


def lettered(picture: np.ndarray) -> np.ndarray:
    drawn = Image.fromarray(picture)
    ImageDraw.Draw(drawn).text((90, 215), "RT AXILLA", fill=(255, 255, 255), font_size=13)
    return np.asarray(drawn)


@pytest.mark.parametrize("seed", range(6))
def test_tissue_has_no_marks(seed):
    assert not operator_marks(tissue(seed)).any()
    assert operator_marks(tissue(seed)).shape == (SIDE, SIDE)


@pytest.mark.parametrize("draw", [lambda picture, seed: lettered(picture), with_callipers], ids=["letters", "crosses"])
def test_what_was_drawn_is_found_and_painted_over(draw):
    hits = there = false = found_at_all = 0
    for seed in range(6):
        before = tissue(seed)
        marked = draw(before, seed)
        signs = (marked != before).any(-1) & (marked[..., 0] >= 150) & (marked[..., 0] != 200)  # no dotted lines
        found = operator_marks(marked)
        hits, there = hits + (found & signs).sum(), there + signs.sum()
        false += (found & ~ndimage.binary_dilation(signs, iterations=4)).sum()
        found_at_all += found.sum()
        clean = painted_over(marked, found)
        near = ndimage.binary_dilation(found, iterations=2)
        assert np.array_equal(clean[~near], marked[~near])
        assert not (operator_marks(clean) & near).any()
        assert np.abs(clean[signs & found].astype(int) - before[signs & found]).mean() < 50  # of 180 grey levels before
    assert hits > 0.7 * there
    assert false < 0.2 * found_at_all


def test_a_black_picture_a_white_one_and_a_grey_plane():
    for value in (0, 255):
        assert not operator_marks(np.full((SIDE, SIDE, 3), value, np.uint8)).any()
    assert np.array_equal(operator_marks(lettered(tissue(0))[..., 0]), operator_marks(lettered(tissue(0))))
    plain = tissue(0)
    assert painted_over(plain, np.zeros((SIDE, SIDE), bool)) is plain


def test_on_busi_marks_are_where_lesions_are(data_root):
    data = load_dataset("busi", "train", data_root)
    marked = np.array([operator_marks(picture).any() for picture in data.images[:]])
    share = {name: marked[data.labels == label].mean() for label, name in enumerate(data.info.classes)}
    assert share["benign"] > 0.3
    assert share["malignant"] > 0.15
    assert share["normal"] < 0.05


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return busi_in_small(tmp_path_factory.mktemp("busi"))


def test_the_ground_of_busi_has_marks_taken_away_and_put_in(pack):
    asked = ground("busi", None, pack)
    judged, changed = asked.judged, asked.changed
    assert len(judged) == 8 + 2  # the test split's lesions, and the training split's marked pictures
    assert judged.regions["object"].any((1, 2)).sum() == 8
    assert judged.regions["marks"].any((1, 2)).sum() == 4
    assert len(set(judged.sources.tolist())) == 10
    assert {name: len(pictures) for name, pictures in changed.items()} == {
        "marked": 4,
        "painted_over": 4,
        "painted_elsewhere": 4,
        "unmarked": 4,
        "marks_drawn": 4,
    }
    assert (changed["marked"].labels == 0).all()
    assert (changed["unmarked"].labels == 2).all()
    assert not any(operator_marks(picture).any() for picture in changed["painted_over"].images)
    assert all(operator_marks(picture).any() for picture in changed["painted_elsewhere"].images)
    assert not any(operator_marks(picture).any() for picture in changed["unmarked"].images)
    assert all(operator_marks(picture).any() for picture in changed["marks_drawn"].images)
