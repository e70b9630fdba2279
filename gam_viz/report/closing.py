"""The parts of a report that say what it cannot show, what is missing, and how to find its numbers again."""

from __future__ import annotations

import json

from gam_viz.evidence.examine import Examined
from gam_viz.report.context import ReportContext, plain
from gam_viz.report.markup import Html, h, joined
from gam_viz.report.provenance import command, facts
from gam_viz.titles import class_title, data_title


def asked(shown: ReportContext) -> Html:
    """Title, and what was asked of whom."""
    say, case = shown.say, shown.case
    networks = say("report.and").join(shown.titles)
    target = say("report.target.predicted")
    if case.target is not None:
        target = say("report.target.asked", target=plain(class_title(shown.words, case.target)))
    question = say("report.asked", networks=networks, fit=say(f"common.fit.{case.fit}"))
    parts: list[str] = [
        h("p", "GAM-Viz", class_="brand"),
        h("h1", say("report.title", picture=shown.picture_title())),
        h("p", shown.together(question, target), class_="lead"),
    ]
    if case.about.date:
        parts.append(h("p", plain(case.about.date), class_="quiet"))
    return joined(*parts, *_warnings(shown))


def left_out(shown: ReportContext) -> Html:
    """What is missing, and why."""
    if not shown.case.left_out:
        return Html("")
    told = (h("li", shown.reason(left)) for left in shown.case.left_out)
    return h("section", h("h2", shown.say("report.left_out")), h("ul", *told), class_="notice")


def limits(shown: ReportContext) -> Html:
    """What these maps cannot show."""
    say, case = shown.say, shown.case
    seeds = say("report.comma").join(str(network.card.seed) for network in case.networks)
    baseline = say(f"evidence.baseline.{case.settings.faithfulness.baseline}")
    keys = ("picture", "seed", "gates", "ablation", "faithful", "randomised", "agreed")
    told = [h("li", say(f"report.limit.{key}", seeds=seeds, baseline=baseline)) for key in keys]
    return joined(h("h2", say("report.limits")), h("ul", *told))


def provenance(shown: ReportContext) -> Html:
    """Picture, networks, settings, versions; the command and the link."""
    say, case = shown.say, shown.case
    picture, about = case.picture, case.about
    title = shown.picture_title()
    size = f"{picture.original_size[0]}×{picture.original_size[1]}, {picture.format}, {plain(picture.mode)}"
    rows: list[tuple[str, str]] = [(say("report.picture"), title), (say("report.size"), size)]
    rows.append(("sha256", h("code", picture.sha256)))
    if about.credit:
        rows.append((say("report.credit"), plain(about.credit)))
    if picture.rendering:
        rows.append((say("report.rendering"), h("code", picture.rendering)))
    rows.append((say("common.sidebar.fit"), say(f"common.fit.{case.fit}")))
    rows += [(say("report.fact"), plain(say(f"rendering.fact.{fact.code}", **fact.details))) for fact in about.facts]
    rows += [(say("report.note"), plain(say(f"rendering.note.{note.code}", **note.details))) for note in picture.notes]
    for index, network in enumerate(case.networks):
        rows.append((shown.titles[index], _card(shown, network)))
    rows += [
        (say("report.settings"), h("code", json.dumps(facts(case)["settings"], ensure_ascii=False))),
        (say("report.versions"), say("report.comma").join(f"{k} {v}" for k, v in case.versions.items())),
        (say("report.device"), case.device),
    ]
    if about.date:
        rows.append((say("report.date"), plain(about.date)))
    listed = [part for key, value in rows for part in (h("dt", key), h("dd", value))]
    return joined(h("h2", say("report.provenance")), h("dl", *listed), *_again(shown))


def _card(shown: ReportContext, network: Examined) -> Html:
    say, card = shown.say, network.card
    told = [
        plain(network.name),
        say("report.trained_on", data=plain(data_title(shown.words, card)), epochs=card.epochs, seed=card.seed),
    ]
    accuracy = card.test.get("accuracy")
    if isinstance(accuracy, float):
        told.append(say("report.accuracy", accuracy=accuracy))
    told += [plain(str(text)) for text in (card.source, card.licence, *card.notes) if text]
    parts = [h("div", text) for text in told]
    return joined(*parts, h("code", network.sha256 or say("report.no_file")))


def _again(shown: ReportContext) -> list[Html]:
    say, case = shown.say, shown.case
    line = command(case)
    parts = [h("h3", say("report.again"))]
    parts.append(h("p", say("report.no_command")) if line is None else h("pre", h("code", plain(line))))
    if line is not None and shown.private:
        parts.append(h("p", say("report.dicom_command"), class_="quiet"))
    if case.about.link:
        parts.append(h("p", say("report.link"), " ", h("code", plain(case.about.link))))
    return parts


def _warnings(shown: ReportContext) -> list[Html]:
    say, case = shown.say, shown.case
    told = []
    if any(network.card.domain == "medical" for network in case.networks):
        told.append(say("common.prediction.medical_networks"))
    elif case.medical:
        told.append(say("common.prediction.not_medical"))
    if shown.private:
        told.append(say("report.burnt_in"))
    return [h("p", sentence, class_="warning", role="note") for sentence in told]
