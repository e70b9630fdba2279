"""Statements about cost: rules on made-up counts, counts against closed forms and torch's own."""

import dataclasses

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from gam_viz.attention import GAM
from gam_viz.claims import ColumnHead, Table, TableRow, bn_folding, gam_variants, parameters, plug_and_play
from gam_viz.claims.gam_variants import ReceptiveField
from gam_viz.claims.parameters import RateCost
from gam_viz.cost import Latency
from gam_viz.cost.timing import _relative
from gam_viz.networks import NetworkConfig, build_network
from tests import article
from tests.claims.test_accuracy import BETTER, EVEN, WORSE, of_rows, row

FACTORISED = {"spatial": "factorised"}


def table(*lines, form="count"):
    columns = tuple(ColumnHead("width", 64 * 2**index, form) for index in range(len(lines[0])))
    return Table(columns, tuple(TableRow("gam", {}, line) for line in lines))


@pytest.mark.parametrize(
    ("own", "verdict"), [((0.01, 0.049), "seen"), ((0.01, 0.05), "partly"), ((1.5, 0.06), "not_seen")]
)
def test_parameters(own, verdict):
    claim = parameters.parameters(table(own, (0.04, 0.06), (0.01, 0.02), form="share"))
    assert claim.verdict == claim.reason == verdict
    assert claim.facts["frugal"]["count"] == 1 + (verdict == "seen")
    assert "none_frugal" in parameters.parameters(table((1.5, 1.5))).facts


def test_added_parameters_are_the_published_ones():
    """ResNet-18 and the tutorial's network, both of width 64: +155.9 % and +154.9 % as printed, +0.8 % with CBAM."""
    found = parameters.added_table()
    assert [column.key for column in found.columns] == ["resnet18", "gam_net"]
    first, *_, last = found.lines
    assert (first.module, first.options) == ("gam", {})
    assert first.values == (pytest.approx(28_591_562 / 11_173_962 - 1), pytest.approx(7_085_194 / 2_779_914 - 1))
    assert last.module == "cbam"
    assert last.values == (pytest.approx(11_263_842 / 11_173_962 - 1), pytest.approx(2_802_970 / 2_779_914 - 1))


def costs(**by_rate):
    return {int(rate[1:]): RateCost(*values) for rate, values in by_rate.items()}


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (costs(r2=(1, 1, 1), r4=(2, 2, 2), r8=(3, 3, 3)), "seen"),
        (costs(r2=(9, 9, 9), r4=(5, 5, 5), r8=(1, 1, 1)), "not_seen"),
        (costs(r2=(9, 1, 9), r4=(5, 5, 5), r8=(1, 2, 1)), "partly"),
    ],
)
def test_rate(given, verdict):
    assert parameters.rate(given).verdict == verdict


@pytest.mark.parametrize("rate", [1, 4, 32])
def test_the_cost_of_a_rate_is_what_torch_counts(rate):
    found = parameters.rate_costs()[rate]
    hidden = []
    with torch.device("meta"):
        module = GAM(parameters.RATE_WIDTH, rate=rate).eval()
        features = torch.empty(1, parameters.RATE_WIDTH, parameters.RATE_SIDE, parameters.RATE_SIDE)
    module.channel_attention[1].register_forward_hook(lambda _, given, made: hidden.append(made.numel()))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(features)
    assert found.macs == counter.get_total_flops() // 2
    assert found.parameters == sum(p.numel() for p in module.parameters())
    assert found.hidden == hidden[0]


def test_every_rate_is_compared():
    found = parameters.rate_costs()
    assert list(found) == [1, 2, 4, 8, 16, 32]
    assert parameters.rate(found).facts["halved"]["hidden"] == 2


@pytest.mark.parametrize(
    ("separable", "verdict"), [((5, 5), "seen"), ((25, 5), "partly"), ((25, 25), "partly"), ((5, 200), "not_seen")]
)
def test_depthwise(separable, verdict):
    claim = parameters.depthwise(table((100, 100), (20, 20), separable))
    assert claim.verdict == claim.reason == verdict
    if separable == (25, 5):
        assert claim.facts["more"] == {"widths": "64"}


