"""From networks to the docs' files: kept, gone on with, written whole, read back, refused in a sentence."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy import stats

from gam_viz.cli.main import main
from gam_viz.evaluation.intervals import Estimate, mean
from gam_viz.evidence.leaderboard import run
from gam_viz.evidence.leaderboard.aggregate import direction, results
from gam_viz.evidence.leaderboard.markdown import write_table
from gam_viz.evidence.leaderboard.results_file import load_results, write
from gam_viz.evidence.leaderboard.run import EvidenceError, Question, gather
from gam_viz.evidence.own_maps import CHANNEL, FEATURES, GAIN, KINDS, MASK

QUESTION = Question("scenes", 3, ("gradcam",))
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def gathered(checkpoints, tmp_path_factory):
    chosen = [checkpoints[name] for name in ("scenes-none", "scenes-cbam", "scenes-gam")]
    return gather(chosen, QUESTION, tmp_path_factory.mktemp("runs"), CPU)


def test_a_second_run_reads_what_the_first_kept(checkpoints, tmp_path, monkeypatch):
    said = []
    _, first = gather([checkpoints["scenes-gam"]], QUESTION, tmp_path, CPU, say=said.append)
    assert said == [f"{name}: looking at 3 pictures" for name in ("scenes-gam", "scenes-gam-untrained")]
    for name in ("_look", "_look_untrained"):
        monkeypatch.setattr(run, name, lambda *given: pytest.fail("looked at again"))
    _, (second,) = gather([checkpoints["scenes-gam"]], QUESTION, tmp_path, CPU)
    for which, values in first[0].looks.scores.items():
        np.testing.assert_array_equal(second.looks.scores[which], values)
    for old, new in zip(first[0].answers.replaced, second.answers.replaced, strict=True):
        assert (old.layer, old.branch, old.by) == (new.layer, new.branch, new.by)
        np.testing.assert_array_equal(old.margin, new.margin)


def test_what_was_kept_of_another_question_or_is_damaged_is_made_anew(checkpoints, tmp_path):
    said = []
    chosen = [checkpoints["scenes-gam"]]
    gather(chosen, QUESTION, tmp_path, CPU, say=said.append)
    other = dataclasses.replace(QUESTION, methods=("saliency",))
    _, (found,) = gather(chosen, other, tmp_path, CPU, say=said.append)
    assert "saliency" in found.looks.keys
    (file,) = (tmp_path / "evidence").glob(f"*{chosen[0].sha256[:8]}*")
    file.write_bytes(file.read_bytes()[:900])
    gather(chosen, other, tmp_path, CPU, say=said.append)
    assert [line.partition(":")[0] for line in said] == ["scenes-gam", "scenes-gam-untrained"] * 2 + ["scenes-gam"]


@pytest.mark.parametrize(
    ("names", "question", "sentence"),
    [
        (["cifar10-gam"], QUESTION, "cifar10-gam was trained on cifar10, not scenes"),
        (["scenes-gam"], dataclasses.replace(QUESTION, count=1), "at least two pictures, got 1"),
        (["scenes-gam"], dataclasses.replace(QUESTION, data="cifar10"), "the truth is known for scenes,"),
        (["scenes-gam"], dataclasses.replace(QUESTION, methods=("guess",)), "unknown method 'guess'; known are"),
    ],
)
def test_what_cannot_be_gathered_is_refused_before_anything_is_looked_at(
    checkpoints, tmp_path, names, question, sentence
):
    with pytest.raises(EvidenceError, match=sentence):
        gather([checkpoints[name] for name in names], question, tmp_path, CPU)
    assert list(tmp_path.iterdir()) == []


def of_kind(gathered, kind, measure="energy"):
    layers = [key for key in gathered.looks.keys if key.startswith(f"{kind}.")]
    return np.mean([gathered.looks.of(key, "object", measure) for key in layers], axis=0)


def test_results_are_means_over_scenes(gathered):
    trivial, networks = gathered
    found = results(QUESTION, trivial, networks)
    assert [network.name for network in found.networks] == ["scenes-none", "scenes-cbam", "scenes-gam"]
    none, cbam, gam = networks
    rows = {row.key: row for row in found.networks[2].maps}
    assert rows["gain.layer2.0"].scores["energy"].value == pytest.approx(
        gam.looks.of("gain.layer2.0", "object", "energy").mean()
    )
    assert [kind for kind in KINDS if kind in rows] == list(KINDS)
    for kind in KINDS:
        assert rows[kind].scores["energy"].value == pytest.approx(of_kind(gam, kind).mean())
    references = {
        "cbam": of_kind(cbam, GAIN),
        "none": of_kind(none, FEATURES),
        "features": of_kind(gam, FEATURES),
        "untrained": of_kind(dataclasses.replace(gam, looks=gam.untrained), GAIN),
        "edges": trivial.of("edges", "object", "energy"),
        "centre": trivial.of("centre", "object", "energy"),
    }
    assert set(rows[GAIN].against) == set(references)
    for name, other in references.items():
        expected = stats.ttest_rel(of_kind(gam, GAIN), other).confidence_interval()
        apart = rows[GAIN].against[name]["energy"]
        assert (apart.low, apart.high) == pytest.approx(tuple(expected))
    assert set(rows[GAIN].against["none"]) == {"energy", "pointing", "overlap"}
    assert not rows["gain.layer2.0"].against  # a layer has its own scale of things
    assert "cbam" not in found.networks[1].maps[0].against  # CBAM against itself


def test_a_network_without_attention_has_its_features_and_one_with_a_single_mask_no_map_of_channels(gathered):
    found = results(QUESTION, *gathered)
    kinds = [[row.key for row in network.maps if row.key in KINDS] for network in found.networks]
    assert kinds == [[FEATURES], [GAIN, MASK, FEATURES], [GAIN, CHANNEL, MASK, FEATURES]]
    assert [row.key for row in found.trivial] == ["area", "centre", "edges"]
    area = found.trivial[0].scores
    assert area["energy"].value == area["pointing"].value == pytest.approx(found.areas["object"])


@pytest.mark.parametrize(
    ("ends", "together"),
    [
        ([(0.1, 0.2), (0.01, 0.02)], "more"),
        ([(-0.2, -0.1), (-0.3, -0.1)], "less"),
        ([(-0.1, 0.1), (-0.2, 0.1)], "same"),
        ([(0.1, 0.2), (-0.1, 0.1)], "mixed"),
        ([(0.1, 0.2), (-0.2, -0.1)], "mixed"),
    ],
)
def test_a_finding_is_what_every_measure_says(ends, together):
    apart = {str(i): Estimate((low + high) / 2, low, high, "pictures", 9) for i, (low, high) in enumerate(ends)}
    assert direction(apart) == together


@pytest.mark.parametrize(("lead", "together"), [(0.0, "same"), (0.05, "more"), (-0.05, "less")])
def test_maps_are_told_apart_where_they_differ_and_not_where_they_do_not(lead, together):
    """Of 2,000 pairs of maps under three measures on 500 scenes, at the stated rate."""
    generator = np.random.default_rng(0)
    apart = lead + 0.2 * generator.standard_normal((2_000, 3, 500))
    means, halves = apart.mean(axis=2), stats.t.ppf(0.975, 499) * stats.sem(apart, axis=2)
    said = [
        direction(
            {str(i): Estimate(m, m - h, m + h, "pictures", 500) for i, (m, h) in enumerate(zip(*of, strict=True))}
        )
        for of in zip(means, halves, strict=True)
    ]
    # Not more than 5 % are told apart wrongly, as far as so many pairs can show.
    wrong = len(said) - said.count(together)
    assert stats.binomtest(wrong, len(said), 0.05, alternative="greater").pvalue > 0.01


def test_what_is_written_is_read_back(gathered, tmp_path):
    found = results(QUESTION, *gathered)
    write([found], tmp_path / "evidence.json")
    assert load_results(tmp_path / "evidence.json") == [found]
    assert load_results(tmp_path / "nowhere.json") == []
    (tmp_path / "evidence.json").write_text('[{"data": 1}]')
    with pytest.raises(EvidenceError, match=r"evidence\.json cannot be read"):
        load_results(tmp_path / "evidence.json")


def test_the_table_holds_the_numbers(gathered, tmp_path):
    found = results(QUESTION, *gathered)
    write_table([found], tmp_path / "evidence.md")
    text = (tmp_path / "evidence.md").read_text()
    gam = found.networks[2]
    gates = next(row for row in gam.maps if row.key == GAIN)
    energy = gates.scores["energy"]
    assert f"| scenes-gam | {energy.value:.3f} ({energy.low:.3f}–{energy.high:.3f})" in text
    assert "| scenes-gam | gain | none | " in text
    assert "nan" not in text
    assert "None" not in text


def test_a_mean_leaves_out_what_is_not_known_and_stays_in_its_range():
    values = np.array([0.0, 1.0, np.nan, 1.0])
    found = mean(values, 0, 1)
    assert (found.value, found.high, found.count) == (pytest.approx(2 / 3), 1, 3)
    low = stats.t.interval(0.95, 2, loc=2 / 3, scale=stats.sem([0, 1, 1]))[0]
    assert found.low == pytest.approx(max(0, low))
    assert mean(np.array([2.0])).high == math.inf
    with pytest.raises(ValueError, match="at least one picture"):
        mean(np.array([np.nan]))


def test_the_command_writes_both_files_and_keeps_the_other_data_sets(checkpoints, tmp_path, capsys):
    folder = checkpoints["scenes-gam"].path.parent
    command = ["evidence", "--checkpoints", str(folder), "--device", "cpu", "--scenes", "2", "--methods", "gradcam"]
    command += ["--out", str(tmp_path / "docs"), "--runs", str(tmp_path / "runs"), "--data", "scenes", "--networks"]
    (tmp_path / "docs").mkdir()
    assert main([*command, "scenes-cbam"]) == 0
    assert "scenes: 1 networks, 2 pictures" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "docs").iterdir()} == {"evidence.json", "evidence.md"}
    (tmp_path / "docs" / "evidence.json").write_text('[{"data": "scenes"}]')  # as another version had it
    assert main([*command, "scenes-cbam"]) == 0
    assert "cannot be read" in capsys.readouterr().out
    assert [each.data for each in load_results(tmp_path / "docs" / "evidence.json")] == ["scenes"]
    assert main([*command, "cifar10-gam"]) == 2
    assert capsys.readouterr().err == "error: no network of scenes is there\n"
    command[command.index("scenes")] = "scens"
    assert main([*command, "scenes-cbam"]) == 2
    assert capsys.readouterr().err == "error: no network of scens is there; did you mean scenes?\n"
