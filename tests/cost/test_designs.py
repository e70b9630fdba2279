"""What there is to choose from, and what a budget allows, against a search that builds and counts everything."""

import dataclasses

import pytest

from gam_viz.attention import ModuleCost, module_cost
from gam_viz.cost import count, families, fits, usual
from gam_viz.cost.stages import attention_cost
from gam_viz.networks import NetworkConfig

CIFAR = NetworkConfig("resnet18")


def by_name(found):
    return {(fit.attention, *fit.options.values()): fit for fit in found}


def test_the_usual_ones_stand_in_the_same_network_and_stages():
    config = NetworkConfig("resnet18", 7, 16, "cbam", {"kernel_size": 3}, (False, False, False, True), "stride2")
    without, *others = usual(config)
    assert (without.attention, without.attention_options, without.attention_stages) == ("none", {}, ())
    assert len({str(other) for other in others}) == len(others) >= 7
    for other in others:
        assert dataclasses.replace(other, attention="cbam", attention_options={"kernel_size": 3}) == config
    assert ("gam", {"rate": 4}) in [(other.attention, other.attention_options) for other in others]


def test_the_tutorials_five_percent_in_resnet18():
    """No full or grouped 7x7 GAM in every block fits; the factorised and the depthwise form do from r = 8."""
    found = by_name(fits(CIFAR, 32, 0.05))
    assert not found["gam",].within
    assert found["gam",].reduction == 64  # the first stage has no more channels
    assert round(100 * found["gam",].added, 1) == 9.8
    assert not found["gam", 4].within
    assert (found["gam", 4].reduction, round(100 * found["gam", 4].added, 1)) == (16, 10.4)
    assert (found["gam", "factorised"].reduction, round(100 * found["gam", "factorised"].added, 1)) == (8, 4.6)
    assert (found["gam", "depthwise"].reduction, round(100 * found["gam", "depthwise"].added, 1)) == (8, 4.2)


@pytest.mark.parametrize("stages", [(False, False, True), pytest.param((), marks=pytest.mark.long)])
def test_against_a_search_that_counts(stages):
    config = NetworkConfig(width=16, attention_stages=stages)
    base = count(NetworkConfig(width=16), 16).parameters
    shares = (0.0, 0.03, 100.0)
    of_families = zip(*(fits(config, 16, share) for share in shares), strict=True)
    for of_family, (attention, options, number) in zip(of_families, families(), strict=True):
        tried = {}
        for reduction in (1, 2, 4, 8, 16, 32, 64):
            given = {**options, number: reduction}
            try:
                built = count(dataclasses.replace(config, attention=attention, attention_options=given), 16)
            except ValueError:
                continue
            if reduction <= (64 if stages else 16):  # of more than the channels there is no smaller module
                tried[reduction] = built.parameters / base - 1
        for share, fit in zip(shares, of_family, strict=True):
            within = [reduction for reduction, added in tried.items() if added <= share]
            expected = min(within) if within else max(tried)
            assert (fit.reduction, fit.within) == (expected, bool(within)), (attention, share)
            assert fit.added == pytest.approx(tried[expected]), (attention, share)


def test_what_cannot_be_built_at_all():
    narrow = by_name(fits(NetworkConfig(width=2), 16, 1.0))
    assert (narrow["gam", 4].reduction, narrow["gam", 4].within) == (0, False)
    nowhere = fits(NetworkConfig(attention_stages=(False, False, False)), 16, 1.0)
    assert all(fit.reduction == 0 and not fit.within for fit in nowhere)


def test_all_modules_of_a_network_cost_what_each_costs_added_up():
    config = NetworkConfig(width=8, attention="cbam")
    one_by_one = [module_cost("cbam", 8 * 2**stage, 32 // 2**stage, {}) for stage in range(3) for _ in range(2)]
    assert attention_cost(config, 32) == ModuleCost(
        sum(each.parameters for each in one_by_one), sum(each.macs for each in one_by_one)
    )
    first_only = NetworkConfig(width=8, attention="cbam", attention_stages=(True, False, False))
    assert attention_cost(first_only, 32) == one_by_one[0] * 2
