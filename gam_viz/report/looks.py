"""The parts of a report that show: what the networks saw and said, their gates, the attributions."""

from __future__ import annotations

import numpy as np

from gam_viz.evidence.examine import Examined
from gam_viz.explain import GateReading, SpatialMap
from gam_viz.explain.attributions import Attribution
from gam_viz.explain.heatmaps import spatial_maps
from gam_viz.figures.gate_scales import spatial_scale, weight_scale
from gam_viz.figures.pixels import Pixels, bar, over, reduced, uri
from gam_viz.figures.report_marks import barcode
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, absolute_scale, number, symmetric_scale
from gam_viz.report.context import ReportContext, plain
from gam_viz.report.markup import Html, h, joined
from gam_viz.titles import class_title

ORIGINAL = 480  # pixels of the original's longest side
MOST = 4  # classes that are listed
PERCENTILE = 99.5  # of |attribution|: where its colours end
OPACITY = 0.65


def saw(shown: ReportContext) -> Html:
    """The picture as it was given and as each network saw it, and what they say."""
    say, case = shown.say, shown.case
    picture, title = case.picture, shown.picture_title()
    size = say("common.prediction.original", width=picture.original_size[0], height=picture.original_size[1])
    given = h(
        "figure",
        _picture(reduced(picture.pixels, ORIGINAL), say("common.prediction.original_alt", name=title)),
        h("figcaption", size),
        class_="given",
    )
    columns = [_said(shown, index, network) for index, network in enumerate(case.networks)]
    return joined(h("h2", say("report.saw")), h("div", given, *columns, class_="columns"))


def gates(shown: ReportContext) -> Html:
    """Channel weights of all layers on one axis, and all masks in one range of colours."""
    say, case = shown.say, shown.case
    parts: list[str] = [h("h2", say("report.gates"))]
    readings = [[r for r in network.explanation.readings if np.isfinite(r.values).all()] for network in case.networks]
    channel = [(r, shown.colours[i]) for i, of in enumerate(readings) for r in of if r.branch == "channel"]
    masks = [spatial_maps(network.explanation, reduction=case.settings.reduction) for network in case.networks]
    if not channel and not any(masks):
        return joined(*parts, h("p", say("common.gates.none")))
    parts.append(h("p", say("report.gates_help"), class_="lead"))
    if channel:
        layers = list(dict.fromkeys(reading.layer for reading, _ in channel))
        rows = [(shown.layer(layer), [pair for pair in channel if pair[0].layer == layer]) for layer in layers]
        scale = weight_scale([reading for reading, _ in channel])
        alt = say("report.weights_alt", layers=len(layers), low=number(scale.low), high=number(scale.high))
        chart = h("figure", Html(barcode(rows, scale, alt)), h("figcaption", say("report.weights_caption")))
        notes = [_weights_sentence(shown, i, of) for i, of in enumerate(readings)]
        told = h("div", _legend(shown), h("ul", *(h("li", note) for note in notes if note)))
        parts += [h("h3", say("compare.channels.title")), h("div", chart, told, class_="columns")]
    drawn = [m for of in masks for m in of.values() if np.isfinite(m.values).all()]
    if drawn:
        scale = spatial_scale(drawn)
        colours = DIVERGING[0] if scale.signed else SEQUENTIAL[0]
        blocks = []
        for layer in dict.fromkeys(layer for of in masks for layer in of):
            cells = [_mask_cell(shown, index, of.get(layer), layer, scale, colours) for index, of in enumerate(masks)]
            blocks.append(h("div", h("h4", shown.layer(layer)), *cells))
        parts += [
            h("h3", say("compare.spatial.title")),
            h("p", say(f"report.masks.{case.settings.reduction}")),
            _legend(shown),
            _scale(shown, scale, colours),
            h("div", *blocks, class_="maps"),
        ]
    return joined(*parts)


def attributions(shown: ReportContext) -> Html:
    """A row a method, a column a network, one scale a row."""
    say, case = shown.say, shown.case
    blocks: list[str] = []
    for method in case.settings.methods:
        found = [_of_method(network, method) for network in case.networks]
        finite = [a.values for a in found if a is not None and np.isfinite(a.values).all()]
        parts: list[str] = [h("h3", say(f"common.method.{method}")), h("p", say(f"common.method_help.{method}"))]
        if finite:
            signed = any(a.signed for a in found if a is not None)
            make = symmetric_scale if signed else absolute_scale
            scale, colours = make(finite, percentile=PERCENTILE), DIVERGING[0] if signed else SEQUENTIAL[0]
            cells = (
                h("div", h("h4", network_heading(shown, i, "span")), _attribution_cell(shown, i, each, scale, colours))
                for i, each in enumerate(found)
            )
            parts += [_scale(shown, scale, colours), h("div", *cells, class_="maps")]
        else:
            parts.append(h("p", say("report.no_map"), class_="quiet"))
        blocks.append(h("div", *parts))
    lead = h("p", say("compare.attributions.help"), class_="lead")
    return joined(h("h2", say("compare.attributions.title")), lead, h("div", *blocks, class_="columns two"))


