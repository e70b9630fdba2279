"""A module becomes a network that can be looked at; what is not said is found out, and told."""

import warnings

import pytest
import torch
from torch import nn

from gam_viz.explain import explain
from gam_viz.explain.answer_words import AnswerWords
from gam_viz.notebook.opening import IMAGENET, Said, gates_found, open_network, open_networks
from gam_viz.text import words
from tests.networks_of_others import OwnSE, own_network

HALF = Said(size=32, mean=(0.5,) * 3, std=(0.5,) * 3)


def test_a_network_is_copied_and_left_as_it_is():
    network = own_network()
    x = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    before = {name: (dict(module._forward_hooks), module.training) for name, module in network.named_modules()}
    answer = network(x)
    opened = open_network(network, HALF)
    assert torch.equal(network(x), answer)
    assert {n: (dict(m._forward_hooks), m.training) for n, m in network.named_modules()} == before
    with torch.no_grad():
        network.head.weight.mul_(2)
    assert torch.equal(opened.module(x), answer)
    assert gates_found(opened) == (2, 2)


def test_a_digest_names_weights_settings_code_and_what_was_said():
    def other_forward(self, x):
        return nn.Linear.forward(self, x) * 2

    first = open_network(own_network(), HALF).sha256
    assert open_network(own_network(), HALF).sha256 == first
    assert open_network(own_network(seed=1), HALF).sha256 != first
    assert open_network(own_network(OwnSE), HALF).sha256 != first
    assert open_network(own_network(), Said(size=48, mean=HALF.mean, std=HALF.std)).sha256 != first
    assert open_network(own_network(), Said(**{**vars(HALF), "classes": ("a", "b", "c")})).sha256 != first
    changed = own_network()
    changed.head.__class__ = type("Linear", (nn.Linear,), {"forward": other_forward})
    assert open_network(changed, HALF).sha256 != first


def test_nothing_said_of_normalisation_is_never_silent():
    with pytest.warns(UserWarning, match="ImageNet"):
        opened = open_network(own_network(), Said(size=32))
    assert (opened.card.mean, opened.card.std) == IMAGENET
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_network(own_network(), HALF)


def test_what_a_network_carries_is_read():
    """timm's networks carry the configuration of their pictures, Hugging Face's their classes."""
    network = own_network()
    network.pretrained_cfg = {"input_size": (3, 48, 48), "crop_pct": 0.75, "mean": (0.5,) * 3, "std": (0.25,) * 3}
    network.config = type("Config", (), {"id2label": {0: "cat", 2: "bird", 1: "dog"}})()
    card = open_network(network, Said()).card
    assert (card.input_size, card.resize, card.mean, card.std) == (48, 64, (0.5,) * 3, (0.25,) * 3)
    assert card.classes == ("cat", "dog", "bird")


@pytest.mark.parametrize("given", [("a", "b", "c"), {2: "c", 0: "a", 1: "b"}, "file"])
def test_classes(given, tmp_path):
    if given == "file":
        given = tmp_path / "classes.txt"
        given.write_text("a\nb\n\nc\n", encoding="utf-8")
    assert open_network(own_network(), Said(**{**vars(HALF), "classes": given})).card.classes == ("a", "b", "c")


@pytest.mark.parametrize(
    ("networks", "said", "sentence"),
    [
        ({}, HALF, "no network was given"),
        (own_network(), Said(**{**vars(HALF), "classes": ("a", "b")}), "has 3 outputs, and 2 classes were given"),
        (own_network(), Said(**{**vars(HALF), "classes": "no-such.txt"}), "no-such.txt cannot be read"),
        ({"a": own_network(), "b": own_network(outputs=4)}, HALF, "a has 3, b has 4"),
    ],
)
def test_what_does_not_fit_is_said(networks, said, sentence):
    with pytest.raises(ValueError, match=sentence):
        open_networks(networks, said)


def test_what_is_no_module_is_said():
    with pytest.raises(TypeError, match=r"b is no torch\.nn\.Module but dict"):
        open_networks({"b": {"weight": torch.zeros(1)}}, HALF)


def test_a_compiled_network_is_unwrapped():
    network = own_network()
    assert gates_found(open_network(torch.compile(network), HALF)) == (2, 2)


@pytest.mark.parametrize(("bias", "sentence"), [(9.0, "Above 50%: tumour."), (-9.0, "Not above 50%: healthy.")])
def test_one_logit_for_two_classes_is_the_second_one_s(bias, sentence):
    network = own_network(OwnSE, outputs=1)
    with torch.no_grad():
        network.head.bias.fill_(bias)
    for target in (None, "binary"):
        said = Said(("healthy", "tumour"), size=32, mean=(0.5,) * 3, std=(0.5,) * 3, target=target)
        opened = open_network(network, said)
        assert (opened.card.output, opened.card.classes, opened.card.negative) == ("binary", ("tumour",), "healthy")
    explanation = explain(opened.module, opened.card, torch.zeros(1, 3, 32, 32))
    told = AnswerWords(words("en"), opened.card)
    assert told.of(explanation.predicted) == "P(tumour)"
    assert told.under(explanation) == sentence
    assert (explanation.values[0] > 0.5) == (bias > 0)
    with pytest.raises(ValueError, match="has 1 output, and 3 classes"):
        open_network(network, Said(("a", "b", "c"), size=32, mean=(0.5,) * 3, std=(0.5,) * 3))
