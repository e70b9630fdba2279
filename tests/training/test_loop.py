"""Training: it learns, it goes on where it was stopped, it refuses what would go wrong."""

import dataclasses
import json
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from gam_viz.datasets import split_validation
from gam_viz.images import normalise_batch
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import load, read, rewrite_card, snapshot_path, snapshots
from gam_viz.training import Job, TrainingError, loop, predict, recipe, summarise, train
from gam_viz.training.epoch import learning_rate

CPU = torch.device("cpu")


def job_of(name="job", attention="cbam", seed=1, start=None, notes=(), **changes):
    values = {"epochs": 2, "batch_size": 38, "crop": 2, "learning_rate": 0.05, **changes}
    return Job(
        name,
        NetworkConfig(width=4, num_classes=3, attention=attention),
        recipe("default", **values),
        seed,
        start=start,
        notes=notes,
    )


@pytest.fixture
def run(tmp_path, easy_images):
    data = easy_images(120)

    def start(job=None, data=data, **options):
        folders = {"checkpoints": tmp_path / "checkpoints", "runs": tmp_path / "runs"}
        return train(job or job_of(), data, **{**folders, "device": CPU, "progress": False, **options})

    return start


def log_of(path):
    log = path.parent.parent / "runs" / path.stem / "log.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()]


def without_seconds(lines):
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def same_weights(one, other):
    one, other = (load(read(path)).state_dict() for path in (one, other))
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("attention", ["none", pytest.param("cbam", marks=pytest.mark.long), "gam_sigmoid"])
def test_it_learns_an_easy_set(attention, run, easy_images):
    path = run(job_of(attention=attention, epochs=4, batch_size=16))
    lines = log_of(path)
    assert lines[-1]["loss"] < 0.8 * lines[0]["loss"]
    card = read(path).card
    unseen = easy_images(90, seed=9)
    result = summarise(predict(load(read(path)), unseen, card.mean, card.std, CPU), unseen)
    assert result["accuracy"] > 0.9


def test_the_card_says_how(run, easy_images):
    job = job_of("named", seed=5, notes=("A note.",))
    path = run(job)
    assert path.name == "named.safetensors"
    card = read(path).card
    info = easy_images(3).info
    assert (card.name, card.dataset, card.dataset_title, card.classes) == ("named", "easy", info.title, info.classes)
    assert (card.source, card.licence, card.input_size) == (info.source, info.licence, 12)
    assert (card.mean, card.std, card.config) == (info.mean, info.std, job.config)
    assert (card.recipe, card.seed, card.epochs, card.notes) == (job.recipe.to_dict(), 5, 2, ("A note.",))
    assert (card.test, card.started_from, card.domain) == ({}, {}, info.domain)
    assert set(card.versions) == {"torch", "gam_viz", "device", "precision"}
    _, held_out = split_validation(easy_images(120), loop.VALIDATION_SHARE)
    again = summarise(predict(load(read(path)), held_out, card.mean, card.std, CPU), held_out)
    assert card.validation == {key: again[key] for key in ("accuracy", "auc", "count")}


def test_the_article_recipe_normalises_by_one_half(run):
    article = dataclasses.replace(job_of(), recipe=recipe("article", epochs=1))
    card = read(run(article)).card
    assert (card.mean, card.std) == ((0.5,) * 3, (0.5,) * 3)


def test_the_log_has_a_line_an_epoch_and_equals_the_state(run):
    path = run(job_of(epochs=3))
    lines = log_of(path)
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert set(lines[0]) == {"epoch", "loss", "train_accuracy", "validation_accuracy", "seconds"}
    state = torch.load(path.parent.parent / "runs" / "job" / "state.pt", weights_only=True)
    assert json.loads(state["history"]) == lines
    assert state["epoch"] == 3
    assert lines[-1]["validation_accuracy"] == pytest.approx(read(path).card.validation["accuracy"], abs=0.2)


def test_the_same_seed_gives_the_same_weights_and_another_others(run):
    paths = [run(job_of(name, seed=seed)) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    assert same_weights(paths[0], paths[1])
    assert not same_weights(paths[0], paths[2])


@contextmanager
def stopped_after(epoch):
    """A run in here is stopped as soon as it has written that epoch's line of the log."""
    write = loop._write_log

    def write_and_stop(path, history):
        write(path, history)
        if len(history) == epoch:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "_write_log", write_and_stop)
        with pytest.raises(KeyboardInterrupt):
            yield


