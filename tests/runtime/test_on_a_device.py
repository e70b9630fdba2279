"""What pages, reports, training and commands compute, on a device that is not the CPU: `tests/standin_device.py`."""

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from gam_viz import notebook
from gam_viz.cli.main import main
from gam_viz.evaluation.metrics import predict
from gam_viz.evidence.case import LoadedNetwork
from gam_viz.evidence.examine import Case, examine
from gam_viz.evidence.faithfulness import infidelity
from gam_viz.evidence.faithfulness.entry import SENSITIVITY
from gam_viz.evidence.leaderboard.run import Question, gather
from gam_viz.evidence.measure import MeasureInput
from gam_viz.evidence.randomisation.training import training_evidence
from gam_viz.explain import explain
from gam_viz.explain.attributions import METHODS, Request, attribute, attribute_many, default_layer
from gam_viz.explain.gates import gates_of, replace_gates
from gam_viz.explain.heatmaps import heatmaps
from gam_viz.images import load_sample
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.adapters import adapt
from gam_viz.networks.checkpoints import find, load, read
from gam_viz.report import html
from gam_viz.runtime import device
from gam_viz.text import words
from gam_viz.training import Job, loop, recipe, train
from tests.checkpoint_files import write_scenes_network
from tests.evidence.small import QUICK, subject
from tests.networks_of_others import OwnSE, own_network
from tests.standin_device import NAME, room_for, waits

DEVICE = torch.device(NAME)
FEW_STEPS = {"integrated_gradients": {"steps": 4}, "smoothgrad": {"samples": 3}, "gradient_shap": {"samples": 3}}
REQUESTS = [Request(key, params=FEW_STEPS.get(key, {})) for key in METHODS]
#: Of a map's largest value. The CPU is given pictures with channels last, which rounds otherwise.
ROUNDING = 2e-4


def there(loaded: LoadedNetwork) -> LoadedNetwork:
    return dataclasses.replace(loaded, network=copy.deepcopy(loaded.network).to(DEVICE))


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    return np.abs(one - other).max() <= ROUNDING * max(np.abs(other).max(), 1e-9)


def test_a_full_comparison_copies_from_the_device_at_most_sixty_times():
    pair = [subject("cbam"), subject("gam")]
    x = torch.randn(1, 3, 16, 16)

    def compare(networks: list[LoadedNetwork], x: torch.Tensor) -> list[np.ndarray]:
        found = []
        for loaded in networks:
            explanation = explain(loaded.network, loaded.card, x)
            found += [explanation.logits, *(reading.values for reading in explanation.readings)]
            made = attribute_many(loaded.network, x, explanation.predicted, REQUESTS, black=(0, 0, 0))
            found += [each.values for each in made]
        return found

    with waits() as waited:
        found = compare([there(each) for each in pair], x.to(DEVICE))
    assert all(alike(one, other) for one, other in zip(found, compare(pair, x), strict=True))
    assert 26 <= waited.back.total() <= 60, waited.back


def _numbers(case: Case) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    for one in case.networks:
        found += [map_.values for map_ in one.maps]
        found += [curve for each in one.faithfulness.curves for curve in (each.deletion, each.insertion)]
        found += [np.array([(each.score.value, each.answer.value) for each in one.ablations.results])]
    return found


def test_a_report_copies_from_the_device_at_most_two_hundred_times():
    settings = dataclasses.replace(QUICK, methods=("gradcam", "integrated_gradients"), requests=(REQUESTS[3],))
    picture, pair = load_sample("scene-sailboat-17"), [subject("cbam"), subject("gam")]
    with waits() as waited:
        found = examine([there(each) for each in pair], picture, settings=settings, device=DEVICE)
        text = html(found, words("en"))
    expected = examine(pair, picture, settings=settings)
    assert "<svg" in text
    assert not [each for each in found.left_out if each.code == "failed"]
    assert all(alike(one, other) for one, other in zip(_numbers(found), _numbers(expected), strict=True))
    assert 30 <= waited.back.total() <= 200, waited.back


def test_shuffles_orders_and_untrained_networks_add_no_copies():
    loaded = there(subject("cbam"))
    x = torch.randn(1, 3, 16, 16).to(DEVICE)

    def waited_for(many: int) -> int:
        few = dataclasses.replace(QUICK.faithfulness, orders=many, steps=many)
        settings = dataclasses.replace(
            QUICK, shuffles=2 * many, faithfulness=few, measures=("ablation", "faithfulness")
        )
        with waits() as waited:
            training_evidence(loaded.network, loaded.card, x, networks=many)
            case = examine([loaded], load_sample("scene-sailboat-17"), settings=settings, device=DEVICE)
        assert {"ablation", "faithfulness"} <= case.networks[0].results.keys()
        return waited.back.total()

    assert waited_for(3) == waited_for(8)


