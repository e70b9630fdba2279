"""Where do the networks disagree? The test pictures of a data set, by class and by which of two networks is right."""

import streamlit as st

from gam_viz.app.shared.evaluation_set import pictures_of, predictions_of
from gam_viz.app.shared.missing_data import dataset_error, offer_download, where_to_get
from gam_viz.app.shared.sidebar import choose_networks
from gam_viz.app.shared.words import network_titles, reason, text
from gam_viz.app.test_pictures.outcomes import outcome_row
from gam_viz.app.test_pictures.tiles import COMPARE, Gallery, tile_rows
from gam_viz.datasets import DatasetError, MissingDataError, data_root
from gam_viz.text.refusal import RefusalError
from gam_viz.titles import literal

if "test" in st.query_params:
    # A tile's link in a new tab: Streamlit writes a link to the first page as one to this page.
    st.switch_page(COMPARE, query_params=st.query_params.to_dict())
networks = choose_networks()
if not networks:
    st.info(text("test_pictures.nothing"))
    st.stop()
shown = networks[:2]
titles = network_titles([checkpoint.card for checkpoint in networks])[:2]
try:
    # Each for itself: an own network of the same classes may see pictures of another size.
    pictures, *_ = [pictures_of(checkpoint.card) for checkpoint in shown]
except DatasetError as error:
    dataset = networks[0].card.dataset
    st.info(dataset_error(error) + (f" {where_to_get(dataset)}" if isinstance(error, MissingDataError) else ""))
    if dataset == "cifar10" and isinstance(error, MissingDataError):
        offer_download(data_root())
    st.stop()

predictions = []
for checkpoint, title in zip(shown, titles, strict=True):
    try:
        predictions.append(predictions_of(checkpoint, pictures, title))
    except RefusalError as error:
        st.error(f"**{literal(title)}** · {literal(reason(error))}")
if len(predictions) < len(shown):
    st.stop()
gallery = Gallery(networks, pictures, tuple(predictions), titles)
outcome_row(gallery)
tile_rows(gallery)