@pytest.fixture
def epochs(monkeypatch):
    """The epochs that were trained, as they come."""
    trained = []
    real = loop.one_epoch

    def noting(*arguments, **options):
        trained.append(arguments[5] + 1)
        return real(*arguments, **options)

    monkeypatch.setattr(loop, "one_epoch", noting)
    return trained


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_stopped_after_an_epoch_it_goes_on_to_the_same_weights(optimizer, run, epochs):
    settings = {"epochs": 3, "optimizer": optimizer, "learning_rate": 0.01, "sizes": ((0.34, 0.75),)}
    whole = run(job_of("whole", **settings))
    with stopped_after(1):
        run(job_of("stopped", **settings))
    assert not whole.with_name("stopped.safetensors").exists()
    epochs.clear()
    stopped = run(job_of("stopped", **settings))
    assert epochs == [2, 3]
    assert same_weights(whole, stopped)
    assert without_seconds(log_of(stopped)) == without_seconds(log_of(whole))
    assert read(stopped).card == dataclasses.replace(read(whole).card, name="stopped")


def test_killed_in_the_middle_of_an_epoch_it_goes_on_to_the_same_weights(run, monkeypatch):
    whole = run(job_of("whole"))
    steps = []

    def killed(recipe, progress):
        steps.append(progress)
        if progress > 0.7:
            raise KeyboardInterrupt
        return learning_rate(recipe, progress)

    monkeypatch.setattr("gam_viz.training.epoch.learning_rate", killed)
    with pytest.raises(KeyboardInterrupt):
        run(job_of("stopped"))
    assert sorted(set(steps)) == [step / 6 for step in range(6)]  # the last of three steps in the second of two epochs
    monkeypatch.undo()
    assert same_weights(whole, run(job_of("stopped")))


def test_killed_before_the_log_was_written_it_is_made_up_for(run, monkeypatch):
    write = loop.write_atomically

    def killed(path, how):
        if path.name == "log.jsonl" and path.exists():
            raise KeyboardInterrupt
        write(path, how)

    monkeypatch.setattr(loop, "write_atomically", killed)
    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.undo()
    assert [line["epoch"] for line in log_of(run())] == [1, 2]


def test_killed_after_the_last_epoch_only_the_checkpoint_is_written(run, monkeypatch):
    whole = run(job_of("whole"))
    with stopped_after(2):
        run()
    monkeypatch.setattr(loop, "one_epoch", None)
    assert same_weights(whole, run())


def test_other_settings_under_the_same_name_are_refused(run):
    path = run()
    before = path.read_bytes()
    for changes in (
        {"epochs": 3},
        {"learning_rate": 0.06},
        {"seed": 2},
        {"attention": "none"},
        {"sizes": ((0.5, 0.75),)},
    ):
        with pytest.raises(TrainingError, match=r"runs.job holds a run with other settings; choose another --name"):
            run(job_of(**changes))
        assert path.read_bytes() == before


def test_other_data_under_the_same_name_are_refused(run, easy_images):
    run()
    with pytest.raises(TrainingError, match="holds a run on other data; choose another --name"):
        run(data=easy_images(150))
    other = easy_images(120)
    with pytest.raises(TrainingError, match="holds a run on other data"):
        run(data=dataclasses.replace(other, info=dataclasses.replace(other.info, name="harder")))


def test_a_state_written_before_data_were_noted_is_taken(run, tmp_path):
    run()
    path = tmp_path / "runs" / "job" / "state.pt"
    state = torch.load(path, weights_only=True)
    del state["data"]
    torch.save(state, path)
    assert run().exists()


def test_a_damaged_state_is_refused_in_one_sentence(run, tmp_path):
    run()
    path = tmp_path / "runs" / "job" / "state.pt"
    for content in (b"", b"text", path.read_bytes()[:-500]):
        path.write_bytes(content)
        with pytest.raises(TrainingError, match=r"state\.pt is damaged; remove it to start anew"):
            run()


def test_a_loss_that_is_not_finite_ends_the_run_with_what_was_good(run, tmp_path):
    with pytest.raises(TrainingError, match="the loss of job is not finite in epoch 1; lower the rate"):
        run(job_of(learning_rate=1e30, clip=0.0, schedule="constant"))
    assert not (tmp_path / "checkpoints").exists()
    assert not (tmp_path / "runs" / "job").exists()


def test_a_set_smaller_than_a_batch_is_trained_on(run, easy_images):
    path = run(job_of(batch_size=64), data=easy_images(12))
    assert read(path).card.validation["count"] == 3
    assert all(np.isfinite(line["loss"]) for line in log_of(path))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_pictures_are_refused(count, run, easy_images):
    with pytest.raises(TrainingError, match=f"Easy colours holds {count} training pictures, too few"):
        run(data=easy_images(count))