def test_depthwise_counts_by_hand():
    """C = 64, h = 16: 49 C + 49 h + 2 C h weights of convolutions, and the rest of the module."""
    found = parameters.module_table([("gam", {"spatial": "depthwise"})])
    rest = (64 * 16 + 16) + (16 * 64 + 64) + (64 + 16 + 16 + 64) + 2 * (16 + 64)  # MLP, biases, batch norms
    assert found.lines[0].values[0] == 49 * 64 + 49 * 16 + 2 * 64 * 16 + rest == 8_416


FIELDS = {
    "full": ReceptiveField(64, 13, 13),
    "between": ReceptiveField(64, 13, 13),
    "last": ReceptiveField(16, 13, 13),
    "none": ReceptiveField(16, 13, 13),
}


@pytest.mark.parametrize(
    ("grouped", "printed", "verdict"), [((50, 50), 4, "seen"), ((50, 50), 1, "partly"), ((50, 120), 4, "not_seen")]
)
def test_groups(grouped, printed, verdict):
    claim = gam_variants.groups(table((100, 100), grouped), FIELDS, printed)
    assert claim.verdict == claim.reason == verdict


def test_the_printed_class_has_one_group_and_no_shuffle():
    printed = article.GAM_Attention(64, 64)
    groups = {module.groups for module in printed.modules() if isinstance(module, torch.nn.Conv2d)}
    assert groups == {gam_variants.PRINTED_GROUPS} == {1}
    assert not any(isinstance(module, torch.nn.ChannelShuffle) for module in printed.modules())
    assert sum(p.numel() for p in printed.parameters()) == parameters.module_table([("gam", {})]).lines[0].values[0]


def by_gradient(**options):
    """What the mask of channel 0 in the middle depends on, by gradients with weights above 0: nothing cancels."""
    module = GAM(64, **options).double().eval()
    with torch.no_grad():
        for value in module.state_dict().values():
            if value.is_floating_point():
                value.uniform_(0.001, 0.002)
    x = torch.rand(1, 64, 17, 17, dtype=torch.float64, requires_grad=True)
    mask = module.mask_shuffle(module.spatial_sigmoid(module.spatial_attention(x)))
    (gradient,) = torch.autograd.grad(mask[0, 0, 8, 8], x)
    seen = gradient[0] != 0
    return ReceptiveField(int(seen.any(2).any(1).sum()), int(seen.any(2).any(0).sum()), int(seen.any(1).any(0).sum()))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ReceptiveField(64, 13, 13)),
        ({"groups": 4}, ReceptiveField(64, 13, 13)),
        ({"groups": 4, "shuffle": "last"}, ReceptiveField(16, 13, 13)),
        ({"groups": 4, "shuffle": "none"}, ReceptiveField(16, 13, 13)),
        ({"spatial": "factorised"}, ReceptiveField(64, 7, 7)),
    ],
    ids=str,
)
def test_fields(options, expected):
    assert gam_variants.mask_field(**options) == by_gradient(**options) == expected


@pytest.mark.parametrize(
    ("after", "side", "versus", "verdict", "reason"),
    [
        ((10, 10), 13, None, "partly", "undecided"),  # nothing trained says that accuracy is kept
        ((10, 10), 13, BETTER, "seen", "same"),
        ((10, 10), 13, EVEN, "seen", "same"),
        ((10, 10), 13, WORSE, "partly", "worse"),
        ((10, 10), 7, EVEN, "partly", "field"),
        ((10, 10), 7, WORSE, "partly", "field_and_worse"),
        ((10, 110), 13, None, "not_seen", "no_saving"),
    ],
)
def test_factorised(after, side, versus, verdict, reason):
    like = dataclasses.replace(row("gam-factorised", gam=versus or EVEN), module="gam", options=FACTORISED)
    results = [] if versus is None else [of_rows(row("gam"), like)]
    claim = gam_variants.factorised(
        table((100, 100), after), ReceptiveField(64, 13, 13), ReceptiveField(64, side, side), results
    )
    assert (claim.verdict, claim.reason) == (verdict, reason)
    assert len(claim.measured) == len(results)
    assert ("unlike" in claim.facts) == (not results)


