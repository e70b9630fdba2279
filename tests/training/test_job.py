"""What a run is recognised by, and which weights fit a network that starts from a checkpoint."""

import dataclasses
import json

import pytest
import torch

from gam_viz.explain.gates import gates_of, record_gates
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import Card, load, read, rewrite_card, save
from gam_viz.training import Job, TrainingError, recipe
from gam_viz.training.job import let_gates_act, start_from

CONFIG = NetworkConfig(width=4, num_classes=3, attention="cbam")
#: What recipes did not have at first.
NEW = ("quarter_turns", "turn", "zoom", "colour", "erase", "balanced", "settle")


@pytest.fixture
def written(tmp_path, randomise):
    """Checkpoints of untrained networks with random weights."""

    def write(config=CONFIG, name="first", seed=0):
        card = Card(
            name=name,
            dataset="easy",
            dataset_title="Easy colours",
            classes=tuple(map(str, range(config.num_classes))),
            input_size=12,
            mean=(0.4,) * 3,
            std=(0.3,) * 3,
            config=config,
        )
        save(randomise(build_network(config), seed), card, tmp_path / f"{name}.safetensors")
        return read(tmp_path / f"{name}.safetensors")

    return write


def job_of(**changes):
    return dataclasses.replace(Job("job", CONFIG, recipe("few-pictures")), **changes)


def after_json(job):
    return json.loads(json.dumps(job.to_dict()))


def test_a_job_recognises_itself_after_json(written):
    for job in (job_of(), job_of(start=written()), job_of(config=dataclasses.replace(CONFIG, attention="none"))):
        assert job.made(after_json(job))
        assert set(after_json(job)) == {"config", "recipe", "seed", "start"}


def test_its_name_and_notes_may_change():
    assert job_of(name="other", notes=("A note.",)).made(after_json(job_of()))


def test_other_settings_are_another_job(written):
    first, second = written(name="first"), written(name="second", seed=1)
    values = after_json(job_of(start=first))
    for changes in (
        {"config": dataclasses.replace(CONFIG, width=8)},
        {"recipe": recipe("few-pictures", epochs=81)},
        {"recipe": dataclasses.replace(recipe("few-pictures"), erase=0.2)},
        {"seed": 1},
        {"start": second},
        {"start": None},
    ):
        assert not job_of(**{"start": first, **changes}).made(values)


def older(job):
    """What the first version of the class wrote: no start, no settings that came later."""
    values = after_json(job)
    del values["start"]
    values["recipe"] = {key: value for key, value in values["recipe"].items() if key not in NEW}
    return values


def test_what_an_older_version_wrote_is_the_same_job(written):
    job = job_of(recipe=recipe("default"))
    assert job.made(older(job))
    assert not dataclasses.replace(job, seed=1).made(older(job))
    assert not dataclasses.replace(job, recipe=recipe("default", epochs=12)).made(older(job))
    # What the older version did not know, it did not do.
    assert not dataclasses.replace(job, start=written()).made(older(job))
    assert not dataclasses.replace(job, recipe=dataclasses.replace(job.recipe, turn=5.0)).made(older(job))


@pytest.mark.parametrize(
    "changes",
    [
        {"recipe": {**recipe("few-pictures").to_dict(), "mixup": 0.2}},
        {"recipe": {}},
        {"recipe": None},
        {"recipe": {**recipe("few-pictures").to_dict(), "sizes": [0.5]}},
        {"more": 1},
    ],
)
def test_what_is_not_understood_is_another_job(changes):
    assert not job_of().made({**after_json(job_of()), **changes})


def test_without_a_recipe_it_is_another_job():
    values = after_json(job_of())
    del values["recipe"]
    assert not job_of().made(values)


def test_a_start_whose_card_was_rewritten_is_the_same_start(written):
    """As `evaluate` rewrites it: the weights are what a run starts from."""
    before = written()
    values = after_json(job_of(start=before))
    after = rewrite_card(
        before,
        test={"accuracy": 0.5, "interval": [0.4, 0.6], "count": 10, "calibration_error": 0.1},
        notes=("Tested.",),
    )
    assert after.sha256 != before.sha256
    assert job_of(start=after).made(values)
    assert not job_of(start=written(seed=1)).made(values)


def test_a_start_noted_by_its_whole_file_is_recognised(written):
    start = written()
    values = {**after_json(job_of(start=start)), "start": start.sha256}
    assert job_of(start=start).made(values)
    assert not job_of(start=written(seed=1)).made(values)


def starting(config, checkpoint):
    """A fresh network before and after it took over weights, and what the card says of that."""
    torch.manual_seed(3)
    network = build_network(config)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    return network, before, start_from(network, checkpoint)


