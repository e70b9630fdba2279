"""A rendering is plain values that survive a link, and a wrong one is refused by name."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gam_viz.images import PictureError, Rendering

numbers = st.floats(-1e12, 1e12)
edges = st.integers(0, 2**31 - 2)
regions = st.tuples(edges, edges, edges, edges).map(
    lambda e: (min(e[0], e[2]), min(e[1], e[3]), max(e[0], e[2]) + 1, max(e[1], e[3]) + 1)
)
percentiles = st.tuples(st.floats(0, 99), st.floats(0.001, 1)).map(lambda p: (p[0], p[0] + p[1]))
windows = st.one_of(
    st.sampled_from(["minmax", "full", "lung", "file:0", "lut:12"]), st.tuples(numbers, st.floats(1e-9, 1e12))
)
renderings = st.builds(
    lambda frame, window, bands, stretch, region: Rendering(
        frame, window, bands, None if window is not None else stretch, region
    ),
    st.integers(0, 10**6),
    st.none() | windows,
    st.none() | st.tuples(*[st.integers(1, 65_535)] * 3),
    st.none() | percentiles,
    st.none() | regions,
)


@given(renderings)
def test_a_key_gives_the_rendering_back_and_needs_no_escaping(rendering: Rendering) -> None:
    key = rendering.to_key()
    assert Rendering.from_key(key) == rendering
    assert hash(Rendering.from_key(key)) == hash(rendering)
    assert not key.strip("abcdefghijklmnopqrstuvwxyz0123456789-._~")
    assert len(key) <= 200


@given(st.text(max_size=60) | st.from_regex(r"[bfrsw]-?[0-9._e-]{0,30}(~[bfrsw][a-z0-9._]{0,9})?", fullmatch=True))
def test_any_text_is_a_rendering_or_is_refused(key: str) -> None:
    try:
        rendering = Rendering.from_key(key)
    except PictureError:
        return
    assert Rendering.from_key(rendering.to_key()) == rendering


def test_keys_read_by_people() -> None:
    assert Rendering().to_key() == ""
    assert Rendering(window=(40, 400)).to_key() == "w40_400"
    assert Rendering(window="file:1", frame=3).to_key() == "f3~wfile.1"
    assert Rendering(bands=(4, 3, 2), stretch=(2, 98.5)).to_key() == "b4_3_2~s2_98.5"
    assert Rendering(region=(0, 10, 20, 30)).to_key() == "r0_10_20_30"
    assert Rendering(window=(-600, 1500)) == Rendering(window=(-600.0, 1500.0))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"frame": -1}, "no_such_frame"),
        ({"frame": 1.5}, "no_such_frame"),
        ({"window": (40, 0)}, "bad_window"),
        ({"window": (40, -1)}, "bad_window"),
        ({"window": (math.nan, 1)}, "bad_window"),
        ({"window": (0, math.inf)}, "bad_window"),
        ({"window": (1, 2, 3)}, "bad_window"),
        ({"window": ("a", "b")}, "bad_window"),
        ({"window": 5}, "bad_window"),
        ({"window": "../etc"}, "no_such_window"),
        ({"window": ""}, "no_such_window"),
        ({"bands": (1, 2)}, "no_such_band"),
        ({"bands": (0, 1, 2)}, "no_such_band"),
        ({"bands": 3}, "no_such_band"),
        ({"stretch": (98, 2)}, "bad_stretch"),
        ({"stretch": (2, 101)}, "bad_stretch"),
        ({"stretch": (5, 5)}, "bad_stretch"),
        ({"stretch": (2, 98), "window": "minmax"}, "window_and_stretch"),
        ({"region": (5, 5, 5, 9)}, "bad_region"),
        ({"region": (0, 0, 1)}, "bad_region"),
        ({"region": (-1, 0, 1, 1)}, "bad_region"),
        ({"region": 7}, "bad_region"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, object], code: str) -> None:
    with pytest.raises(PictureError) as caught:
        Rendering(**values)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert str(caught.value).endswith(".")
    assert ". " not in str(caught.value)


@pytest.mark.parametrize(
    "key", ["x1", "w", "f1~f2", "w40", "s2", "b1_2", "f1_2", "~", "w1_2~", "fnan", "w" + "9" * 300]
)
def test_keys_that_nobody_wrote(key: str) -> None:
    with pytest.raises(PictureError):
        Rendering.from_key(key)
