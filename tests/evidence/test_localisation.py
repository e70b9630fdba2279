"""Maps against a known truth: closed forms, and a plain simulation for ties."""

import numpy as np
import pytest

from gam_viz.evidence.held_against import score


def box(size=16, top=4, left=4, side=4):
    inside = np.zeros((size, size), bool)
    inside[top : top + side, left : left + side] = True
    return inside


def test_the_truth_itself_scores_full_marks():
    inside = box()
    found = score(inside.astype(np.float32), inside)
    assert (found.energy, found.pointing, found.overlap, found.area) == (1, 1, 1, 1 / 16)


def test_its_opposite_scores_nothing():
    inside = box()
    found = score((~inside).astype(np.float32), inside)
    assert (found.energy, found.pointing) == (0, 0)
    assert found.overlap == 0


def test_a_flat_map_has_the_areas_energy_and_points_nowhere():
    found = score(np.full((4, 4), 0.3, np.float32), box())
    assert found.energy == pytest.approx(1 / 16)
    assert found.pointing is None
    assert found.overlap is None


def test_a_map_without_positive_mass_has_no_energy_and_still_points():
    values = -np.ones((16, 16), np.float32)
    values[5, 5] = -0.5
    found = score(values, box())
    assert found.energy is None
    assert found.pointing == 1


def test_negative_values_have_no_mass():
    values = np.zeros((16, 16), np.float32)
    values[5, 5], values[0, 0] = 2, -7
    assert score(values, box()).energy == 1


def test_several_largest_values_share_the_point():
    values = np.zeros((16, 16), np.float32)
    values[5, 5] = values[0, 0] = values[1, 1] = values[6, 6] = 1
    assert score(values, box()).pointing == 0.5


def test_overlap_equals_sets_where_nothing_ties():
    generator = np.random.default_rng(0)
    values = generator.permutation(256).reshape(16, 16).astype(np.float32)
    inside = generator.random((16, 16)) < 0.3
    top = set(np.argsort(-values.ravel())[: inside.sum()])
    truth = set(np.flatnonzero(inside))
    assert score(values, inside).overlap == pytest.approx(len(top & truth) / len(top | truth))


def test_overlap_of_ties_is_that_of_a_random_choice_among_them():
    inside = box()
    values = np.zeros((16, 16), np.float32)
    values[4:6, 4:6] = 1  # four of the sixteen are certain, the others are anyone's
    generator = np.random.default_rng(0)
    shared = []
    for _ in range(4000):
        chosen = np.argsort(-(values + 1e-3 * generator.random((16, 16))).ravel())[:16]
        shared.append(inside.ravel()[chosen].sum())
    expected = np.mean(shared)
    assert score(values, inside).overlap == pytest.approx(expected / (32 - expected), abs=0.005)


def test_a_random_map_scores_the_area_on_average():
    generator = np.random.default_rng(0)
    inside = box()
    found = [score(generator.random((16, 16)).astype(np.float32), inside) for _ in range(3000)]
    assert np.mean([f.pointing for f in found]) == pytest.approx(1 / 16, abs=0.015)
    assert np.mean([f.energy for f in found]) == pytest.approx(1 / 16, abs=0.002)


def test_a_coarse_map_is_read_at_the_pictures_size():
    values = np.zeros((4, 4), np.float32)
    values[1, 1] = 1
    found = score(values, box())  # the cell is the box, read bilinearly: 1 in the middle, falling to its sides
    assert found.pointing == 1
    assert 0.5 < found.energy < 1


@pytest.mark.parametrize("inside", [np.zeros((8, 8), bool), np.ones((8, 8), bool), np.eye(8, dtype=bool)[0]])
def test_a_truth_that_is_none_is_refused(inside):
    with pytest.raises(ValueError, match="a mask"):
        score(np.ones((4, 4), np.float32), inside)


def test_a_map_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        score(np.full((4, 4), np.nan, np.float32), box())