def modules_of(keys):
    return {key.rpartition(".")[0] for key in keys}


@pytest.mark.parametrize(
    ("changes", "fresh"),
    [
        ({}, set()),
        ({"num_classes": 5}, {"fc"}),
        ({"stem": "stride2"}, set()),  # the same kernel, other steps
        ({"stem": "imagenet"}, {"conv1"}),
        ({"stem": "imagenet", "num_classes": 7}, {"conv1", "fc"}),
    ],
    ids=["the same", "classes", "strides", "stem", "stem and classes"],
)
def test_what_fits_is_taken_over_and_the_rest_starts_fresh(changes, fresh, written):
    checkpoint = written()
    network, before, said = starting(dataclasses.replace(CONFIG, **changes), checkpoint)
    assert said == {"name": "first", "sha256": checkpoint.sha256, "fresh": sorted(fresh)}
    given, after = load(checkpoint).state_dict(), network.state_dict()
    for key, value in after.items():
        expected = before[key] if given[key].shape != value.shape else given[key]
        assert torch.equal(value, expected), key
        assert value.dtype == given[key].dtype
    reshaped = {key for key in after if given[key].shape != after[key].shape}
    assert modules_of(reshaped) == fresh
    assert all(p.requires_grad for p in network.parameters())
    assert network.training


@pytest.mark.parametrize(("given", "taken"), [("none", "cbam"), ("cbam", "none"), ("cbam", "gam")])
def test_another_attention_starts_fresh_within_the_same_trunk(given, taken, written):
    checkpoint = written(dataclasses.replace(CONFIG, attention=given))
    network, before, said = starting(dataclasses.replace(CONFIG, attention=taken), checkpoint)
    own = network.state_dict()
    attention = {key for key in own if ".attention." in key}
    assert set(said["fresh"]) == modules_of(attention)
    weights = load(checkpoint).state_dict()
    assert all(torch.equal(own[key], weights[key]) for key in own.keys() - attention)
    assert all(torch.equal(own[key], before[key]) for key in attention)


def test_weights_of_half_precision_start_a_network_in_float32(written, tmp_path):
    checkpoint = written()
    save(load(checkpoint), checkpoint.card, tmp_path / "half.safetensors", half=True)
    network, _, said = starting(CONFIG, read(tmp_path / "half.safetensors"))
    assert said["fresh"] == []
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert torch.equal(network.fc.weight, load(checkpoint).fc.weight.half().float())


@pytest.mark.parametrize("changes", [{"width": 8}, {"architecture": "resnet50", "width": 6, "num_classes": 4}])
def test_a_start_of_which_nothing_fits_is_refused_in_one_sentence(changes, written):
    checkpoint = written(dataclasses.replace(CONFIG, attention="none"))
    with pytest.raises(TrainingError, match=r"^no weight of first\.safetensors fits this network$"):
        starting(dataclasses.replace(CONFIG, attention="none", **changes), checkpoint)


def masks(network, x):
    with torch.inference_mode(), record_gates(network) as seen:
        network(x)
    return [gate for path, _, gate in seen if gates_of(network)[path].branch == "spatial"]


@pytest.mark.parametrize("attention", ["cbam", "gam", "gam-sigmoid", "se", "eca"])
def test_gates_begin_as_maps_and_open(attention):
    torch.manual_seed(0)
    options = {"channel_gate": "sigmoid"} if attention == "gam-sigmoid" else {}
    config = NetworkConfig(
        num_classes=3, width=8, attention=attention.removesuffix("-sigmoid"), attention_options=options
    )
    network = build_network(config).eval()
    x = torch.randn(2, 3, 32, 32)
    before = masks(network, x)
    constant = [float(mask.std()) == 0 for mask in before]
    assert constant == [attention == "cbam"] * len(before)
    untouched = {name: value.clone() for name, value in network.state_dict().items()}
    let_gates_act(network)
    assert all(float(mask.std()) > 1e-3 for mask in masks(network, x))
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, untouched[name])}
    assert all(name.endswith((".bias", "attention.bn.weight")) for name in changed)
    assert bool(changed) == (attention != "eca")
    with torch.inference_mode(), record_gates(network) as seen:
        network(x)
    means = {gates_of(network)[path].branch: float(gate.mean()) for path, _, gate in seen}
    expected = {"gam": {"channel": 1.0, "spatial": 0.73}, "eca": {"channel": 0.5}}.get(attention, {})
    for branch, mean in means.items():  # CBAM adds two branches, each of which begins at 1
        wanted = expected.get(branch, 0.88 if attention == "cbam" and branch == "channel" else 0.73)
        assert abs(mean - wanted) < 0.08, branch
