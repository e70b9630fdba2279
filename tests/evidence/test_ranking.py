"""Ranks of maps under several measures, against SciPy and orders of which it is known how alike they are."""

import numpy as np
import pytest
from scipy import stats

from gam_viz.evidence.measure import Measure, Quantity, Verdict
from gam_viz.evidence.ranking import ranking


def measures(**better):
    """Measures that say what they are given."""
    return {
        key: Measure(key, lambda *_: None, list, quantities=(Quantity("beside"), Quantity(key, better=way)))
        for key, way in better.items()
    }


def said(key, values):
    return [Verdict(str(place), "", {key: value, "beside": -1.0}) for place, value in enumerate(values)]


def test_ranks_are_scipys_and_turn_with_what_is_better():
    up, down = [0.3, 0.9, 0.1, 0.3], [5, 2, None, float("nan")]
    found = ranking(list("0123"), {"up": said("up", up), "down": said("down", down)}, measures(up="more", down="less"))
    assert [quantity.key for _, quantity in found.columns] == ["up", "down"]
    np.testing.assert_array_equal(found.ranks[:, 0], stats.rankdata([-value for value in up]))
    np.testing.assert_array_equal(found.ranks[:, 1], [2, 1, np.nan, np.nan])
    assert found.concordance is None  # two maps have both


def test_maps_that_nobody_ranks_and_measures_without_a_better_way_are_left_out():
    results = {"up": said("up", [1.0, None, 2.0]), "flat": said("flat", [1.0, 2.0, 3.0])}
    found = ranking(list("012"), results, measures(up="more", flat=""))
    assert (found.maps, len(found.columns)) == (("0", "2"), 1)
    assert ranking(list("012"), {}, {}).maps == ()


def test_concordance_is_one_of_equal_orders_and_by_chance_of_random_ones():
    order = list(np.random.default_rng(0).normal(size=9))
    same = {key: said(key, order) for key in ("a", "b", "c")}
    found = ranking(list("012345678"), same, measures(a="more", b="more", c="more"))
    assert found.concordance == (pytest.approx(1), pytest.approx(1 / 1000))
    assert not found.apart.any()
    against = {"a": said("a", order), "b": said("b", [-value for value in order])}
    opposed = ranking(list("012345678"), against, measures(a="more", b="more"))
    assert opposed.concordance is not None
    assert opposed.concordance[0] == pytest.approx(0)
    assert opposed.apart.sum() == 6  # all but the middle third
    # W is the mean rank correlation of all pairs, on another scale.
    rng = np.random.default_rng(1)
    several = {key: said(key, list(rng.normal(size=9))) for key in ("a", "b", "c")}
    mixed = ranking(list("012345678"), several, measures(a="more", b="less", c="more"))
    pairs = [stats.spearmanr(mixed.ranks[:, i], mixed.ranks[:, j]).statistic for i, j in ((0, 1), (0, 2), (1, 2))]
    assert mixed.concordance is not None
    assert (3 * mixed.concordance[0] - 1) / 2 == pytest.approx(np.mean(pairs))
    assert mixed.concordance[1] > 0.05
