"""The Evidence page: every section in both languages, its numbers those of the library, and what goes wrong said."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from gam_viz.evidence.ablation.ablate import ablate, ablations
from gam_viz.evidence.leaderboard.aggregate import results
from gam_viz.evidence.leaderboard.results_file import load_results, write
from gam_viz.evidence.leaderboard.run import Question, gather
from gam_viz.evidence.registry import MEASURES
from gam_viz.evidence.single_deletion.results import load_in_domain
from gam_viz.explain.gates import gates_of
from gam_viz.images import load_sample, prepare
from gam_viz.networks.checkpoints import load, read
from gam_viz.text import words
from tests.app.reading import plain
from tests.app.visiting import visit
from tests.combinations import each_once

PAGE = "evidence"
SECTIONS = ("gates", "depend", "faithful", "randomised", "agreed", "ranks", "board")


@pytest.fixture(scope="session")
def evidence_file(checkpoint_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evidence")
    question = Question("scenes", 3, ("gradcam",))
    names = ("scenes-none", "scenes-cbam", "scenes-gam")
    chosen = [read(checkpoint_folder / f"{name}.safetensors") for name in names]
    write([results(question, *gather(chosen, question, folder, torch.device("cpu")))], folder / "evidence.json")
    return folder / "evidence.json"


@pytest.fixture
def page(app: AppTest, evidence_file: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("GAM_VIZ_EVIDENCE", str(evidence_file))
    return visit(app, PAGE)


def section(page: AppTest, name: str, **query: str) -> AppTest:
    for key, value in query.items():
        page.query_params[key] = value
    page.query_params["question"] = name
    return page.run()


def said(page: AppTest) -> str:
    return plain("\n".join(element.value for element in [*page.caption, *page.markdown, *page.info]))


def subject(checkpoint_folder: Path, name: str, sample: str):
    checkpoint = read(checkpoint_folder / f"{name}.safetensors")
    card = checkpoint.card
    picture = load_sample(sample)
    seen = prepare(picture, size=card.input_size, mean=card.mean, std=card.std)
    return load(checkpoint), card, seen.tensor


#: How a section's answer reads, which comes before all that it rests on.
ANSWERS = {
    ("gates", "en"): "the largest change is in",
    ("gates", "zh"): "变化最大的是",
    ("depend", "en"): r"^CBAM.*: .*(gates over|not measured)",
    ("depend", "zh"): "^CBAM.*：",
    ("faithful", "en"): r"^CBAM, r = 2: \d of 7 maps are faithful; GAM: \d of 7 maps are faithful$",
    ("faithful", "zh"): r"7 张热力图中有 \d 张忠实；GAM：7 张",
    ("randomised", "en"): r"^CBAM, r = 2: \d of 7 depend on the weights; GAM: \d of 7 depend",
    ("randomised", "zh"): r"7 张中有 \d 张取决于权重；GAM：",
    (
        "agreed",
        "en",
    ): r"^Of 91 pairs, \d+ are more alike than equally smooth random maps \(rank correlation\), \d+ less",
    ("agreed", "zh"): r"^91 对热力图中，\d+ 对",
    ("ranks", "en"): r"^CBAM.*: (\d measures order|no agreement of \d measures).*disagree about \d of 7.*; GAM: ",
    ("ranks", "zh"): r"^CBAM.*：.*对 7 张图中的 \d 张意见不一；GAM：",
    ("board", "en"): r"^Highest here: .* of .*, mass inside [\d.]+%.*Without a network: [\d.]+%",
    ("board", "zh"): r"^此处得分最高的是 .*不用网络时为 [\d.]+%",
}


@pytest.mark.parametrize(("name", "language"), each_once(SECTIONS, ["en", "zh"]))
def test_every_section_is_there(page: AppTest, name: str, language: str) -> None:
    section(page, name, lang=language)
    assert not page.exception
    assert not page.error
    assert page.title[0].value == {"en": "Evidence", "zh": "证据"}[language]
    assert not re.search(r"\b(evidence|badge)\.[a-z_]+", said(page))
    order = [
        element for element in page.main if getattr(element, "type", "") in ("button_group", "markdown", "caption")
    ]
    first = order[next(n for n, e in enumerate(order) if getattr(e, "key", "") == "question") + 1]
    assert re.search(ANSWERS[name, language], plain(first.value))


def test_gates_are_replaced_as_the_library_does(page: AppTest, checkpoint_folder: Path) -> None:
    section(page, "gates")
    sample = page.selectbox(key="sample").value
    network, _, x = subject(checkpoint_folder, "scenes-gam", sample)
    with torch.inference_mode():
        target = int(network(x).argmax())
    found = ablations(network, x, target, modes=["identity"])
    worst = max(found.results, key=lambda one: abs(one.answer.value))
    after = found.answer + worst.answer.value
    flips = sum(one.flips > 0 for one in found.results)
    expected = f"from {found.answer:.1%} to {after:.1%}; the decision changes in {flips} of {len(found.results)}"
    assert expected in said(page)


def test_switched_gates_change_the_answer_as_the_library_says(page: AppTest, checkpoint_folder: Path) -> None:
    section(page, "gates")
    sample = page.selectbox(key="sample").value
    page.button(key="switched-1-all").click().run()
    network, _, x = subject(checkpoint_folder, "scenes-gam", sample)
    with torch.inference_mode():
        before = network(x)[0].softmax(0)
    after = ablate(network, x, dict.fromkeys(gates_of(network), "identity"))[0].softmax(0)
    target = int(before.argmax())
    assert f"{before[target]:.1%} with all gates, {after[target]:.1%} now" in said(page)
    page.button(key="switched-1-none").click().run()
    assert f"{before[target]:.1%} with all gates, {before[target]:.1%} now" in said(page)


@pytest.mark.parametrize(
    "mode",
    [
        *("data_mean", "other_picture"),
        *(pytest.param(mode, marks=pytest.mark.long) for mode in ("position_mean", "channel_mean", "shuffled")),
    ],
)
def test_every_replacement_is_offered(page: AppTest, mode: str) -> None:
    section(page, "gates", ablate=mode)
    assert not page.exception
    assert not page.error
    assert "the largest change is in" in said(page)
    assert ("the median of 8 shuffles" in said(page)) == (mode == "shuffled")


def test_a_mean_over_pictures_that_are_not_here_is_said_to_be_missing(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GAM_VIZ_DATA", str(tmp_path))
    section(page, "gates", data="cifar10", ablate="data_mean")
    assert not page.exception
    assert "needs the data set, which is not here" in said(page)


def test_a_replacement_that_means_nothing_is_a_warning_and_the_page_lives_on(page: AppTest) -> None:
    section(page, "gates", ablate="position_mean")
    page.button(key="switched-0-channel").click().run()  # CBAM's channel weights have no positions
    assert not page.exception
    assert len(page.warning) == 1
    assert "cannot be replaced this way" in page.warning[0].value
    assert "GAM" in said(page)


def test_every_map_is_ranked(page: AppTest) -> None:
    section(page, "faithful", methods="gradcam,saliency")
    table = page.dataframe[0].value
    assert len(table) == 2 * (6 + 2)
    assert list(table["difference ↑"]) == sorted(table["difference ↑"], reverse=True)
    assert ((table["insertion ↑"] - table["deletion ↓"] - table["difference ↑"]).abs() < 1e-9).all()


def test_random_weights_give_each_map_a_verdict(page: AppTest) -> None:
    section(page, "randomised")
    table = page.dataframe[0].value
    assert len(table) == 2 * 7
    known = {text for key, text in words("en").sentences.items() if key.startswith("evidence.verdict.")}
    assert set(table["verdict"]) <= known


def test_a_pair_is_looked_at(page: AppTest) -> None:
    section(page, "agreed", **{"pair-a": "2", "pair-b": "9"})
    assert not page.exception
    assert re.search(r"CBAM, r = 2 · Gate map layer2\.0.*GAM · Gate map layer2\.0.*rank correlation", said(page))
    page.selectbox(key="pair-b").select_index(2).run()
    assert "Choose two different maps" in said(page)


def test_networks_without_gates_have_attributions_to_judge(page: AppTest) -> None:
    page.query_params["networks-scenes"] = "scenes-none,scenes-cbam"
    section(page, "gates")
    assert not page.exception
    assert "No attention has no gate that can be replaced this way" in said(page)
    section(page, "faithful")
    page.segmented_control(key="question").set_value("faithful").run()
    assert not page.exception
    assert "This network has no such map" in said(page)


def test_the_board_says_where_nothing_was_computed(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GAM_VIZ_EVIDENCE", str(tmp_path / "none.json"))
    section(page, "board")
    assert "python -m gam_viz evidence" in said(page)
    (tmp_path / "none.json").write_text("{")
    page.run()
    assert not page.exception
    assert "cannot be shown" in page.error[0].value


def test_the_board_names_every_map_and_says_what_all_measures_say(page: AppTest) -> None:
    section(page, "board")
    assert not page.exception
    text = said(page)
    figures = r"mass inside [+−\d.]+ \([^)]*\), points inside [+−\d.]+ \([^)]*\), overlap [+−\d.]+ \([^)]*\)"
    together = "(higher|lower|not the same) under every measure|no clear difference under any measure"
    for start in (
        "GAM, effective gain, minus the same of CBAM",
        "GAM, mask alone, minus the same of CBAM",
        "GAM, effective gain, minus features without attention",
        "CBAM, r = 2, effective gain, minus features without attention",
    ):
        assert re.search(f"{start}: {figures}: .*({together})", text), start
    (table,) = page.table
    assert set(table.value["Map"]) == {"effective gain", "channel weight", "mask alone", "features"}
    assert {"picture edges", "centred Gaussian", "its own features"} <= set(table.value["minus"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_board_holds_networks_against_each_other_on_one_scale(page: AppTest, language: str) -> None:
    section(page, "board", lang=language)
    assert not page.exception
    (found,) = (each for each in load_in_domain() if each.data == "scenes")
    (gam,) = (row for row in found.networks if row.name == "scenes-gam")
    of = gam.apart["gain"]
    assert of.low > 0
    sentence = words(language).text(
        "evidence.board.in_domain_apart.more",
        **{"name": "GAM", "map": words(language).text("evidence.kind.gain"), "value": gam.maps["gain"].value},
        **{"apart": of.value, "low": of.low, "high": of.high},
    )
    assert plain(sentence) in plain(said(page))


def test_the_board_of_real_pictures_has_sizes_seeds_and_its_own_words(
    page: AppTest, evidence_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (shipped,) = load_results(evidence_file)
    network = shipped.networks[1]
    small = [replace(row, region="object_small", seeds={"energy": (0.11, 0.17)}) for row in network.maps]
    gates = tuple(replace(row, by="other_picture") for row in network.gates if row.by == "identity")
    row = replace(network, maps=(*network.maps, *small), gates=(*network.gates, *gates), seeds=(0, 1))
    real = replace(
        shipped,
        data="busi",
        count=81,
        areas=shipped.areas | {"object_small": 0.02},
        counts={"object": 81, "object_small": 33},
        trivial=(*shipped.trivial, *(replace(each, region="object_small") for each in shipped.trivial)),
        networks=(row,),
        answered=121,
    )
    write([real], tmp_path / "evidence.json")
    monkeypatch.setenv("GAM_VIZ_EVIDENCE", str(tmp_path / "evidence.json"))
    section(page, "board", where="object_small", constant="other_picture")
    assert not page.exception
    text = said(page)
    for sentence in ("33 test pictures in which people marked", "over 121 test pictures", "means over the trainings"):
        assert sentence in text, sentence
    assert "Drawn scenes" not in text
    assert page.segmented_control(key="where").options == ["the object", "small objects"]
    chart = json.loads(page.get("plotly_chart")[0].proto.spec)
    ticks = [trace["x"] for trace in chart["data"] if trace["marker"]["symbol"] == "line-ns"]
    assert [0.11, 0.17] in ticks


def test_a_section_is_found_again_by_its_link(page: AppTest) -> None:
    section(page, "agreed", alike="iou")
    assert page.segmented_control(key="question").value == "agreed"
    assert page.segmented_control(key="alike").value == "iou"


def test_compare_tests_its_maps_when_asked(app: AppTest) -> None:
    app.run()
    assert "random orders" not in said(app)
    app.button(key="badges-button").click().run()
    assert not app.exception
    badges = [element for element in app.markdown if "-badge[" in element.value]
    assert len(badges) == 2 * 2  # a mask and Grad-CAM, of two networks
    assert all("random orders" in badge.help or "constant" in badge.help for badge in badges)
    assert all(re.search(r"\d for, \d against, \d undecided", badge.value) for badge in badges)
    app.button(key="badges-button").click().run()
    assert not [element for element in app.markdown if "-badge[" in element.value]


def test_every_map_can_be_shaken_and_another_baseline_is_another_result(page: AppTest) -> None:
    section(page, "faithful", steps="4")
    first = page.dataframe[0].value
    assert "sensitivity ↓" not in first
    page.toggle(key="shaken").set_value(True).run()
    assert not page.exception
    table = page.dataframe[0].value
    assert table["sensitivity ↓"].notna().all()
    assert (table["sensitivity ↓"] >= 0).all()
    assert table["infidelity ↓"].between(0, 1).all()
    page.toggle(key="shaken").set_value(False).run()
    page.segmented_control(key="baseline").set_value("noise").run()
    assert not page.exception
    assert not first.equals(page.dataframe[0].value)


@pytest.mark.usefixtures("cold")
@pytest.mark.parametrize(("name", "key"), [("gates", "ablation"), ("faithful", "faithfulness")])
def test_what_cannot_be_measured_is_one_sentence(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, name: str, key: str
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise ValueError("the network's answers are not finite")

    monkeypatch.setitem(MEASURES, key, replace(MEASURES[key], run=refuse))
    section(page, name)
    assert not page.exception
    assert page.warning[0].value == "This could not be measured: the network's answers are not finite."
    assert page.button(key="make-report")  # the rest of the page goes on


@pytest.mark.usefixtures("cold")
def test_a_badge_says_what_could_not_be_measured(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise ValueError("the network's answers are not finite")

    refusing = replace(MEASURES["faithfulness"], run=refuse)
    monkeypatch.setitem(MEASURES, "faithfulness", refusing)
    app.query_params["badges"] = "on"
    app.run()
    assert not app.exception
    assert "could not be measured" in said(app)
    assert "8 weights" in said(app) or "16 weights" in said(app)
