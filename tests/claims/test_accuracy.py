"""Verdicts on accuracy follow from the zoo's figures alone."""

import dataclasses
from types import SimpleNamespace

import pytest

from gam_viz.claims import accuracy as trained
from gam_viz.claims.weighing import Comparison
from gam_viz.evaluation.intervals import Estimate
from gam_viz.zoo.results import AttentionResults, SetResults

BETTER, WORSE, EVEN = (0.004, 0.01), (-0.01, -0.004), (-0.003, 0.003)


def estimate(low, high):
    return Estimate((low + high) / 2, low, high, "seeds", 3)


def row(label, parameters=1_000, accuracy=(0.8, 0.9), **differences):
    return AttentionResults(
        label=label,
        module=label,
        options={},
        parameters=parameters,
        macs=parameters,
        latency=None,
        epochs=1,
        device="CPU",
        seeds={0: {"validation": 0.9, "accuracy": 0.9}},
        accuracy=estimate(*accuracy),
        auc=None,
        differences={other: estimate(*each) for other, each in differences.items()},
        shipped=label,
    )


def of_rows(*rows, data="cifar10", domain="photographs"):
    return SetResults(
        name=data,
        data=data,
        title=data,
        domain=domain,
        classes=10,
        network="gam_net",
        width=8,
        size=32,
        recipe={"name": "default"},
        start=None,
        published={},
        test_count=100,
        rows=rows,
    )


def results(data="cifar10", domain="photographs", *, gain=(0.0, 0.01), versus=EVEN, parameters=2_500):
    return of_rows(
        row("none"),
        row("cbam", 1_010, none=EVEN),
        row("gam", parameters, none=gain, cbam=versus),
        data=data,
        domain=domain,
    )


@pytest.mark.parametrize(
    ("gain", "expected"),
    [
        ((0.016, 0.03), "seen"),  # all of it above 1.5 points
        ((0.01, 0.03), "open"),
        ((-0.004, 0.016), "open"),
        ((0.001, 0.014), "not_seen"),  # better, but less than promised
        (WORSE, "not_seen"),
    ],
)
def test_gain(gain, expected):
    claim = trained.gain([results(gain=gain), results("scenes", gain=(0.1, 0.11))])  # CIFAR-10 alone counts
    assert claim.verdict == claim.reason == expected
    assert [(m.data, m.label) for m in claim.measured] == [("cifar10", ("gam", "none"))]
    assert claim.measured[0].estimate == estimate(*gain)


@pytest.mark.parametrize(
    ("parameters", "versus", "cbams", "expected", "better"),
    [
        (2_500, EVEN, EVEN, "not_seen", 0),  # more, and a gain of 1.5 points excluded
        (2_500, (-0.003, 0.016), EVEN, "open", 0),  # ... not excluded
        (2_500, BETTER, EVEN, "open", 1),  # more for more, and CBAM may have gained as much for each parameter
        (2_500, BETTER, WORSE, "seen", 1),  # CBAM gained nothing for its own
        (1_005, EVEN, EVEN, "seen", 0),  # less, and a loss of 1.5 points excluded
        (1_005, (-0.016, 0.003), EVEN, "open", 0),
    ],
)
def test_efficiency(parameters, versus, cbams, expected, better):
    given = results(parameters=parameters, versus=versus)
    cbam = dataclasses.replace(given.rows[1], differences={"none": estimate(*cbams)})
    claim = trained.efficiency([dataclasses.replace(given, rows=(given.rows[0], cbam, given.rows[2]))])
    assert claim.verdict == expected
    assert claim.facts == {"gains": {"better": better, "count": 1, "trained": 1}}


def test_details_is_judged_on_aerial_and_medical_pictures_alone():
    aerial, photographs = results("ucmerced", "aerial", versus=BETTER), results(versus=WORSE)

    def medical(versus):
        return results("mednist", "medical", versus=versus)

    def verdict(*given):
        return trained.details(given).verdict

    assert verdict(aerial, medical(BETTER), photographs) == "seen"
    assert verdict(aerial, medical(EVEN)) == "open"  # one of two does not decide
    assert verdict(aerial, medical(WORSE)) == "partly"
    assert verdict(results("ucmerced", "aerial"), medical(WORSE)) == "open"
    assert verdict(results("ucmerced", "aerial"), medical(EVEN)) == "open"
    assert trained.details([photographs]).reason == trained.NOTHING


