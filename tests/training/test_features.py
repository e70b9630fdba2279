"""Frozen blocks: their features are computed once, kept as they are, and training on them goes on after any stop."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch

from gam_viz.images import normalise_batch
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import load, read
from gam_viz.training import Job, epoch, features, recipe, train
from gam_viz.training.features import FeatureBatches, cached_features, view, views_of

HALF = (0.5, 0.5, 0.5)
CPU = torch.device("cpu")


def network(attention="cbam"):
    torch.manual_seed(3)
    return build_network(NetworkConfig("gam_net", 3, 4, attention, attention_stages=(False, True, True)))


@pytest.fixture
def data(easy_images):
    made = easy_images(90)
    return dataclasses.replace(made, info=dataclasses.replace(made.info, mirrored=True, any_way_up=True))


def test_every_view_of_every_picture_to_a_byte(data, tmp_path):
    net = network()
    cached = cached_features(net, 2, data, HALF, HALF, tmp_path)
    assert net.training
    net.eval()
    assert views_of(data.info) == 8
    pictures, numbers = torch.tensor([5, 0, 77, 5]), torch.tensor([0, 3, 6, 7])
    given = cached.take(pictures, numbers)
    for picture, number, found in zip(pictures, numbers, given, strict=True):
        x = normalise_batch(torch.from_numpy(data.images[int(picture)])[None].permute(0, 3, 1, 2), HALF, HALF)
        with torch.no_grad():
            expected = net.features(view(x, int(number)), 2)[0]
        # Half a level, and what lies beyond the range that a sample of the pictures has.
        assert (found - expected).abs().max() < expected.abs().max() * 0.05
        assert ((found - expected).abs() <= cached.step * 0.51).float().mean() > 0.99


def test_the_eight_views_are_all_ways_to_turn_and_mirror():
    picture = torch.arange(48.0).view(1, 3, 4, 4)
    seen = {tuple(view(picture, number).flatten().tolist()) for number in range(8)}
    assert len(seen) == 8
    assert torch.equal(view(picture, 1), picture.flip(-1))


def test_they_are_computed_once_and_the_file_is_finished_after_a_stop(data, tmp_path, monkeypatch):
    net, calls = network(), []
    inner = net.features

    def counted(x, blocks, stop_at=None):
        calls.append(len(x))
        if stop_at and len(calls) == stop_at:
            raise KeyboardInterrupt
        return inner(x, blocks)

    monkeypatch.setattr(features, "CHUNK", 16)
    monkeypatch.setattr(net, "features", lambda x, blocks: counted(x, blocks, 40))
    with pytest.raises(KeyboardInterrupt):
        cached_features(net, 2, data, HALF, HALF, tmp_path)
    stopped = len(calls)
    monkeypatch.setattr(net, "features", counted)
    resumed = cached_features(net, 2, data, HALF, HALF, tmp_path)
    assert 0 < len(calls) - stopped < 48  # six chunks in eight views are 48
    calls.clear()
    again = cached_features(net, 2, data, HALF, HALF, tmp_path)
    assert not calls
    whole = cached_features(net, 2, data, HALF, HALF, tmp_path / "other")
    assert np.array_equal(whole.levels, resumed.levels)
    assert np.array_equal(whole.levels, again.levels)


def test_other_weights_have_a_file_of_their_own(data, tmp_path):
    net = network()
    cached_features(net, 2, data, HALF, HALF, tmp_path)
    with torch.no_grad():
        net.conv1.weight[0] += 1
    cached_features(net, 2, data, HALF, HALF, tmp_path)
    cached_features(net, 1, data, HALF, HALF, tmp_path)
    assert len(list(tmp_path.glob("*.u8"))) == 3


def test_seed_and_epoch_decide_the_batches(data, tmp_path):
    cached = cached_features(network(), 2, data, HALF, HALF, tmp_path)
    chosen = recipe("default", batch_size=32)
    chosen = dataclasses.replace(chosen, shift=1, mix=0.5)

    def first(seed, epoch):
        return next(FeatureBatches(cached, data.labels, 3, chosen, seed).epoch(epoch))

    assert torch.equal(first(1, 0)[0], first(1, 0)[0])
    assert not torch.equal(first(1, 0)[0], first(1, 1)[0])
    assert not torch.equal(first(1, 0)[0], first(2, 0)[0])


def job(name):
    config = NetworkConfig("gam_net", 3, 4, "cbam", attention_stages=(False, True, True))
    chosen = recipe("default", epochs=2, batch_size=16, learning_rate=0.05)
    return Job(name, config, dataclasses.replace(chosen, frozen=2, shift=1), 1)


def test_a_stop_within_an_epoch_costs_nothing(data, tmp_path, monkeypatch):
    def start(name, checkpoints=tmp_path):
        return train(job(name), data, checkpoints=checkpoints, runs=tmp_path, device=CPU, progress=False)

    whole = load(read(start("whole")))
    monkeypatch.setattr(epoch, "SAVED_EVERY", 0.0)
    for stop_at in (3, 5):  # the first epoch has five steps
        ticks = itertools.count()
        inner = epoch.nn.utils.clip_grad_norm_

        def clip(*given, ticks=ticks, stop_at=stop_at, inner=inner):
            if next(ticks) == stop_at:
                raise KeyboardInterrupt
            return inner(*given)

        with monkeypatch.context() as patched:
            patched.setattr(epoch.nn.utils, "clip_grad_norm_", clip)
            with pytest.raises(KeyboardInterrupt):
                start(f"stopped-{stop_at}")
        resumed = load(read(start(f"stopped-{stop_at}")))
        for key, value in whole.state_dict().items():
            assert torch.equal(resumed.state_dict()[key], value), key
        lines = [(tmp_path / name / "log.jsonl").read_text() for name in ("whole", f"stopped-{stop_at}")]
        assert [line.count("\n") for line in lines] == [2, 2]


def test_what_is_frozen_stays_and_the_rest_learns(data, tmp_path):
    torch.manual_seed(1)
    before = build_network(job("x").config).state_dict()
    after = load(read(train(job("x"), data, checkpoints=tmp_path, runs=tmp_path, device=CPU, progress=False)))
    changed = {key for key, value in after.state_dict().items() if not torch.equal(value, before[key])}
    frozen = ("conv1.", "bn1.", "layer1.")
    assert not any(key.startswith(frozen) for key in changed)
    assert {"fc.weight", "layer2.0.conv1.weight", "layer3.1.attention.mlp.0.weight"} <= changed
