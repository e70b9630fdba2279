"""What it takes to find a report's numbers again."""

from __future__ import annotations

import dataclasses
import shlex

from gam_viz.evidence.examine import Case, CaseSettings


def command(case: Case) -> str | None:
    """The command that computes the case again; None where a network or the picture cannot be named on a command line.

    A file's name is left out: it may be a patient's.
    """
    picture = "PICTURE" if case.of_file else f"sample:{case.about.sample}"
    if not (case.of_file or case.about.sample) or not all(network.called for network in case.networks):
        return None
    parts = ["python", "-m", "gam_viz", "explain", picture, "--networks", *(n.called for n in case.networks)]
    parts += ["--fit", case.fit]
    if case.picture.rendering:
        parts += ["--look", case.picture.rendering]
    if case.target is not None:
        parts += ["--target", case.target]
    given, default = case.settings, CaseSettings()
    if given.methods != default.methods:
        parts += ["--methods", *given.methods]
    judged, usual = given.faithfulness, default.faithfulness
    for option, value, standard in (
        ("--reduction", given.reduction, default.reduction),
        ("--baseline", judged.baseline, usual.baseline),
        ("--steps", judged.steps, usual.steps),
        ("--orders", judged.orders, usual.orders),
        ("--shuffles", given.shuffles, default.shuffles),
        ("--seed", judged.seed, usual.seed),
    ):
        if value != standard:
            parts += [option, str(value)]
    layers = [request.layer for request in given.asked() if request.layer]
    if layers:
        parts += ["--layer", layers[0]]
    params = [f"{r.method}.{name}={_word(value)}" for r in given.asked() for name, value in r.params.items()]
    if params:
        parts += ["--param", *params]
    if given.measures is not None:
        parts += ["--measures", *given.measures]
    if given.cascade:
        parts.append("--cascade")
    return " ".join(shlex.quote(part) for part in [*parts, "--out", "report.html"])


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def facts(case: Case) -> dict[str, object]:
    """Picture, networks, settings and versions, for JSON. Nothing about a patient, nor where files lie."""
    picture, about = case.picture, case.about
    return {
        "date": about.date,
        "picture": {
            "name": None if case.of_file else picture.name,
            "sample": about.sample or None,
            "credit": about.credit or None,
            "label": about.label,
            "sha256": picture.sha256,
            "rendering": picture.rendering,
            "format": picture.format,
            "original_size": list(picture.original_size),
            "size": [picture.width, picture.height],
            "notes": [str(note) for note in picture.notes],
            "facts": [str(fact) for fact in about.facts],
        },
        "fit": case.fit,
        "networks": [
            {
                "name": network.name,
                "sha256": network.sha256,
                "dataset": network.card.dataset,
                "classes": list(network.card.classes),
                "input_size": network.card.input_size,
                "given": [str(note) for note in network.input.notes],
                "seed": network.card.seed,
                "target": network.target_name,
                "target_asked_for": network.asked,
                "region": network.card.region,
                "predicted": network.card.classes[network.explanation.predicted],
                "attributions": [
                    {"method": a.method, "layer": a.layer, "params": dict(a.params)} for a in network.attributions
                ],
            }
            for network in case.networks
        ],
        "target": case.target,
        "settings": dataclasses.asdict(case.settings),
        "left_out": [str(left) for left in case.left_out],
        "versions": dict(case.versions),
        "device": case.device,
        "command": command(case),
        "link": about.link or None,
    }