def test_progress_is_shown_where_it_is_asked_for(run, capsys):
    run(job_of(epochs=1), progress=True)
    assert "job 1/1" in capsys.readouterr().err
    run(job_of("quiet", epochs=1))
    assert capsys.readouterr().err == ""


#: All the ways in which a picture can be changed, and both ends of a run that came with them.
CHANGED = {
    "quarter_turns": True,
    "turn": 10.0,
    "zoom": 0.2,
    "colour": 0.3,
    "erase": 0.2,
    "balanced": True,
    "settle": True,
    "sizes": ((0.4, 0.75),),
}


def any_way_up(data):
    return dataclasses.replace(data, info=dataclasses.replace(data.info, any_way_up=True, domain="aerial"))


def two_classes(data, held_out=None):
    """The greens and the blues are one class: twice as many as the reds."""
    info = dataclasses.replace(data.info, classes=("red", "other"))
    return dataclasses.replace(data, info=info, labels=np.minimum(data.labels, 1), held_out=held_out)


def with_classes(job, count):
    return dataclasses.replace(job, config=dataclasses.replace(job.config, num_classes=count))


def test_with_every_change_and_a_start_it_goes_on_to_the_same_weights(run, easy_images):
    data = any_way_up(easy_images(120))
    start = read(run(job_of("first", epochs=1)))
    whole = run(job_of("whole", epochs=3, start=start, **CHANGED), data, snapshots=(0, 1, 2, 3))
    stopped = job_of("stopped", epochs=3, start=start, **CHANGED)
    with stopped_after(2):
        run(stopped, data, snapshots=(0, 1, 2, 3))
    start = rewrite_card(
        start, test={"accuracy": 0.5, "interval": [0.4, 0.6], "count": 10, "calibration_error": 0.1}
    )  # as `evaluate` does, meanwhile
    path = run(dataclasses.replace(stopped, start=start), data, snapshots=(0, 1, 2, 3))
    assert same_weights(whole, path)
    assert without_seconds(log_of(path)) == without_seconds(log_of(whole))
    card = read(path).card
    assert card.domain == "aerial"
    assert card.started_from == {"name": "first", "sha256": start.sha256, "fresh": []}
    assert card.recipe == stopped.recipe.to_dict()


def test_a_state_of_an_older_version_goes_on(run, epochs, tmp_path):
    """It names neither a start nor the settings that recipes have had since."""
    whole = run(job_of("whole", epochs=3))
    with stopped_after(2):
        run(job_of(epochs=3))
    path = tmp_path / "runs" / "job" / "state.pt"
    state = torch.load(path, weights_only=True)
    values = json.loads(state["job"])
    del values["start"]
    values["recipe"] = {key: value for key, value in values["recipe"].items() if key == "sizes" or key not in CHANGED}
    torch.save({**state, "job": json.dumps(values)}, path)
    with pytest.raises(TrainingError, match="holds a run with other settings"):
        run(job_of(epochs=3, settle=True))
    epochs.clear()
    assert same_weights(whole, run(job_of(epochs=3)))
    assert epochs == [3]


def test_another_start_under_the_same_name_is_refused(run):
    one, other = (read(run(job_of(name, seed=seed))) for name, seed in (("one", 1), ("other", 2)))
    run(job_of(start=one))
    for start in (other, None):
        with pytest.raises(TrainingError, match="holds a run with other settings"):
            run(job_of(start=start))


def test_a_start_with_another_stem_and_other_classes(run, easy_images):
    """Before its first epoch the network is the other one but for what the card calls fresh."""
    first = run(job_of("first"))
    job = with_classes(job_of("second", epochs=1, start=read(first)), 2)
    job = dataclasses.replace(job, config=dataclasses.replace(job.config, stem="imagenet"))
    card = read(run(job, two_classes(easy_images(120)), snapshots=(0,))).card
    assert card.started_from == {"name": "first", "sha256": read(first).sha256, "fresh": ["conv1", "fc"]}
    begun = load(read(snapshot_path(first.parent, "second", 0))).state_dict()
    for key, value in load(read(first)).state_dict().items():
        if key.rpartition(".")[0] not in ("conv1", "fc"):
            assert torch.equal(begun[key], halved(value)), key


def test_a_start_of_which_nothing_fits_is_refused_before_anything_is_written(run, tmp_path):
    start = read(run(job_of("narrow", attention="none")))
    job = job_of("wide", attention="none", start=start)
    with pytest.raises(TrainingError, match=r"^no weight of narrow\.safetensors fits this network$"):
        run(dataclasses.replace(job, config=dataclasses.replace(job.config, width=8)), snapshots=(0,))
    assert not (tmp_path / "runs" / "wide").exists()
    assert not (tmp_path / "checkpoints" / "snapshots").exists()


