"""What was found of a network's gates, in a sentence: for pages, reports and whoever asks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from gam_viz.evidence.dependence.verdict import Dependence
from gam_viz.text import Words
from gam_viz.titles import layer_title

#: Verdicts that the sentence counts, in this order.
COUNTED = ("constant", "needed", "needed_class", "open", "flat", "unmeasured")


def gate_name(words: Words, each: Dependence) -> str:
    """A gate's name for people: its layer and its branch."""
    of = each.statistics
    branch = words.text(f"evidence.branch.{of.branch}")
    return words.text("evidence.gates.row", layer=layer_title(words, of.layer), branch=branch)


def share_between(each: Dependence) -> float:
    """Share of the variance between pictures; 0 of a gate that is one number."""
    share = each.statistics.between_pictures
    return 0.0 if math.isnan(share) else share


def sentence(words: Words, found: Sequence[Dependence]) -> str:
    """How many of the gates could be constants, and which vary least and most from picture to picture."""
    counts = Counter(each.verdict for each in found)
    there = [verdict for verdict in COUNTED if counts[verdict]]
    parts = [words.text(f"evidence.depend.count.{verdict}", n=counts[verdict]) for verdict in there]
    least, most = min(found, key=share_between), max(found, key=share_between)
    return words.text(
        f"evidence.depend.{'alone' if least is most else 'sentence'}",
        n=len(found),
        pictures=found[0].statistics.pictures,
        counts=words.text("evidence.depend.joined").join(parts),
        least=share_between(least),
        least_gate=gate_name(words, least),
        most=share_between(most),
        most_gate=gate_name(words, most),
    )


def of_layer(words: Words, found: Sequence[Dependence], layer: str, branch: str) -> str:
    """What is known of one layer's gate, to stand beside its picture; empty where nothing is.

    A layer's second gate of the branch is not told apart: the first is spoken of.
    """
    for each in found:
        of = each.statistics
        if (of.layer, of.branch) == (layer, branch):
            return words.text(
                f"evidence.depend.layer.{each.verdict}",
                branch=words.text(f"evidence.branch.{branch}"),
                spread=of.spread,
                share=share_between(each),
                pictures=of.pictures,
                by_class=0.0 if math.isnan(of.by_class) else of.by_class,
            )
    return ""
