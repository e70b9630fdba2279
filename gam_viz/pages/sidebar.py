"""What every page is about: data set, networks, picture and target, chosen in the sidebar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from gam_viz.checkpoints import Card, Checkpoint
from gam_viz.images import Picture
from gam_viz.pages import compute, url
from gam_viz.pages.names import class_title, data_title, network_title
from gam_viz.pages.picture_choice import choose_picture
from gam_viz.pages.text import LANGUAGES, language, text

FITS = ("crop", "pad", "stretch")
PREDICTED = "predicted"
DEFAULT_DATASETS = ("scenes", "cifar10")
DEFAULT_ATTENTION = ("cbam", "gam")


@dataclass(frozen=True)
class Selection:
    """What was chosen.

    Attributes:
        networks: two or more, in the order of the columns.
        picture: what is looked at.
        title: the picture's name for people.
        credit: who made it; empty for an upload.
        label: the class a person would name, or None where it is not known.
        fit: how the picture is made square.
        target: index of a class for all networks, or None for what each predicts.
        medical: whether the picture, or what a network was trained on, comes from medicine.
        regions: what is known to lie where in the picture, name -> (H, W) bool.
    """

    networks: tuple[Checkpoint, ...]
    picture: Picture
    title: str
    credit: str
    label: str | None
    fit: str
    target: int | None
    medical: bool
    regions: Mapping[str, npt.NDArray[np.bool_]]

    @property
    def classes(self) -> tuple[str, ...]:
        """Of the data set."""
        return self.networks[0].card.classes


def sidebar() -> Selection | None:
    """Draw the sidebar; None where there is nothing to look at yet (the page then says why)."""
    with st.sidebar:
        _language()
        networks = _networks()
        if networks is None:
            return None
        chosen = choose_picture(networks[0].card)
        fit = _fit()
        target = _target(networks[0].card.classes)
        st.caption(text("sidebar.device", device=compute.device_name()))
    if chosen is None:
        return None
    medical = chosen.medical or any(checkpoint.card.domain == "medical" for checkpoint in networks)
    return Selection(
        networks, chosen.picture, chosen.title, chosen.credit, chosen.label, fit, target, medical, chosen.regions
    )


def choose_networks() -> tuple[Checkpoint, ...] | None:
    """Draw the sidebar of a page that is about networks, whatever the picture; None where there are none to compare."""
    with st.sidebar:
        _language()
        networks = _networks()
        if networks is not None:
            st.caption(text("sidebar.device", device=compute.device_name()))
    return networks


def _language() -> None:
    url.restore("lang", list(LANGUAGES), language())
    st.segmented_control(
        text("sidebar.language"),
        list(LANGUAGES),
        format_func=lambda code: {"en": "English", "zh": "简体中文"}[code],
        key="lang",
        required=True,
        label_visibility="collapsed",
    )
    url.publish("lang", None)  # always in the URL: what is nobody's default here is somebody's there


def _networks() -> tuple[Checkpoint, ...] | None:
    found, refused = compute.checkpoints()
    for error in refused:
        st.warning(text("sidebar.refused", reason=error))
    by_dataset: dict[str, list[Checkpoint]] = {}
    for checkpoint in found:
        by_dataset.setdefault(checkpoint.card.dataset, []).append(checkpoint)
    usable = [name for name, of in by_dataset.items() if len(of) >= 2]
    if not usable:
        st.error(text("sidebar.no_networks"))
        return None
    default = next((name for name in DEFAULT_DATASETS if name in usable), usable[0])
    url.restore("data", usable, default)
    dataset = st.selectbox(
        text("sidebar.data"),
        usable,
        format_func=lambda name: data_title(by_dataset[name][0].card),
        key="data",
    )
    url.publish("data", default)
    options = {c.card.name: c for c in sorted(by_dataset[dataset], key=_order)}
    preset = _preset([c.card for c in options.values()])
    key = f"networks-{dataset}"  # one choice a data set, so that going back finds it
    url.restore_many(key, list(options), preset, least=2)
    names = st.multiselect(
        text("sidebar.networks"), list(options), format_func=lambda name: _network_option(options[name].card), key=key
    )
    url.publish(key, preset)
    if len(names) < 2:
        st.info(text("sidebar.two_networks"))
        return None
    return tuple(options[name] for name in names)


def _preset(cards: list[Card]) -> list[str]:
    """The first comparison: CBAM and GAM, of several the one that validated best; without them, the first two."""
    best = []
    for attention in DEFAULT_ATTENTION:
        of_attention = [card for card in cards if card.config.attention == attention]
        if of_attention:
            best.append(max(of_attention, key=_as_printed_and_best).name)
    return best if len(best) == len(DEFAULT_ATTENTION) else [card.name for card in cards[:2]]


def _as_printed_and_best(card: Card) -> tuple[bool, float]:
    """The module as it is printed comes before its variants, then what validated best."""
    return not card.config.attention_options, card.validation.get("accuracy", 0.0)


def _order(checkpoint: Checkpoint) -> tuple[int, bool, str]:
    known = ["none", "se", "cbam", "gam", "gam_sigmoid"]
    attention = checkpoint.card.config.attention
    place = known.index(attention) if attention in known else len(known)
    return place, bool(checkpoint.card.config.attention_options), checkpoint.card.name


def _network_option(card: Card) -> str:
    return f"{network_title(card)} · {card.test['accuracy']:.1%}" if card.test else network_title(card)


def _fit() -> str:
    url.restore("fit", FITS, "crop")
    fit = st.selectbox(
        text("sidebar.fit"),
        FITS,
        format_func=lambda name: text(f"fit.{name}"),
        key="fit",
        help=text("sidebar.fit_help"),
    )
    url.publish("fit", "crop")
    return fit


def _target(classes: tuple[str, ...]) -> int | None:
    url.restore("target", [PREDICTED, *classes], PREDICTED)
    target = st.selectbox(
        text("sidebar.target"),
        [PREDICTED, *classes],
        format_func=lambda name: text("sidebar.predicted") if name == PREDICTED else class_title(name),
        key="target",
        help=text("sidebar.target_help"),
    )
    url.publish("target", PREDICTED)
    return None if target == PREDICTED else classes.index(target)
