"""The zoo's work: trained once, gone on with after a stop, tested, tabled and shipped."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image

from gam_viz.cli.main import main
from gam_viz.datasets import DatasetError, load_dataset
from gam_viz.evaluation.familiarity import stored
from gam_viz.evaluation.predictions import load_predictions, pictures_digest, predictions_path
from gam_viz.networks.checkpoints import load, read, snapshots
from gam_viz.training import loop, predict
from gam_viz.zoo import train as zoo
from gam_viz.zoo.markdown import tabulate
from gam_viz.zoo.plan import read_plan
from gam_viz.zoo.results import ResultsError, load_results
from gam_viz.zoo.ship import best_of, ship
from gam_viz.zoo.train import Workshop, make, state

PLAN = """
[attention.none]
[attention.cbam]
options = { reduction_ratio = 2 }

[[set]]
name = "first"
data = "folder:colours"
width = 4
epochs = 2
seeds = { none = 1, cbam = 1 }
ships = false

[[set]]
name = "small"
data = "folder:colours"
width = 4
epochs = 2
seeds = { none = 2, cbam = 2 }
snapshots = { cbam = [0, 2] }
start = "first"
published = { network = "Someone", accuracy = 0.5, auc = 0.6, source = "a paper" }
"""
COLOURS = {"blue": (40, 40, 220), "red": (220, 40, 40)}


def laid_out(place):
    """A data folder with a tiny tree of pictures, and a plan."""
    generator = np.random.default_rng(0)
    for split, count in (("train", 20), ("test", 6)):
        for name, colour in COLOURS.items():
            folder = place / "data" / "colours" / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = np.clip(np.array(colour) + generator.normal(0, 20, (8, 8, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{number:02}.png")
    (place / "plan.toml").write_text(PLAN)
    return place


@pytest.fixture
def place(tmp_path):
    return laid_out(tmp_path)


def workshop(place):
    said = []
    return Workshop(place / "data", place / "runs", torch.device("cpu"), said.append), said


@pytest.fixture
def shop(place):
    return workshop(place)


def runs_of(place):
    return [run for each in read_plan(place / "plan.toml") for run in each.runs]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Everything trained and tested, once for all tests: the folder of runs."""
    place = laid_out(tmp_path_factory.mktemp("trained"))
    runs = runs_of(place)
    worked_on = list(make(runs, workshop(place)[0]))
    assert [run.name for run in worked_on] == [run.name for run in runs]
    return place / "runs"


@pytest.fixture
def finished(place, trained):
    """A copy of what was trained and tested, in a test's own place."""
    shutil.copytree(trained, place / "runs")
    return runs_of(place)


def test_everything_is_trained_and_tested_once(place, shop, finished, monkeypatch):
    for run in finished:
        card = read(shop[0].path(run.name)).card
        assert (card.name, card.seed, card.epochs) == (run.name, run.seed, 2)
        assert bool(card.test) == run.set.ships
        assert card.started_from.get("name") == run.start
        if run.set.ships:
            assert np.load(shop[0].correct_path(run.name)).mean() == card.test["accuracy"]
    monkeypatch.setattr(zoo, "train", lambda *_, **__: pytest.fail("trained again"))
    monkeypatch.setattr(zoo, "predict", lambda *_, **__: pytest.fail("tested again"))
    monkeypatch.setattr(zoo, "load_dataset", lambda *_, **__: pytest.fail("read again"))
    assert list(make(finished, shop[0])) == []


def test_the_file_is_what_was_tested(place, shop, finished):
    run = finished[-1]
    checkpoint = read(shop[0].path(run.name))
    assert checkpoint.card.versions["weights"] == "float16"
    test = load_dataset("folder:colours", "test", shop[0].data_root)
    logits = predict(load(checkpoint), test, checkpoint.card.mean, checkpoint.card.std, torch.device("cpu"))
    assert (logits.argmax(axis=1) == test.labels).mean() == checkpoint.card.test["accuracy"]


