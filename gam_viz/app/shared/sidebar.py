"""What every page is about: data set, networks, picture and target, chosen in the sidebar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from gam_viz.app.shared import own_networks, state
from gam_viz.app.shared.choices import choose, choose_many, chosen_many
from gam_viz.app.shared.device import device_name
from gam_viz.app.shared.networks import checkpoints
from gam_viz.app.shared.picture_choice import choose_picture
from gam_viz.app.shared.selection import Selection
from gam_viz.app.shared.target_region import asked_about
from gam_viz.app.shared.words import class_title, data_title, network_title, text, words
from gam_viz.attention import ATTENTION
from gam_viz.datasets import data_root, is_here
from gam_viz.networks.card import FITS, Card
from gam_viz.networks.default_comparison import DEFAULT_DATASETS, first_comparison
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.titles import literal

PREDICTED = "predicted"


def sidebar() -> Selection | None:
    """Draw the sidebar; None where there is nothing to look at yet (it then says why)."""
    with st.sidebar:
        of, networks = _networks()
        if not of:
            return None
        first = (networks or of)[0].card
        chosen = choose_picture(first)
        fit = choose_fit(first.fit)
        target = _target(first)
        if networks and chosen is not None:
            networks = asked_about(networks, chosen.picture, fit)
        st.caption(text("common.sidebar.device", device=device_name()))
    if chosen is None or not networks:
        return None
    medical = chosen.medical or any(checkpoint.card.domain == "medical" for checkpoint in networks)
    return Selection(
        networks=networks,
        picture=chosen.picture,
        title=chosen.title,
        credit=chosen.credit,
        label=chosen.label,
        fit=fit,
        target=target,
        medical=medical,
        regions=chosen.regions,
        source=chosen.source,
    )


def choose_networks() -> tuple[OpenedNetwork, ...]:
    """Draw the sidebar of a page that is about networks, whatever the picture; none where none is chosen."""
    with st.sidebar:
        _, networks = _networks()
        if networks:
            st.caption(text("common.sidebar.device", device=device_name()))
    return networks


def _networks() -> tuple[tuple[OpenedNetwork, ...], tuple[OpenedNetwork, ...]]:
    """Draw the choice; all networks of the data set, and those of them that are chosen: one is enough."""
    found, refused = checkpoints()
    for error in refused:
        st.warning(text("common.sidebar.refused", reason=literal(error.sentence(words()))))
    # What works with what is on this computer stays in front.
    groups = dict(sorted(own_networks.grouped(found).items(), key=lambda of: not is_here(of[0], data_root())))
    if not groups:
        st.error(text("common.sidebar.no_networks"))
        own_networks.own_networks_button(found)
        return (), ()
    _read_short_link(groups)
    arrived = own_networks.arrived()
    if arrived is not None:  # who adds a network wants to see it
        state.put("data", next(name for name, of in groups.items() if arrived in [c.card.name for c in of]))
    live = [own_networks.group_of(each) for each in own_networks.live_networks()]
    compared = [name for name, of in groups.items() if len(of) > 1]
    default = next((name for name in (*live, *DEFAULT_DATASETS) if name in (*live, *compared)), [*compared, *groups][0])
    dataset = choose(
        "data", list(groups), default, text("common.sidebar.data"), lambda name: _group_title(groups[name][0].card)
    )
    options = {c.card.name: c for c in sorted(groups[dataset], key=_order)}
    preset = _preset(list(options.values()))
    key = f"networks-{dataset}"  # one choice a data set, so that going back finds it
    if arrived in options:
        others = [name for name in chosen_many(key, list(options), preset) if name != arrived]
        state.put(key, [*others, arrived])
    names = choose_many(
        key, list(options), preset, text("common.sidebar.networks"), lambda name: _network_option(options[name])
    )
    own_networks.own_networks_button(found)
    chosen = tuple(options[name] for name in names)
    own_networks.draw_found(each for each in chosen if own_networks.is_own(each))
    if not chosen:
        st.info(text("common.sidebar.choose_network"))
    elif len(options) == 1:
        st.caption(text("own_networks.alone"))
    return tuple(options.values()), chosen


def _read_short_link(groups: Mapping[str, Sequence[OpenedNetwork]]) -> None:
    """A link may say `networks=` without the data set, which is then that of the first of them that is known."""
    asked = st.query_params.get("networks")
    if asked is None:
        return
    home = {c.card.name: name for name, of in groups.items() for c in of}
    known = next((home[name] for name in asked.split(",") if name in home), None)
    if known is not None:
        st.query_params.setdefault("data", known)
    default = next((name for name in DEFAULT_DATASETS if name in groups), next(iter(groups)))
    state.mean("networks", f"networks-{st.query_params.get('data', default)}")


def _group_title(card: Card) -> str:
    if card.dataset != "own":
        title = data_title(card)
        return title if is_here(card.dataset, data_root()) else text("common.sidebar.networks_only", data=title)
    names = [class_title(name) for name in card.classes[:3]] + ["…"] * (len(card.classes) > 3)
    return text("own_networks.group", count=len(card.classes), classes=text("own_networks.comma").join(names))


def _preset(of: list[OpenedNetwork]) -> list[str]:
    """The first comparison: CBAM and GAM, of several the one that validated best; without them, the first two.

    Of own networks alone it is all of them; among others they wait to be chosen, whatever their cards claim.
    """
    cards = [checkpoint.card for checkpoint in of if not own_networks.is_own(checkpoint)]
    if len(cards) < 2:
        return [checkpoint.card.name for checkpoint in of]
    return first_comparison(cards)


def _order(checkpoint: OpenedNetwork) -> tuple[bool, int, bool, str]:
    known = ["none", *ATTENTION]
    attention = checkpoint.card.config.attention
    place = known.index(attention) if attention in known else len(known)
    return (
        own_networks.is_own(checkpoint),
        place,
        bool(checkpoint.card.config.attention_options),
        "" if checkpoint.origin == "live" else checkpoint.card.name,  # as their program has them
    )


def _network_option(checkpoint: OpenedNetwork) -> str:
    card, title = checkpoint.card, network_title(checkpoint.card)
    if own_networks.is_own(checkpoint) and title != card.name:
        return text("own_networks.option", name=card.name, attention=title)
    return f"{title} · {card.test['accuracy']:.1%}" if card.test else title


def choose_fit(default: str) -> str:
    """How pictures are made square."""
    return choose("fit", FITS, default, text("common.sidebar.fit"), "common.fit", help=text("common.sidebar.fit_help"))


def _target(card: Card) -> int | None:
    """What is explained, by index; None for what each network predicts. Nothing is asked where there is one answer."""
    classes, kind = card.classes, card.output
    if len(classes) == 1:
        return 0
    of = {"multilabel": "_of_labels", "regression": "_of_values"}.get(kind, "")
    predicted = text("common.sidebar.predicted") if kind == "class" else text("common.sidebar.largest")
    state.mean("class", "target")
    options = list(classes) if kind == "regression" else [PREDICTED, *classes]
    target = choose(
        "target",
        options,
        options[0],
        text(f"common.sidebar.target{of}"),
        lambda name: predicted if name == PREDICTED else class_title(name),
        help=text("common.sidebar.target_help"),
    )
    return None if target == PREDICTED else classes.index(target)
