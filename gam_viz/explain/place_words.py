"""Where an answer lies, in words: a mask's classes with their shares, and what was drawn of detections."""

from __future__ import annotations

from gam_viz.explain.answer_words import AnswerWords
from gam_viz.explain.explanation import Explanation
from gam_viz.networks.adapters import Detections, SegmentedMask
from gam_viz.networks.adapters.places import LEAST, NOTHING

MOST = 9  # classes of a mask that are listed


def class_shares(told: AnswerWords, mask: SegmentedMask) -> list[tuple[int, str]]:
    """Index of each class of a mask, and its name with its share of the picture; the largest first."""
    shares = {k: mask.share(k) for k in range(len(told.names))}
    order = sorted((k for k in shares if shares[k] > 0), key=lambda k: -shares[k])[:MOST]
    return [(k, told.say("answers.label", target=told.names[k], value=f"{shares[k]:.1%}")) for k in order]


def box_labels(told: AnswerWords, found: Detections) -> list[str]:
    """Of each box that is drawn its class and score."""
    return [told.say("answers.box", target=told.names[box.label], value=f"{box.score:.2f}") for box in found.drawn]


def located_alt(told: AnswerWords, found: SegmentedMask | Detections, name: str) -> str:
    """The drawing for those who do not see it."""
    if isinstance(found, SegmentedMask):
        parts, kind = [said for _, said in class_shares(told, found)], "mask"
    else:
        parts, kind = box_labels(told, found), "boxes"
    return told.say(f"answers.{kind}_alt", name=name, parts=told.comma.join(parts) or told.say("answers.none"))


def located_caption(told: AnswerWords, explanation: Explanation) -> str:
    """What is drawn, in a sentence or two; empty where an answer has no place."""
    found = explanation.places
    if isinstance(found, SegmentedMask):
        height, width = found.classes.shape
        one = len(told.names) == 1
        said = told.say(f"answers.mask{'_one' if one else ''}", target=told.names[0], width=width, height=height)
        rest = len({int(k) for k in found.classes.ravel()} - {NOTHING}) - MOST
        return said if rest <= 0 else said + told.say("answers.mask_more", count=rest)
    if found is None:
        return ""
    numbers = {"drawn": len(found.drawn), "count": found.count, "least": LEAST}
    if not found.count:
        return told.say("answers.boxes_none")
    return told.say(f"answers.boxes{'' if found.drawn else '_weak'}", **numbers)
