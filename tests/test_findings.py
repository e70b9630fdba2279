"""What the documents say was found is what the results files say: figures, and the side they fall on."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri

from gam_viz.claims.accuracy import minus
from gam_viz.datasets.arrays import DatasetError
from gam_viz.datasets.registry import load_dataset
from gam_viz.evaluation.intervals import Paired, difference
from gam_viz.evaluation.power import detectable
from gam_viz.evidence.leaderboard import aggregate, results_file
from gam_viz.zoo.results import load_results

ROOT = Path(__file__).resolve().parents[1]
ZOO = {each.name: each for each in load_results()}
BOARD = {each.data: each for each in results_file.load_results()}
LABELS = ("none", "cbam", "gam", "gam-sigmoid")
MEASURES = ("energy", "pointing", "overlap")


def content(name):
    """A document without its line breaks."""
    return re.sub(r"\s+", " ", (ROOT / name).read_text(encoding="utf-8"))


def ends(estimate, digits=1):
    low, high = (f"{100 * end:+.{digits}f}" for end in (estimate.low, estimate.high))
    return f"{low} to {high}"


def apart(data, first, second):
    """Figures of a difference of accuracies, as the sentences have them."""
    estimate = minus(ZOO[data].row(first), ZOO[data].row(second))
    return {
        "side": "above" if estimate.value > 0 else "below",
        "size": f"{abs(100 * estimate.value):.1f}",
        "value": f"{100 * estimate.value:.1f}",
        "ends": ends(estimate),
        "finds": f"{100 * detectable(estimate):.1f}",
        "alone": "{} pictures against {}".format(*alone(estimate)),
    }


def alone(estimate):
    """Pictures on which the first or the second network alone is right, from Bonett's and Price's interval."""
    count = estimate.count + 2
    middle = (estimate.low + estimate.high) / 2
    unlike = count * ((estimate.high - estimate.low) / 2 / ndtri(0.975)) ** 2 + middle**2
    first, second = (round(count * (unlike + sign * middle) / 2) - 1 for sign in (1, -1))
    pair = Paired(0, first, second, estimate.count - first - second)
    assert pair.interval() == pytest.approx((estimate.low, estimate.high), abs=1e-9)
    assert pair.difference == pytest.approx(estimate.value)
    return first, second


def row(data, label, key, region="object"):
    network = next(each for each in BOARD[data].networks if each.name == f"{data}-{label}")
    return next(each for each in network.maps if (each.key, each.region) == (key, region))


def scores(data, label, key, region="object"):
    found = row(data, label, key, region).scores
    return [found[measure].value for measure in MEASURES]


def board(data, label, key, reference, region="object"):
    """Differences of a map under the three measures, in points."""
    found = row(data, label, key, region).against[reference]
    values = {name: found[measure] for name, measure in zip("mpo", MEASURES, strict=True)}
    return {name: f"{abs(100 * of.value):.1f}" for name, of in values.items()} | {
        f"{name}_ends": ends(of) for name, of in values.items()
    }


def replaced(label, branch, by):
    network = next(each for each in BOARD["scenes"].networks if each.name == f"scenes-{label}")
    change = next(g.accuracy.value for g in network.gates if (g.layer, g.branch, g.by) == ("all", branch, by))
    return f"{-100 * change:.0f}"


CIFAR, MERCED, PNEUMONIA = "cifar10", "ucmerced", "pneumoniamnist"
ABOUT = "docs/cbam-or-gam.md"
ACCURACY = [
    ("README.md", "(GAM {size} points {side}, interval {ends})", apart(CIFAR, "gam", "cbam")),
    ("README.md", "GAM is {size} {side} ({ends})", apart(CIFAR, "gam", "none")),
    ("README.md", "CBAM {size} {side} ({ends}: measurably", apart(CIFAR, "cbam", "none")),
    ("README.md", "{size} points {side} CBAM ({ends})", apart(CIFAR, "gam-sigmoid", "cbam")),
    ("README.md", "{size} {side} no attention ({ends})", apart(CIFAR, "gam-sigmoid", "none")),
    ("README.md", "GAM was {size} points {side} CBAM ({ends})", apart(MERCED, "gam", "cbam")),
    ("README.md", "GAM's {size} points {side} no attention ({ends})", apart(PNEUMONIA, "gam", "none")),
    (
        ABOUT,
        "it would have found {finds}). GAM as the tutorial prints it is {size} points {side} CBAM ({ends})",
        apart(CIFAR, "gam", "cbam"),
    ),
    (ABOUT, "GAM is {size} {side} no attention ({ends})", apart(CIFAR, "gam", "none")),
    (ABOUT, "{size} points ({ends}; {alone})", apart(CIFAR, "cbam", "none")),
    (ABOUT, "{size} points {side} CBAM ({ends})", apart(CIFAR, "gam-sigmoid", "cbam")),
    (ABOUT, "{size} {side} no attention ({ends})", apart(CIFAR, "gam-sigmoid", "none")),
    (ABOUT, "would have found {finds}. GAM was {size} {side} CBAM ({ends}; {alone})", apart(MERCED, "gam", "cbam")),
    (ABOUT, "{size} {side} no attention ({ends}), which CBAM", apart(MERCED, "gam", "none")),
    (ABOUT, "which CBAM is {size} {side} ({ends})", apart(MERCED, "cbam", "none")),
    (
        ABOUT,
        "{side} no attention, by {size} points ({ends}), which is 1 picture against 8",
        apart(PNEUMONIA, "gam", "none"),
    ),
    (ABOUT, "GAM minus CBAM is {value} ({ends}), and would have had to be {finds}", apart(PNEUMONIA, "gam", "cbam")),
]


@pytest.mark.parametrize(("name", "sentence", "figures"), ACCURACY)
def test_differences_of_accuracy(name, sentence, figures):
    assert sentence.format(**figures) in content(name)


def test_one_picture_against_eight():
    estimate = minus(ZOO[PNEUMONIA].row("gam"), ZOO[PNEUMONIA].row("none"))
    assert alone(estimate) == (1, 8)
    aucs = {label: f"{ZOO[PNEUMONIA].row(label).auc:.3f}" for label in LABELS}
    assert f"({aucs['gam']} against {aucs['none']})" in content("README.md")
    assert f"{aucs['gam']} with GAM, {aucs['cbam']} with CBAM, {aucs['none']} without" in content(ABOUT)
    assert aucs["gam"] > aucs["none"]  # the other way than the accuracy


def test_cbam_on_cifar_is_at_the_edge():
    estimate = minus(ZOO[CIFAR].row("cbam"), ZOO[CIFAR].row("none"))
    first, second = alone(estimate)
    assert estimate.high < 0
    assert f"p = {Paired(0, first, second, 0).p_value():.3f}" in content(ABOUT)


def test_the_table_of_the_readme():
    table = [line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line.count("–") == 4]
    expected = [
        [
            f"{100 * of.value:.1f} ({100 * of.low:.1f}–{100 * of.high:.1f})"
            for of in (each.row(label).accuracy for label in LABELS)
        ]
        for each in ZOO.values()
    ]
    assert [[cell.strip() for cell in line.split("|")[2:-1]] for line in table] == expected


@pytest.mark.parametrize(
    ("data", "labels"),
    [
        ("cifar10", LABELS),
        ("ucmerced", LABELS),
        ("pneumoniamnist", (*LABELS, "gam-last", "gam-first", "se-gam")),
        ("scenes", ("none", "gam-factorised", "gam-r16")),
        ("scenes-shortcut", LABELS),
    ],
)
def test_accuracies_in_the_guide_to_training(data, labels):
    titles = ["CIFAR-10", "UC Merced", "MedNIST", "PneumoniaMNIST", "Planted scenes", "The shortcut"]
    (said,) = re.findall(
        rf"- \*\*{titles[list(ZOO).index(data)]}\*\*(.*?)(?: - \*\*| ## )", content("docs/training.md")
    )
    for label in labels:
        assert f"{100 * ZOO[data].row(label).accuracy.value:.1f}" in said, label


def test_cost():
    ratios, cbams, against = [], [], []
    for each in ZOO.values():
        gam, cbam, none = (each.row(label) for label in ("gam", "cbam", "none"))
        assert f"{gam.parameters / none.parameters:.1f}" == f"{gam.parameters / cbam.parameters:.1f}" == "2.5"
        ratios.append(gam.latency.ratio)
        cbams.append(cbam.latency.ratio)
        against += [each.row(label).latency.ratio / cbam.latency.ratio for label in ("gam", "gam-sigmoid")]
    overlapping = sum(each.row("gam").latency.low <= each.row("cbam").latency.high for each in ZOO.values())
    about = content(ABOUT)
    assert f"{min(ratios):.1f} to {max(ratios):.1f} times as long with GAM" in about
    assert f"{min(cbams):.1f} to {max(cbams):.1f} times with CBAM" in about
    assert f"that is {min(against):.1f} to {max(against):.1f} times" in about
    assert overlapping == 5
    assert f"{min(ratios):.1f} to {max(ratios):.1f} times as long as without attention" in content("README.md")
    assert f"{min(against):.1f} to {max(against):.1f} times as long as with CBAM" in content("README.md")


LINES = {
    "features, no attention": ("none", "features"),
    "features that reach CBAM's attention": ("cbam", "features"),
    "features that reach GAM's attention": ("gam", "features"),
    "GAM, channel weight alone": ("gam", "channel"),
    "GAM, effective gain (channel weight and mask)": ("gam", "gain"),
    "GAM, masks alone": ("gam", "mask"),
    "GAM with channel sigmoid, effective gain": ("gam-sigmoid", "gain"),
    "CBAM, its mask": ("cbam", "mask"),
}
TRIVIAL = {"picture edges": "edges", "centred Gaussian": "centre", "chance: the object's share": "area"}


def test_the_table_of_maps():
    lines = re.findall(
        r"^\| ([^|]+) \| (0\.\d{3}) \| (0\.\d\d) \| (0\.\d{3}) \|$", (ROOT / ABOUT).read_text("utf-8"), re.M
    )
    expected = []
    for name, (label, key) in LINES.items():
        mass, pointing, overlap = scores("scenes", label, key)
        expected.append((name, f"{mass:.3f}", f"{pointing:.2f}", f"{overlap:.3f}"))
    for name, key in TRIVIAL.items():
        found = next(each for each in BOARD["scenes"].trivial if each.key == key).scores
        mass, pointing, overlap = (found[measure].value for measure in MEASURES)
        expected.append((name, f"{mass:.3f}", f"{pointing:.2f}", f"{overlap:.3f}"))
    assert lines == expected


MAPS = [
    (
        "{m} points of mass ({m_ends}), {p} of pointing ({p_ends}), {o} of overlap ({o_ends})",
        board("scenes", "gam", "gain", "cbam"),
    ),
    ("not in mass (-{m}, {m_ends})", board("scenes", "gam", "gain", "edges")),
    (
        "{m} points less mass, {p} more pointing, and {o} less overlap, which is at the edge ({o_ends})",
        board("scenes", "gam-sigmoid", "gain", "cbam"),
    ),
]


@pytest.mark.parametrize(("sentence", "figures"), MAPS)
def test_differences_of_maps(sentence, figures):
    assert sentence.format(**figures) in content(ABOUT)


@pytest.mark.parametrize(
    ("label", "key", "reference", "together"),
    [
        ("gam", "gain", "cbam", "more"),
        ("gam", "mask", "cbam", "less"),
        *((label, "gain", reference, "less") for label in LABELS[1:] for reference in ("none", "features")),
        ("gam", "channel", "none", "less"),
        ("gam", "gain", "centre", "more"),
        ("gam", "gain", "edges", "mixed"),
        ("cbam", "gain", "edges", "mixed"),
        ("cbam", "gain", "centre", "mixed"),
        ("gam-sigmoid", "gain", "cbam", "mixed"),
    ],
)
def test_findings_about_maps_hold_under_the_measures_they_name(label, key, reference, together):
    assert aggregate.direction(row("scenes", label, key).against[reference]) == together


def test_single_layers():
    best = max(
        scores("scenes", "none", f"features.layer{place}")[0] for place in ("1.0", "1.1", "2.0", "2.1", "3.0", "3.1")
    )
    points = max(
        scores("scenes", "none", f"features.layer{place}")[1] for place in ("1.0", "1.1", "2.0", "2.1", "3.0", "3.1")
    )
    channel, gain, own = (scores("scenes", "gam", f"{kind}.layer2.1")[0] for kind in ("channel", "gain", "features"))
    about = content(ABOUT)
    assert f"{channel:.3f} of its mass on the object, and its gain {gain:.3f}" in about
    assert f"more than any layer of features without attention ({best:.3f})" in about
    assert f"as much as the features that it is computed from ({own:.3f})" in about
    cbam = scores("scenes", "cbam", "mask.layer2.1")[1]
    assert f"points at it in {cbam:.0%} of scenes" in about
    assert f"up to {points:.0%}" in about


def test_grad_cam():
    mass, pointing, overlap = zip(
        *(scores("scenes", label, "gradcam.layer3.1") for label in ("gam", "none", "cbam")), strict=True
    )
    about = content(ABOUT)
    assert "by mass GAM's ({:.3f}, without attention {:.3f}, CBAM {:.3f})".format(*mass) in about
    gam, none, cbam = (f"{p:.2f} and {o:.3f}" for p, o in zip(pointing, overlap, strict=True))
    assert f"without attention ({none}; GAM {gam}, CBAM {cbam})" in about
    assert mass[0] == max(mass)
    assert pointing[1] == max(pointing)
    assert overlap[1] == max(overlap)


def test_what_answers_hang_on():
    about, branches = content(ABOUT), ("channel", "spatial")
    channel, spatial = ({label: replaced(label, branch, "data_mean") for label in LABELS[1:]} for branch in branches)
    assert f"GAM falls by {channel['gam']} points" in about
    assert f"CBAM by {channel['cbam']}. With the spatial gates replaced so, GAM falls by {spatial['gam']}" in about
    assert f"and CBAM by {spatial['cbam']}." in about
    opened = {(label, branch): replaced(label, branch, "identity") for label in ("gam", "cbam") for branch in branches}
    assert f"replaced by 1, GAM falls by {opened['gam', 'spatial']} and CBAM by {opened['cbam', 'spatial']}" in about
    assert f"GAM by {opened['gam', 'channel']} and CBAM by {opened['cbam', 'channel']}" in about
    assert f"(-{spatial['gam-sigmoid']} points when they are replaced by their mean, -{channel['gam-sigmoid']}" in about


def test_the_shortcut():
    tags = {
        label: row_.tag
        for label in LABELS
        for row_ in BOARD["scenes-shortcut"].networks
        if row_.name.endswith(f"shortcut-{label}")
    }
    none, cbam, gam, sigmoid = (f"{100 * tags[label]['follows'].value:.0f}%" for label in LABELS)
    about = content(ABOUT)
    assert f"{cbam} (CBAM), {sigmoid} (GAM with sigmoid), {gam} (GAM) and {none} (no attention)" in about
    none, cbam, gam, _ = (f"{100 * tags[label]['without_tag'].value:.0f}%" for label in LABELS)
    assert f"no attention falls to {none}, CBAM to {cbam} and GAM to {gam}" in content("README.md")
    mass, pointing, overlap = zip(
        *(scores("scenes-shortcut", label, "gain", "tag") for label in ("cbam", "gam")), strict=True
    )
    assert "{:.1f}% of their mass on it; GAM's gain has {:.1f}%".format(*(100 * value for value in mass)) in about
    assert "({:.0f}% against {:.0f}%)".format(*(100 * value for value in pointing)) in about
    assert "({1:.3f} against {0:.3f})".format(*overlap) in about
    assert f"in {100 * scores('scenes-shortcut', 'cbam', 'mask.layer1.0', 'tag')[1]:.1f}% of scenes" in about
    for label in LABELS[1:]:
        assert aggregate.direction(row("scenes-shortcut", label, "gain", "tag").against["none"]) == "less"
    mass, pointing, overlap = scores("scenes-shortcut", "none", "features", "tag")
    assert f"{100 * mass:.1f}% of mass, {100 * pointing:.0f}% of pointing, {overlap:.3f} of overlap" in about


@pytest.mark.parametrize("data", [CIFAR, MERCED, PNEUMONIA])
def test_the_results_are_those_of_the_predictions(data, data_root):
    try:
        labels = load_dataset(data, "test", data_root, download=False).labels
    except DatasetError as error:
        pytest.skip(str(error))
    right = {}
    for label in LABELS:
        with np.load(ROOT / "checkpoints" / "predictions" / f"{data}-{label}.npz") as file:
            right[label] = file["predicted"] == labels
    for first, second in (("gam", "cbam"), ("gam", "none"), ("cbam", "none"), ("gam-sigmoid", "cbam")):
        estimate = minus(ZOO[data].row(first), ZOO[data].row(second))
        counts = int((right[first] & ~right[second]).sum()), int((right[second] & ~right[first]).sum())
        assert alone(estimate) == counts
    forms = difference([right["gam-sigmoid"].mean()], [right["gam"].mean()], [right["gam-sigmoid"]], [right["gam"]])
    if data == CIFAR:
        assert f"(+{100 * forms.value:.1f}, {ends(forms)})" in content(ABOUT)
    assert (forms.low > 0) == (data == CIFAR)  # measurable there, and not on the others


def test_which_data_sets_could_decide():
    """As the documents say: CIFAR-10 alone."""
    assert math.isclose(float(apart(CIFAR, "gam", "cbam")["finds"]), 0.7)
    could = [
        name
        for name, each in ZOO.items()
        if name != "scenes-shortcut"
        and detectable(minus(each.row("gam"), each.row("cbam"))) <= 0.015 <= 1 - each.row("cbam").accuracy.value
    ]
    assert could == [CIFAR]
