"""Verdicts follow from the figures alone."""

import dataclasses

import pytest

from gam_viz.zoo.claims import judge
from gam_viz.zoo.intervals import Estimate
from gam_viz.zoo.results import Row, SetResults


def estimate(low, high):
    return Estimate((low + high) / 2, low, high, "seeds", 3)


def row(label, parameters, **differences):
    return Row(
        label=label,
        module=label,
        options={},
        parameters=parameters,
        macs=parameters,
        latency=None,
        epochs=1,
        device="CPU",
        seeds={0: {"validation": 0.9, "accuracy": 0.9}},
        accuracy=estimate(0.8, 0.9),
        auc=None,
        differences={other: estimate(*each) for other, each in differences.items()},
        shipped=label,
    )


def results(data="cifar10", domain="photographs", *, gain=(0.0, 0.01), versus=(-0.01, 0.01), parameters=2_500):
    rows = (
        row("none", 1_000),
        row("cbam", 1_010, none=(-0.01, 0.01)),
        row("gam", parameters, none=gain, cbam=versus),
    )
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


def verdict(key, *given):
    return next(claim.verdict for claim in judge(given) if claim.key == key)


@pytest.mark.parametrize(
    ("gain", "expected"),
    [
        ((0.016, 0.03), "seen"),  # all of it above 1.5 points
        ((0.01, 0.03), "open"),
        ((-0.01, 0.016), "open"),
        ((0.001, 0.014), "not_seen"),  # better, but less than promised
        ((-0.03, -0.01), "not_seen"),
    ],
)
def test_gain(gain, expected):
    assert verdict("gain", results(gain=gain)) == expected


@pytest.mark.parametrize(("parameters", "expected"), [(1_049, "seen"), (1_050, "not_seen"), (2_500, "not_seen")])
def test_parameters(parameters, expected):
    assert verdict("parameters", results(parameters=parameters)) == expected


def test_the_added_parameters_are_those_counted():
    claim = next(claim for claim in judge([results()]) if claim.key == "parameters")
    assert [(m.label, m.value) for m in claim.measured] == [("cbam", pytest.approx(0.01)), ("gam", pytest.approx(1.5))]


@pytest.mark.parametrize(
    ("parameters", "versus", "expected"),
    [
        (2_500, (-0.01, 0.01), "not_seen"),  # more, and not measurably better
        (2_500, (0.01, 0.02), "open"),  # more for more
        (1_005, (-0.01, 0.01), "seen"),  # less, and not worse
        (1_005, (-0.02, -0.01), "open"),
    ],
)
def test_efficiency(parameters, versus, expected):
    assert verdict("efficiency", results(parameters=parameters, versus=versus)) == expected


def test_details_is_judged_on_aerial_and_medical_pictures_alone():
    better, worse, even = (0.01, 0.02), (-0.02, -0.01), (-0.01, 0.01)
    aerial = results("ucmerced", "aerial", versus=better)
    medical = results("mednist", "medical", versus=better)
    photographs = results(versus=worse)
    assert verdict("details", aerial, medical, photographs) == "seen"
    assert verdict("details", aerial, results("mednist", "medical", versus=even)) == "open"
    assert verdict("details", aerial, results("mednist", "medical", versus=worse)) == "open"
    assert verdict("details", results("ucmerced", "aerial", versus=even), results("m", "medical", versus=worse)) == (
        "not_seen"
    )
    assert "details" not in {claim.key for claim in judge([photographs])}


def test_better_than_cbam_is_judged_everywhere():
    better, even = (0.01, 0.02), (-0.01, 0.01)
    assert verdict("beats_cbam", results(versus=better), results("mednist", "medical", versus=better)) == "seen"
    assert verdict("beats_cbam", results(versus=better), results("mednist", "medical", versus=even)) == "open"


def test_nothing_is_said_of_what_was_not_trained():
    assert judge([]) == []
    without = results()
    without = dataclasses.replace(without, rows=without.rows[:2])
    assert judge([without]) == []