@pytest.mark.parametrize(("versus", "expected"), [(BETTER, "seen"), (EVEN, "open"), (WORSE, "not_seen")])
def test_better_than_cbam_is_judged_everywhere(versus, expected):
    given = [results(versus=versus), results("m", "medical", versus=versus), results("n", "aerial", versus=versus)]
    assert trained.beats_cbam(given).verdict == expected


@pytest.mark.parametrize(
    ("versus_first", "versus_none", "expected"),
    [
        (BETTER, BETTER, "seen"),
        (BETTER, EVEN, "partly"),  # deep is better than early, but no better than none
        (EVEN, BETTER, "open"),
        (WORSE, BETTER, "not_seen"),
    ],
)
def test_deeper(versus_first, versus_none, expected):
    last = row("gam-last", **{"gam-first": versus_first, "none": versus_none})
    claim = trained.deeper([of_rows(row("none"), row("gam"), row("gam-first"), last)])
    assert claim.verdict == claim.reason == expected
    assert [m.label[1] for m in (*claim.measured, *claim.beside)] == ["gam-first", "gam", "none"]


@pytest.mark.parametrize(("versus", "expected"), [(BETTER, "seen"), (EVEN, "partly"), (WORSE, "not_seen")])
def test_with_se(versus, expected):
    claim = trained.with_se([of_rows(row("none"), row("gam"), row("se-gam", gam=versus))])
    assert claim.verdict == claim.reason == expected
    assert [m.label[1] for m in claim.measured] == ["gam"]
    assert [m.label[1] for m in claim.beside] == ["none"]  # SE alone was not trained


def test_the_papers_gam_stands_beside_the_tutorials():
    paper = row("gam-sigmoid", none=BETTER, cbam=BETTER)
    given = results()
    claim = trained.beats_cbam([dataclasses.replace(given, rows=(*given.rows, paper))])
    assert claim.verdict == "open"  # the tutorial's own is judged
    assert [(m.label, m.weight) for m in claim.beside] == [(("gam-sigmoid", "cbam"), "beside")]


@pytest.mark.parametrize(
    "judge",
    [
        trained.gain,
        trained.efficiency,
        trained.details,
        trained.beats_cbam,
        trained.deeper,
        trained.with_se,
    ],
)
def test_nothing_is_decided_where_nothing_was_trained(judge):
    without = results()
    for given in ([], [dataclasses.replace(without, rows=without.rows[:2])]):
        claim = judge(given)
        assert (claim.verdict, claim.reason, claim.measured) == ("open", trained.NOTHING, ())


def test_a_difference_that_the_results_lack_is_newcombes():
    """An example of Newcombe 1998: 56/70 - 48/80 by method 10 lies in 0.0524 to 0.3339."""
    first = row("a", accuracy=(0.6918, 0.8770))
    second = row("b", accuracy=(0.4904, 0.7004))
    first = dataclasses.replace(first, accuracy=dataclasses.replace(first.accuracy, value=0.8))
    second = dataclasses.replace(second, accuracy=dataclasses.replace(second.accuracy, value=0.6))
    found = trained.minus(first, second)
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == (pytest.approx(0.0524, abs=2e-4), pytest.approx(0.3339, abs=2e-4))
    known = dataclasses.replace(first, differences={"b": estimate(0.1, 0.3)})
    assert trained.minus(known, second) == estimate(0.1, 0.3)


def test_an_interval_that_touches_its_bound_decides_nothing():
    """Neither "above 0" nor "below 0"; the promised gain is reached by an interval that begins with it."""
    pair = Comparison(None, None, None, Estimate(0.01, 0.0, 0.02, "pictures", 100))  # type: ignore[arg-type]
    for low, high, says in ((0.0, 0.02, "open"), (-0.02, 0.0, "open"), (1e-9, 0.02, "for"), (-0.02, -1e-9, "against")):
        of = SimpleNamespace(corrected=Estimate(0.0, low, high, "pictures", 100))
        assert trained.sign(pair, of) == says  # type: ignore[arg-type]