def halved(value):
    """What half precision leaves of a tensor."""
    return value.half().float() if value.ndim > 1 else value


def test_snapshots_are_the_network_after_those_epochs(run):
    job = job_of(epochs=3, attention="gam")
    path = run(job, snapshots=(0, 2, 3, 7))
    found = snapshots(path.parent, "job")
    assert list(found) == [0, 2, 3]

    torch.manual_seed(job.seed)
    fresh = build_network(job.config).state_dict()
    begun = load(read(found[0])).state_dict()
    assert all(torch.equal(begun[key], halved(value).to(begun[key])) for key, value in fresh.items())
    last, whole = load(read(found[3])).state_dict(), load(read(path)).state_dict()
    assert all(torch.equal(last[key], halved(value)) for key, value in whole.items())
    assert not torch.equal(load(read(found[2])).conv1.weight, last["conv1.weight"])

    lines = log_of(path)
    for epoch, one in found.items():
        card = read(one).card
        assert card == dataclasses.replace(read(path).card, epochs=epoch, validation=card.validation)
        if epoch:
            logged = lines[epoch - 1]["validation_accuracy"]
            assert card.validation["accuracy"] == pytest.approx(logged, abs=0.2)  # logged in another precision
    assert read(found[3]).card.validation == read(path).card.validation


def test_snapshots_do_not_change_the_training(run):
    assert same_weights(run(job_of("without")), run(job_of("with"), snapshots=(0, 1, 2)))


def test_a_resumed_run_does_not_lose_snapshots(run):
    epochs = (0, 1, 2, 3)
    whole = run(job_of("whole", epochs=3), snapshots=epochs)
    with stopped_after(1):
        run(job_of("stopped", epochs=3), snapshots=epochs)
    before = {epoch: path.read_bytes() for epoch, path in snapshots(whole.parent, "stopped").items()}
    assert list(before) == [0, 1]
    run(job_of("stopped", epochs=3), snapshots=epochs)
    after = snapshots(whole.parent, "stopped")
    assert list(after) == list(epochs)
    assert all(after[epoch].read_bytes() == content for epoch, content in before.items())
    assert all(same_weights(after[epoch], path) for epoch, path in snapshots(whole.parent, "whole").items())


def test_a_snapshot_lost_with_its_state_is_written_again(run, monkeypatch):
    """Killed between the two writes, the epoch is trained again."""
    whole = run(job_of("whole"), snapshots=(1, 2))
    real = loop.write_atomically

    def killed(path, write):
        if path.name == "state.pt" and path.exists():
            raise KeyboardInterrupt
        real(path, write)

    monkeypatch.setattr(loop, "write_atomically", killed)
    with pytest.raises(KeyboardInterrupt):
        run(job_of("stopped"), snapshots=(1, 2))
    monkeypatch.undo()
    run(job_of("stopped"), snapshots=(1, 2))
    for epoch, path in snapshots(whole.parent, "stopped").items():
        assert same_weights(path, snapshot_path(whole.parent, "whole", epoch))


