"""What the gates read and keep: rules on made-up behaviour, and behaviour measured on networks that are known."""

import dataclasses

import numpy as np
import pytest
import torch

from gam_viz.attention import CBAM, watch
from gam_viz.claims import reading, stand_in
from gam_viz.claims.gate_behaviour import ERASED, Behaviour, behaviour
from gam_viz.networks import NetworkConfig, build_network


def changed(*positions):
    change = np.zeros((9, 9))
    for row, column in positions:
        change[row, column] = 0.1
    return change


CBAM_LIKE = Behaviour(
    name="cbam",
    trained=True,
    layer="layer1.0",
    shape=(16, 9, 9),
    pools=2,
    moved=0.0,
    followed=0.0,
    remixed=0.0,
    cell=(4, 4),
    channel_change=np.ones((9, 9)),
    spatial_change=np.ones((9, 9)),
    channel_range=(0.1, 0.9),
    spatial_range=(0.2, 0.8),
    erased=np.array([0.2, 0.21, 0.19, 0.2]),
)
GAM_LIKE = dataclasses.replace(
    CBAM_LIKE,
    name="gam",
    pools=0,
    moved=1.2,
    remixed=0.5,
    channel_change=changed((4, 4)),
    spatial_change=changed((3, 4), (4, 3), (4, 4), (5, 6)),
    channel_range=(-3.0, 4.0),
    erased=np.array([0.1, 0.11, 0.1, 0.09]),
)


def test_networks_that_erase_alike_are_not_told_apart():
    """Of 2,000 pairs on twelve scenes."""
    generator = np.random.default_rng(0)

    def verdict(lead):
        cbam, gam = (0.1 + 0.02 * generator.standard_normal(12) for _ in range(2))
        return reading.kept(
            dataclasses.replace(CBAM_LIKE, erased=cbam + lead), dataclasses.replace(GAM_LIKE, erased=gam)
        ).verdict

    assert [verdict(0.0) for _ in range(2_000)].count("partly") >= 0.95 * 2_000  # true of what the gates read alone
    assert [verdict(0.05) for _ in range(500)].count("seen") >= 0.95 * 500


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({}, "seen", "both"),
        ({"erased": CBAM_LIKE.erased}, "partly", "read"),
        ({"erased": CBAM_LIKE.erased + np.array([-0.3, 0.3, -0.3, 0.2])}, "partly", "read"),  # an interval with 0 in it
        ({"moved": 0.0}, "partly", "passed"),
        ({"followed": 0.3}, "partly", "passed"),  # it changes, but not along with the features
        ({"moved": 0.0, "erased": CBAM_LIKE.erased}, "not_seen", "neither"),
    ],
)
def test_kept(changes, verdict, reason):
    claim = reading.kept(CBAM_LIKE, dataclasses.replace(GAM_LIKE, **changes))
    assert (claim.verdict, claim.reason) == (verdict, reason)


def test_the_erased_share_is_said_as_gam_minus_cbam_in_points():
    said = reading.kept(CBAM_LIKE, GAM_LIKE).facts["erased"]
    assert said["cbam"] == pytest.approx(0.2)
    assert said["gam"] == pytest.approx(0.1)
    assert said["low"] < -10.0 < said["high"] < 0


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({}, "partly", "field"),
        ({"channel_change": np.ones((9, 9))}, "partly", "one"),
        ({"spatial_change": np.ones((9, 9))}, "partly", "one"),
        ({"channel_change": np.ones((9, 9)), "spatial_change": np.ones((9, 9))}, "seen", "both"),
        ({"spatial_change": changed((4, 4))}, "not_seen", "neither"),
    ],
)
def test_crossing(changes, verdict, reason):
    claim = reading.crossing(CBAM_LIKE, dataclasses.replace(GAM_LIKE, **changes))
    assert (claim.verdict, claim.reason) == (verdict, reason)
    if not changes:
        assert claim.facts["channel"] == {"gam": 1, "cbam": 81, "all": 81}
        assert claim.facts["spatial"] == {"gam": 4, "rows": 3, "columns": 3}


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({}, "seen", "both"),
        ({"pools": 1}, "partly", "does"),
        ({"remixed": 0.0}, "partly", "parts"),
        ({"pools": 1, "remixed": 0.0}, "not_seen", "neither"),
    ],
)
def test_pooling(changes, verdict, reason):
    claim = reading.pooling(CBAM_LIKE, dataclasses.replace(GAM_LIKE, **changes))
    assert (claim.verdict, claim.reason) == (verdict, reason)


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({}, "seen", "spatial"),
        ({"channel_range": (0.0, 1.0)}, "seen", "inside"),
        ({"channel_range": (-0.1, 0.9)}, "seen", "spatial"),  # one end outside is enough
        ({"channel_range": (0.1, 1.1)}, "seen", "spatial"),
        ({"spatial_range": (0.0, 1.0)}, "seen", "spatial"),
        ({"spatial_range": (-0.1, 0.5)}, "not_seen", "outside"),
        ({"spatial_range": (0.1, 1.1)}, "not_seen", "outside"),
        ({"spatial_range": (-0.1, 0.5), "channel_range": (0.0, 1.0)}, "not_seen", "outside"),
    ],
)
def test_range(changes, verdict, reason):
    claim = reading.range_(dataclasses.replace(GAM_LIKE, **changes))
    assert (claim.verdict, claim.reason) == (verdict, reason)


