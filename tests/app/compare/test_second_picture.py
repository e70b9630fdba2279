"""A second picture beside the first: nothing before it is opened; numbers, masks and answers after; bad choices."""

from streamlit.testing.v1 import AppTest

from gam_viz.app.shared.words import prose, speaking
from tests.app.reading import words
from tests.app.visiting import opened


def test_two_pictures_are_compared_once_it_is_opened(app: AppTest) -> None:
    opened(app, "compare", layer="layer2.0")
    assert "second minus first" not in words(app)
    assert "second" not in app.query_params
    app.session_state["second-fold"] = True
    app.run()
    assert not app.exception
    assert app.query_params["second"] == "sample"
    said = words(app)
    assert "channels whose weights differ most" in said
    assert "second minus first" in said
    assert "With the other picture's gates" in said
    table = app.dataframe[0].value
    assert list(table["picture"]) == ["first picture"] * 3 + ["second picture"] * 3
    assert list(table["gates"][:3]) == ["its own", "all of the other's", "the other's channel gate"]
    app.selectbox(key="second-sample").set_value(app.selectbox(key="sample").value).run()
    assert "Both pictures are the same" in words(app)
    app.session_state["second-fold"] = False
    app.run()
    assert "second" not in app.query_params
    assert not app.exception


def test_a_link_opens_it_in_chinese(app: AppTest) -> None:
    with speaking("zh"):
        link = {"second": "test", "second_test": "7", "second_of": "1", "second_gate": "spatial", "lang": "zh"}
        opened(app, "compare", layer="layer2.0", **link)
        said, table = words(app), app.dataframe[0].value
    assert "权重相差最大的通道" in said
    assert "第二张减第一张" in said
    assert list(table["门控"])[2] == "空间门控换成另一张的"
    assert app.number_input(key="second-test").value == 7
    assert {"second", "second-test", "second-of", "second-gate"} <= set(app.query_params)


def test_an_upload_is_asked_for_where_none_is_there(app: AppTest) -> None:
    opened(app, "compare", second="upload")
    assert "files of yours are uploaded in the sidebar" in words(app)


def test_networks_without_gates_say_so(app: AppTest) -> None:
    opened(app, "compare", networks_scenes="scenes-none", second="sample", channel="3")
    assert not app.dataframe
    assert [each.value for each in app.info] == [prose("common.gates.none")]
