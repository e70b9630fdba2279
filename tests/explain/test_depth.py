"""Layers of other networks at the same depth: by resolution where that is known, else by their place."""

import torch

from gam_viz.explain.depth import at_depth, depth_of, halvings_of
from gam_viz.networks.adapters import adapt
from tests.networks_of_others import own_network

SHORT = {"a": 1, "b": 1, "c": 2}
LONG = {"p": 1, "q": 1, "r": 1, "s": 1, "t": 2}


def beside(layer: str, of: dict[str, int], other: dict[str, int], known: bool = True) -> str:
    depth = depth_of(layer, list(of), of if known else None)
    return at_depth(list(other), depth, other if known else None)


def test_the_last_of_a_stage_stands_beside_the_last_of_the_same_stage() -> None:
    assert [beside(layer, SHORT, LONG) for layer in SHORT] == ["q", "s", "t"]
    assert [beside(layer, LONG, SHORT) for layer in LONG] == ["a", "a", "b", "b", "c"]
    assert [beside(layer, SHORT, LONG, known=False) for layer in SHORT] == ["q", "r", "t"]


def test_a_resolution_that_the_other_has_not_goes_by_the_place_among_all() -> None:
    assert beside("c", SHORT, {"x": 3, "y": 3, "z": 4}) == "z"
    assert beside("a", SHORT, {"x": 3, "y": 3, "z": 4}) == "x"


def test_of_an_adapted_network_it_is_known_how_often_the_picture_was_halved() -> None:
    adapted = adapt(own_network(), torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    found = halvings_of(adapted)
    assert {found[layer] for layer in found if layer.startswith(("stem", "attention1"))} == {1}
    assert {found[layer] for layer in found if layer.startswith(("middle", "attention2"))} == {2}
