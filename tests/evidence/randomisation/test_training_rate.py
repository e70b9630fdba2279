"""How often networks without training get the verdict "evidence of training", as the product gives it.

The bounds were written before the first run, and come from what the measure says of itself: of networks without
training at most LEVEL have a map that is called trained. Then of n networks no more than the 99.9 % quantile of a
binomial do so (13 of 100, 79 of 1,100); and of all maps that are not constant, no more than LEVEL are called trained.
"""

import pytest
from scipy.stats import binom

from gam_viz.evaluation.permutation import LEVEL
from tests.evidence.randomisation.untrained import KINDS, tally


def most(count: int) -> int:
    """Of `count` networks, how many may be called."""
    return int(binom.ppf(0.999, count, LEVEL))


@pytest.mark.parametrize("kind", ["GAM, ran in", pytest.param("CBAM, mask's weight 1, ran in", marks=pytest.mark.long)])
def test_a_few_of_those_that_are_most_easily_mistaken(kind: str) -> None:
    assert tally(kind, 4).networks_called <= most(4) == 2


@pytest.mark.long
def test_a_hundred_of_each_kind() -> None:
    found = {}
    for kind in KINDS:
        found[kind] = tally(kind, 100)
        print(kind, found[kind], flush=True)  # pytest -s
    assert max(each.networks_called for each in found.values()) <= most(100)
    assert sum(each.networks_called for each in found.values()) <= most(100 * len(found))
    varying = sum(each.varying for each in found.values())
    assert varying >= 100 * len(found)  # half of the maps: constant ones would be an easy way to hold any level
    assert sum(each.called for each in found.values()) <= LEVEL * varying
