"""Recipes: the tutorial's values, the rate over time, the sizes of the pictures."""

import dataclasses
import json

import pytest
import torch

from gam_viz.networks import NetworkConfig, build_network
from gam_viz.training import RECIPES, Recipe, TrainingError, recipe
from gam_viz.training.epoch import learning_rate
from gam_viz.training.loop import _optimizer


def test_the_article_recipe_is_the_tutorials_section_4_2():
    article = RECIPES["article"]
    assert dataclasses.asdict(article) == {
        "name": "article",
        "optimizer": "adam",  # optim.Adam(model.parameters(), lr=0.001)
        "learning_rate": 1e-3,
        "batch_size": 128,
        "epochs": 50,
        "schedule": "constant",
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "crop": 0,
        "flip": False,
        "quarter_turns": False,
        "turn": 0.0,
        "zoom": 0.0,
        "colour": 0.0,
        "erase": 0.0,
        "cells": 0,
        "mix": 0.0,
        "balanced": False,
        "settle": False,
        "clip": 0.0,
        "sizes": (),
        "half_normalisation": True,  # Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
        "pretrained": False,
        "frozen": 0,
        "shift": 0,
        "fresh_rate": 1.0,
        "acting": False,
    }
    assert [learning_rate(article, share) for share in (0, 0.3, 0.999)] == [1e-3] * 3
    assert {article.relative_size(epoch) for epoch in range(50)} == {1.0}


def test_the_articles_optimizer_is_torchs_adam_as_it_comes():
    network = build_network(NetworkConfig(width=4, attention="gam"))
    ours, theirs = _optimizer(network, RECIPES["article"]), torch.optim.Adam(network.parameters(), lr=0.001)
    assert type(ours) is torch.optim.Adam
    expected = {key: value for key, value in theirs.param_groups[0].items() if key != "params"}
    for group in ours.param_groups:
        assert {key: value for key, value in group.items() if key != "params"} == expected
    assert sum(len(group["params"]) for group in ours.param_groups) == len(list(network.parameters()))


def test_default_optimizer_spares_biases_and_norms_from_decay():
    network = build_network(NetworkConfig(width=4, attention="cbam"))
    optimizer = _optimizer(network, RECIPES["default"])
    decay = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    for name, p in network.named_parameters():
        assert decay[id(p)] == (5e-4 if p.ndim > 1 else 0), name
    assert type(optimizer) is torch.optim.SGD
    assert all(group["momentum"] == 0.9 and group["nesterov"] for group in optimizer.param_groups)


@pytest.mark.parametrize("peak", [0.15, 1.0])
def test_one_cycle_rises_over_a_fifth_and_falls_to_nothing(peak):
    chosen = Recipe("r", learning_rate=peak)
    for k in range(0, 101):
        share = k / 100
        expected = peak * share * 5 if share < 0.2 else peak * (1 - share) * 1.25
        assert learning_rate(chosen, share) == pytest.approx(expected, abs=1e-12)
    assert learning_rate(chosen, 0.2) == pytest.approx(peak)
    assert learning_rate(chosen, 1.0) == 0
    assert learning_rate(chosen, 1.0 + 1e-9) == 0  # rounding must not turn it negative


def test_small_pictures_first():
    chosen = Recipe("r", epochs=11, sizes=((0.25, 0.5), (0.45, 0.75)))
    assert [chosen.relative_size(epoch) for epoch in range(11)] == [0.5] * 3 + [0.75] * 5 + [1.0] * 3
    assert [RECIPES["default"].relative_size(epoch) for epoch in (0, 10)] == [0.5, 1.0]
    whole = Recipe("r", epochs=4, sizes=((0.5, 0.5), (0.5, 0.75)))
    assert [whole.relative_size(epoch) for epoch in range(5)] == [0.5, 0.5, 0.75, 0.75, 1.0]


@pytest.mark.parametrize("chosen", list(RECIPES.values()), ids=lambda r: r.name)
def test_plain_values_are_the_same_after_json(chosen):
    assert json.loads(json.dumps(chosen.to_dict())) == chosen.to_dict()
    assert set(chosen.to_dict()) == {field.name for field in dataclasses.fields(Recipe)}


@pytest.mark.parametrize("chosen", list(RECIPES.values()), ids=lambda r: r.name)
def test_a_recipe_comes_back_from_json(chosen):
    assert Recipe.from_dict(json.loads(json.dumps(chosen.to_dict()))) == chosen


def test_what_an_older_file_does_not_name_has_its_default():
    new = {"quarter_turns", "turn", "zoom", "colour", "erase", "balanced", "settle"}
    older = {key: value for key, value in RECIPES["default"].to_dict().items() if key not in new}
    assert Recipe.from_dict(older) == RECIPES["default"]
    assert Recipe.from_dict({"name": "r"}) == Recipe("r")
    off = Recipe("r")
    assert not any(getattr(off, name) for name in new)


def test_settings_that_are_not_known_are_named():
    values = {**RECIPES["default"].to_dict(), "warmup": 3, "ema": 0.9}
    with pytest.raises(ValueError, match=r"^unknown recipe settings: ema, warmup$"):
        Recipe.from_dict(values)


@pytest.mark.parametrize("chosen", list(RECIPES.values()), ids=lambda r: r.name)
def test_every_recipe_ends_with_whole_pictures(chosen):
    sizes = [chosen.relative_size(epoch) for epoch in range(chosen.epochs)]
    assert sizes[-1] == 1.0
    assert sizes == sorted(sizes)
    assert sum(share for share, _ in chosen.sizes) < 1


def test_a_radiograph_is_never_mirrored_nor_upside_down():
    chosen = RECIPES["radiographs"]
    assert not chosen.flip
    assert not chosen.quarter_turns
    assert 0 < chosen.turn <= 15
    assert chosen.balanced
    assert chosen.settle


def test_changes_leave_the_recipe_and_none_leaves_a_value():
    changed = recipe("article", epochs=3, learning_rate=None, batch_size=16)
    assert changed == dataclasses.replace(RECIPES["article"], epochs=3, batch_size=16)
    assert RECIPES["article"].epochs == 50
    assert recipe("default") == RECIPES["default"]


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("best", {}, "unknown recipe 'best'; known are default, few-pictures, radiographs, tail, tail-few, article"),
        ("default", {"epochs": 0}, "epochs and batch size must be at least 1, got 0 and 64"),
        ("default", {"batch_size": 0}, "epochs and batch size must be at least 1, got 11 and 0"),
        ("default", {"learning_rate": 0.0}, "the learning rate must be above 0, got 0.0"),
        ("default", {"learning_rate": -1.0}, "the learning rate must be above 0, got -1.0"),
        ("default", {"learning_rate": float("nan")}, "the learning rate must be above 0, got nan"),
    ],
)
def test_values_out_of_range_are_refused(name, changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        recipe(name, **changes)


def test_unknown_schedules_and_optimizers_are_refused():
    with pytest.raises(TrainingError, match="unknown schedule 'cosine'; known are constant, onecycle"):
        learning_rate(Recipe("r", schedule="cosine"), 0.5)
    with pytest.raises(TrainingError, match="unknown optimizer 'lion'; known are sgd, adam"):
        _optimizer(torch.nn.Linear(1, 1), Recipe("r", optimizer="lion"))
