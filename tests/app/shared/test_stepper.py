"""The stepper: a step is chosen directly or by going back and on, and it is in the link."""

import pytest
from streamlit.testing.v1 import AppTest


def script() -> None:
    import streamlit as st

    from gam_viz.app.shared.stepper import stepper

    st.text(stepper("stage", ["a", "b", "c"], "b", "Stage", str.upper, tiles=dict.fromkeys("abc", "data:image/png;,")))


def layers() -> None:
    import streamlit as st

    from gam_viz.app.shared.stepper import choose_layer

    st.text(choose_layer([f"layer{stage}.{block}" for stage in (1, 2) for block in (0, 1)]))


def test_steps_go_round_and_the_link_says_where_one_is() -> None:
    app = AppTest.from_function(script)
    app.query_params["lang"] = "en"
    app.run()
    assert (app.radio(key="stage").options, app.text[0].value) == (["A", "B", "C"], "b")
    assert [button.label for button in app.button] == ["Stage: back", "Stage: next"]
    for step in ("c", "a", "b"):  # after the last comes the first, and neither button is ever disabled
        assert not any(button.disabled for button in app.button)
        app.button(key="step-stage-next").click().run()
        assert app.text[0].value == app.radio(key="stage").value == step
        assert app.query_params.get("stage", "b") == step
    app.button(key="step-stage-back").click().run()
    app.radio(key="stage").set_value("c").run()
    assert app.query_params["stage"] == "c"


def test_a_link_opens_a_step_and_one_that_is_not_there_the_default() -> None:
    for asked, opened in (("c", "c"), ("z", "b")):
        app = AppTest.from_function(script)
        app.query_params["stage"] = asked
        assert app.run().text[0].value == opened


@pytest.mark.parametrize(
    ("asked", "opened"),
    [("layer1.1", "layer1.1"), ("1.2", "layer1.1"), ("2.1", "layer2.0"), ("2.0", "layer2.1"), ("9.9", "layer2.1")],
)
def test_a_layer_is_called_as_in_pytorch_and_links_with_the_old_names_lead_on(asked: str, opened: str) -> None:
    app = AppTest.from_function(layers)
    app.query_params["layer"] = asked
    app.run()
    assert app.text[0].value == opened
    assert app.radio(key="layer").options == ["layer1.0", "layer1.1", "layer2.0", "layer2.1"]
    assert app.query_params.get("layer", "layer2.1") == opened
