"""What a network returns becomes scores (B, K) that everything else is asked about; what is in doubt is asked for."""

from collections import namedtuple
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gam_viz.explain import explain, read_gates, seen_by
from gam_viz.explain.attributions import attribute
from gam_viz.images.picture import from_pixels
from gam_viz.networks.adapters import adapt, foreign_card, within
from gam_viz.networks.card import Card
from gam_viz.text import words
from gam_viz.text.refusal import RefusalError
from tests.networks_of_others import OwnSE, own_network

NAMES = ("a", "b", "c")
Both = namedtuple("Both", "logits aux")


class Returning(nn.Module):
    """The small network; `wrap(logits, picture)` is what it returns."""

    def __init__(self, wrap: Callable[[Tensor, Tensor], Any]) -> None:
        super().__init__()
        self.inner, self.wrap = own_network(OwnSE), wrap

    def forward(self, x: Tensor) -> Any:
        return self.wrap(self.inner(x), x)


class Dense(nn.Module):
    """A map of scores (B, K, h, w) behind a gate, turned into what a head returns."""

    def __init__(self, channels: int, wrap: Callable[[Tensor], Any] = lambda found: found) -> None:
        super().__init__()
        self.stem, self.attention = nn.Conv2d(3, 8, 3, 2, 1), OwnSE(8)
        self.head, self.wrap = nn.Conv2d(8, channels, 1), wrap

    def forward(self, x: Tensor) -> Any:
        return self.wrap(self.head(self.attention(self.stem(x).relu())))


@pytest.fixture
def x() -> Tensor:
    return torch.randn(1, 3, 16, 24, generator=torch.Generator().manual_seed(0))


def dense(channels: int, wrap: Callable[[Tensor], Any] = lambda found: found) -> Dense:
    torch.manual_seed(0)
    return Dense(channels, wrap).eval()


FOUND = {
    "tuple with features": lambda y, x: (y, x),
    "tuple with an auxiliary head": lambda y, x: [y, 2 * y],
    "dict": lambda y, x: {"loss": x.mean(), "logits": y},
    "the only one of two axes": lambda y, x: {"scores": y, "features": x},
    "object": lambda y, x: SimpleNamespace(logits=y, loss=None),
    "named tuple": lambda y, x: Both(y, 2 * y),
    "a map of one cell": lambda y, x: y[:, :, None, None],
}


@pytest.mark.parametrize("name", FOUND)
def test_logits_are_found_where_there_is_no_doubt(name: str, x: Tensor) -> None:
    network = Returning(FOUND[name]).eval()
    adapted = adapt(network, x, kind="class")
    explanation = explain(adapted, foreign_card(adapted, NAMES, input_size=(16, 24)), x)
    assert torch.equal(torch.from_numpy(explanation.logits), network.inner(x)[0].detach())
    assert len(explanation.readings) == 2


IN_DOUBT = {
    "two of two axes": (lambda y, x: (x[:, 0, :, 0], y), "[(1, 16), (1, 3)]", "o[0]"),
    "a dict of two": (lambda y, x: {"age": y[:, :1], "sex": y[:, 1:]}, '{"age": (1, 1), "sex": (1, 2)}', 'o["age"]'),
    "tokens": (lambda y, x: y[:, None].expand(-1, 5, -1), "(1, 5, 3)", "o.mean(1)"),
    "no tensor": (lambda y, x: SimpleNamespace(pooled=y), "SimpleNamespace", "o.logits"),
}


@pytest.mark.parametrize("name", IN_DOUBT)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_in_doubt_is_asked_for_in_one_sentence_and_gates_are_read_all_the_same(
    name: str, language: str, x: Tensor
) -> None:
    wrap, given, instead = IN_DOUBT[name]
    adapted = adapt(Returning(wrap).eval(), x)
    assert len(read_gates(adapted, x)[1]) == 2
    card = foreign_card(adapted, NAMES, input_size=(16, 24))
    for ask in (lambda: explain(adapted, card, x), lambda: attribute(adapted, x, 0, "saliency")):
        with pytest.raises(RefusalError) as refused:
            ask()
        said = refused.value.sentence(words(language))
        assert given in said
        assert f"output=lambda o: {instead}" in said


