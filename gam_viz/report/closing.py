"""The report's end: what it cannot show, and how to find its numbers again."""

from __future__ import annotations

import json
from typing import Any

from gam_viz.evidence.case import Examined
from gam_viz.report.context import ReportContext, plain
from gam_viz.report.provenance import command, facts
from gam_viz.titles import data_title

LIMITS = ("picture", "seed", "gates", "ablation", "faithful", "randomised", "agreed")


def parts(shown: ReportContext) -> dict[str, Any]:
    """What the template `closing` draws."""
    say, case = shown.say, shown.case
    seeds = say("report.comma").join(str(network.card.seed) for network in case.networks)
    baseline = say(f"evidence.baseline.{case.settings.faithfulness.baseline}")
    line = command(case)
    return {
        "limits": [say(f"report.limit.{key}", seeds=seeds, baseline=baseline) for key in LIMITS],
        "provenance": _provenance(shown),
        "cards": [(title, *_card(shown, network)) for title, network in zip(shown.titles, case.networks, strict=True)],
        "command": None if line is None else plain(line),
    }


def _provenance(shown: ReportContext) -> list[tuple[str, str, bool]]:
    """Title, value, and whether the value is for a machine; without those that are empty."""
    say, case = shown.say, shown.case
    picture, about = case.picture, case.about
    size = f"{picture.original_size[0]}×{picture.original_size[1]}, {picture.format}, {plain(picture.mode)}"
    rows = [
        (say("report.picture"), shown.picture_title(), False),
        (say("report.size"), size, False),
        ("sha256", picture.sha256, True),
        (say("report.credit"), plain(about.credit), False),
        (say("report.rendering"), picture.rendering, True),
        (say("common.sidebar.fit"), say(f"common.fit.{case.fit}"), False),
        *(
            (say("report.fact"), plain(say(f"rendering.fact.{fact.code}", **fact.details)), False)
            for fact in about.facts
        ),
        *(
            (say("report.note"), plain(say(f"rendering.note.{note.code}", **note.details)), False)
            for note in picture.notes
        ),
        (say("report.settings"), json.dumps(facts(case)["settings"], ensure_ascii=False), True),
        (say("report.versions"), say("report.comma").join(f"{k} {v}" for k, v in case.versions.items()), False),
        (say("report.device"), case.device, False),
        (say("report.date"), plain(about.date), False),
    ]
    return [row for row in rows if row[1]]


def _card(shown: ReportContext, network: Examined) -> tuple[list[str], str]:
    """What is known of a network, line by line, and its file's digest."""
    say, card = shown.say, network.card
    data = plain(data_title(shown.words, card))
    told = [plain(network.name), say("report.trained_on", data=data, epochs=card.epochs, seed=card.seed)]
    accuracy = card.test.get("accuracy")
    if isinstance(accuracy, float):
        told.append(say("report.accuracy", accuracy=accuracy))
    told += [plain(str(line)) for line in (card.source, card.licence, *card.notes) if line]
    return told, network.sha256 or say("report.no_file")