@pytest.mark.parametrize("attention", ["none", "gam"])
def test_settled_statistics_are_those_of_the_unchanged_pictures(attention, run, easy_images):
    """Of the first two batch norms, computed by hand; weights are as the last epoch left them."""
    job = job_of(attention=attention, settle=True, colour=0.3)
    path = run(job)
    settled = load(read(path)).state_dict()
    state = torch.load(path.parent.parent / "runs" / "job" / "state.pt", weights_only=True)["network"]
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    for key, value in settled.items():
        assert torch.equal(value, state[key]) is not key.endswith(statistics), key

    data, _ = split_validation(easy_images(120), loop.VALIDATION_SHARE)
    images = torch.from_numpy(data.images).permute(0, 3, 1, 2)
    x = normalise_batch(images, data.info.mean, data.info.std).double()

    def convolved(x, name):
        return torch.nn.functional.conv2d(
            x, state[f"{name}.weight"].double(), state[f"{name}.bias"].double(), padding=1
        )

    def check(features, name):
        """Mean and unbiased variance over pictures and places; returns the normalised features."""
        mean, var = features.mean(dim=(0, 2, 3)), features.var(dim=(0, 2, 3))
        torch.testing.assert_close(settled[f"{name}.running_mean"].double(), mean, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(settled[f"{name}.running_var"].double(), var, rtol=1e-4, atol=1e-6)
        biased = features.var(dim=(0, 2, 3), correction=0)
        scale, shift = state[f"{name}.weight"].double(), state[f"{name}.bias"].double()
        flat = (features - mean[:, None, None]) / torch.sqrt(biased[:, None, None] + 1e-5)
        return flat * scale[:, None, None] + shift[:, None, None]

    x = torch.relu(check(convolved(x, "conv1"), "bn1"))
    check(convolved(x, "layer1.0.conv1"), "layer1.0.bn1")


def test_settling_many_pictures_averages_over_all_of_them(run, easy_images):
    """More pictures than are passed at a time: the mean is still that of all."""
    data = easy_images(301, size=8)
    path = run(job_of(attention="none", settle=True, epochs=1), data)
    network = load(read(path))
    train_data, _ = split_validation(data, loop.VALIDATION_SHARE)
    assert len(train_data) > 256
    x = normalise_batch(torch.from_numpy(train_data.images).permute(0, 3, 1, 2), data.info.mean, data.info.std)
    features = network.conv1(x)
    torch.testing.assert_close(network.bn1.running_mean, features.mean(dim=(0, 2, 3)), rtol=2e-3, atol=2e-3)


def test_killed_after_the_last_epoch_it_still_settles(run):
    whole = run(job_of("whole", settle=True))
    with stopped_after(2):
        run(job_of("stopped", settle=True))
    assert same_weights(whole, run(job_of("stopped", settle=True)))


@pytest.mark.parametrize("counts", [(10, 10, 10), (1, 2, 7), (50, 1, 3), (4, 0, 12)])
def test_balanced_weights_are_inverse_to_the_counts(counts, easy_images):
    labels = np.repeat(np.arange(3), counts)
    data = dataclasses.replace(easy_images(len(labels)), labels=labels)
    weights = loop._class_weights(data)
    assert weights.dtype == torch.float32
    present = [count for count in counts if count]
    expected = [sum(counts) / (len(present) * count) if count else 0.0 for count in counts]
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    assert float(weights[labels].mean()) == pytest.approx(1)
    weighed = np.array(counts) * weights.numpy()
    np.testing.assert_allclose(weighed[weighed > 0], sum(counts) / len(present), rtol=1e-6)  # every class the same


@pytest.mark.parametrize("balanced", [True, False])
def test_the_loss_is_weighed_where_the_recipe_says_so(balanced, run, easy_images, monkeypatch):
    used = []
    real = loop.one_epoch

    def noting(network, criterion, *rest, **options):
        used.append(criterion.weight)
        return real(network, criterion, *rest, **options)

    monkeypatch.setattr(loop, "one_epoch", noting)
    data = two_classes(easy_images(120))
    run(with_classes(job_of(balanced=balanced, epochs=1), 2), data)
    if balanced:
        torch.testing.assert_close(used[0], loop._class_weights(split_validation(data, loop.VALIDATION_SHARE)[0]))
        torch.testing.assert_close(used[0], torch.tensor([1.5, 0.75]), rtol=0.02, atol=0)
    else:
        assert used == [None]


def test_pictures_that_were_held_out_are_the_validation(run, easy_images, monkeypatch):
    held_out = np.arange(120) >= 90
    data = two_classes(easy_images(120), held_out)
    trained_on = []
    real = loop.Batches

    def noting(data, *rest):
        trained_on.append(data)
        return real(data, *rest)

    monkeypatch.setattr(loop, "Batches", noting)
    path = run(with_classes(job_of(), 2), data)
    assert np.array_equal(trained_on[0].images, data.images[:90])
    checkpoint = read(path)
    unseen = data.take(np.arange(90, 120))
    result = summarise(predict(load(checkpoint), unseen, checkpoint.card.mean, checkpoint.card.std, CPU), unseen)
    assert checkpoint.card.validation == {key: result[key] for key in ("accuracy", "auc", "count")}
    assert result["count"] == 30


def test_nothing_held_out_is_too_few_to_validate(run, easy_images):
    data = two_classes(easy_images(12), np.zeros(12, dtype=bool))
    with pytest.raises(TrainingError, match="Easy colours holds 12 training pictures, too few"):
        run(with_classes(job_of(), 2), data)


@pytest.mark.parametrize("name", ["few-pictures", pytest.param("radiographs", marks=pytest.mark.long)])
def test_the_other_recipes_learn_an_easy_set_too(name, run, easy_images):
    job = dataclasses.replace(job_of("job"), recipe=recipe(name, epochs=4, batch_size=16, learning_rate=0.05))
    card = read(run(job)).card
    assert card.recipe["name"] == name
    unseen = easy_images(90, seed=9)
    network = load(read(run(job)))
    assert summarise(predict(network, unseen, card.mean, card.std, CPU), unseen)["accuracy"] > 0.9
