"""What the documents say of the gates' dependence on the picture is what the stored results say."""

from pathlib import Path

import pytest

from gam_viz.evidence.dependence.fold import known_folding
from gam_viz.evidence.dependence.store import known_dependence
from gam_viz.evidence.dependence.words import share_between
from gam_viz.networks.checkpoints import find

ROOT = Path(__file__).resolve().parents[1]
ABOUT = (ROOT / "docs" / "cbam-or-gam.md").read_text(encoding="utf-8")
SHIPPED = find(ROOT / "checkpoints")[0]
BRANCHES = ("channel", "spatial")


def row(name, found):
    cells = [f"`{name}`", f"{found[0].statistics.pictures:,}"]
    for branch in BRANCHES:
        of = [each for each in found if each.statistics.branch == branch]
        verdicts = [each.verdict for each in of]
        needed = sum(verdict.startswith("needed") for verdict in verdicts)
        constant = sum(verdict in ("constant", "flat") for verdict in verdicts)
        shares = [100 * share_between(each) for each in of]
        cells.append(f"{constant} / {needed} / {len(of) - constant - needed}" if of else "")
        cells.append(f"{min(shares):.0f} to {max(shares):.0f}%" if of else "")
    return f"| {' | '.join(cells)} |"


def fold_row(name, found):
    points = [100 * value for value in (found.change.value, found.change.low, found.change.high)]
    return (
        f"| `{name}` | {len(found.folded)} of {found.gates} | {100 * found.before:.2f}% | {100 * found.after:.2f}% | "
        f"{points[0]:+.1f} ({points[1]:+.1f} to {points[2]:+.1f}) | {found.parameters:,} | {found.left:,} | "
        f"{100 * (found.macs_left / found.macs - 1):+.1f}% | "
        f"{found.time.ratio:.2f} ({found.time.low:.2f} to {found.time.high:.2f}) |"
    )


KNOWN = [(each.card.name, found) for each in SHIPPED if (found := known_dependence(each))]
FOLDED = [(each.card.name, found) for each in SHIPPED if (found := known_folding(each))]


@pytest.mark.parametrize(("name", "found"), KNOWN, ids=[name for name, _ in KNOWN])
def test_each_network_that_was_measured_has_its_row(name, found):
    assert row(name, found) in ABOUT.splitlines()


@pytest.mark.parametrize(("name", "found"), FOLDED, ids=[name for name, _ in FOLDED])
def test_each_folded_network_has_its_row(name, found):
    assert fold_row(name, found) in ABOUT.splitlines()


def test_no_row_is_of_a_network_that_was_not_measured():
    section = ABOUT.partition("## Do the gates depend on the picture?")[2].partition("\n## ")[0]
    rows = {line for line in section.splitlines() if line.startswith("| `")}
    assert rows == {row(*each) for each in KNOWN} | {fold_row(*each) for each in FOLDED}


def test_what_is_said_of_single_gates():
    known, said = dict(KNOWN), " ".join(ABOUT.split())
    for name, sentence in (
        ("scenes-gam", "the channel gate of `layer2.0` as a constant takes {:.1f} points"),
        ("cifar10-gam", "on CIFAR-10 that of `layer1.0` {:.1f}"),
        ("pneumoniamnist-gam", "on PneumoniaMNIST that of `layer2.1` {:.1f}"),
    ):
        worst = min(known[name], key=lambda each: each.change.value)
        assert worst.statistics.layer in sentence
        assert worst.statistics.branch == "channel"
        assert sentence.format(-100 * worst.change.value) in said
    needed = {
        (name, each.statistics.branch): each.verdict
        for name, found in KNOWN
        for each in found
        if each.verdict.startswith("needed")
    }
    for name in ("scenes-se", "scenes-cbam", "mednist-cbam", "pneumoniamnist-cbam"):
        assert not {key for key in needed if key[0] == name}
    assert needed["ucmerced-cbam", "channel"] == "needed_class"
    assert not [key for key in needed if key[0].endswith("gam-sigmoid") and key[1] == "channel"]
    for name, found in KNOWN:
        channel, spatial = ([share_between(e) for e in found if e.statistics.branch == branch] for branch in BRANCHES)
        assert not spatial or max(spatial) > max(channel), name