def test_weights_stay_whole_where_half_precision_would_cost(place, shop, monkeypatch):
    losses = iter([0.5, 0.501])  # on validation: whole, half
    list(make(runs_of(place)[:2], shop[0]))
    monkeypatch.setattr(zoo, "functional", SimpleNamespace(cross_entropy=lambda logits, labels: next(losses)))
    run = runs_of(place)[2]
    list(make([run], shop[0]))
    checkpoint = read(shop[0].path(run.name))
    assert "weights" not in checkpoint.card.versions
    state_of = torch.load(shop[0].runs / run.name / "state.pt", weights_only=True)["network"]
    for key, value in load(checkpoint).state_dict().items():
        assert torch.equal(value, state_of[key])


def test_a_stop_at_any_moment_and_the_next_start_goes_on(place, shop, monkeypatch):
    runs = runs_of(place)
    written = loop._write_log

    def stop(path, history):
        written(path, history)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_write_log", stop)
    with pytest.raises(KeyboardInterrupt):
        list(make(runs, shop[0]))
    assert state(runs[0], shop[0]) == "missing"
    monkeypatch.setattr(loop, "_write_log", written)
    list(make(runs[:2], shop[0]))
    log = (shop[0].runs / runs[0].name / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in log] == [1, 2]

    def no_test(*_, **__):
        raise KeyboardInterrupt  # after training, before its test is written

    monkeypatch.setattr(zoo, "rewrite_card", no_test)
    with pytest.raises(KeyboardInterrupt):
        list(make(runs, shop[0]))
    monkeypatch.undo()
    assert state(runs[2], shop[0]) == "trained"
    monkeypatch.setattr(zoo, "train", lambda *_, **__: pytest.fail("trained again"))
    list(make(runs[2:3], shop[0]))
    assert state(runs[2], shop[0]) == "done"


