"""The Networks page: every state of the results, in both languages."""

import dataclasses
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.cost import Latency
from gam_viz.evaluation.intervals import Estimate
from gam_viz.zoo.results import AttentionResults, SetResults, write
from tests.app.reading import plain
from tests.app.visiting import visit

PAGE = "networks"


def row(
    label: str, module: str, parameters: int, accuracy: float, **differences: tuple[float, float]
) -> AttentionResults:
    return AttentionResults(
        label=label,
        module=module,
        options={"rate": 16} if label == "gam-r16" else {},
        parameters=parameters,
        macs=parameters * 10,
        latency=None if label == "none" else Latency(1.5, 1.25, 1.75, 40, "CPU, 1 thread"),
        epochs=16,
        device="CPU, 1 thread",
        seeds={seed: {"validation": 0.9, "accuracy": accuracy} for seed in range(3)},
        accuracy=Estimate(accuracy, accuracy - 0.01, accuracy + 0.01, "seeds", 3),
        auc=None,
        differences={k: Estimate((a + b) / 2, a, b, "seeds", 3) for k, (a, b) in differences.items()},
        shipped=f"scenes-{label}",
    )


SCENES = SetResults(
    name="scenes",
    data="scenes",
    title="Planted scenes",
    domain="drawn",
    classes=10,
    network="gam_net",
    width=16,
    size=64,
    recipe={"name": "default"},
    start=None,
    published={},
    test_count=2_000,
    rows=(
        row("none", "none", 100_000, 0.95),
        row("cbam", "cbam", 101_000, 0.96, none=(0.005, 0.015)),
        row("gam", "gam", 250_000, 0.94, none=(-0.015, -0.005), cbam=(-0.03, -0.01)),
        row("gam-r16", "gam", 130_000, 0.955, none=(-0.01, 0.02)),
    ),
)


@pytest.fixture
def page(app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("GAM_VIZ_RESULTS", str(tmp_path / "zoo.json"))
    write([SCENES], tmp_path / "zoo.json")
    return visit(app, PAGE)


def captions(app: AppTest) -> str:
    return plain("\n".join(caption.value for caption in app.caption))


def said(app: AppTest) -> str:
    return "\n".join(markdown.value for markdown in app.markdown)


def test_the_table_says_what_the_results_say(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert not page.error
    assert page.title[0].value == "Networks"
    (table, *_) = page.dataframe
    cells = table.value
    assert list(cells)[:4] == ["attention", "accuracy, %", "vs none, points", "vs CBAM, points"]  # what decides, first
    assert list(cells["attention"]) == ["No attention", "CBAM", "GAM", "GAM, r = 16"]
    assert list(cells["parameters"]) == ["100.0 k", "101.0 k (+1%)", "250.0 k (+150%)", "130.0 k (+30%)"]
    assert list(cells["vs none, points"]) == [
        "",
        "+1.0 (+0.5 … +1.5)",
        "−1.0 (−1.5 … −0.5)",
        "+0.5 (−1.0 … +2.0)",
    ]
    assert next(iter(cells["accuracy, %"])) == "95.0 (94.0–96.0)"
    assert list(cells["latency"]) == ["", *["1.5× (1.2–1.8)"] * 3]
    assert "16 epochs, the same recipe and split for all. Seeds for each: 3." in captions(page)
    assert "on CPU, 1 thread" in captions(page)


def test_the_tutorials_claims_are_a_link_away(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert "Is what the tutorial says true?" in [
        link.proto.label for link in page.get("page_link") if link.proto.page == "claims"
    ]


def test_macs_instead_of_parameters(page: AppTest) -> None:
    page.run()
    page.selectbox(key="cost").set_value("macs").run()
    assert not page.exception
    assert page.query_params["cost"] == "macs"


def test_a_model_card(page: AppTest) -> None:
    page.run()
    page.selectbox(key="card-scenes").set_value("scenes-gam").run()
    assert not page.exception
    assert r"**Network:** gam\_net, width 4, stride2" in said(page)  # as Markdown
    assert "**Attention:** GAM" in said(page)
    assert len(page.code[-1].value) == 64  # the file's sha256


def test_data_that_the_zoo_knows_nothing_of(page: AppTest) -> None:
    page.run()
    page.selectbox(key="data").set_value("cifar10").run()
    assert not page.exception
    assert "not trained with the common recipe" in page.info[0].value
    assert "Is what the tutorial says true?" in [link.proto.label for link in page.get("page_link")]


def test_medical_results_say_what_they_are_not(page: AppTest, tmp_path: Path) -> None:
    published = {"network": "ResNet-18", "accuracy": 0.854, "auc": 0.944, "source": "MedMNIST v2"}
    rows = tuple(dataclasses.replace(row, auc=0.97) for row in SCENES.rows)
    write([dataclasses.replace(SCENES, domain="medical", published=published, rows=rows)], tmp_path / "zoo.json")
    page.run()
    assert "this is not a medical device" in captions(page)
    assert "Published for ResNet-18 (MedMNIST v2): accuracy 85.4%, AUC 0.944." in captions(page)
    assert list(page.dataframe[0].value["AUC"]) == ["0.970"] * 4


def test_without_results(page: AppTest, tmp_path: Path) -> None:
    (tmp_path / "zoo.json").unlink()
    page.run()
    assert not page.exception
    assert "There are no results yet" in page.info[0].value


def test_damaged_results(page: AppTest, tmp_path: Path) -> None:
    (tmp_path / "zoo.json").write_text('[{"name": 3}]')
    page.run()
    assert not page.exception
    assert "zoo.json cannot be read" in page.error[0].value


def test_only_one_network(page: AppTest, tmp_path: Path) -> None:
    write([dataclasses.replace(SCENES, rows=SCENES.rows[:1])], tmp_path / "zoo.json")
    page.run()
    assert not page.exception
    assert "Nothing to compare yet" in page.info[0].value


def test_in_chinese(page: AppTest) -> None:
    page.query_params["lang"] = "zh"
    page.run()
    assert not page.exception
    assert page.title[0].value == "网络"
    assert any(link.proto.label == "教程说得对吗？" for link in page.get("page_link"))
