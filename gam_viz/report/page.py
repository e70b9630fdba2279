"""The report as one HTML file that asks nothing of the net: no script, no font, no picture that it does not carry."""

from __future__ import annotations

from gam_viz.evidence.examine import Case
from gam_viz.report.closing import asked, left_out, limits, provenance
from gam_viz.report.context import ReportContext
from gam_viz.report.evidence import ablation, agreed, faithful, found
from gam_viz.report.looks import attributions, gates, saw
from gam_viz.report.markup import Html, h, joined
from gam_viz.report.style import STYLE
from gam_viz.text import Words

#: A browser that reads it loads nothing, whatever a file's name might have brought in.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def html(case: Case, words: Words) -> str:
    """The whole case as a page, in the language of `words`.

    Equal cases give equal text. Names from files (pictures, classes, cards) are escaped; of a DICOM file nothing is
    in it but the picture, its digest and what `Source.facts` list.
    """
    shown = ReportContext(case, words)
    say = words.text
    title = say("report.title", picture=shown.picture_title())
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="generator", content="GAM-Viz"),
        h("title", title),
        h("style", Html(STYLE)),
    )
    parts = (asked, found, left_out, saw, gates, attributions, ablation, faithful, agreed, limits, provenance)
    body = h("body", h("main", *(part(shown) for part in parts)))
    return f"<!DOCTYPE html>\n{h('html', joined(head, body), lang=say('report.html_lang'))}\n"