def test_what_output_leads_to_is_what_is_explained(x: Tensor) -> None:
    network = Returning(lambda y, x: {"age": y[:, :1], "sex": y[:, 1:]}).eval()
    adapted = adapt(network, x, lambda o: o["sex"])
    assert torch.equal(adapted(x), network.inner(x)[:, 1:])
    with pytest.raises(RefusalError, match=r'\{"age": \(1, 1\), "sex": \(1, 2\)\}.*KeyError'):
        adapt(network, x, lambda o: o["height"])
    with pytest.raises(RefusalError, match=r"returns \(1, 3, 16, 24\)"):
        adapt(Returning(lambda y, x: x).eval(), x, lambda o: o, kind="class")


def test_a_segmentation_gives_each_class_its_summed_logits_over_the_picture_or_a_region(x: Tensor) -> None:
    network = dense(5, lambda found: {"out": found, "aux": 2 * found})
    logits = network(x)["out"][0].double()  # (5, 8, 12)
    adapted = adapt(network, x)
    card = foreign_card(adapted, "abcde", input_size=(16, 24))
    assert card.output == "segmentation"
    found = torch.from_numpy(explain(adapted, card, x).logits).double()
    torch.testing.assert_close(found, logits.sum((1, 2)), rtol=1e-6, atol=1e-6)
    corner = within(adapted, (0.5, 0.25, 1.0, 0.75))
    torch.testing.assert_close(corner(x)[0].double(), logits[:, 2:6, 6:].sum((1, 2)), rtol=1e-6, atol=1e-6)
    assert torch.equal(adapted(x), adapt(network, x)(x)), "the network itself sums over the whole picture as before"
    assert {id(p) for p in corner.parameters()} == {id(p) for p in adapted.parameters()}
    with pytest.raises(RefusalError, match="left < right"):
        within(adapted, (0.5, 0, 0.5, 1))
    with pytest.raises(RefusalError, match="segmentation or of detections"):
        within(adapt(own_network(), x), (0, 0, 0.5, 0.5))


def boxes(found: Tensor) -> Tensor:
    """(B, 4 + K, h, w) -> (B, 4 + K, N): centres in the middle of each cell of 2 pixels, scores by sigmoid."""
    rows, columns = torch.meshgrid(torch.arange(8.0), torch.arange(12.0), indexing="ij")
    places = torch.stack([2 * columns + 1, 2 * rows + 1, 0 * rows + 4, 0 * rows + 4]).expand(len(found), -1, -1, -1)
    return torch.cat([places, found[:, 4:].sigmoid()], 1).flatten(2)


def test_detections_give_each_class_its_summed_score_in_the_region(x: Tensor) -> None:
    network = dense(7, boxes)
    scores = network.head(network.attention(network.stem(x).relu()))[0, 4:].sigmoid().double()  # (3, 8, 12)
    adapted = adapt(network, x, kind="detection")
    assert foreign_card(adapted, NAMES, input_size=(16, 24)).output == "detection"
    torch.testing.assert_close(adapted(x)[0].double(), scores.sum((1, 2)), rtol=1e-6, atol=1e-6)
    corner = within(adapted, (0.5, 0.0, 1.0, 0.5))
    torch.testing.assert_close(corner(x)[0].double(), scores[:, :4, 6:].sum((1, 2)), rtol=1e-6, atol=1e-6)
    # As YOLOv5 has it: (B, N, 5 + K), the box's own score before the classes', which it multiplies.
    old = dense(7, lambda found: (with_own(boxes(found)), [found]))
    torch.testing.assert_close(
        adapt(old, x, kind="detection", classes=3)(x)[0].double(), scores.sum((1, 2)) / 2, rtol=1e-6, atol=1e-6
    )
    with pytest.raises(RefusalError, match="7 × 96 numbers a picture for 4 classes"):
        explain(adapt(network, x, kind="detection", classes=4), card_of_four(), x)


