"""Training: it learns, it goes on where it was stopped, it refuses what would go wrong."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from gam_viz.checkpoints import load, read
from gam_viz.datasets import split_validation
from gam_viz.networks import NetworkConfig
from gam_viz.training import Job, TrainingError, loop, predict, recipe, summarise, train

CPU = torch.device("cpu")


def job_of(name="job", attention="cbam", seed=1, notes=(), **changes):
    values = {"epochs": 2, "batch_size": 38, "crop": 2, "learning_rate": 0.05, **changes}
    return Job(
        name, NetworkConfig(width=4, num_classes=3, attention=attention), recipe("default", **values), seed, notes
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


@pytest.mark.parametrize("attention", ["none", "cbam", "gam_sigmoid"])
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
    assert card.test == {}
    assert set(card.versions) == {"torch", "gam_viz", "device", "precision"}
    _, held_out = split_validation(easy_images(120), loop.VALIDATION_SHARE)
    again = summarise(predict(load(read(path)), held_out, card.mean, card.std, CPU), held_out)
    assert card.validation == {"accuracy": again["accuracy"], "count": len(held_out)}


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


def stop_after_epoch(epoch):
    def on_epoch(done, network):
        if done == epoch:
            raise KeyboardInterrupt

    return on_epoch


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_stopped_after_an_epoch_it_goes_on_to_the_same_weights(optimizer, run):
    settings = {"epochs": 3, "optimizer": optimizer, "learning_rate": 0.01, "sizes": ((0.34, 0.75),)}
    whole = run(job_of("whole", **settings))
    with pytest.raises(KeyboardInterrupt):
        run(job_of("stopped", **settings), on_epoch=stop_after_epoch(1))
    assert not whole.with_name("stopped.safetensors").exists()
    epochs = []
    stopped = run(job_of("stopped", **settings), on_epoch=lambda epoch, network: epochs.append(epoch))
    assert epochs == [2, 3]
    assert same_weights(whole, stopped)
    assert without_seconds(log_of(stopped)) == without_seconds(log_of(whole))
    assert read(stopped).card == dataclasses.replace(read(whole).card, name="stopped")


def test_killed_in_the_middle_of_an_epoch_it_goes_on_to_the_same_weights(run, monkeypatch):
    whole = run(job_of("whole"))
    steps = []
    real = loop.learning_rate

    def killed(recipe, progress):
        steps.append(progress)
        if progress > 0.7:
            raise KeyboardInterrupt
        return real(recipe, progress)

    monkeypatch.setattr(loop, "learning_rate", killed)
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
    with pytest.raises(KeyboardInterrupt):
        run(on_epoch=stop_after_epoch(2))
    monkeypatch.setattr(loop, "_one_epoch", None)
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
