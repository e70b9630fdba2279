"""Where do the networks disagree on my pictures? All pictures of the session, seen by all chosen networks."""

import streamlit as st

from gam_viz.app.my_pictures.items import MOST_GIVEN, Item, items, left_out
from gam_viz.app.my_pictures.predictions import judge
from gam_viz.app.my_pictures.table import Batch, batch_table, csv_of
from gam_viz.app.shared.sidebar import choose_fit, choose_networks
from gam_viz.app.shared.uploader import draw_uploader
from gam_viz.app.shared.uploads import Refused, dismiss, refused, uploads, written
from gam_viz.app.shared.waiting import progress_line
from gam_viz.app.shared.words import prose, reason, text
from gam_viz.images import PictureError
from gam_viz.text.refusal import RefusalError
from gam_viz.titles import literal

networks = choose_networks()
with st.sidebar:
    fit = choose_fit(networks[0].card.fit if networks else "crop")
found = list(items())
files = uploads()
if not found:
    st.markdown(text("my_pictures.empty"))
    draw_uploader(table=True)
if not networks:
    st.info(text("my_pictures.nothing"))
    st.stop()

entries, spoiled = [], [*refused(), *(item for item in found if isinstance(item, Refused))]
shown = [item for item in found if isinstance(item, Item)]


def computing(share: float, _name: str) -> str:
    """How far it is; who leaves meanwhile finds what is done when coming back."""
    return text("my_pictures.computing", number=round(share * len(shown)) + 1, count=len(shown))


with progress_line(computing) as line:
    for number, item in enumerate(shown):
        try:
            entries.append(judge(item, networks, fit, line, number / len(shown)))
        except PictureError as error:
            spoiled.append(Refused(item.title, error))
        except RefusalError as error:  # a network that answers NaN
            st.warning(f"**{written(item.title)}** · {literal(reason(error))}")
if not entries and not spoiled:
    st.stop()

batch = Batch(networks, entries, spoiled)
if entries and len(networks) > 1:
    disagreeing = sum(entry.judged.disagree for entry in entries)
    st.markdown(text("my_pictures.summary", disagreeing=disagreeing, count=len(entries)))
with st.container(horizontal=True, gap="small", vertical_alignment="center"):
    st.download_button(
        text("compare.download.csv"),
        csv_of(batch),
        "gam-viz-pictures.csv",
        "text/csv",
        icon=":material/download:",
        key="csv",
    )
    if refused():
        st.button(text("my_pictures.dismiss"), type="tertiary", key="dismiss", on_click=dismiss)
if left := left_out():
    st.caption(text("my_pictures.left_out", shown=MOST_GIVEN, left=left))
if found:
    with st.expander(text("my_pictures.add"), icon=":material/add_photo_alternate:", type="compact"):
        draw_uploader(table=True)
batch_table(batch)
if entries:
    if networks[0].card.output == "class":
        st.caption(
            text("my_pictures.about_gap") + " " + prose("my_pictures.no_truth", classes=", ".join(batch.classes))
        )
    else:
        st.caption(text("my_pictures.about_gap_of_values"))
if batch.tells:
    st.caption(text("my_pictures.about_farther"))
if any(checkpoint.card.domain == "medical" for checkpoint in networks):
    st.caption(text("common.prediction.medical_networks"))
elif any(entry.item.own.format == "DICOM" for entry in entries):
    st.caption(text("my_pictures.medical"))
