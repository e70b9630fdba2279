"""A case is what the library says piece by piece, and goes on where a piece cannot be had."""

import numpy as np
import pytest
import torch
from torch import nn

from gam_viz.evidence.ablation.ablate import ablations
from gam_viz.evidence.agreement import agreement
from gam_viz.evidence.examine import Case, CaseSettings, LoadedNetwork, examine, steps_of
from gam_viz.evidence.faithfulness import Settings, faithfulness
from gam_viz.evidence.randomisation.cascade import SEEDS, randomisation
from gam_viz.evidence.verdicts import judgements
from gam_viz.explain import explain
from gam_viz.explain.attributions import attribute_many
from gam_viz.explain.heatmaps import heatmaps
from gam_viz.images import from_pixels, load_sample, prepare
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.adapters.card import foreign_card
from gam_viz.networks.checkpoints import read
from tests.evidence.small import QUICK, case_of, subject


@pytest.fixture(scope="module")
def case() -> Case:
    """CBAM and GAM on a scene."""
    return case_of("cbam", "gam")


def test_its_pieces_are_those_of_the_library(case: Case) -> None:
    picture = load_sample("scene-sailboat-17")
    for place, attention in enumerate(("cbam", "gam")):
        given, found = subject(attention), case.networks[place]
        x = prepare(picture, size=16, mean=given.card.mean, std=given.card.std).tensor
        explanation = explain(given.network, given.card, x)
        np.testing.assert_array_equal(found.explanation.logits, explanation.logits)
        assert (found.target, found.asked) == (explanation.predicted, False)
        np.testing.assert_array_equal(found.input.tensor, x)
        attributions = attribute_many(given.network, x, found.target, QUICK.methods)
        maps = heatmaps(explanation, attributions)
        assert [m.key for m in found.maps] == [m.key for m in maps]
        for own, direct in zip(found.maps, maps, strict=True):
            np.testing.assert_array_equal(own.values, direct.values)
        replaced = ablations(given.network, x, found.target, modes=QUICK.modes, shuffles=6)
        assert found.ablations is not None
        assert [(o.paths, o.mode) for o in found.ablations.results] == [(o.paths, o.mode) for o in replaced.results]
        for own, direct in zip(found.ablations.results, replaced.results, strict=True):
            # Modes pass in batches of their own, and so to rounding only.
            assert own.answer.value == pytest.approx(direct.answer.value, abs=1e-6)
            assert (own.predicted, own.flips) == (direct.predicted, direct.flips)
        curves = faithfulness(given.network, x, found.target, maps, QUICK.faithfulness)
        assert found.faithfulness is not None
        assert found.faithfulness.standings() == curves.standings()
        random = randomisation(
            given.network,
            given.card,
            x,
            found.target,
            QUICK.methods,
            cascade=False,
            seeds=SEEDS[:1],
            count=QUICK.random_maps,
        )
        assert found.randomisation is not None
        assert [t.verdict for t in found.randomisation.maps] == [t.verdict for t in random.maps]
    alike = agreement([(n.name, m) for n in case.networks for m in n.maps], count=QUICK.random_maps)
    assert case.agreement is not None
    np.testing.assert_array_equal(case.agreement.spearman.values, alike.spearman.values)


def test_a_second_time_gives_the_same(case: Case) -> None:
    again = case_of("cbam", "gam")
    for first, second in zip(judgements(case), judgements(again), strict=True):
        assert (first.standing, first.outcome, first.untrained) == (second.standing, second.outcome, second.untrained)
        assert (first.inside, first.across) == (second.inside, second.across)


def test_judgements_hold_every_map_once_with_its_own_evidence(case: Case) -> None:
    rows = judgements(case)
    assert [(r.network, r.map.key) for r in rows] == [(i, m.key) for i, n in enumerate(case.networks) for m in n.maps]
    for row in rows:
        network = case.networks[row.network]
        assert network.faithfulness is not None
        assert row.standing in network.faithfulness.standings()
        assert row.standing is not None
        assert row.standing.key == row.map.key
        assert (row.attribution is None) == (row.map.kind == "gate")
        if row.attribution is not None:
            np.testing.assert_array_equal(row.attribution.values, row.map.values)
        assert {near.key for near in row.across} <= {row.map.key}
        assert all(near.network == network.name and near.key != row.map.key for near in row.inside)
        assert row.outcome == row.standing.outcome