def with_own(found: Tensor) -> Tensor:
    own = torch.full_like(found[:, :1], 0.5)
    return torch.cat([found[:, :4], own, found[:, 4:]], 1).transpose(1, 2)


def card_of_four() -> Card:
    return foreign_card(nn.Identity(), "abcd", input_size=(16, 24))


def test_detections_of_torchvision_are_summed_by_their_labels(x: Tensor) -> None:
    def detect(found: Tensor) -> list[dict[str, Tensor]]:
        strength = found.mean((2, 3))[0].sigmoid()  # (4,)
        corners = torch.tensor([[0.0, 0, 4, 4], [20, 12, 24, 16], [18, 10, 24, 16], [0, 0, 24, 16]])
        return [{"boxes": corners, "labels": torch.tensor([1, 2, 2, 0]), "scores": strength}]

    network = dense(4, detect)
    one, two, three, four = network(x)[0]["scores"].tolist()
    adapted = adapt(network, x, classes=3)
    assert adapted(x)[0].tolist() == pytest.approx([four, one, two + three])
    assert within(adapted, (0.5, 0.5, 1, 1))(x)[0].tolist() == pytest.approx([four, 0, two + three])
    assert foreign_card(adapted, NAMES, input_size=(16, 24)).output == "detection"
    with pytest.raises(RefusalError, match="classes="):
        explain(adapt(network, x), foreign_card(adapted, NAMES, input_size=(16, 24)), x)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_classes_that_do_not_match_are_counted(language: str, x: Tensor) -> None:
    adapted = adapt(own_network(), x)
    with pytest.raises(RefusalError) as refused:
        explain(adapted, card_of_four(), x)
    said = refused.value.sentence(words(language))
    assert "3" in said
    assert "4" in said


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_network_of_half_precision_is_computed_in_float32_and_says_so(dtype: torch.dtype, x: Tensor) -> None:
    network = own_network(OwnSE).to(dtype)
    adapted = adapt(network, x.to(dtype))
    assert any("float32" in note and str(dtype).removeprefix("torch.") in note for note in adapted.adaption.notes)
    assert {part.dtype for part in network.parameters()} == {dtype}, "the network given is left as it is"
    whole = own_network(OwnSE)
    whole.load_state_dict({key: value.float() for key, value in network.state_dict().items()})
    torch.testing.assert_close(adapted(x), whole(x))
    assert len(read_gates(adapted, x)[1]) == 2


def test_an_oblong_input_is_given_pictures_of_its_form(x: Tensor) -> None:
    adapted = adapt(own_network(), x)
    card = foreign_card(adapted, NAMES, input_size=(16, 24))
    seen = seen_by(card, from_pixels(np.zeros((20, 40, 3), np.uint8), "p.png"))
    assert seen.tensor.shape == (1, 3, 16, 24)
    assert seen.box == (5, 0, 35, 20), "the largest part of the input's form, in the centre"
    assert explain(adapted, card, seen.tensor).readings


@torch.no_grad()
def test_a_batch_of_one_that_is_squeezed_away(x):
    network = Returning(lambda logits, picture: logits.squeeze()).eval()
    adapted = adapt(network, x)
    assert len(read_gates(adapted, x)[1]) == 2
    refusal = adapted.adaption.scores.refusal
    assert "o.reshape(-1, 3)" in str(refusal)
    assert adapt(network, x, lambda o: o.reshape(-1, 3))(x).shape == (1, 3)
    assert adapt(network, x, lambda o: o.reshape(-1, 3))(x.repeat(2, 1, 1, 1)).shape == (2, 3)
