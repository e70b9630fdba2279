"""Which of several pictures networks disagree on, and the table of it."""

import csv
import io

import numpy as np
import pytest

from gam_viz.evaluation.disagreement import Judged, disagreement_first, harmless, to_csv, total_variation
from gam_viz.images import PictureError


def judged(name: str, *rows: list[float]) -> Judged:
    return Judged(name, np.array(rows))


def test_total_variation_is_the_largest_difference_that_any_event_has() -> None:
    dice = np.random.default_rng(0)
    p, q = dice.dirichlet(np.ones(6), 2)
    # Its definition, over all 64 events of six classes.
    events = [[bool(number >> place & 1) for place in range(6)] for number in range(64)]
    largest = max(abs(p[event].sum() - q[event].sum()) for event in events)
    assert total_variation(p, q) == pytest.approx(largest)
    assert total_variation(p, p) == 0
    assert total_variation(np.array([1.0, 0]), np.array([0, 1.0])) == 1


def test_of_several_networks_the_two_that_differ_most_count() -> None:
    one = judged("a", [0.9, 0.1], [0.6, 0.4], [0.2, 0.8])
    assert one.gap == pytest.approx(0.7)
    assert one.predicted.tolist() == [0, 0, 1]
    assert one.disagree
    assert not judged("b", [0.9, 0.1], [0.6, 0.4]).disagree


def test_disagreement_comes_first_then_the_gap_then_the_order_they_came_in() -> None:
    rows = [
        judged("agree", [0.6, 0.4], [0.6, 0.4]),
        judged("agree, wide", [1.0, 0.0], [0.51, 0.49]),
        judged("disagree", [0.51, 0.49], [0.49, 0.51]),
        judged("disagree, wide", [0.9, 0.1], [0.1, 0.9]),
        judged("agree too", [0.6, 0.4], [0.6, 0.4]),
    ]
    assert disagreement_first(rows) == [3, 2, 1, 0, 4]
    assert disagreement_first([]) == []


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "＝1", "－1", "\r@"])
def test_no_cell_is_a_formula(name: str) -> None:
    rows = [judged(name, [0.9, 0.1], [0.2, 0.8])]
    text = to_csv(rows, [name, "b"], [name, "dog"], [(name, PictureError("no_pixels", width=0, height=0))])
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "＝", "－")) for cell in row)
    assert harmless("a-b=c.png") == "a-b=c.png"


def test_the_table_reads_back() -> None:
    rows = [judged('a,"b"\n.png', [0.9, 0.1], [0.25, 0.75])]
    text = to_csv(rows, ["CBAM", "GAM"], ["cat", "dog"], [("bad.png", PictureError("truncated", format="PNG"))])
    head, first, last = csv.reader(io.StringIO(text, newline=""))
    titles = ["CBAM: class", "CBAM: probability", "GAM: class", "GAM: probability"]
    assert head == ["file", "disagree", "gap", *titles, "refused"]
    assert first == ['a,"b"\n.png', "yes", "0.6500", "cat", "0.9000", "dog", "0.7500", ""]
    assert last[0] == "bad.png"
    assert "ends before" in last[-1]
    assert len(last) == len(head)