def test_forms_are_compared_at_one_rate():
    """The factorised network of the zoo has a rate of its own, and loses to the full one of another."""

    def form(label, versus=EVEN, **options):
        differences = {other: versus for other in ("gam", "gam-r8") if other != label}
        return dataclasses.replace(row(label, **differences), module="gam", options=options)

    apart = form("gam-factorised", WORSE, rate=8, spatial="factorised")
    unlike = [of_rows(form("gam"), form("gam-r16", rate=16), apart)]
    assert gam_variants.like_pairs(unlike, FACTORISED) == []
    claim = gam_variants.factorised(table((9, 9), (1, 1)), *2 * [ReceptiveField(64, 13, 13)], unlike)
    assert (claim.reason, claim.measured) == ("undecided", ())
    (pair,) = gam_variants.like_pairs([of_rows(form("gam"), form("gam-r8", rate=8), apart)], FACTORISED)
    assert (pair.first.label, pair.second.label) == ("gam-factorised", "gam-r8")


@pytest.mark.parametrize(
    ("apart", "low", "high", "verdict", "reason"),
    [
        (1e-6, 0.7, 0.9, "seen", "faster"),
        (1e-6, 0.9, 1.1, "partly", "even"),
        (1e-6, 1.1, 1.2, "not_seen", "slower"),
        (1e-2, 0.7, 0.9, "not_seen", "other"),
    ],
)
def test_fold(apart, low, high, verdict, reason):
    time = Latency((low + high) / 2, low, high, 15, "CPU")
    claim = bn_folding.fold(bn_folding.Folding(apart, 5, 5, time))
    assert (claim.verdict, claim.reason) == (verdict, reason)


@pytest.mark.parametrize(("speed", "right"), [(1.0, "partly"), (0.8, "seen"), (1.25, "not_seen")])
def test_a_time_is_said_to_differ_where_it_does_and_not_where_it_does_not(speed, right):
    """Of 2,000 measurements in rounds that scatter by a tenth."""
    generator = np.random.default_rng(0)
    mine, others = np.exp(0.1 * generator.standard_normal((2, 2_000, bn_folding.ROUNDS)))
    times = (_relative(one * speed, other, torch.device("cpu")) for one, other in zip(mine, others, strict=True))
    found = [bn_folding.fold(bn_folding.Folding(0.0, 5, 5, time)).verdict for time in times]
    assert found.count(right) >= 0.95 * len(found)


def test_folding_measured(randomise):
    """Every batch norm of the network follows a convolution: all are folded, and the answer stays."""
    network = randomise(build_network(NetworkConfig(width=4, attention="gam")))
    found = bn_folding.folding(network, torch.randn(1, 3, 12, 12), rounds=5)
    assert found.folded == found.norms == sum(isinstance(m, torch.nn.BatchNorm2d) for m in network.modules())
    assert found.apart < 1e-4
    assert 0 < found.time.low <= found.time.ratio <= found.time.high
    assert found.time.rounds == 5


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "seen"),
        ({"layouts": {"contiguous": True, "cropped": False}}, "partly"),
        ({"widths": False}, "partly"),
        ({"architectures": {"resnet18": True, "resnet50": False}}, "not_seen"),
    ],
)
def test_plug(changes, verdict):
    best = {"architectures": {"resnet18": True}, "layouts": {"contiguous": True, "cropped": True}, "widths": True}
    claim = plug_and_play.plug(plug_and_play.PlugAndPlay(**(best | changes)))
    assert claim.verdict == verdict
    assert set(claim.facts) == {
        "architectures",
        *(["cropped"] if "layouts" in changes else []),
        *({"widths"} & changes.keys()),
    }


def test_the_printed_class_takes_and_refuses_what_is_said():
    found = plug_and_play.fit()
    assert set(found.architectures.values()) == {True}
    module = article.GAM_Attention(16, 16).eval()
    x = torch.zeros(2, 16, 8, 8)
    given = {
        "contiguous": x,
        "channels_last": x.contiguous(memory_format=torch.channels_last),
        "cropped": x[:, :, 1:-1, 1:-1],
    }
    assert found.layouts.keys() == given.keys()
    for name, features in given.items():
        if found.layouts[name]:
            assert module(features).shape == features.shape
        else:
            with pytest.raises(RuntimeError, match="view"):
                module(features)
    assert not found.widths
    with pytest.raises(RuntimeError, match="must match"):
        article.GAM_Attention(16, 32)(x)


def test_what_is_not_measured_says_so():
    assert plug_and_play.learning().verdict == plug_and_play.kernel().verdict == "untested"
