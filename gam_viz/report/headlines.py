"""The report's beginning: what was asked, what each network says, and the whole in a few sentences with numbers."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from gam_viz.evidence.ablation.ablate import Ablation
from gam_viz.explain.place_words import box_labels, class_shares, located_alt, located_caption
from gam_viz.figures.located import class_colours, located
from gam_viz.networks.adapters import SegmentedMask
from gam_viz.report.context import ReportContext, plain
from gam_viz.titles import class_title

MOST = 4  # classes that are listed


def parts(shown: ReportContext) -> dict[str, Any]:
    """What the templates `asked` and `saw` draw."""
    return {
        "question": _question(shown),
        "warnings": _warnings(shown),
        "found": found(shown),
        "left_out": [shown.reason(left) for left in shown.case.left_out],
        "answers": [_answer(shown, index) for index in range(len(shown.titles))],
    }


def found(shown: ReportContext) -> list[str]:
    """The whole in a few sentences, each with its number."""
    say, case = shown.say, shown.case
    told = []
    for index, network in enumerate(case.networks):
        name, answer = shown.titles[index], network.explanation
        told.append(plain(shown.told(network).says(answer, name)) + say("report.stop"))
        nothing = answer.nothing_of(network.target)  # of which gates change nothing
        if network.ablations is not None and network.ablations.results and not nothing:
            told.append(_largest(shown, index, network.ablations.results))
        rows = [row for row in shown.judged if row.network == index]
        judged = [row for row in rows if row.outcome is not None]
        if judged:
            better = [shown.map_title(row.map) for row in judged if row.outcome == "better"]
            numbers = {"better": len(better), "count": len(judged), "maps": say("report.comma").join(better)}
            told.append(say(f"report.found.{'faithful' if better else 'unfaithful'}", name=name, **numbers))
        surviving = [shown.map_title(row.map) for row in rows if row.test and row.test.verdict == "survives"]
        if surviving:
            told.append(say("report.found.survive", name=name, maps=say("report.comma").join(surviving)))
    return told + _alike(shown)


def _largest(shown: ReportContext, index: int, results: tuple[Ablation, ...]) -> str:
    say, network = shown.say, shown.case.networks[index]
    most, told = max(results, key=lambda one: abs(one.answer.value)), shown.told(network)
    return say(
        f"report.found.ablation{'_plain' if told.answers.decide is None else ''}",
        name=shown.titles[index],
        layer=shown.layer(most.place),
        branch=say(f"evidence.branch.{most.branch}"),
        mode=say(f"evidence.mode.{most.mode}"),
        what=plain(told.what(network.target)),
        change=told.change(most.answer.value),
        flips=sum(one.flips for one in results),
        count=len(results),
    )


def _alike(shown: ReportContext) -> list[str]:
    """Of every two networks: how many of their masks of the same layer agree."""
    told = []
    for index, first in enumerate(shown.titles):
        gates = [row for row in shown.judged if row.network == index and row.map.kind == "gate"]
        for other in range(index + 1, len(shown.titles)):
            name = shown.case.networks[other].name
            pairs = [near for row in gates for near in row.across if near.network == name]
            if pairs:
                alike = sum(near.outside > 0 for near in pairs)
                numbers = {"alike": alike, "count": len(pairs)}
                told.append(shown.say("report.found.alike", first=first, second=shown.titles[other], **numbers))
    return told


def _question(shown: ReportContext) -> list[str]:
    say, case = shown.say, shown.case
    networks = say("report.and").join(shown.titles)
    asked = say("report.asked", networks=networks, fit=say(f"common.fit.{case.fit}"))
    if case.target is not None:
        return [asked, say("report.target.asked", target=plain(class_title(shown.words, case.target)))]
    # Of one value or one label it goes without saying.
    explained = shown.words.text_or(f"report.target.{case.networks[0].card.output}", "")
    return [asked, *([explained] if explained else [])]


def _warnings(shown: ReportContext) -> list[str]:
    say, case = shown.say, shown.case
    told = []
    if any(network.card.domain == "medical" for network in case.networks):
        told.append(say("common.prediction.medical_networks"))
    elif case.medical:
        told.append(say("common.prediction.not_medical"))
    return [*told, *([say("report.burnt_in", format=case.picture.format)] if case.of_file else [])]


def _answer(shown: ReportContext, index: int) -> dict[str, Any]:
    """The largest answers, the explained one among them, and whether the prediction is right."""
    say, network, truth = shown.say, shown.case.networks[index], shown.case.about.label
    answer, told = network.explanation, shown.told(network)
    verdict, how = plain(told.under(answer)) if network.card.output != "class" else "", "plain"
    if not verdict:
        how = "predicted"
        predicted = shown.class_name(network, answer.predicted)
        verdict = say("common.prediction.unknown", predicted=predicted)
        if truth is not None and truth in network.card.classes:
            right = answer.predicted == network.card.classes.index(truth)
            named = plain(class_title(shown.words, truth))
            verdict = say(f"common.prediction.{'right' if right else 'wrong'}", truth=named, predicted=predicted)
    explained = say(f"report.explained.{'asked' if network.asked else how}", target=shown.target(network))
    familiar = [plain(said)] if (said := told.familiar(answer)) else []
    bars = told.bars(answer, network.target, MOST)
    whole = 1.0 if told.answers.chances else max(abs(value) for _, value, _ in bars) or 1.0
    return {
        "sentences": [verdict] if answer.nothing_of(answer.predicted) else [verdict, explained, *familiar],
        "shares": [(plain(name), max(0.0, value / whole), written) for name, value, written in bars],
        "located": _located(shown, index),
    }


def _located(shown: ReportContext, index: int) -> dict[str, Any] | None:
    """The mask or the boxes that a network predicts; None where its answer has no place."""
    network = shown.case.networks[index]
    found, told = network.explanation.places, shown.told(network)
    if found is None:
        return None
    colours = class_colours(each.explanation.places for each in shown.case.networks)
    labels = [] if isinstance(found, SegmentedMask) else [plain(label) for label in box_labels(told, found)]
    shares = class_shares(told, found) if isinstance(found, SegmentedMask) else []
    return {
        "drawing": Markup(located(found, network.input.seen, colours, labels, network.card.region)),
        "alt": plain(located_alt(told, found, shown.titles[index])),
        "caption": plain(located_caption(told, network.explanation)),
        "legend": [(colours[k], plain(said)) for k, said in shares],
    }
