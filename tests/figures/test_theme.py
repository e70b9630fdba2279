"""The theme of the figures: marks read on light and dark pages, and colour-blind eyes tell modules apart."""

from itertools import combinations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from gam_viz.attention import ATTENTION
from gam_viz.figures.signs import mark_sign
from gam_viz.figures.style import CHOSEN, GUIDE, MARKERS, look_of, looks_of

PAGES = {"light": "#ffffff", "light sidebar": "#f0f2f6", "dark": "#0e1117"}
#: G. M. Machado et al., A Physiologically-based Model for Simulation of Color Vision Deficiency (2009), severity 1, on
#: linear RGB.
SEEN_AS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
}


def linear(colour: str) -> np.ndarray:
    """(3,) linear RGB, 0..1, of "#rrggbb" (IEC 61966-2-1)."""
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's ratio."""
    dark, light = sorted(float(linear(each) @ [0.2126, 0.7152, 0.0722]) for each in (one, other))
    return (light + 0.05) / (dark + 0.05)


def distance(one: str, other: str, eyes: str) -> float:
    """CIEDE2000 between two colours as these eyes see them."""
    seen = [np.clip(np.array(SEEN_AS[eyes]) @ linear(each), 0, 1) for each in (one, other)]
    shown = [np.where(s <= 0.0031308, 12.92 * s, 1.055 * s ** (1 / 2.4) - 0.055) for s in seen]
    return float(deltaE_ciede2000(rgb2lab(shown[0]), rgb2lab(shown[1])))


def test_the_measures_themselves() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    # A red and a green that red-green blindness takes for one; black and white are as far apart as can be.
    assert distance("#b85c00", "#7a7a00", "deuteranopia") < 8
    assert distance("#ffffff", "#000000", "protanopia") == pytest.approx(100, abs=0.5)


@pytest.mark.parametrize("page", PAGES)
def test_every_mark_reads_on_every_page(page: str) -> None:
    colours = {name: spec.colour for name, spec in ATTENTION.items()} | {"none": GUIDE, "chosen": CHOSEN}
    assert {
        name: round(contrast(c, PAGES[page]), 2) for name, c in colours.items() if contrast(c, PAGES[page]) < 3
    } == {}


@pytest.mark.parametrize("eyes", SEEN_AS)
def test_modules_are_told_apart_by_colour_blind_eyes(eyes: str) -> None:
    looks = {name: look_of(name) for name in ("none", *ATTENTION)}
    merged = {
        (one, other)
        for one, other in combinations(looks, 2)
        if distance(looks[one].colour, looks[other].colour, eyes) < 20 and looks[one].marker == looks[other].marker
    }
    assert not merged
    # The two that everything here compares differ without their shapes, too.
    assert distance(looks["cbam"].colour, looks["gam"].colour, eyes) >= 20


def test_networks_side_by_side_never_look_alike() -> None:
    beside = ["gam", "gam", "gam", "none", "unheard of", "another", "cbam", "none"]
    looks = looks_of(beside)
    assert len(set(looks)) == len(beside)
    assert looks[0] == look_of("gam")
    assert looks[6] == look_of("cbam")
    assert {look.colour for look in looks[:3]} == {look_of("gam").colour}
    assert {look.marker for look in looks} <= set(MARKERS)


def test_every_marker_has_its_sign() -> None:
    signs = {mark_sign(marker, "#123456") for marker in MARKERS}
    signs |= {mark_sign(f"diamond{inside}", "#123456") for inside in ("-open", "-open-dot", "-cross-open", "-x-open")}
    assert len(signs) == len(MARKERS) + 4
    assert mark_sign("circle", filled=False) != mark_sign("circle")
