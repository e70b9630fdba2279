"""The report as one HTML file that asks nothing of the net: no script, no font, no picture that it does not carry."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from gam_viz.evidence.case import Case
from gam_viz.figures.pixels import bar, reduced, uri
from gam_viz.figures.scales import number
from gam_viz.report import closing, evidence, headlines, maps
from gam_viz.report.context import ReportContext, plain
from gam_viz.text import Words

ORIGINAL = 480  # pixels of the original's longest side


def html(case: Case, words: Words) -> str:
    """The whole case as a page, in the language of `words`.

    Equal cases give equal text. Names from files (pictures, classes, cards) are escaped; of a DICOM file nothing is
    in it but the picture, its digest and what `Source.facts` list.
    """
    shown = ReportContext(case, words)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            case=case,
            say=words.text,
            together=shown.together,
            titles=shown.titles,
            names=[plain(network.name) for network in case.networks],
            colours=shown.colours,
            picture_title=shown.picture_title(),
            **headlines.parts(shown),
            **maps.parts(shown),
            **evidence.parts(shown),
            **closing.parts(shown),
        )
    )


@cache
def _environment() -> Environment:
    """Whatever comes from a case is escaped; only drawings are marked as markup."""
    environment = Environment(
        loader=PackageLoader("gam_viz.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "bar": bar,
        "number": number,
        "plain": plain,
        "reduced": lambda pixels: reduced(pixels, ORIGINAL),
        "uri": uri,
    }
    return environment
