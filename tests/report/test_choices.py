"""What a report shows of all that a case has: which maps share a scale, which readings are weights, when maps agree."""

import dataclasses

import numpy as np

from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.agreement import agreement
from gam_viz.evidence.dependence.statistics import GateStatistics
from gam_viz.evidence.dependence.verdict import Dependence
from gam_viz.evidence.examine import Case
from gam_viz.figures.gate_scales import weight_scale
from gam_viz.figures.scales import number, range_scale, symmetric_scale
from gam_viz.report.archive import _method_scale
from gam_viz.report.context import ReportContext
from gam_viz.report.evidence import _agreement
from gam_viz.report.headlines import _alike
from gam_viz.report.maps import PERCENTILE, _weights
from gam_viz.report.page import html
from gam_viz.text import words


def test_the_maps_of_a_method_share_a_scale_and_no_other_map_has_a_part_in_it(case: Case) -> None:
    first = case.networks[0]
    broken = dataclasses.replace(first.maps[-1], values=np.full_like(first.maps[-1].values, np.nan))
    loud = dataclasses.replace(first.maps[0], values=first.maps[0].values * 1e6)
    chosen = dataclasses.replace(first.given, chosen=(loud, *first.maps[1:-1], broken))
    changed = dataclasses.replace(first, given=chosen)
    whole = dataclasses.replace(case, networks=(changed, *case.networks[1:]))
    assert whole.networks[0].maps[-1] is broken
    for source in {broken.source, first.maps[-2].source}:
        maps = [m for n in whole.networks for m in n.maps if m.source == source and m is not broken]
        assert maps
        make = symmetric_scale if any(m.signed for m in maps) else range_scale
        percentile = {"percentile": PERCENTILE} if make is symmetric_scale else {}
        expected = make([m.values for m in maps], **percentile)
        assert _method_scale(whole, source) == expected


def test_weights_are_channel_gates_alone(case: Case) -> None:
    shown = ReportContext(case, words("en"))
    channel = [r for n in case.networks for r in n.explanation.readings if r.branch == "channel"]
    scale = weight_scale(channel)
    weights = _weights(shown)
    assert weights is not None
    layers = len({reading.layer for reading in channel})
    expected = shown.say("report.weights_alt", layers=layers, low=number(scale.low), high=number(scale.high))
    assert expected in weights["chart"]


def test_two_maps_make_a_matrix_and_one_does_not(case: Case) -> None:
    name = case.networks[0].name
    for count in (1, 2):
        maps = case.networks[0].maps[:count]
        one = dataclasses.replace(case.networks[0], given=dataclasses.replace(case.networks[0].given, chosen=maps))
        alike = agreement([(name, map_) for map_ in maps], count=8)
        shown = ReportContext(dataclasses.replace(case, networks=(one,), across={"agreement": alike}), words("en"))
        assert (_agreement(shown) is not None) == (count == 2)


def test_masks_are_counted_against_the_masks_of_the_same_layer_in_the_other_network(case: Case) -> None:
    shown = ReportContext(case, words("en"))
    both = {m.key for m in case.networks[0].maps if m.kind == "gate"} & {m.key for m in case.networks[1].maps}
    (sentence,) = _alike(shown)
    rows = [row for row in shown.judged if row.network == 0 and row.map.key in both and row.across]
    alike = sum(row.across[0].outside > 0 for row in rows)
    first, second = shown.titles
    assert len(rows) > 1
    assert sentence == shown.say("report.found.alike", first=first, second=second, alike=alike, count=len(rows))


def test_how_the_gates_vary_is_said_of_networks_of_which_it_is_known(case: Case) -> None:
    values = {field.name: 0.25 for field in dataclasses.fields(GateStatistics)} | {
        "layer": "layer1.0",
        "branch": "channel",
        "pictures": 80,
    }
    flat = Dependence(GateStatistics(**values), Estimate(0.0, -0.004, 0.004, "pictures", 80))
    first = dataclasses.replace(case.networks[0], dependence=(flat,))
    known = dataclasses.replace(case, networks=(first, *case.networks[1:]))
    title = ReportContext(known, words("en")).titles[0]
    assert html(known, words("en")).count("from picture to picture") == 1
    assert (
        f"{title}: 1 gate over 80 test pictures: 1 could be a constant (within one point of accuracy). What varies "
        "from picture to picture is 25% of the variance; the rest" in html(known, words("en"))
    )
    assert "1 个门控，80 张测试图片：1 个可以换成常数" in html(known, words("zh"))
    assert "随图片变化的部分" not in html(case, words("zh"))
