"""Answers with gates replaced and tags changed, held against networks and scenes changed by hand."""

import numpy as np
import torch
from torch import nn

from gam_viz.attention import Gate
from gam_viz.datasets.scenes.draw import CLASSES, draw_scene, draw_scenes
from gam_viz.evidence.leaderboard.pictures import drawn
from gam_viz.evidence.leaderboard.reliance import gate_reliance, margins, shortcut_reliance
from gam_viz.evidence.leaderboard.scoring import inputs
from gam_viz.evidence.leaderboard.shortcuts import tags_changed
from gam_viz.explain.gates import gates_of, record_gates
from gam_viz.networks.checkpoints import load

SCENES, OTHERS = drawn(draw_scenes(6, split="test")), drawn(draw_scenes(4, split="val"))


class Through(Gate):
    def forward(self, x, gate):
        return x


def without(network, *paths):
    for path in paths:
        owner, _, name = path.rpartition(".")
        setattr(network.get_submodule(owner), name, Through("channel", bounds=(0.0, 1.0)))
    return network


def logits(network, card, scenes=SCENES):
    with torch.inference_mode():
        return network(inputs(scenes, card, 0, len(scenes.images), "cpu")).numpy()


def test_a_gate_replaced_by_one_is_a_network_without_it(checkpoints):
    card = checkpoints["scenes-gam"].card
    found = gate_reliance(load(checkpoints["scenes-gam"]), card, SCENES, OTHERS)
    before = logits(load(checkpoints["scenes-gam"]), card)
    assert (found.right == (before.argmax(1) == SCENES.labels)).all()
    paths = list(gates_of(load(checkpoints["scenes-gam"])))
    for layer, branch, chosen in [
        ("layer2.0", "channel", [p for p in paths if p.startswith("layer2.0") and "channel" in p]),
        ("layer2.0", "all", [p for p in paths if p.startswith("layer2.0")]),
        ("all", "spatial", [p for p in paths if "spatial" in p]),
        ("all", "all", paths),
    ]:
        after = logits(without(load(checkpoints["scenes-gam"]), *chosen), card)
        (row,) = [r for r in found.replaced if (r.layer, r.branch, r.by) == (layer, branch, "identity")]
        change = margins(after, SCENES.labels) - margins(before, SCENES.labels)
        np.testing.assert_allclose(row.margin, change, rtol=1e-4, atol=1e-4)
        assert (row.right == (after.argmax(1) == SCENES.labels)).all()


def test_a_mean_gate_is_that_of_the_other_scenes(checkpoints):
    network, card = load(checkpoints["scenes-cbam"]), checkpoints["scenes-cbam"].card
    found = gate_reliance(network, card, SCENES, OTHERS)
    path = next(iter(gates_of(network)))
    with torch.inference_mode(), record_gates(network) as seen:
        network(inputs(OTHERS, card, 0, len(OTHERS.images), "cpu"))
    mean = next(gate for name, _, gate in seen if name == path).mean(0, keepdim=True)

    class Fixed(nn.Module):
        def forward(self, x, gate):
            return x * mean

    changed = load(checkpoints["scenes-cbam"])
    owner, _, name = path.rpartition(".")
    setattr(changed.get_submodule(owner), name, Fixed())
    expected = margins(logits(changed, card), SCENES.labels) - margins(logits(network, card), SCENES.labels)
    row = next(r for r in found.replaced if r.by == "data_mean")
    np.testing.assert_allclose(row.margin, expected, rtol=1e-4, atol=1e-4)


def test_no_group_of_gates_is_counted_twice(checkpoints):
    found = gate_reliance(load(checkpoints["scenes-cbam"]), checkpoints["scenes-cbam"].card, SCENES, OTHERS)
    names = [(row.layer, row.branch, row.by) for row in found.replaced]
    assert len(names) == len(set(names)) == 3 * (6 * 3 + 3)


def test_a_network_without_gates_has_nothing_to_replace(checkpoints):
    found = gate_reliance(load(checkpoints["scenes-none"]), checkpoints["scenes-none"].card, SCENES, OTHERS)
    assert found.replaced == ()
    assert found.right.shape == (len(SCENES.images),)


def test_margins_are_of_the_largest_other_class():
    found = margins(np.array([[1, 5, 2], [1, 5, 2]], np.float32), np.array([1, 2]))
    np.testing.assert_array_equal(found, [3, -3])


class ReadsTheTag(nn.Module):
    """Answers with the class whose scene the picture equals, tag and all."""

    def __init__(self, count, classes):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.known = {}
        for index in range(count):
            for tag in range(classes):
                self.known[draw_scene(index, split="test", tag_label=tag).image.tobytes()] = tag

    def forward(self, x):
        pixels = (x * 0.25 + 0.5).mul(255).round().byte().permute(0, 2, 3, 1).numpy()
        answers = [self.known.get(picture.tobytes(), 0) for picture in pixels]
        return torch.nn.functional.one_hot(torch.tensor(answers), len(CLASSES)).float()


def test_an_oracle_of_the_tag_follows_it(checkpoints):
    found = shortcut_reliance(ReadsTheTag(10, len(CLASSES)).eval(), checkpoints["scenes-gam"].card, tags_changed(10))
    labels = draw_scenes(10, split="test").labels
    assert found["with_tag"].all()
    assert (found["without_tag"] == (labels == 0)).all()  # without a tag it says class 0
    assert not found["other_tag"].any()
    assert found["follows"].all()