def test_infidelity_waits_for_the_device_as_often_for_many_maps_and_squares_as_for_few():
    near, x = subject("cbam"), torch.randn(1, 3, 16, 16)
    far = there(near)
    explanation = explain(near.network, near.card, x)
    maps = heatmaps(explanation, attribute_many(near.network, x, 1, REQUESTS[:3], black=(0, 0, 0)))
    for asked in ({"maps": maps[:1], "samples": 20}, {"maps": maps, "samples": 40}):
        with waits() as waited:
            found, _ = infidelity(far.network, x.to(DEVICE), 1, **asked)
        expected, _ = infidelity(near.network, x, 1, **asked)
        assert [each.key for each in found] == [map_.key for map_ in asked["maps"]]
        assert [each.value for each in found] == pytest.approx([each.value for each in expected], rel=1e-3)
        assert waited.back.total() <= 4, waited.back  # once each: what is checked, and all logits


@pytest.mark.long
def test_max_sensitivity_waits_for_the_gates_of_all_its_pictures_at_once():
    near, x = subject("cbam"), torch.randn(1, 3, 16, 16)
    near = dataclasses.replace(near, network=near.network.double())

    def given(loaded: LoadedNetwork, x: torch.Tensor, requests: list[Request]) -> MeasureInput:
        made = attribute_many(loaded.network, x, 1, requests, black=loaded.card.black)
        found = explain(loaded.network, loaded.card, x)
        return MeasureInput("", "", loaded.network, loaded.card, x, 1, found, tuple(requests), made)

    asked = [Request("saliency"), Request("occlusion", params={"baseline": "black"})]
    for requests in (
        [],
        asked,
    ):  # the picture is checked for each map; a map, its logit and its check are had each time
        far = given(there(near), x.to(DEVICE, torch.float64), requests)
        with waits() as waited:
            verdicts = SENSITIVITY.run(far, {}, None)
        expected = SENSITIVITY.run(given(near, x.double(), requests), {}, None)
        assert [each.key for each in verdicts] == [map_.key for map_ in far.maps]
        assert [each.numbers["sensitivity"] for each in verdicts] == pytest.approx(
            [each.numbers["sensitivity"] for each in expected], rel=1e-3
        )
        assert waited.back.total() <= 1 + len(far.maps) + 11 * 3 * len(requests), waited.back


def test_predictions_and_the_evidence_command_run_there(tmp_path: Path, easy_images):
    write_scenes_network(tmp_path, "scenes-gam", "gam", {}, 0)
    (checkpoint,) = find(tmp_path)[0]
    data = easy_images(12, size=64)
    mean, std = checkpoint.card.mean, checkpoint.card.std
    with waits() as waited:
        given = predict(checkpoint.load(DEVICE), data, mean, std, DEVICE, batch_size=4)
    assert alike(given, predict(checkpoint.load(), data, mean, std, torch.device("cpu"), batch_size=4))
    assert waited.back.total() == 1

    question = Question(count=2, methods=("gradcam",))
    with waits() as waited:
        _, (found,) = gather([checkpoint], question, tmp_path / "there", DEVICE)
    _, (expected,) = gather([checkpoint], question, tmp_path / "here", torch.device("cpu"))
    for key, scores in expected.looks.scores.items():
        np.testing.assert_allclose(found.looks.scores[key], scores, atol=2e-3)
    for one, other in zip(found.answers.replaced, expected.answers.replaced, strict=True):
        np.testing.assert_allclose(one.margin, other.margin, atol=1e-4)
    assert waited.back.total() <= 40, waited.back


def _own(dtype: torch.dtype) -> torch.nn.Module:
    return own_network(OwnSE).to(dtype)


def _lite(dtype: torch.dtype) -> torch.nn.Module:
    torch.manual_seed(0)
    config = NetworkConfig("efficientnet_lite0", width=8, num_classes=3, attention="cbam", stem="stride2")
    return build_network(config).eval().to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("make", [_own, _lite], ids=["foreign", "efficientnet-lite"])
