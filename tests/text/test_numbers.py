"""How numbers are written: one minus sign, none before what rounds to 0, no space before the percent sign."""

import re

import numpy as np
import pytest

from gam_viz.text import LANGUAGES, filled, signed, words
from gam_viz.titles import isolated, number


@pytest.mark.parametrize(
    ("value", "how", "written"),
    [
        (-4.82, ".3g", "−4.82"),
        (-0.04, "+.1f", "0.0"),
        (0.0004, "+.1%", "0.0%"),
        (0.05, "+.0%", "+5%"),
        (-1234.5, ",.1f", "−1,234.5"),
        (-1e-5, ".1e", "−1.0e-05"),
    ],
)
def test_minus_signs_and_zeros(value: float, how: str, written: str) -> None:
    assert signed(value, how) == written


def test_sentences_and_charts_write_numbers_alike() -> None:
    said = filled(
        "{a:.2f} to {b:+.1f} of {name}, {count} {count:map|maps}",
        {"a": np.float32(-0.5), "b": -0.01, "name": "a-1", "count": 1},
    )
    assert said == "−0.50 to 0.0 of a-1, 1 map"
    assert number(-4.82) == "−4.82"


@pytest.mark.parametrize("language", LANGUAGES)
def test_percent_signs_stand_at_their_numbers(language: str) -> None:
    assert not {key for key, said in words(language).sentences.items() if re.search(r"[\d}]\s[%％]", said)}


def test_a_name_from_right_to_left_leaves_the_number_beside_it_where_it_is() -> None:
    assert isolated("قارب") == "\u2068قارب\u2069"
    assert isolated("帆船 boat") == "帆船 boat"
