"""What the first screen shows, in a sentence or two made from the numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gam_viz.app.compare.masks import Masks
from gam_viz.app.shared.columns import Column, View
from gam_viz.app.shared.words import class_title, layer_title, text
from gam_viz.evidence.localisation import Mask
from gam_viz.explain import SpatialMap
from gam_viz.explain.attributions import Attribution
from gam_viz.explain.flat import is_flat
from gam_viz.explain.gates import FloatArray
from gam_viz.explain.map_shape import Contrast, contrast, half_of, open_share, strongest
from gam_viz.figures.scales import number
from gam_viz.titles import literal

FEW = 3  # networks whose maps are told one by one
OBJECT = "object"
THIRDS = (("top_left", "top", "top_right"), ("left", "middle", "right"), ("bottom_left", "bottom", "bottom_right"))


def lead_sentence(view: View, layer: str, masks: Masks) -> str:
    """What the networks predict, and where their masks of that layer lie, as Markdown."""
    first, second = _predictions(view.columns, truth_of(view)), _where(view, layer, masks)
    return text("compare.lead.joined", first=first, second=second)


def truth_of(view: View) -> int | None:
    """The known class, by index; None where it is not known or is none of the networks'."""
    label, classes = view.selection.label, view.selection.classes
    return classes.index(label) if label in classes else None


def _predictions(columns: Sequence[Column], truth: int | None) -> str:
    """What the networks predict, those that agree together, and what is right where it is known."""
    if any(column.told.answers.key != "class" for column in columns):
        said = [column.told.says(column.explanation, column.title) for column in columns[: FEW + 1]]
        said += [text("compare.lead.more", count=len(columns) - len(said))] if len(columns) > len(said) else []
        return literal(text("compare.lead.stop", said=text("compare.lead.and_then").join(said)))
    groups: dict[int, list[str]] = {}
    for column in columns:
        groups.setdefault(column.explanation.predicted, []).append(column.title)
    names = columns[0].told.names
    if len(groups) == 1:
        predicted = next(iter(groups))
        how = "one" if len(columns) == 1 else "both" if len(columns) == 2 else "all"
        ending = "" if truth is None else "_right" if predicted == truth else "_wrong"
        return text(
            f"compare.lead.{how}{ending}",
            name=literal(columns[0].title),
            count=len(columns),
            target=literal(names[predicted]),
            truth="" if truth is None else literal(names[truth]),
        )
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    said = [
        text("compare.lead.group", names=listed(of), count=len(of), target=literal(names[predicted]))
        for predicted, of in ordered
    ]
    sentence = text("compare.lead.stop", said=text("compare.lead.and_then").join(said))
    return sentence if truth is None else f"{sentence} {text('compare.lead.truth', truth=literal(names[truth]))}"


def _where(view: View, layer: str, masks: Masks) -> str:
    """Where the masks of the layer lie: on the object, where that is known, else in which part of the picture."""
    parts: list[str] = []
    without: dict[str, list[str]] = {}
    found: list[tuple[Column, SpatialMap]] = []
    for column in view.columns:
        shown = masks.shown(column.number)
        if shown is None:
            gate = masks.gates[column.number]
            why = "no_gates" if not column.explanation.readings else "absent" if gate is None else "other_axes"
            without.setdefault(why, []).append(column.title)
        elif shown.values.size == 1:
            without.setdefault("one_cell", []).append(column.title)
        elif is_flat(shown.values):
            without.setdefault("flat", []).append(column.title)
        else:
            found.append((column, shown))
    if found:
        lie = [_contrast(column, shown.values) for column, shown in found]
        if all(each is not None for each in lie):
            parts += _on_the_object(view, found, [each for each in lie if each is not None])
        else:
            parts += _somewhere(found)
    parts += [text(f"compare.lead.{why}", names=listed(of), count=len(of)) for why, of in without.items()]
    said = text("compare.lead.and_then").join(parts)
    if found:
        return text("compare.lead.in_layer", layer=literal(layer_title(layer)), said=said)
    return text("compare.lead.stop", said=said[:1].upper() + said[1:])


