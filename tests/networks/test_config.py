"""A network's configuration: travels through JSON, refuses what cannot be built."""

import dataclasses
import json

import pytest

from gam_viz.networks import ARCHITECTURES, NetworkConfig, build_network

FULL = NetworkConfig(
    architecture="resnet34",
    num_classes=7,
    width=12,
    attention="gam",
    attention_options={"rate": 2, "channel_gate": "sigmoid"},
    attention_stages=(False, True, True, False),
    stem="stride2",
)


@pytest.mark.parametrize("config", [NetworkConfig(), FULL], ids=["defaults", "full"])
def test_round_trip_through_json(config):
    again = NetworkConfig.from_dict(json.loads(json.dumps(config.to_dict())))
    assert again == config
    assert build_network(again).config == config


def test_from_dict_takes_defaults_and_leaves_its_argument_alone():
    values = {"width": 8, "attention_stages": [True, False, True]}
    config = NetworkConfig.from_dict(values)
    assert config == NetworkConfig(width=8, attention_stages=(True, False, True))
    assert values == {"width": 8, "attention_stages": [True, False, True]}
    assert NetworkConfig.from_dict({}) == NetworkConfig()


def test_it_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FULL.width = 3


def test_the_tutorials_network_is_the_default():
    assert NetworkConfig() == NetworkConfig("gam_net", 10, 64, "none", {}, (), "cifar")
    assert ARCHITECTURES["gam_net"] == (2, 2, 2)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"architecture": "vgg"}, "unknown architecture 'vgg'; known are gam_net, resnet18, resnet34, resnet50"),
        ({"stem": "patch"}, "unknown stem 'patch'; known are cifar, stride2, imagenet"),
        ({"num_classes": 0}, "at least 1, got 0 and 64"),
        ({"width": -4}, "at least 1, got 10 and -4"),
        ({"width": 64.5}, r"Expected `int`, got `float` - at `\$.width`"),
        ({"num_classes": "10"}, r"Expected `int`, got `str` - at `\$.num_classes`"),
        ({"attention_stages": [True]}, "one value for each of gam_net's 3 stages, got 1"),
        ({"depth": 3, "size": 2}, "unknown network settings: depth, size; known are architecture, attention,"),
    ],
)
def test_what_cannot_be_built_is_refused(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        NetworkConfig.from_dict(values)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"attention": "sk"}, "unknown attention 'sk'; known are none, se"),
        ({"attention": "gam", "attention_options": {"rate": 64}}, "between 1 and the number of channels"),
        ({"attention_options": {"rate": 4}}, "'none' takes no options"),
    ],
)
def test_attention_is_checked_when_the_network_is_built(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        build_network(NetworkConfig(width=8, **changes))
