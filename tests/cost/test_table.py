"""Numbers for a file, and numbers for people."""

import csv
import io
import json

import pytest

from gam_viz.cost import Latency, Row, Timing, bill, records, to_csv
from gam_viz.cost.units import added, amount
from gam_viz.networks import NetworkConfig

NONE = NetworkConfig(width=8)
GAM = NetworkConfig(width=8, attention="gam", attention_options={"rate": 2}, attention_stages=(False, False, True))
TIMING = Timing(Latency(1.5, 1.25, 1.75, 10, "CPU"), Latency(1.4, 1.3, 1.6, 10, "CPU"), 12.34567, 10.0)


@pytest.fixture(scope="module")
def told():
    base = bill(NONE, 16)
    return records([Row(NONE, base), Row(GAM, bill(GAM, 16), TIMING)], base, 16)


def test_a_record_says_what_was_counted(told):
    none, gam = told
    assert none.keys() == gam.keys()
    assert (none["parameters_added"], none["macs_added"], none["time_ratio"]) == (0, 0, None)
    assert gam["parameters"] == bill(GAM, 16).counts.parameters
    assert gam["parameters_added"] == pytest.approx(gam["parameters"] / none["parameters"] - 1)
    assert gam["kept_for_backward_bytes"] == bill(GAM, 16).kept
    assert (gam["time_ratio"], gam["time_low"], gam["time_high"], gam["time_ms"]) == (1.5, 1.25, 1.75, 12.346)
    assert (gam["fused_time_ratio"], gam["rounds"], gam["device"]) == (1.4, 10, "CPU")


def test_a_csv_can_be_read_back(told):
    none, gam = csv.DictReader(io.StringIO(to_csv(told)))
    assert int(gam["parameters"]) == told[1]["parameters"]
    assert json.loads(gam["options"]) == {"rate": 2}
    assert json.loads(gam["stages"]) == [0, 0, 1]
    assert none["time_ratio"] == ""
    assert to_csv([]).strip() == ""


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0, "", "0"),
        (512, "B", "512 B"),
        (999.6, "", "1.00 k"),
        (2_570, "", "2.57 k"),
        (421_202_432, "", "421 M"),
        (999_700_000, "", "1.00 G"),
        (4_383_084_544, "", "4.38 G"),
        (86_297_542_656, "", "86.3 G"),
        (44_006_400, "B", "44.0 MB"),
        (7_024_640, "B", "7.02 MB"),
    ],
)
def test_amounts(value, unit, expected):
    assert amount(value, unit) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0, "0%"),
        (1.549, "+154.9%"),
        (19.684, "+1,968%"),
        (0.0081, "+0.8%"),
        (0.00048, "+0.048%"),
        (0.0000481, "+0.0048%"),
        (0.000001, "<0.001%"),
    ],
)
def test_shares_that_are_added(share, expected):
    assert added(share) == expected
