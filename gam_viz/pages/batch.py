"""Where do the networks disagree on my pictures? All uploaded files, seen by all chosen networks."""

import streamlit as st

from gam_viz.images import PictureError
from gam_viz.pages.choices import choose
from gam_viz.pages.judging import judge
from gam_viz.pages.rows.batch_table import Batch, batch_table, csv_of
from gam_viz.pages.rows.view import page_style
from gam_viz.pages.sidebar import FITS, choose_networks
from gam_viz.pages.text import text
from gam_viz.pages.uploads import Refused, dismiss, draw_uploader, refused, uploads

page_style()
st.header(text("batch.title"), anchor=False)
networks = choose_networks()
with st.sidebar:
    fit = choose("fit", FITS, "crop", text("sidebar.fit"), "fit")
files = uploads()
if not files:
    st.markdown(text("batch.empty"))
    draw_uploader(table=True)
if networks is None:
    st.info(text("batch.nothing"))
    st.stop()

place = st.empty()
entries, spoiled = [], list(refused())
for number, upload in enumerate(files):

    def progress(number: int = number) -> None:
        """Say how far it is; who leaves meanwhile finds what is done when coming back."""
        place.progress(number / len(files), text("batch.computing", number=number + 1, count=len(files)))

    def waiting(position: int) -> None:
        """Say that the networks wait for another session's computation."""
        place.info(text("compare.waiting", position=position))

    try:
        entries.append(judge(upload, networks, fit, on_wait=waiting, before=progress))
    except PictureError as error:
        spoiled.append(Refused(upload.name, error))
place.empty()
if not entries and not spoiled:
    st.stop()

batch = Batch(networks, entries, spoiled)
if entries:
    disagreeing = sum(entry.judged.disagree for entry in entries)
    st.markdown(text("batch.summary", disagreeing=disagreeing, count=len(entries)))
with st.container(horizontal=True, gap="small", vertical_alignment="center"):
    if files:
        with st.popover(text("batch.add"), icon=":material/add_photo_alternate:"):
            draw_uploader(table=True)
    st.download_button(
        text("download.csv"), csv_of(batch), "gam-viz-pictures.csv", "text/csv", icon=":material/download:", key="csv"
    )
    if refused():
        st.button(text("batch.dismiss"), type="tertiary", key="dismiss", on_click=dismiss)
batch_table(batch)
if entries:
    st.caption(text("batch.about_gap") + " " + text("batch.no_truth", classes=", ".join(batch.classes)))
if any(checkpoint.card.domain == "medical" for checkpoint in networks):
    st.caption(text("prediction.medical_networks"))
elif any(entry.format == "DICOM" for entry in entries):
    st.caption(text("batch.medical"))
