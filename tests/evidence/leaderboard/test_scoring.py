"""Maps of many scenes against the truth, held against one scene at a time."""

import numpy as np
import pytest
import torch

from gam_viz.datasets.scenes.draw import draw_scenes
from gam_viz.evidence.held_against import score
from gam_viz.evidence.leaderboard.pictures import drawn
from gam_viz.evidence.leaderboard.results_file import load_results
from gam_viz.evidence.leaderboard.scoring import inputs, looks, scene_scores, trivial_looks
from gam_viz.evidence.localisation import LOCALISATION
from gam_viz.evidence.measure import MeasureInput
from gam_viz.evidence.own_maps import LayerMaps
from gam_viz.evidence.plain_measure import of_maps
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain import explain
from gam_viz.explain.attributions import attribute
from gam_viz.explain.heatmaps import spatial_maps
from gam_viz.networks.checkpoints import load

SCENES = drawn(draw_scenes(3, split="test"))


@pytest.mark.parametrize("name", ["scenes-cbam", "scenes-gam", "scenes-none"])
def test_every_map_is_scored_as_it_is_alone(checkpoints, name):
    network, card = load(checkpoints[name]), checkpoints[name].card
    found = looks(network, card, SCENES, ["gradcam", "input_x_gradient"])
    kinds = [key.partition(".")[0] for key in found.keys]
    expected_kinds = {"scenes-none": "features", "scenes-cbam": "gain mask features"}
    assert {kind for kind in kinds if kinds.count(kind) == 6} == set(
        expected_kinds.get(name, "gain channel mask features").split()
    )
    for index in range(3):
        x = inputs(SCENES, card, index, index + 1, "cpu")
        maps = {f"gain.{layer}": map_.values for layer, map_ in spatial_maps(explain(network, card, x)).items()}
        alone = attribute(network, x, int(SCENES.labels[index]), "input_x_gradient")
        maps["input_x_gradient"] = alone.values
        for key, values in maps.items():
            expected = score(values, SCENES.regions["object"][index])
            for measure in scene_scores():
                value = getattr(expected, measure)
                got = found.of(key, "object", measure)[index]
                assert np.isnan(got) if value is None else got == pytest.approx(value, abs=1e-6)


