"""How a report speaks: the catalogue's words and names for people, in the language that is spoken now."""

from __future__ import annotations

from gam_viz.report.words import Words
from gam_viz.text import text, text_or
from gam_viz.titles import class_title, data_title, layer_title, network_titles, sample_title

WORDS = Words(
    text=text,
    text_or=text_or,
    class_title=class_title,
    data_title=data_title,
    sample_title=sample_title,
    layer_title=layer_title,
    network_titles=network_titles,
)
