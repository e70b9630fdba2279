"""What a download is called."""

from __future__ import annotations

from gam_viz.app.shared.columns import View
from gam_viz.report.context import slug

MOST = 3  # networks that a name holds


def file_stem(view: View, layer: str = "") -> str:
    """The picture's kind, the networks and the layer, joined by "_".

    Never what an own file is called, which often names a patient: its format and the beginning of its digest.
    """
    picture, names = view.selection.picture, [slug(subject.card.name) for subject in view.subjects]
    of = picture.name if view.selection.source is None else f"{picture.format.lower()}-{picture.sha256[:8]}"
    if len(names) > MOST:
        names = [f"{len(names)}-networks"]
    return "_".join(("gam-viz", slug(of), *names, *([slug(layer)] if layer else [])))