def test_a_full_disk_leaves_nothing_half_written(place, shop, monkeypatch):
    runs = runs_of(place)
    list(make(runs[:2], shop[0]))

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("gam_viz.runtime.files.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            list(make(runs[2:3], shop[0]))
    assert not list(shop[0].runs.rglob("*.part"))
    list(make(runs[2:3], shop[0]))
    assert state(runs[2], shop[0]) == "done"


def test_missing_data_costs_its_own_runs_alone(place, shop):
    text = PLAN + '[[set]]\nname = "gone"\ndata = "folder:gone"\nwidth = 4\nepochs = 1\nseeds = { none = 1 }\n'
    (place / "plan.toml").write_text(text)
    runs = runs_of(place)
    order = [run for run in runs if run.set.name == "gone"] + runs[:2]
    with pytest.raises(DatasetError, match="gone"):
        list(make(order, shop[0]))
    assert [state(run, shop[0]) for run in order] == ["missing", "done", "done"]
    assert any("gone is left out" in sentence for sentence in shop[1])


def test_what_another_process_trains_is_left_to_it(place, shop):
    run = runs_of(place)[0]
    lock = shop[0].runs / run.name / "lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        assert list(make([run], shop[0])) == []
    assert f"{run.name} is being trained by another process" in shop[1]
    assert list(make([run], shop[0])) == [run]


def test_a_run_of_another_plan_is_not_taken_for_this_ones(place, shop, finished, capsys):
    (place / "plan.toml").write_text(PLAN.replace("epochs = 2", "epochs = 3"))
    changed = runs_of(place)
    assert state(changed[0], shop[0]) == "missing"
    status = main(["zoo", "--plan", str(place / "plan.toml"), *options(place)])
    assert status == 2
    assert "was not trained as the plan says" in capsys.readouterr().err


def test_the_best_seed_ships_with_its_predictions_and_copies(place, shop, finished):
    best = best_of(finished, shop[0])
    assert set(best) == {"small-none", "small-cbam"}
    for name, run in best.items():
        of = [other for other in finished if other.set.ships and other.shipped_name == name]
        accuracies = [read(shop[0].path(other.name)).card.validation["accuracy"] for other in of]
        assert accuracies[of.index(run)] == max(accuracies)
        assert of.index(run) == accuracies.index(max(accuracies))
    paths = ship(finished, shop[0], place / "checkpoints")
    assert sorted(path.name for path in paths) == ["small-cbam.safetensors", "small-none.safetensors"]
    copy = read(place / "checkpoints" / "small-cbam.safetensors")
    assert copy.card.name == "small-cbam"
    assert copy.card.test == read(shop[0].path(best["small-cbam"].name)).card.test
    test = load_dataset("folder:colours", "test", shop[0].data_root)
    given = predictions_path(place / "checkpoints", "small-cbam")
    predicted = load_predictions(given, checkpoint=copy.sha256, pictures=pictures_digest(test))
    logits = predict(load(copy), test, copy.card.mean, copy.card.std, torch.device("cpu"))
    assert np.array_equal(predicted.predicted, logits.argmax(axis=1))
    assert (predicted.predicted == test.labels).mean() == copy.card.test["accuracy"]
    known = stored(copy)
    assert known.directions.shape[0] == len(copy.card.classes)
    kept = snapshots(place / "checkpoints", "small-cbam")
    assert list(kept) == [0, 2]
    assert read(kept[0]).card.name == "small-cbam@0"
    last, whole = load(read(kept[2])).state_dict(), load(copy).state_dict()
    assert all(torch.equal(last[key], whole[key]) for key in whole)  # both in half precision


def options(place):
    return ["--runs", str(place / "runs"), "--results", str(place / "docs"), "--data-root", str(place / "data")]


def written(place):
    return place / "docs" / "zoo.json", place / "docs" / "zoo.md"


def test_results_say_what_the_cards_say(place, shop, finished):
    results = tabulate(read_plan(place / "plan.toml"), shop[0], *written(place))
    assert [each.name for each in results] == ["small"]
    (each,) = results
    assert each.published["accuracy"] == 0.5
    for row in each.rows:
        accuracies = [read(shop[0].path(f"small-{row.label}-s{seed}")).card.test["accuracy"] for seed in row.seeds]
        assert row.accuracy.value == pytest.approx(np.mean(accuracies))
        assert (row.accuracy.basis, row.accuracy.count) == ("seeds", 2)
        assert row.epochs == 4  # those of the first set count
        assert row.auc is not None
    none, cbam = each.rows
    assert none.latency is None
    assert cbam.latency.ratio > 0
    assert cbam.parameters > none.parameters
    assert cbam.differences["none"].value == pytest.approx(cbam.accuracy.value - none.accuracy.value)
    assert load_results(place / "docs" / "zoo.json") == results
    again = tabulate(read_plan(place / "plan.toml"), shop[0], *written(place))
    assert again == results  # latencies are kept, not measured anew
    table = (place / "docs" / "zoo.md").read_text()
    assert "| cbam |" in table
    assert "Published for Someone (a paper): accuracy 50.0%, AUC 0.600." in table


def test_damaged_results_are_gathered_anew(place, shop, finished):
    (place / "docs").mkdir()
    (place / "docs" / "zoo.json").write_text("[{")
    with pytest.raises(ResultsError, match=r"zoo\.json cannot be read"):
        load_results(place / "docs" / "zoo.json")
    assert tabulate(read_plan(place / "plan.toml"), shop[0], *written(place))
    assert load_results(place / "docs" / "zoo.json")


def test_the_command(place, capsys):
    plan = ["--plan", str(place / "plan.toml"), *options(place), "--device", "cpu"]
    assert main(["zoo", "--list", *plan]) == 0
    assert "first-none-s0                        missing" in capsys.readouterr().out
    assert main(["zoo", "first-*", "small-none-s0", "--ship", "--checkpoints", str(place / "weights"), *plan]) == 0
    said = capsys.readouterr().out
    assert "small-none-s0: test accuracy" in said
    assert "small-none.safetensors:" in said
    assert main(["zoo", "--list", "small-none-s?", *plan]) == 0
    assert capsys.readouterr().out.split() == ["small-none-s0", "done", "small-none-s1", "missing"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["zoo", "large-*"], "no run of the plan is called 'large-*'"),
        (["zoo", "smal-none-s0"], "`zoo --list` names them; did you mean small-none-s0 or "),
        (["zoo", "--plan", "nowhere.toml"], "the plan nowhere.toml cannot be opened"),
    ],
)
def test_what_the_user_can_mend_ends_in_one_sentence(place, capsys, arguments, said):
    status = main([*arguments, *([] if "--plan" in arguments else ["--plan", str(place / "plan.toml")])])
    assert status == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error
    assert error.count("\n") == 1
