"""Where should I begin? Guided tours along prepared views of the app's own pages, and how to show them to a class."""

import streamlit as st

from gam_viz.app.shared.words import language, prose, text
from gam_viz.app.tours.plan import TOURS
from gam_viz.app.tours.state import go

st.markdown(prose("tours.about"))
for column, tour in zip(st.columns(len(TOURS), gap="medium"), TOURS.values(), strict=True):
    with column, st.container(border=True):
        st.header(text(f"tours.title.{tour.id}"), anchor=False)
        st.markdown(prose(f"tours.about.{tour.id}"))
        st.caption(text("tours.length", minutes=tour.minutes, count=len(tour.stops)))
        st.button(
            text("tours.start"),
            key=f"start-{tour.id}",
            type="primary",
            icon=":material/play_arrow:",
            on_click=go,
            args=(tour.id, 1),
        )
        for number, stop in enumerate(tour.stops, 1):
            st.page_link(
                stop.script,
                label=text("tours.numbered", number=number, title=text(f"tours.stop.{tour.id}.{stop.name}")),
                query_params={"tour": tour.id, "stop": str(number), "lang": language()},
            )
st.header(text("tours.teaching"), anchor=False)
st.markdown(text("tours.teaching_about"))