def test_each_map_of_a_layer_is_what_it_is_called(checkpoints):
    """By hand, from the gates that were read; features from the block's own modules, run one after the other."""
    network, card = load(checkpoints["scenes-gam"]), checkpoints["scenes-gam"].card
    x = inputs(SCENES, card, 0, 1, "cpu")
    maps = LayerMaps(network, card)(x)
    explanation = explain(network, card, x)
    channel, spatial = (explanation.reading("layer2.1", branch).values for branch in ("channel", "spatial"))
    np.testing.assert_allclose(maps["gain.layer2.1"], np.abs(channel * spatial).mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(maps["channel.layer2.1"], np.abs(channel).mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(maps["mask.layer2.1"], spatial.mean(axis=0), rtol=1e-5)
    for name in ("scenes-gam", "scenes-none"):
        network = load(checkpoints[name])
        with torch.inference_mode():
            stem = network.maxpool(network.relu(network.bn1(network.conv1(x))))
            block = network.layer1[0]
            before = block.bn2(block.conv2(block.relu1(block.bn1(block.conv1(stem)))))
        features = LayerMaps(network, card)(x)["features.layer1.0"]
        np.testing.assert_allclose(features, before.abs().mean(dim=1)[0], rtol=1e-5)


def test_one_picture_has_the_same_baselines(checkpoints):
    """In a report of a scene, the maps stand beside what they have to beat, scored as over many scenes."""
    network, card = load(checkpoints["scenes-gam"]), checkpoints["scenes-gam"].card
    x = inputs(SCENES, card, 1, 2, "cpu")
    given = MeasureInput(
        "k", "n", network, card, x, 0, explain(network, card, x), truth={"object": SCENES.regions["object"][1]}
    )
    verdicts = {verdict.key: verdict.numbers for verdict in LOCALISATION.measure([given], {})}
    many, trivial = looks(network, card, SCENES, []), trivial_looks(SCENES)
    wanted = {key: many.of(key, "object", "energy")[1] for key in many.keys if not key.startswith("gain.")}
    wanted |= {key: trivial.of(key, "object", "energy")[1] for key in trivial.keys}
    assert verdicts.keys() == wanted.keys() | {map_.key for map_ in given.maps}
    for key, energy in wanted.items():
        assert verdicts[key]["energy"] == pytest.approx(energy, abs=1e-4), key
    assert verdicts["area"]["pointing"] == SCENES.regions["object"][1].mean()


def test_the_networks_own_modules_are_left_without_hooks(checkpoints):
    network = load(checkpoints["scenes-none"])
    LayerMaps(network, checkpoints["scenes-none"].card)
    assert not any(module._forward_pre_hooks for module in network.modules())


def test_features_without_attention_beat_every_networks_gates():
    """The figure that has to stand beside them: 0.249 of the mass, and the largest value on the object in 0.85."""
    networks = {network.name: network for each in load_results() for network in each.networks}

    def scores(name, key):
        row = next(row for row in networks[name].maps if (row.key, row.region) == (key, "object"))
        return {measure: of.value for measure, of in row.scores.items()}

    features = scores("scenes-none", "features")
    assert (round(features["energy"], 3), round(features["pointing"], 2)) == (0.249, 0.85)
    for name in ("scenes-cbam", "scenes-gam", "scenes-gam-sigmoid"):
        for kind in ("gain", "mask"):
            assert all(value < features[measure] for measure, value in scores(name, kind).items()), (name, kind)


def test_the_input_is_the_picture_normalised(checkpoints):
    card = checkpoints["scenes-gam"].card
    x = inputs(SCENES, card, 1, 3, "cpu")
    expected = (SCENES.images[1:].transpose(0, 3, 1, 2) / 255 - 0.5) / 0.25
    np.testing.assert_allclose(x.numpy(), expected, atol=1e-6)


def test_a_network_of_other_pictures_is_refused(checkpoints):
    with pytest.raises(ValueError, match="sees pictures of 32 x 32 pixels, and these have 64 x 64"):
        looks(load(checkpoints["cifar10-gam"]), checkpoints["cifar10-gam"].card, SCENES)


def test_a_tag_is_a_region_of_its_own():
    found = trivial_looks(drawn(draw_scenes(4, split="test", shortcut=True)))
    assert set(found.areas) == {"object", "tag"}
    # A map without values scores what chance does.
    areas = found.areas["tag"]
    np.testing.assert_allclose(found.of("area", "tag", "energy"), areas)
    np.testing.assert_allclose(found.of("area", "tag", "pointing"), areas)
    np.testing.assert_allclose(found.of("area", "tag", "overlap"), areas / (2 - areas))
    assert found.areas["tag"].max() < 0.05
    # The tag stands in a corner: a bell in the middle never points there.
    assert (found.of("centre", "tag", "pointing") == 0).all()
    assert (found.of("centre", "object", "energy") > found.of("centre", "tag", "energy")).all()


def test_who_leaves_leaves_nothing_behind(checkpoints):
    network, card = load(checkpoints["scenes-gam"]), checkpoints["scenes-gam"].card
    before = {key: value.clone() for key, value in network.state_dict().items()}

    class LeftError(Exception):
        pass

    def leave(share):
        raise LeftError

    with pytest.raises(LeftError):
        looks(network, card, SCENES, ["gradcam"], leave)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not network.training


def test_a_measure_that_is_registered_is_a_column(monkeypatch) -> None:
    """From one line: a plain function on maps, of the maps that no network had a hand in."""
    scenes = drawn(draw_scenes(2, split="test"))
    monkeypatch.setitem(MEASURES, "peak", of_maps("peak", lambda values: float(values.max())))
    scored = trivial_looks(scenes)
    assert list(scene_scores()) == ["energy", "pointing", "overlap", "peak"]
    assert (scored.of("centre", "object", "peak") > 0.9).all()
    assert scored.scores["object", "peak"].shape == (3, 2)