def _said(shown: ReportContext, index: int, network: Examined) -> Html:
    say, explanation = shown.say, network.explanation
    size = network.card.input_size
    title = shown.picture_title()
    bars = []
    order = [int(k) for k in np.argsort(-explanation.probabilities, kind="stable")[:MOST]]
    if network.target not in order:
        order[-1] = network.target
    for k in order:
        share = float(explanation.probabilities[k])
        fill = h("span", style=f"width:{100 * share:.1f}%;background:{shown.colours[index]}")
        value = h("td", h("span", fill, class_="bar"), h("span", f"{share:.1%}", class_="value"))
        bars.append(h("tr", h("th", shown.class_name(network, k), scope="row"), value))
    truth = shown.case.about.label
    predicted = shown.class_name(network, explanation.predicted)
    if truth is not None and truth in network.card.classes:
        right = explanation.predicted == network.card.classes.index(truth)
        named = plain(class_title(shown.words, truth))
        verdict = say(f"common.prediction.{'right' if right else 'wrong'}", truth=named, predicted=predicted)
    else:
        verdict = say("common.prediction.unknown", predicted=predicted)
    explained = say(f"report.explained.{'asked' if network.asked else 'predicted'}", target=shown.target(network))
    return h(
        "div",
        network_heading(shown, index, "h3"),
        h(
            "figure",
            _picture(network.input.seen, say("common.prediction.seen_alt", name=title, size=size)),
            h("figcaption", say("common.prediction.seen", size=size)),
        ),
        h("p", shown.together(verdict, explained)),
        h("table", *bars, class_="bars"),
        class_="network",
    )


def network_heading(shown: ReportContext, index: int, tag: str) -> Html:
    """A network's name beside its colour."""
    name = plain(shown.case.networks[index].name)
    parts: list[str] = [h("span", class_="dot", style=f"background:{shown.colours[index]}"), shown.titles[index]]
    if name not in shown.titles[index]:
        parts += [" ", h("small", name)]
    return h(tag, *parts)


def _legend(shown: ReportContext) -> Html:
    return h("div", *(network_heading(shown, index, "p") for index in range(len(shown.titles))), class_="legend")


def _weights_sentence(shown: ReportContext, index: int, readings: list[GateReading]) -> str:
    channel = [r for r in readings if r.branch == "channel"]
    if not channel:
        return shown.say("compare.channels.absent", name=shown.titles[index])
    values = np.concatenate([r.channel_means() for r in channel])
    negative = float(np.concatenate([r.values.ravel() < 0 for r in channel]).mean())
    return shown.say(
        f"report.weights.{'negative' if negative else 'positive'}",
        name=shown.titles[index],
        low=number(float(values.min())),
        high=number(float(values.max())),
        negative=negative,
    )


def _mask_cell(
    shown: ReportContext, index: int, found: SpatialMap | None, layer: str, scale: Scale, colours: str
) -> Html:
    if found is None or not np.isfinite(found.values).all():
        return _figure(shown, index, None, shown.say("report.no_mask"), "")
    values = found.values
    caption = shown.say(
        f"report.mask.{'mask' if found.reduction == 'mask' else 'reduced'}",
        width=values.shape[1],
        height=values.shape[0],
        low=number(float(values.min())),
        high=number(float(values.max())),
    )
    pixels = over(values, shown.case.networks[index].input.seen, scale, colours, OPACITY)
    alt = shown.say("report.mask_alt", name=shown.titles[index], layer=shown.layer(layer), caption=caption)
    return _figure(shown, index, pixels, caption, alt)


def _attribution_cell(shown: ReportContext, index: int, found: Attribution | None, scale: Scale, colours: str) -> Html:
    say, network = shown.say, shown.case.networks[index]
    if found is None or not np.isfinite(found.values).all():
        return _figure(shown, index, None, say("report.no_map"), "")
    caption = [say("compare.attributions.target", target=shown.target(network))]
    if found.layer is not None:
        caption.append(say("report.layer", layer=shown.layer(found.layer)))
    caption.append(say("compare.attributions.cells", width=found.resolution[1], height=found.resolution[0]))
    if not found.values.any():
        caption.append(say("compare.attributions.flat"))
    if found.delta is not None and found.relative_delta is not None:
        caption.append(say("compare.attributions.delta", delta=number(found.delta), relative=found.relative_delta))
    alt = say(
        "compare.attributions.alt",
        method=say(f"common.method.{found.method}"),
        name=shown.titles[index],
        target=shown.target(network),
        low=number(float(found.values.min())),
        high=number(float(found.values.max())),
    )
    pixels = over(found.values, network.input.seen, scale, colours, 0.8)
    return _figure(shown, index, pixels, say("report.comma").join(caption), alt)


def _figure(shown: ReportContext, index: int, pixels: Pixels | None, caption: str, alt: str) -> Html:
    """A network's map under a line of its colour, or words in its place."""
    inside = [h("div", caption, class_="none")]
    if pixels is not None:
        inside = [_picture(pixels, alt), h("figcaption", caption)]
    return h("figure", *inside, style=f"--of:{shown.colours[index]}")


def _of_method(network: Examined, method: str) -> Attribution | None:
    return next((a for a in network.attributions if a.method == method), None)


def _scale(shown: ReportContext, scale: Scale, colours: str) -> Html:
    say = shown.say
    low, high = number(scale.low), number(scale.high)
    clipped = [say("common.scale.clipped", share=scale.clipped)] if scale.clipped else []
    words = shown.together(say("report.scale"), *clipped)
    strip = h("img", src=uri(bar(colours)), alt=say("common.scale.alt", low=low, high=high))
    middle = h("span", "0" if scale.signed else number((scale.low + scale.high) / 2))
    numbers = h("div", h("span", low), middle, h("span", high), class_="ends")
    return h("div", strip, numbers, h("small", words), class_="scale")


def _picture(pixels: Pixels, alt: str) -> Html:
    return h("img", src=uri(pixels), alt=alt, width=pixels.shape[1], height=pixels.shape[0])