def _on_the_object(view: View, found: Sequence[tuple[Column, SpatialMap]], lie: Sequence[Contrast]) -> list[str]:
    thing = _object(view)
    if len(found) <= FEW:
        return [
            text(
                f"compare.lead.{each.verdict}",
                what=_what(column, shown),
                object=text("compare.lead.it") if place else thing,
                inside=number(each.inside),
                outside=number(each.outside),
            )
            for place, ((column, shown), each) in enumerate(zip(found, lie, strict=True))
        ]
    groups: dict[str, list[str]] = {}
    for (column, _), each in zip(found, lie, strict=True):
        groups.setdefault(each.verdict, []).append(column.title)
    return [
        text(f"compare.lead.many_{verdict}", names=listed(groups[verdict]), count=len(groups[verdict]), object=thing)
        for verdict in ("on", "even", "off")
        if verdict in groups
    ]


def _somewhere(found: Sequence[tuple[Column, SpatialMap]]) -> list[str]:
    if len(found) <= FEW:
        return [
            text("compare.lead.strongest", what=_what(column, shown), place=_place(shown.values))
            for column, shown in found
        ]
    halves = sorted((half_of(shown.values), column.title) for column, shown in found)
    (least, first), (most, last) = halves[0], halves[-1]
    return [text("compare.lead.many_halves", first=literal(first), least=least, last=literal(last), most=most)]


def attribution_lead(view: View, made: Sequence[Attribution]) -> str:
    """Where a method's attributions, one a network, lie, as Markdown."""
    parts = []
    for column, attribution in zip(view.columns[: FEW + 1], made, strict=False):
        lies = _contrast(column, attribution.values)
        name, values = literal(column.title), attribution.values
        if is_flat(values, attribution.noise):
            parts.append(text("compare.attributions.lead.flat", name=name))
        elif lies is not None:
            ends = {"inside": number(lies.inside), "outside": number(lies.outside)}
            parts.append(text(f"compare.attributions.lead.{lies.verdict}", name=name, object=_object(view), **ends))
        else:
            parts.append(text("compare.attributions.lead.strongest", name=name, place=_place(values)))
    if (more := len(made) - len(parts)) > 0:
        parts.append(text("compare.lead.more", count=more))
    method = text(f"common.method.{made[0].method}")
    return text("compare.attributions.lead.of", method=method, said=text("compare.lead.and_then").join(parts))


def _object(view: View) -> str:
    """The known object, by its class where that is known."""
    truth = truth_of(view)
    if truth is None:
        return text("compare.lead.object")
    return literal(text("compare.lead.the", target=class_title(view.selection.classes[truth])))


def _place(values: FloatArray) -> str:
    third = strongest(values)
    return text(f"compare.lead.third.{THIRDS[third[0]][third[1]] if third else 'middle'}")


def _what(column: Column, shown: SpatialMap) -> str:
    """A map and how much of the picture it is open on, or how concentrated it is."""
    name = literal(column.title)
    if shown.reduction != "mask" or (shown.lowest, shown.highest) != (0.0, 1.0):
        return text(f"compare.lead.what.{shown.reduction}", name=name, half=half_of(shown.values))
    return text("compare.lead.what.open", name=name, open=open_share(shown.values))


def _contrast(column: Column, values: FloatArray) -> Contrast | None:
    """The map in and beside the known object; None where no object is known, or none is in the picture as seen."""
    if OBJECT not in column.regions:
        return None
    seen = column.subject.input
    try:
        region = Mask.as_seen(column.regions[OBJECT], seen.box, seen.seen.shape[:2])
    except ValueError:
        return None
    coverage = region.coverage(*values.shape)
    if np.ptp(coverage) == 0:  # in the cells of the map nothing, or everything, is the object
        return None
    return contrast(values, coverage)


def listed(names: Sequence[str]) -> str:
    """Names in a row, with "and" before the last."""
    said = [literal(name) for name in names]
    if len(said) == 1:
        return said[0]
    return text("compare.lead.and", first=text("common.word.comma").join(said[:-1]), last=said[-1])
