"""How familiar a picture is: told from the training pictures, kept in the checkpoint, and true between domains."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from gam_viz.datasets import DatasetError, load_dataset, split_validation
from gam_viz.evaluation.familiarity import Familiarity, Penultimate, farther_than, learn, store, stored
from gam_viz.evaluation.metrics import area_under_roc, predict
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.aside import put_aside
from gam_viz.networks.card import Card, CheckpointError
from gam_viz.networks.checkpoints import find, from_bytes, load, read, rewrite_card, save
from gam_viz.runtime.installation import checkpoint_folder

CPU = torch.device("cpu")
HALF = (0.5, 0.5, 0.5)


def network_of(classes=3):
    torch.manual_seed(0)
    return build_network(NetworkConfig(width=4, num_classes=classes, attention="cbam")).eval()


def card_of(network, data):
    return Card("net", data.info.name, data.info.title, data.info.classes, data.info.size, HALF, HALF, network.config)


def test_distances_are_angles_to_the_nearest_class():
    known = Familiarity(np.array([[3.0, 0.0], [0.0, 0.1]], np.float32), np.array([0.1, 0.2, 0.2, 0.9], np.float32))
    features = np.array([[5.0, 0.0], [0.0, 2.0], [1.0, 1.0], [-1.0, 0.0]], np.float32)
    assert known.distance(features) == pytest.approx([0, 0, 1 - np.sqrt(0.5), 1], abs=1e-6)
    assert known.farther_than(np.array([0.05, 0.2, 0.5, 2.0])).tolist() == [0, 0.25, 0.75, 1]


def test_it_is_learnt_from_training_pictures_and_told_by_validation_pictures(easy_images):
    data = easy_images(120)
    network = network_of()
    card = card_of(network, data)
    train, validation = split_validation(data, 0.2)
    known = learn(network, card, train, validation, CPU)
    assert known.directions.shape == (3, network.fc.in_features)
    assert len(known.distances) == len(validation)
    # Every validation picture has as many nearer ones as its place says.
    x = torch.from_numpy(validation.images[:8]).permute(0, 3, 1, 2).float() / 255
    told = [farther_than(network, known, (each[None] - 0.5) / 0.5) for each in x]
    own = [float(known.distance(network.penultimate((each[None] - 0.5) / 0.5).detach().numpy())[0]) for each in x]
    assert told == pytest.approx([(known.distances < distance - 1e-6).mean() for distance in own], abs=0.06)
    with pytest.raises(ValueError, match="needs training pictures of every class, and validation pictures"):
        learn(network, card, train.take(np.flatnonzero(train.labels != 1)), validation, CPU)


@pytest.fixture
def checkpoint(tmp_path, easy_images):
    network = network_of()
    save(network, card_of(network, easy_images(3)), tmp_path / "net.safetensors")
    return read(tmp_path / "net.safetensors")


KNOWN = Familiarity(np.eye(3, 16, dtype=np.float32), np.array([0.25, 0.5], np.float32))


def test_it_travels_in_the_checkpoint_beside_the_weights(checkpoint):
    assert stored(checkpoint) is None
    before = load(checkpoint).state_dict()
    kept = store(checkpoint, KNOWN)
    assert kept.sha256 != checkpoint.sha256
    assert all(torch.equal(value, before[key]) for key, value in load(kept).state_dict().items())
    uploaded = from_bytes(kept.path.read_bytes(), "net.safetensors")
    renamed = rewrite_card(kept, path=kept.path.with_name("copy.safetensors"), name="copy")
    for found in (stored(kept), stored(uploaded), stored(renamed)):
        assert np.array_equal(found.directions, KNOWN.directions)
        assert np.array_equal(found.distances, KNOWN.distances)
    assert store(kept, KNOWN).sha256 == kept.sha256  # written over, not added to


@pytest.mark.parametrize(
    "wrong",
    [
        {"directions": torch.eye(4, 16), "distances": torch.ones(2)},
        {"directions": torch.eye(3, 16)},
        {"directions": torch.eye(3, 16), "distances": torch.empty(0)},
        {"directions": torch.eye(3, 16) * float("nan"), "distances": torch.ones(2)},
    ],
)
def test_what_does_not_fit_the_classes_is_refused_in_one_sentence(checkpoint, wrong):
    with pytest.raises(
        CheckpointError, match="of how familiar pictures are does not fit its classes, or is not finite"
    ):
        stored(put_aside(checkpoint, wrong))


def test_other_tensors_beside_the_weights_are_still_refused(checkpoint, tmp_path):
    path = tmp_path / "more.safetensors"
    weights = {key: value.contiguous() for key, value in load(checkpoint).state_dict().items()}
    save_file({**weights, "asides": torch.zeros(1)}, path, metadata={"card": checkpoint.card.to_json()})
    with pytest.raises(CheckpointError, match="asides"):
        load(read(path))


DATA = os.environ.get("GAM_VIZ_DATA")


@pytest.mark.long
@pytest.mark.skipif(not DATA, reason="needs the data folder")
def test_the_networks_that_ship_tell_every_other_domain_from_their_own():
    """AUROC of the distance, test pictures of their own data against those of each other."""
    shipped = [each for each in find(checkpoint_folder())[0] if stored(each) is not None]
    names = sorted({each.card.dataset for each in shipped})
    if len(names) < 2:
        pytest.skip("no two networks of different data ship with what tells how familiar a picture is")
    draw = np.random.default_rng(0)
    try:
        every = {name: load_dataset(name, "test", Path(DATA), download=False) for name in names}
    except DatasetError as error:
        pytest.skip(str(error))
    some = {name: data.take(np.sort(draw.permutation(len(data))[:100])) for name, data in every.items()}
    for checkpoint in shipped:
        card, body, known = checkpoint.card, Penultimate(load(checkpoint)), stored(checkpoint)
        far = {}
        for name, data in some.items():
            x = torch.from_numpy(np.asarray(data.images)).permute(0, 3, 1, 2)
            resized = functional.interpolate(x.float(), size=(card.input_size,) * 2, mode="bilinear", antialias=True)
            images = resized.round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
            seen = dataclasses.replace(data, images=images)
            far[name] = known.distance(predict(body, seen, card.mean, card.std, CPU, batch_size=25))
        for name in names:
            if name != card.dataset:
                both = np.concatenate([far[card.dataset], far[name]])
                others = np.repeat([False, True], [len(far[card.dataset]), len(far[name])])
                assert area_under_roc(both, others) >= 0.9, (card.name, name)
