"""Every verdict planted, and read where a reader reads it: in the report, whole way."""

import dataclasses
import re
from html import unescape

import numpy as np
import pytest
import torch
from torch import nn

from gam_viz.evaluation.permutation import LEVEL
from gam_viz.evidence.agreement import Matrix
from gam_viz.evidence.case import Case
from gam_viz.evidence.examine import examine
from gam_viz.evidence.faithfulness.result import MATTERS, Standing
from gam_viz.evidence.randomisation.map_change import SURVIVES, Original, RandomisedMap, verdict_of
from gam_viz.evidence.similarity import Similarity
from gam_viz.evidence.surrogates import SimilarityBand
from gam_viz.evidence.verdicts import judgements
from gam_viz.explain.flat import is_flat
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.report import html
from gam_viz.report.context import ReportContext
from gam_viz.text import signed, words
from tests.evidence.planted import (
    MAPS,
    PLANTED,
    GatedNetwork,
    PatchNetwork,
    RandomNetwork,
    Shown,
    bump,
    loaded,
    picture,
)

OUTCOMES = {"faithful": "better", "misleading": "worse", "chance": "random", "flat": "flat"}


def read(case: Case, code: str = "en") -> str:
    """A report's visible words, drawings and style left out."""
    body = re.sub(r"<(svg|style)\b.*?</\1>", " ", html(case, words(code)), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def said(key: str, code: str = "en", **values: object) -> str:
    return " ".join(words(code).text(key, **values).split())


def mask(name: str, code: str = "en") -> str:
    return said("report.map.gate", code, layer=name)


@pytest.fixture(scope="module")
def patches() -> Case:
    return examine([loaded(PatchNetwork())], picture(), settings=PLANTED)


def test_each_map_is_called_what_it_is(patches: Case) -> None:
    assert {row.map.layer: row.outcome for row in judgements(patches)} == OUTCOMES


@pytest.mark.parametrize("code", ["en", "zh"])
def test_the_report_says_so_map_by_map(patches: Case, code: str) -> None:
    text = read(patches, code)
    for row in judgements(patches):
        assert row.standing is not None
        orders, measured = row.standing.orders, said("answers.measured.probability", code)
        rise = said("answers.points", code, change=f"{100 * row.standing.rise:.1f}")
        numbers = {
            **{"deletion": row.standing.deletion, "insertion": row.standing.insertion, "orders": orders},
            **{"p": row.standing.adjusted, "maps": 3, "needed": 59},
            **{"rise": rise, "measured": measured},
        }
        for outcome in ("better", "worse", "against", "random", "flat", "too_few"):
            sentence = said(
                f"evidence.faithful.sentence.{outcome}",
                code,
                map=mask(str(row.map.layer), code),
                beats=round(row.standing.beats * orders),
                **numbers,
            )
            assert (sentence in text) == (outcome == OUTCOMES[str(row.map.layer)]), (row.map.layer, outcome)


@pytest.mark.parametrize("code", ["en", "zh"])
@pytest.mark.parametrize(
    "names", [("faithful", "chance"), ("chance", "misleading", "flat"), ("faithful",), ("flat",), tuple(MAPS)]
)
def test_the_headline_counts_the_faithful_maps(names: tuple[str, ...], code: str) -> None:
    case = examine([loaded(PatchNetwork(names))], picture(), settings=PLANTED)
    better = [name for name in names if name == "faithful"]
    title = "planted"
    text = read(case, code)
    for variant in ("faithful", "unfaithful"):
        listed = said("report.comma", code).join(mask(name, code) for name in better)
        sentence = said(f"report.found.{variant}", code, name=title, better=len(better), count=len(names), maps=listed)
        assert (sentence in text) == (variant == ("faithful" if better else "unfaithful"))


def test_the_gate_that_matters_is_named_and_the_idle_one_changes_nothing() -> None:
    case = examine([loaded(GatedNetwork())], picture(), settings=PLANTED)
    network = case.networks[0]
    assert network.ablations is not None
    changes = {one.layer: (one.flips, one.answer.value) for one in network.ablations.results}
    assert changes["matters"][0]
    assert changes["idle"] == (False, 0.0)
    text = read(case)
    headline = said(
        "report.found.ablation",
        name="planted",
        layer="matters",
        branch=said("evidence.branch.channel"),
        mode=said("evidence.mode.identity"),
        what=said("answers.what.probability", target=network.target_name),
        change=said("answers.points", change=signed(100 * changes["matters"][1], "+.1f")),
        flips=1,
        count=2,
    )
    assert headline in text
    mode, branch = said("evidence.mode.identity"), said("evidence.branch.channel")
    assert f"idle {branch} {mode} 0.0 0.00 0%" in text
    assert f"matters {branch} {mode} {signed(100 * changes['matters'][1], '+.1f')}" in text


def test_a_map_that_fresh_weights_do_not_touch_survives_and_others_do_not() -> None:
    case = examine([loaded(RandomNetwork())], picture(), settings=PLANTED)
    test = case.networks[0].randomisation
    assert test is not None
    assert {t.heatmap.layer: t.verdict for t in test.maps} == {
        "survives": "survives",
        "collapses": "collapses",
        "flattens": "flattens",
        "flat": "flat",
    }
    text = read(case)
    title = "planted"
    assert said("report.found.survive", name=title, maps=mask("survives")) in text
    for name in ("survives", "collapses", "flattens", "flat"):
        assert said(f"evidence.verdict.{name}") in text
    assert said("evidence.randomised.sentence.flattens", map=mask("flattens")) in text
    assert said("evidence.randomised.sentence.flat", map=mask("flat")) in text
    assert "+1.00" in text


@pytest.mark.parametrize("code", ["en", "zh"])
def test_the_report_says_of_which_maps_there_is_evidence_of_training(code: str) -> None:
    settings = dataclasses.replace(PLANTED, measures=("training",))
    case = examine([loaded(RandomNetwork())], picture(), settings=settings)
    tests = {test.key: test for test in case.networks[0].results["training"]}
    text = read(case, code)
    for name in ("survives", "collapses", "flattens", "flat"):
        test = tests[f"gate.{name}"]
        for verdict in ("trained", "untrained"):
            sentence = said(
                f"evidence.training.sentence.{verdict}",
                code,
                **{"map": mask(name, code), "networks": test.networks, "adjusted": test.adjusted},
            )
            assert (sentence in text) == (verdict == ("trained" if name == "collapses" else "untrained"))
        row = f"{mask(name, code)} {test.fresh:.3f} {test.shuffled:.3f} {test.adjusted:.3f} "
        assert row + said(f"evidence.verdict.{test.verdict}", code) in text


@pytest.mark.parametrize("code", ["en", "zh"])
def test_the_report_says_where_measures_disagree(code: str) -> None:
    settings = dataclasses.replace(PLANTED, measures=("faithfulness", "single_deletion", "infidelity"))
    case = examine([loaded(PatchNetwork(("faithful", "misleading", "chance")))], picture(), settings=settings)
    text = read(case, code)
    assert f"{mask('faithful', code)} 1 1 1 " in text  # the best under each
    assert said("evidence.section.ranks", code) in text
    assert said("evidence.ranks.about", code) in text


@pytest.mark.parametrize("code", ["en", "zh"])
def test_the_report_leaves_out_a_network_that_answers_nan_and_says_so(code: str) -> None:
    broken = PatchNetwork(("faithful",))
    broken.register_forward_hook(lambda module, x, logits: logits * float("nan"))
    settings = dataclasses.replace(PLANTED, measures=("ablation",))
    case = examine([loaded(broken, "broken"), loaded(GatedNetwork(), "whole")], picture(), settings=settings)
    text = read(case, code)
    assert [network.name for network in case.networks] == ["whole"]
    assert said("report.left.not_finite", code) in text
    assert "sha-whole" in text
    assert "sha-broken" not in text
    assert not re.search(r"\bnan\b", text, re.IGNORECASE)


def test_masks_that_are_alike_are_counted_and_others_are_not() -> None:
    hills = {"one": bump(3, 3), "two": bump(12, 4)}
    other = {"one": bump(3, 3), "two": bump(4, 12)}
    networks = [loaded(PatchNetwork(("one", "two"), maps), name) for name, maps in (("a", hills), ("b", other))]
    case = examine(networks, picture(), settings=PLANTED)
    first, second = ReportContext(case, words("en")).titles
    expected = said("report.found.alike", first=first, second=second, alike=1, count=2)
    assert expected in read(case)


def standing(difference: float, adjusted: float, *, rise: float = 0.0, **options: bool) -> Standing:
    given = {"flat": False, "reachable": True, **options}
    return Standing("m", given["flat"], 0.1, 0.2, difference, 1.0, 99, adjusted, adjusted, given["reachable"], rise)


@pytest.mark.parametrize(
    ("difference", "adjusted", "rise", "outcome"),
    [
        (MATTERS, LEVEL, 0.0, "better"),
        (np.nextafter(MATTERS, 0), LEVEL, 0.0, "random"),  # nothing that counts, however sure
        (1e-8, 0.001, 0.0, "random"),
        (0.5, np.nextafter(LEVEL, 1), 0.0, "random"),
        (-MATTERS, LEVEL, 0.0, "worse"),
        (-0.5, np.nextafter(LEVEL, 1), 0.5, "random"),
        (-MATTERS, LEVEL, MATTERS, "against"),
        (-MATTERS, LEVEL, np.nextafter(MATTERS, 0), "worse"),
        (0.5, 0.001, 0.5, "better"),
    ],
)
def test_the_bounds_of_faithfulness_from_both_sides(
    difference: float, adjusted: float, rise: float, outcome: str
) -> None:
    assert standing(difference, adjusted, rise=rise).outcome == outcome
    assert standing(difference, adjusted, rise=rise, flat=True).outcome == "flat"
    assert standing(difference, adjusted, rise=rise, reachable=False).outcome == "too_few"


def compared(rank: float, high: float) -> RandomisedMap:
    band = SimilarityBand((-high, high), (-high, high), (0, high), 10, 0.95)
    return RandomisedMap("stem", 1, Similarity(rank, rank, rank), None, band, None, 1.0)


@pytest.mark.parametrize(
    ("ranks", "verdict"),
    [
        ((SURVIVES, SURVIVES, SURVIVES), "survives"),
        ((np.nextafter(SURVIVES, 0),) * 3, "resembles"),
        ((0.9, 0.9, 0.1), "survives"),  # two of three are above the band
        ((0.9, 0.1, 0.1), "collapses"),  # one is not enough
        ((0.9, 0.9, 0.1, 0.1), "collapses"),  # nor is half
        ((0.2, 0.2, 0.2), "collapses"),  # not above where it is the band's end
        ((np.nextafter(0.2, 1),) * 3, "resembles"),
    ],
)
def test_the_bounds_of_randomisation_from_both_sides(ranks: tuple[float, ...], verdict: str) -> None:
    values = np.arange(256, dtype=np.float32).reshape(16, 16)
    original = Original(Heatmap("gate.a", "gate", "gate", "a", values, False), 0.1, 10)
    assert verdict_of(original, [compared(float(rank), 0.2) for rank in ranks]) == verdict


def test_the_bounds_of_agreement_from_both_sides() -> None:
    values = np.array([[0.5, np.nextafter(0.5, 1)], [-0.5, np.nextafter(-0.5, -1)]])
    matrix = Matrix(values, np.full((2, 2), -0.5), np.full((2, 2), 0.5))
    assert matrix.outside.tolist() == [[0, 1], [0, -1]]


def test_a_map_is_flat_up_to_rounding_and_not_beyond() -> None:
    values = np.ones((4, 4))
    assert is_flat(values)
    values[0, 0] = 1 + 1e-6 / 2
    assert is_flat(values)
    values[0, 0] = 1 + 1e-6 * 2
    assert not is_flat(values)
    assert is_flat(np.zeros((4, 4)))


def test_a_network_of_one_kind_is_not_called_another(patches: Case) -> None:
    """Null: with the class turned round, what spoke for it speaks against it."""
    turned = examine([loaded(PatchNetwork())], picture(), target="dark", settings=PLANTED)
    outcomes = {row.map.layer: row.outcome for row in judgements(turned)}
    assert outcomes == OUTCOMES | {"faithful": "against", "misleading": "better"}
    assert dataclasses.replace(patches.settings) == turned.settings
    assert torch.equal(MAPS["flat"], torch.full_like(MAPS["flat"], 0.5))


class EndsNetwork(nn.Module):
    """Answers to the picture, and with NaN to the baseline, where nothing is left of it."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Linear(1, 1)
        self.shown = Shown(lambda x: MAPS["faithful"].expand(len(x), 1, 16, 16))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.shown(x)
        bright = x.abs().mean((1, 2, 3))
        return torch.stack([bright / bright, -bright], 1)


@pytest.mark.parametrize("code", ["en", "zh"])
def test_what_the_library_refuses_is_said_in_the_reports_language(code: str) -> None:
    case = examine([loaded(EndsNetwork())], picture(), settings=PLANTED)
    assert case.networks[0].faithfulness is None
    why = said("errors.reason.ends_not_finite", code)
    step = said("report.step.faithfulness", code)
    assert said("report.left.failed", code, step=step, why=why) in read(case, code)