def test_the_notebook_looks_at_networks_where_they_are(make, dtype: torch.dtype):
    network = make(dtype)
    x = torch.randn(1, 3, 32, 32, dtype=dtype)
    far = copy.deepcopy(network).to(DEVICE)
    found = notebook.gates(far, x.to(DEVICE)).readings
    expected = notebook.gates(network, x).readings
    assert len(found) == len(expected) > 0
    assert all(np.array_equal(one.values, other.values) for one, other in zip(found, expected, strict=True))
    said = {"classes": ("a", "b", "c")}
    logits = notebook.explain(far, x.to(DEVICE), **said).logits
    assert np.array_equal(logits, notebook.explain(network, x, **said).logits)
    if dtype is torch.float32:
        far, near = (far, network) if make is _lite else (adapt(far, x.to(DEVICE)), adapt(network, x))
        made = attribute(far, x.to(DEVICE), 1, "gradcam", layer=default_layer(near)).values
        assert alike(made, attribute(near, x, 1, "gradcam", layer=default_layer(near)).values)
    assert all(weights.device == torch.device(NAME, 0) for weights in far.parameters())


def test_a_gate_is_replaced_there():
    near = subject("cbam")
    loaded = there(near)
    x = torch.randn(1, 3, 16, 16)
    (path, *_) = gates_of(loaded.network)

    def without(network: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode(), replace_gates(network, {path: torch.ones_like}):
            return network(x).cpu()

    assert torch.equal(without(loaded.network, x.to(DEVICE)), without(near.network, x))


def test_training_goes_on_there_and_copies_nothing_back_at_a_step(tmp_path: Path, easy_images, monkeypatch):
    monkeypatch.setattr(loop, "training_precision", lambda device: torch.float32)  # else the CPU alone would round
    recipe_ = recipe("default", epochs=2, batch_size=8, crop=2, learning_rate=0.05)
    job = Job("job", NetworkConfig(width=4, num_classes=3, attention="cbam"), recipe_, 1)
    made, copies = {}, []
    for name, place in {"there": DEVICE, "here": torch.device("cpu")}.items():
        for count in (24, 72):
            given = dataclasses.replace(job, name=f"{name}-{count}"), easy_images(count)
            with waits() as waited:
                path = train(*given, checkpoints=tmp_path, runs=tmp_path, device=place, progress=False)
            copies.append(waited.back.total())
        made[name] = load(read(path)).state_dict()
    for key, value in made["here"].items():
        torch.testing.assert_close(made["there"][key], value, rtol=1e-3, atol=1e-4)
    assert copies[0] == copies[1] > 0


def test_where_memory_does_not_suffice_fewer_pictures_go_at_once(easy_images):
    loaded = there(subject("cbam"))
    x = torch.randn(1, 3, 16, 16).to(DEVICE)
    requests = [Request("integrated_gradients", params={"steps": "auto"}), *REQUESTS]
    curves = dataclasses.replace(QUICK, methods=("gradcam",), measures=("ablation", "faithfulness"))

    def everything() -> tuple[list[np.ndarray], list[object]]:
        made = attribute_many(loaded.network, x, 1, requests, black=(0, 0, 0))
        case = examine([loaded], load_sample("scene-sailboat-17"), settings=curves, device=DEVICE)
        logits = predict(loaded.network, easy_images(9, size=16), loaded.card.mean, loaded.card.std, DEVICE)
        passes = [(each.evidence["forwards"], each.evidence["backwards"]) for each in made]
        return [*(each.values for each in made), *_numbers(case), logits], passes

    (expected, passes) = everything()
    with room_for(3):
        found, in_parts = everything()
    assert in_parts == passes
    assert all(alike(one, other) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize(("language", "said"), [("en", "memory of this device did not suffice"), ("zh", "内存不足")])
def test_a_command_goes_on_on_the_cpu_where_not_even_one_picture_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str, said: str
):
    write_scenes_network(tmp_path, "scenes-se", "se", {}, 0)
    picked = {"auto": DEVICE, "cpu": torch.device("cpu")}
    monkeypatch.setattr(device, "pick_device", picked.__getitem__)
    made = tmp_path / "report.html"
    asked = ["explain", "sample:scene-sailboat-17", "--networks", "scenes-se", "--checkpoints", str(tmp_path)]
    with room_for(0):
        assert main([*asked, "--methods", "gradcam", "--language", language, "--out", str(made)]) == 0
    assert said in capsys.readouterr().err
    assert "<svg" in made.read_text()
