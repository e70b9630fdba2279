"""What a file says about itself and how it is shown just now, in the reader's language."""

from __future__ import annotations

from gam_viz.app.shared.words import text, text_or
from gam_viz.images import Band, Fact, Note, Picture, Source, Window
from gam_viz.images.formats.raster.file import RasterPages
from gam_viz.images.formats.raster.header import RasterFile
from gam_viz.titles import literal

ESSENTIAL = (
    *("modality", "size", "bits", "bands", "number_type"),
    *("pixel_spacing", "detector_spacing", "crs", "ground_resolution"),
)
SHOWN = ("part_shown", "read_reduced", "no_data_black")  # what no control beside it says
OWN_WORDS = ("lung", "bone", "brain", "abdomen", "minmax", "full", "percentiles", "hand")


def facts_of(source: Source) -> list[str]:
    """Everything the file says about itself, as Markdown."""
    return [fact_text(fact) for fact in source.facts if not _bare(fact)]


def essentials(source: Source) -> str:
    """The most important of it, on one line of Markdown."""
    facts = sorted((f for f in source.facts if f.code in ESSENTIAL), key=lambda fact: ESSENTIAL.index(fact.code))
    said = [fact_text(fact) for fact in facts if not _bare(fact)]
    return " · ".join([literal(_format(source)), *said])


def notes_of(picture: Picture) -> list[str]:
    """What was done to the file's values, as Markdown; bands that were treated alike are told of once."""
    return list(dict.fromkeys(note_text(note) for note in picture.notes))


def shown_now(picture: Picture) -> str:
    """The part that is shown, and how, as Markdown; empty where there is nothing to say."""
    return " ".join(dict.fromkeys(note_text(note) for note in picture.notes if note.code in SHOWN))


def fact_text(fact: Fact) -> str:
    """One fact."""
    details = dict(fact.details)
    if "unit" in details:
        details["unit"] = text_or(f"rendering.unit.{details['unit']}", str(details["unit"]))
    return literal(text(f"rendering.fact.{fact.code}", **details))


def note_text(note: Note) -> str:
    """One thing that was done; a window by its name instead of its number in the file."""
    details = dict(note.details)
    if "window" in details:
        details["window"] = window_name(str(details["window"]))
    return literal(text(f"rendering.note.{note.code}", **details))


def window_title(window: Window, *, alone: bool = False) -> str:
    """A window's name on a button: our word for it, or the file's own name, or its number in the file.

    Args:
        window: offered by the file.
        alone: whether it is the file's only one of its kind.
    """
    if window.label:
        return literal(window.label)
    kind, _, _ = window.id.partition(":")
    return text(f"rendering.window.{kind}") if alone else window_name(window.id)


def window_name(id: str) -> str:
    """The name of a window that is known by its id."""
    kind, _, number = id.partition(":")
    if number:
        return text(f"rendering.window.{kind}_numbered", number=int(number) + 1)
    return text("rendering.window.hand") if id == "centre_width" else text_or(f"rendering.window.{id}", id)


def band_title(band: Band) -> str:
    """A band's name in a list: its number with its name, else with what the file says it is for. Not Markdown."""
    name = band.name if band.name != str(band.number) else text_or(f"rendering.band.{band.role}", "")
    return f"{band.number} · {name}" if name else str(band.number)


def page_of(source: Source, frame: int) -> RasterFile | None:
    """The page of a raster that is shown, whose size and bands are its own; None where the file is no raster."""
    return source.file.page(frame) if isinstance(source.file, RasterPages) else None


def unit_of(source: Source) -> str:
    """The unit of the file's values: Hounsfield units for CT; elsewhere it is not known."""
    return "HU" if any(f.code == "modality" and f.details["modality"] == "CT" for f in source.facts) else ""


def _bare(fact: Fact) -> bool:
    """Whether it says no more than that there is one band."""
    return fact.code == "bands" and fact.details["bands"] == 1 and fact.details["names"] == "1"


def _format(source: Source) -> str:
    placed = any(fact.code == "crs" for fact in source.facts)
    return "GeoTIFF" if source.format == "TIFF" and placed else source.format
