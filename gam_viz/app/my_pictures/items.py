"""The pictures of the table: uploaded files, and those that a program handed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gam_viz.app.shared.own_networks.live import given
from gam_viz.app.shared.pictures import rendered
from gam_viz.app.shared.rendering.state import look_of
from gam_viz.app.shared.session_cache import cached
from gam_viz.app.shared.uploads import Refused, numbered, plain, uploads
from gam_viz.images import Picture, PictureError, Rendering, Source
from gam_viz.images.given import GivenPictures

MOST_GIVEN = 24  # of those handed over, which may be a data set


@dataclass(frozen=True, eq=False)
class Item:
    """A picture.

    Attributes:
        number: among those of the table, from 1.
        key: of its row.
        title: its name on the page.
        own: what it is called by in what leaves: its format and digest.
        look: how a file is looked at; None of a picture in memory.
        link: opens it in Compare.
        draw: the picture; raises PictureError where it cannot be shown.
    """

    number: int
    key: str
    title: str
    own: Source | Picture
    look: Rendering | None
    link: Mapping[str, str]
    draw: Callable[[], Picture]


def items() -> Iterator[Item | Refused]:
    """Those of this session, files first; what was handed over and cannot be opened says why."""
    names = numbered(uploads())
    for number, upload in enumerate(uploads(), 1):
        link = {"source": "upload", "upload": upload.short}
        yield _of_source(number, upload.short, names[upload.sha256], upload.source, link)
    pictures = given()
    for number in range(min(MOST_GIVEN, 0 if pictures is None else len(pictures))):
        assert pictures is not None
        try:
            yield _handed_over(pictures, number, len(names) + 1 + number)
        except PictureError as error:
            yield Refused(pictures.name(number), error)


def left_out() -> int:
    """How many of the pictures that were handed over are not in the table."""
    pictures = given()
    return 0 if pictures is None else max(0, len(pictures) - MOST_GIVEN)


def _handed_over(pictures: GivenPictures, number: int, place: int) -> Item:
    one, title = pictures.item(number), plain(pictures.name(number))
    source = cached("given", (one.digest,), one.source) if one.digest else one.source()
    link = {"source": "given", "given": str(number)}
    if source is not None:
        return _of_source(place, f"given-{number}", title, source, link)
    picture = one.picture()
    return Item(place, f"given-{number}", title, picture, None, link, lambda: picture)


def _of_source(number: int, key: str, title: str, source: Source, link: Mapping[str, str]) -> Item:
    look = look_of(source)
    return Item(number, key, title, source, look, link, lambda: rendered(source, look))