@pytest.fixture(scope="module")
def pictures():
    return torch.randn(3, 3, 40, 40, generator=torch.Generator().manual_seed(3))


def network(attention, **options):
    torch.manual_seed(1)
    built = build_network(NetworkConfig(width=16, attention=attention, attention_options=options)).eval()
    for module in built.modules():
        if isinstance(module, CBAM):  # an untrained mask is 0.5 everywhere
            torch.nn.init.constant_(module.bn.weight, 3.0)
    return built


def test_gam_measured(pictures):
    found = behaviour(network("gam"), pictures, name="gam", trained=False)
    assert found.layer == "layer1.0"
    assert found.shape == (16, 40, 40)
    assert found.cell == (20, 20)
    assert found.pools == 0
    assert found.followed < 1e-12 < found.moved
    assert found.remixed > 0.01
    assert np.argwhere(found.channel_change).tolist() == [[20, 20]]
    where = np.argwhere(found.spatial_change)
    assert where.min() == 20 - 6  # two 7x7 convolutions reach six positions each way
    assert where.max() == 20 + 6
    assert len(where) == 13 * 13
    assert found.unlike_convolutions < 1e-12
    assert 0 <= found.spatial_range[0] < found.spatial_range[1] <= 1
    assert found.channel_range[0] < 0


def test_cbam_measured(pictures):
    found = behaviour(network("cbam"), pictures, name="cbam", trained=False)
    assert found.pools == 2
    assert found.moved < 1e-12
    assert found.remixed < 1e-12  # a mean and a maximum over channels do not notice their order
    assert (found.channel_change > 0).all()
    assert found.unlike_convolutions is None


@pytest.mark.parametrize("attention", ["cbam", "gam"])
def test_the_erased_share_equals_a_count_over_the_gates(attention, pictures):
    body = network(attention)
    products = []

    def look(owner, features, gate):
        if owner.branch == "channel":
            products.append(gate.expand_as(features))
        else:
            products[-1] = products[-1] * gate

    with torch.inference_mode(), watch(look):
        body(pictures[1:2])
    every = torch.cat([product.flatten() for product in products]).abs()
    found = behaviour(body, pictures, name="", trained=False).erased
    assert found.shape == (3,)
    assert found[1] == pytest.approx(float((every < ERASED).double().mean()))


def test_a_network_is_left_as_it_is(pictures):
    body = network("gam")
    before = {key: value.clone() for key, value in body.state_dict().items()}
    behaviour(body, pictures, name="", trained=False)
    assert all(torch.equal(value, before[key]) for key, value in body.state_dict().items())
    assert not body.training
    assert all(p.dtype == torch.float32 and p.grad is None for p in body.parameters())


@pytest.mark.parametrize("attention", ["cbam", "gam"])
def test_a_stand_in_is_the_same_network_each_time(attention):
    state = torch.get_rng_state()
    first, second = stand_in(attention), stand_in(attention)
    assert torch.equal(torch.get_rng_state(), state)
    assert not first.trained
    weights = second.network.state_dict()
    assert all(torch.equal(value, weights[key]) for key, value in first.network.state_dict().items())
    torch.manual_seed(0)
    assert torch.equal(weights["fc.weight"], build_network(first.card.config).fc.weight)