def test_progress_only_grows_and_names_every_step() -> None:
    told: list[tuple[float, str, str]] = []
    case_of("cbam", "gam", progress=lambda *said: told.append(said))
    shares = [share for share, _, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert {(name, step) for _, name, step in told} == {
        *((n, s) for n in ("cbam", "gam") for s in steps_of(QUICK)[:-1] if s != "localisation"),
        ("", "agreement"),
    }


def test_who_leaves_leaves() -> None:
    class Gone(Exception):  # noqa: N818
        pass

    def leave(share: float, name: str, step: str) -> None:
        if step == "ablation":
            raise Gone

    with pytest.raises(Gone):
        case_of("cbam", progress=leave)


def codes(case: Case) -> list[tuple[str, str]]:
    # Some maps of networks as small and untrained as these are flat; a test of its own looks at those.
    return [(left.network, left.code) for left in case.left_out if left.code != "flat"]


def test_a_target_goes_by_name_and_who_lacks_it_is_asked_for_its_own() -> None:
    case = case_of(("cbam", ("cat", "dog", "sailboat")), ("gam", ("fish", "cat")), target="dog")
    first, second = case.networks
    assert (first.target, first.asked, first.target_name) == (1, True, "dog")
    assert (second.target, second.asked) == (second.explanation.predicted, False)
    assert codes(case) == [("gam", "no_such_class"), ("", "other_classes")]
    assert "no class “dog”" in str(case.left_out[0])
    # Where both have it, at whatever place, it is that class.
    both = case_of(("cbam", ("cat", "dog", "sailboat")), ("gam", ("fish", "cat")), target="cat")
    assert [(n.target, n.asked) for n in both.networks] == [(0, True), (1, True)]


def test_a_target_that_nobody_has_is_refused() -> None:
    with pytest.raises(ValueError, match="no network here has a class 'unicorn'; they have a, b, c"):
        case_of("cbam", target="unicorn")


class _Broken(nn.Module):
    """A classifier that answers with NaN, or with an error."""

    def __init__(self, error: bool) -> None:
        super().__init__()
        self.head = nn.Linear(3, 3)
        self.error = error

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.error:
            raise RuntimeError("sizes of tensors must match\nand a long tail")
        return self.head(x.mean((2, 3))) * float("nan")


@pytest.mark.parametrize(("error", "code"), [(False, "not_finite"), (True, "failed")])
def test_a_network_without_an_answer_is_said_and_the_rest_goes_on(error: bool, code: str) -> None:
    network = _Broken(error).eval()
    broken = LoadedNetwork(network, foreign_card(network, ("a", "b", "c"), input_size=16, name="theirs"))
    picture = load_sample("scene-sailboat-17")
    case = examine([broken, subject("cbam")], picture, settings=QUICK)
    assert [n.name for n in case.networks] == ["cbam"]
    assert codes(case) == [("theirs", code)]
    assert "\n" not in str(case.left_out[0])
    assert "long tail" not in str(case.left_out[0])
    with pytest.raises(ValueError, match="no network gives an answer"):
        examine([broken], picture, settings=QUICK)


def test_flat_maps_are_said() -> None:
    """CBAM's masks, as initialised, are 0.5 everywhere."""
    torch.manual_seed(0)
    network = build_network(NetworkConfig(width=4, attention="cbam", num_classes=3)).eval()
    flat = LoadedNetwork(network, subject("cbam").card)
    found = examine([flat], load_sample("scene-sailboat-17"), settings=QUICK)
    gates = [m.key for m in found.networks[0].maps if m.kind == "gate"]
    assert [left.details["map"] for left in found.left_out if left.code == "flat"] == gates
    assert {row.outcome for row in judgements(found) if row.map.kind == "gate"} == {"flat"}


def test_a_network_without_gates_has_attributions_all_the_same() -> None:
    case = case_of("none", "cbam")
    assert codes(case)[:1] == [("none", "no_gates")]
    assert case.networks[0].ablations is None
    assert [m.kind for m in case.networks[0].maps] == ["attribution"] * 2
    assert case.networks[0].faithfulness is not None


def test_a_method_that_fails_takes_no_other_with_it() -> None:
    """Grad-CAM needs a layer with positions; the picture's own methods do not."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 3)).eval()
    given = LoadedNetwork(network, foreign_card(network, ("a", "b", "c"), input_size=16))
    case = examine([given], load_sample("scene-sailboat-17"), settings=QUICK)
    assert [m.key for m in case.networks[0].maps] == ["saliency"]
    failed = [left for left in case.left_out if left.code == "failed"]
    assert [left.step for left in failed] == ["attributions"]
    assert case.networks[0].faithfulness is not None
    assert case.networks[0].randomisation is not None


def test_networks_of_one_name_are_told_apart() -> None:
    case = case_of("cbam", "cbam")
    assert [n.name for n in case.networks] == ["cbam", "cbam (2)"]
    assert case.agreement is not None
    assert set(case.agreement.labels) == {"cbam", "cbam (2)"}


def test_a_checkpoint_whose_weights_do_not_fit_is_left_out(tmp_path) -> None:
    from gam_viz.networks.checkpoints import SUFFIX, rewrite_card, save

    given = subject("cbam")
    save(given.network, given.card, tmp_path / f"cbam{SUFFIX}")
    checkpoint = read(tmp_path / f"cbam{SUFFIX}")
    other = NetworkConfig(width=4, attention="gam", num_classes=3)
    wrong = rewrite_card(checkpoint, path=tmp_path / f"wrong{SUFFIX}", config=other, name="wrong")
    case = examine([checkpoint, wrong], load_sample("scene-sailboat-17"), settings=QUICK)
    assert [(n.name, n.called, n.sha256) for n in case.networks] == [("cbam", "cbam", checkpoint.sha256)]
    assert codes(case) == [("wrong", "failed")]
    assert "does not fit the network" in str(case.left_out[0])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"methods": ("nonsense",)}, "unknown attribution method 'nonsense'; known are saliency"),
        ({"methods": ("deeplift",)}, "deeplift is not offered"),
        ({"modes": ("data_mean",)}, "unknown ablation 'data_mean'"),
        ({"reduction": "x"}, "unknown reduction 'x'"),
        ({"shuffles": 5}, "at least 6 shuffles"),
        ({"untrained": 0}, "1 untrained network"),
    ],
)
def test_settings_out_of_range(given: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CaseSettings(**given)


def test_what_cannot_be_asked() -> None:
    picture = from_pixels(np.zeros((4, 4, 3), np.uint8), "black")
    with pytest.raises(ValueError, match="at least one network"):
        examine([], picture)
    with pytest.raises(ValueError, match="fit must be one of crop, pad, stretch, got 'squeeze'"):
        examine([subject("cbam")], picture, fit="squeeze")  # type: ignore[arg-type]


def test_the_defaults_are_those_of_the_pieces() -> None:
    assert CaseSettings().faithfulness == Settings()
