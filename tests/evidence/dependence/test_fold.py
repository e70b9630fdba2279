"""Which gates become constants, and what is measured of the network that has them."""

import numpy as np
import pytest
import torch

from gam_viz.datasets import load_dataset
from gam_viz.evidence.dependence.fold import choose, folding, folding_path, known_folding, save_folding
from gam_viz.explain.gates import gates_of, replace_gates
from gam_viz.images import normalise_batch
from gam_viz.networks.checkpoints import load, named, rewrite_card
from gam_viz.networks.gate_folding import constants


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    test = load_dataset("scenes", "test", tmp_path_factory.mktemp("none"))
    return test.take(np.arange(40)), test.take(np.arange(40, 100))


def test_what_is_folded_and_what_is_left(scenes, tmp_path):
    checkpoint = rewrite_card(named("scenes-cbam"), path=tmp_path / "scenes-cbam.safetensors")
    network, card = load(checkpoint), checkpoint.card
    test, others = scenes

    def right(net, data):
        x = normalise_batch(torch.from_numpy(data.images[:]).permute(0, 3, 1, 2), card.mean, card.std)
        with torch.inference_mode():
            return net(x).numpy().argmax(1) == data.labels

    means = choose(network, card, others)
    assert 0 < len(means) < len(gates_of(network))  # some of CBAM's gates are needed, some are not
    with replace_gates(network, {path: mean[None] for path, mean in means.items()}):
        by_hand, on_others = right(network, test), right(network, others)
    assert on_others.mean() > right(network, others).mean() - 0.01
    found, folded = folding(network, card, means, test, checkpoint=checkpoint.sha256)
    assert (found.folded, found.gates) == (tuple(means), 12)
    assert found.before == pytest.approx(right(network, test).mean())
    assert found.after == pytest.approx(by_hand.mean()) == pytest.approx(right(folded, test).mean())
    assert found.change.value == pytest.approx(found.after - found.before)
    assert found.left == sum(p.numel() for p in folded.parameters()) + constants(folded)
    assert found.macs_left < found.macs
    assert known_folding(checkpoint) is None
    save_folding(folding_path(tmp_path, card.name), found)
    assert known_folding(checkpoint) == found
    assert known_folding(rewrite_card(checkpoint, epochs=99)) is None  # another file
    folding_path(tmp_path, card.name).write_text('{"checkpoint": 3}')
    assert known_folding(checkpoint) is None
