"""What a TIFF says of its bands in words: GDAL's metadata, and the names of Sentinel-2's bands."""

from __future__ import annotations

import html
import re

from gam_viz.images.formats.tiff.check import METADATA
from gam_viz.images.formats.tiff.directory import Directory

_METADATA_ROLES = {"Red": "red", "Green": "green", "Blue": "blue", "Alpha": "alpha", "Gray": "grey"}
_SENTINEL = re.compile(r"(?<![A-Za-z0-9])[Bb]0?([234])(?![0-9A-Za-z])")
_SENTINEL_ROLES = {"4": "red", "3": "green", "2": "blue"}  # Landsat 8 and 9 number theirs likewise
_ABOUT_A_BAND = re.compile(
    r'<Item name="\w{1,20}" sample="(\d{1,3})" role="(description|colorinterp)">([^<]{0,200})</Item>'
)


def said_of_bands(directory: Directory) -> dict[tuple[int, str], str]:
    """What GDAL's metadata say of bands, by number and kind ("description" or "colorinterp"), picked out here because
    GDAL would also do what else they say."""
    said = {}
    for sample, kind, text in _ABOUT_A_BAND.findall(directory.text(METADATA)):
        words = html.unescape(text)
        said[int(sample) + 1, kind] = _METADATA_ROLES.get(words, "") if kind == "colorinterp" else words
    return said


def sentinel_roles(said: dict[tuple[int, str], str], roles: list[str]) -> list[str]:
    """The bands' roles, by the names of Sentinel-2's bands where all of B02, B03 and B04 are there once: those say what
    was measured, while of three bands most writers call the first one red."""
    found = {
        number: match[1]
        for (number, kind), name in said.items()
        if kind == "description" and (match := _SENTINEL.search(name))
    }
    if sorted(found.values()) != ["2", "3", "4"]:
        return roles
    others = (role if role == "alpha" else "" for role in roles)
    return [_SENTINEL_ROLES.get(found.get(number, ""), role) for number, role in enumerate(others, start=1)]
