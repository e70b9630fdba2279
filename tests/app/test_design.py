"""The Design page: exact figures, links, refusals, times and code, in both languages."""

import csv
import io
import json

import pytest
from pandas.api.types import is_numeric_dtype
from streamlit.testing.v1 import AppTest

from gam_viz.app.design.refused import reason
from gam_viz.app.shared.words import speaking
from gam_viz.attention import OptionError, build_attention
from gam_viz.cost import Latency, Timing, count, families
from gam_viz.networks import NetworkConfig
from tests.app.visiting import visit
from tests.combinations import each_once

PAGE = "design"
SMALL = {"d-width": "16", "d-size": "16"}
TIMING = Timing(Latency(1.5, 1.25, 1.75, 10, "CPU"), Latency(1.4, 1.3, 1.6, 10, "CPU"), 12.3, 10.0)


@pytest.fixture
def page(app: AppTest) -> AppTest:
    return visit(app, PAGE)


def opened(page: AppTest, **link: str) -> AppTest:
    for key, value in {**SMALL, **{key.replace("_", "-"): value for key, value in link.items()}}.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.caption, *page.markdown, *page.warning, *page.info])


def table(page: AppTest) -> dict[str, list[object]]:
    return page.dataframe[0].value.to_dict("list")


def test_the_tutorials_design_is_what_is_seen_first(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert page.title[0].value == "Design"
    values = {metric.label: (metric.value, metric.delta) for metric in page.metric}
    assert values["Parameters"] == ("7.09 M", "+154.9%")
    assert values["Multiply-adds"] == ("1.05 G", "+149.4%")
    assert values["Stored for backward"] == ("10.6 MB", "+140.6%")
    assert values["Latency on this machine"] == ("–", "not timed")
    assert "**GAM, r = 4** adds 4,305,280" in words(page)
    assert "187× what CBAM with r = 16 adds" in words(page)
    assert "The tutorial says less than 5%." in words(page)
    cells = table(page)
    assert cells["design"][:3] == ["★ GAM, r = 4", "No attention", "SimAM"]
    assert cells["parameters"][:3] == [7_085_194, 2_779_914, 2_779_914]
    counts = dict(zip(cells["design"], cells["parameters"], strict=True))
    assert (counts["SE, r = 16"], counts["CBAM, r = 16"]) == (2_802_370, 2_802_970)
    assert sorted(cells["parameters"][1:]) == cells["parameters"][1:]
    assert "61% of all parameters are in attention; 46% in the attention of stage 3 alone." in words(page)
    assert "1,639,680 parameters with biases and batch norms" in words(page)
    assert not page.query_params.keys() - {"lang"}  # the defaults leave the link clean


def test_half_a_billion_parameters_are_counted_and_not_timed(page: AppTest) -> None:
    opened(page, d_net="resnet50", d_stem="imagenet", d_size="224", d_classes="1000", d_width="64")
    assert table(page)["parameters"][0] == 528_621_352
    assert page.metric[0].delta == "+1,968%"
    assert "Not timed: GAM, r = 4. Only networks of up to 200 M parameters and 30 G multiply-adds" in words(page)
    assert page.button(key="design-time-chosen").disabled
    assert not page.button(key="design-time-all").disabled


@pytest.mark.parametrize(
    ("link", "config"),
    [
        pytest.param({"d_attention": "none"}, NetworkConfig(width=16), marks=pytest.mark.long),
        ({"d_attention": "se", "d_ratio": "4"}, NetworkConfig("gam_net", 10, 16, "se", {"reduction_ratio": 4})),
        (
            {"d_attention": "cbam", "d_ratio": "2", "d_kernel": "3", "d_stages_3": "2,3"},
            NetworkConfig("gam_net", 10, 16, "cbam", {"reduction_ratio": 2, "kernel_size": 3}, (False, True, True)),
        ),
        (
            {"d_rate": "2", "d_groups": "4", "d_shuffle": "last", "d_gate": "sigmoid"},
            NetworkConfig(
                "gam_net",
                10,
                16,
                "gam",
                {"rate": 2, "groups": 4, "shuffle": "last", "channel_gate": "sigmoid"},
            ),
        ),
        (
            {
                "d_attention": "gam_sigmoid",
                "d_form": "depthwise",
                "d_classes": "7",
                "d_stem": "stride2",
                "d_net": "resnet18",
            },
            NetworkConfig("resnet18", 7, 16, "gam_sigmoid", {"rate": 4, "spatial": "depthwise"}, stem="stride2"),
        ),
        ({"d_attention": "se_gam", "d_rate": "8"}, NetworkConfig("gam_net", 10, 16, "se_gam", {"rate": 8})),
        pytest.param(
            {"d_attention": "se_cbam"},
            NetworkConfig("gam_net", 10, 16, "se_cbam", {"reduction_ratio": 16}),
            marks=pytest.mark.long,
        ),
    ],
    ids=str,
)
def test_a_link_reopens_the_design(page: AppTest, link: dict[str, str], config: NetworkConfig) -> None:
    opened(page, **link)
    cells = table(page)
    assert cells["parameters"][0] == count(config, 16).parameters
    names: dict[str, object] = {}
    exec(page.code[0].value, names)
    assert names["config"] == config
    assert "--width 16" in page.code[-1].value
    for key, value in link.items():
        assert page.query_params[key.replace("_", "-")] == value


def test_a_link_of_nonsense_opens_the_defaults(page: AppTest) -> None:
    opened(page, d_net="vit", d_width="-4", d_attention="sk", d_size="9e9", d_stages_3="7", d_rate="x")
    assert page.selectbox(key="d-net").value == "gam_net"
    assert page.number_input(key="d-width").value == 1
    assert page.selectbox(key="d-attention").value == "gam"
    assert page.number_input(key="d-size").value == 32


REFUSED = [
    (
        {"d_rate": "99"},
        "GAM's reduction ratio must lie between 1 and the number of channels, 16; it is 99.",
        "GAM 的缩减比须在 1 与通道数 16 之间，而这里是 99。",
    ),
    (
        {"d_groups": "3"},
        "GAM's groups must divide both its widths, 16 and 4 (channels / reduction ratio); 3 does not.",
        "GAM 的分组数须能整除它的两个宽度 16 和 4（通道数 / 缩减比），3 不能。",
    ),
    (
        {"d_groups": "2", "d_form": "factorised"},
        "GAM's groups go with full 7×7 convolutions, not with the factorised form.",
        "GAM 的分组只能用于完整的 7×7 卷积，不能用于“分解卷积”形式。",
    ),
    (
        {"d_attention": "cbam", "d_kernel": "4"},
        "CBAM's kernel size must be odd, so that the gate keeps its size; it is 4.",
        "CBAM 的卷积核大小须为奇数，门控的大小才能保持不变，而这里是 4。",
    ),
]


@pytest.mark.parametrize(("case", "language"), each_once(REFUSED, ["en", "zh"]), ids=str)
def test_what_cannot_be_built_is_a_sentence_and_the_rest_stays(
    page: AppTest, case: tuple[dict[str, str], str, str], language: str
) -> None:
    link, english, chinese = case
    opened(page, lang=language, **link)
    assert {"en": english, "zh": chinese}[language] in page.warning[0].value
    assert len(page.dataframe[0].value) > 4
    assert not page.metric
    assert not page.code
    assert len(page.dataframe[1].value) == len(families())  # the budget


def test_every_known_refusal_is_recognised() -> None:
    """None of the modules' sentences would bring English into a Chinese page."""
    refused = [("gam", {"rate": 99}), ("gam", {"groups": 3}), ("gam", {"groups": 2, "spatial": "depthwise"})]
    with speaking("zh"):
        for attention, options in [*refused, ("cbam", {"kernel_size": 4})]:
            with pytest.raises(ValueError, match=r"^(GAM|CBAM)'s") as caught:
                build_attention(attention, 16, **options)
            assert isinstance(caught.value, OptionError)
            assert "must" not in reason(caught.value)
    assert reason(ValueError("it is [odd](x)")) == r"it is \[odd\](x)."


def test_alternatives_that_cannot_be_built_are_named(page: AppTest) -> None:
    opened(page, d_width="8")
    assert (
        "r = 16, depthwise; GAM, r = 16. "
        "GAM's reduction ratio must lie between 1 and the number of channels, 8; it is 16." in words(page)
    )
    assert "SE, r = 16" in table(page)["design"]


def test_no_attention(page: AppTest) -> None:
    opened(page, d_attention="none")
    assert "the baseline for every design below" in words(page)
    assert len(table(page)["design"]) > 5
    assert len(page.metric) == 4  # no time: it is what times are measured against


def test_no_stage_is_said(page: AppTest) -> None:
    opened(page)
    page.segmented_control(key="d-stages-3").set_value([]).run()
    assert not page.exception
    assert "No stage carries attention" in words(page)
    assert list(table(page)["design"]) == ["No attention"]
    assert set(page.dataframe[1].value["adds"]) == {"cannot be built here"}


def test_stages_of_each_depth_are_chosen_apart(page: AppTest) -> None:
    opened(page, d_stages_3="3")
    page.selectbox(key="d-net").set_value("resnet18").run()
    assert page.segmented_control(key="d-stages-4").value == ["1", "2", "3", "4"]
    page.selectbox(key="d-net").set_value("gam_net").run()
    assert page.segmented_control(key="d-stages-3").value == ["3"]


def test_as_on_imagenet(page: AppTest) -> None:
    opened(page)
    page.button(key="design-as-imagenet").click().run()
    assert not page.exception
    assert page.selectbox(key="d-stem").value == "imagenet"
    assert (page.number_input(key="d-size").value, page.number_input(key="d-classes").value) == (224, 1000)
    assert page.query_params["d-size"] == "224"


def test_the_budget(page: AppTest) -> None:
    opened(page, d_net="resnet18", d_width="64", d_size="32")
    fits = page.dataframe[1].value
    assert list(fits["smallest r"]) == ["4", "4", "8", "8", "none", "none", "4", "8"]
    assert list(fits["adds"])[5] == "+9.8% at r = 64"
    assert "Fitting: 6 of 8 families." in words(page)
    page.number_input(key="d-budget").set_value(10).run()
    assert list(page.dataframe[1].value["smallest r"])[5] == "64"
    assert page.query_params["d-budget"] == "10"


def test_what_decides_is_the_first_figure_and_figures_stand_right(page: AppTest) -> None:
    opened(page)
    costs, budget = page.dataframe
    assert list(costs.value)[:2] == ["design", "added, %"]
    assert list(budget.value)[:2] == ["family", "adds"]
    name, *figures = budget.value
    columns = json.loads(budget.proto.columns)
    assert columns[name]["pinned"]
    assert all(columns[figure]["alignment"] == "right" for figure in figures)
    columns = json.loads(costs.proto.columns)
    assert all(columns[column]["alignment"] == "right" for column in ("latency", "latency, BN folded"))
    assert costs.value.dtypes.iloc[1:].map(is_numeric_dtype).all()  # numbers stand right by themselves


@pytest.mark.usefixtures("cold")
def test_times_are_measured_when_asked_for_and_kept(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def timing(config, base, side, device, *, seconds, progress):
        progress(0.5)
        asked.append((config.attention, config.attention_options, base.attention, side))
        return TIMING

    monkeypatch.setattr("gam_viz.app.design.timing.timing", timing)
    opened(page, d_against="time")
    assert "Nothing has been timed yet" in words(page)
    assert "latency" not in table(page)
    page.button(key="design-time-chosen").click().run()
    assert asked == [("gam", {"rate": 4}, "none", 16)]
    assert page.metric[-1].value == "1.50×"
    assert (page.metric[-1].label, page.metric[-1].delta) == ("Latency on this machine", "12.3 ms")
    assert table(page)["latency"][:3] == ["1.50× (1.25–1.75)", "", ""]
    assert "median and middle half of 10 rounds" in words(page)
    page.button(key="design-time-all").click().run()
    assert not page.exception
    assert len(asked) == len(table(page)["design"]) - 1  # each once; the one without attention is in every one
    page.selectbox(key="d-against").set_value("fused").run()
    assert len(asked) == len(table(page)["design"]) - 1
    page.number_input(key="d-size").set_value(24).run()
    assert page.metric[-1].value == "–"  # other pictures, other times


@pytest.mark.usefixtures("cold")
def test_a_real_timing(page: AppTest) -> None:
    opened(page, d_width="4", d_size="8")
    page.button(key="design-time-chosen").click().run(timeout=300)
    assert not page.exception
    assert page.metric[-1].value.endswith("×")


def test_the_csv_is_the_table(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(
        "gam_viz.app.design.table.st.download_button", lambda label, data, **how: written.append((data, how))
    )
    opened(page, d_rate="2")
    ((data, how),) = written
    rows = list(csv.DictReader(io.StringIO(data)))
    assert how["file_name"] == "gam_net-attention.csv"
    assert [int(row["parameters"]) for row in rows] == table(page)["parameters"]
    assert json.loads(rows[0]["options"]) == {"rate": 2}


@pytest.mark.parametrize(
    ("against", "of"),
    [("macs", "parameters"), ("peak", "macs"), ("kept", "parameters"), ("time", "macs"), ("fused", "macs")],
)
def test_every_figure_in_chinese(page: AppTest, against: str, of: str) -> None:
    opened(page, lang="zh", d_against=against, d_of=of)
    assert page.title[0].value == "设计"
    assert "**GAM，r = 4** 增加" in words(page)
    assert "教程说的是不到 5%" in words(page)


@pytest.mark.parametrize(
    ("attention", "form", "said"),
    [
        ("se", "full", "One SE in stage 3, C = 64 and h = C / r = 4"),
        ("cbam", "full", "2·k² of its convolution"),
        ("gam", "full", "2·49·C·h / g"),
        ("gam_sigmoid", "factorised", "2·C·h + 14·h²"),
        ("gam", "depthwise", "49·(C + h) + 2·C·h"),
        ("se_cbam", "full", "2·k² of its convolution"),
        ("se_gam", "depthwise", "49·(C + h) + 2·C·h"),
    ],
)
def test_every_module_has_its_formula(page: AppTest, attention: str, form: str, said: str) -> None:
    opened(page, d_attention=attention, d_form=form)
    assert said in words(page)
    assert ("The SE before it" in words(page)) == attention.startswith("se_")
