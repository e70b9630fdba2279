"""A case as a ZIP: the report, its numbers and its pictures, and a manifest that says what each file is.

Equal cases give equal bytes: files come in one order, with one date.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from gam_viz.evidence.examine import Case
from gam_viz.explain.gates import GateReading
from gam_viz.explain.heatmaps import spatial_maps
from gam_viz.figures.export import ExportColumn, MapPanel, comparison_figure, to_bytes
from gam_viz.figures.gate_scales import spatial_scale, weight_scale
from gam_viz.figures.pixels import painted, png
from gam_viz.figures.scales import DIVERGING, SEQUENTIAL, Scale, number, range_scale, symmetric_scale
from gam_viz.report.context import ReportContext, plain, slug
from gam_viz.report.evidence_tables import ablations_csv, agreement_csv, evidence_csv
from gam_viz.report.maps import PERCENTILE
from gam_viz.report.page import html
from gam_viz.report.provenance import facts
from gam_viz.report.tables import case_npz, gates_csv
from gam_viz.text import Words

_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP can have
_MODE = 0o644


def pack(case: Case, words: Words) -> bytes:
    """The ZIP's bytes; `manifest.json` lists every other file with its sha256 and a sentence in the language of
    `words`, and the provenance.

    Names of its files are made of letters, digits, ".", "-" and "_" alone, whatever networks and maps are called.
    """
    shown, say = ReportContext(case, words), words.text
    names = [f"{place}-{slug(network.name)}" for place, network in enumerate(case.networks, 1)]
    of_case = facts(case)
    called = [(name, network.explanation) for name, network in zip(names, case.networks, strict=True)]
    files: list[tuple[str, bytes, str]] = [
        ("report.html", html(case, words).encode(), say("report.file.report")),
        ("arrays.npz", case_npz(case, names, of_case), say("report.file.arrays")),
        ("gates.csv", gates_csv(called, case.picture.sha256).encode(), say("report.file.gates")),
        ("evidence.csv", evidence_csv(case).encode(), say("report.file.evidence")),
        ("ablations.csv", ablations_csv(case).encode(), say("report.file.ablations")),
        ("agreement.csv", agreement_csv(case).encode(), say("report.file.agreement")),
    ]
    for index, (network, name) in enumerate(zip(case.networks, names, strict=True)):
        about = say("report.file.seen", name=shown.titles[index])
        files.append((f"seen/{name}.png", png(network.input.seen), about))
    files += _maps(shown, names)
    files.append(("comparison.png", to_bytes(_comparison(shown), "png"), say("report.file.comparison")))
    manifest = {
        "files": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "about": about}
            for name, content, about in files
        ],
        "provenance": of_case,
    }
    listed = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    return _zip([*((name, content) for name, content, _ in files), ("manifest.json", listed)])


def _zip(files: Sequence[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system = 3  # UNIX, whatever system this runs on
            info.external_attr = _MODE << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def _maps(shown: ReportContext, names: Sequence[str]) -> list[tuple[str, bytes, str]]:
    """Every finite map at its true size: gates on the scale of the report, attributions on one a method."""
    case, files = shown.case, []
    masks = [spatial_maps(network.explanation, reduction=case.settings.reduction) for network in case.networks]
    drawn = [m for of in masks for m in of.values() if np.isfinite(m.values).all()]
    for index, network in enumerate(case.networks):
        for place, map_ in enumerate(network.maps):
            if not np.isfinite(map_.values).all():
                continue
            scale = spatial_scale(drawn) if map_.kind == "gate" else _method_scale(case, map_.source)
            pixels = painted(map_.values, scale, _colours(scale))
            about = shown.say(
                "report.file.map",
                name=shown.titles[index],
                map=shown.map_title(map_),
                low=number(scale.low),
                high=number(scale.high),
            )
            files.append((f"maps/{names[index]}/{place:02d}-{slug(map_.key)}.png", png(pixels), about))
    return files


def _method_scale(case: Case, source: str) -> Scale:
    of_method = [m for n in case.networks for m in n.maps if m.source == source and np.isfinite(m.values).all()]
    values = [m.values for m in of_method]
    signed = any(m.signed for m in of_method)
    noise = max((m.noise for m in of_method), default=0.0)
    return symmetric_scale(values, percentile=PERCENTILE, noise=noise) if signed else range_scale(values, noise=noise)


def _colours(scale: Scale) -> str:
    return DIVERGING[0] if scale.signed else SEQUENTIAL[0]


def _comparison(shown: ReportContext) -> Figure:
    """The last layer with gates of any network, and all attributions."""
    case, say = shown.case, shown.say
    layers = [layer for network in case.networks for layer in network.explanation.layers]
    layer = layers[-1] if layers else ""
    channel = [network.explanation.reading(layer, "channel") for network in case.networks]
    masks = [spatial_maps(n.explanation, [layer], reduction=case.settings.reduction) for n in case.networks]
    drawn = [m for of in masks for m in of.values() if np.isfinite(m.values).all()]
    scale = spatial_scale(drawn) if drawn else Scale(0, 1)
    weights = weight_scale([reading for reading in channel if reading is not None and _finite(reading)])
    columns = []
    for index, network in enumerate(case.networks):
        panels = []
        if drawn:
            found = next(iter(masks[index].values()), None)  # of several over the picture, the first
            values = None if found is None or not np.isfinite(found.values).all() else found.values
            caption = say("compare.spatial.absent") if values is None else ""
            panels.append(
                MapPanel(values, scale, _colours(scale), say("report.map.gate", layer=shown.layer(layer)), caption)
            )
        for method in case.settings.methods:
            own = next((m for m in network.maps if m.source == method and np.isfinite(m.values).all()), None)
            if own is None and not any(m.source == method for n in case.networks for m in n.maps):
                continue
            of_method = _method_scale(case, method)
            caption = (
                say("report.no_map")
                if own is None
                else say("compare.attributions.target", target=shown.target(network))
            )
            panels.append(
                MapPanel(
                    None if own is None else own.values,
                    of_method,
                    _colours(of_method),
                    say(f"common.method.{method}"),
                    _no_mathematics(caption),
                )
            )
        answer = network.explanation
        sentence = plain(shown.told(network).says(answer, shown.titles[index]))
        columns.append(
            ExportColumn(
                _no_mathematics(shown.titles[index]),
                shown.colours[index],
                network.input.seen,
                _no_mathematics(sentence),
                channel[index] if _finite(channel[index]) else None,
                weights,
                "",
                tuple(panels),
            )
        )
    return comparison_figure(_no_mathematics(shown.picture_title()), columns)


def _finite(reading: GateReading | None) -> bool:
    return reading is not None and bool(np.isfinite(reading.values).all())


def _no_mathematics(words: str) -> str:
    """Matplotlib takes what stands between dollars for a formula, and refuses wrong ones."""
    return words.replace("$", r"\$")
