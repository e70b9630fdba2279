"""What every page is about: data set, networks, picture and target, chosen in the sidebar."""

from __future__ import annotations

from collections.abc import Sequence

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
from gam_viz.networks.card import FITS, Card
from gam_viz.networks.default_comparison import DEFAULT_DATASETS, first_comparison
from gam_viz.networks.opened import OpenedNetwork
from gam_viz.titles import literal

PREDICTED = "predicted"


def sidebar() -> Selection | None:
    """Draw the sidebar; None where there is nothing to look at yet (the page then says why)."""
    with st.sidebar:
        networks = _networks(alone=True)
        if networks is None:
            return None
        chosen = choose_picture(networks[0].card)
        fit = choose_fit(networks[0].card.fit)
        target = _target(networks[0].card)
        if chosen is not None:
            networks = asked_about(networks, chosen.picture, fit)
        st.caption(text("common.sidebar.device", device=device_name()))
    if chosen is None:
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


def choose_networks(*, alone: bool = False) -> tuple[OpenedNetwork, ...] | None:
    """Draw the sidebar of a page that is about networks, whatever the picture; None where there are none to compare,
    unless with `alone` a single own one."""
    with st.sidebar:
        networks = _networks(alone=alone)
        if networks is not None:
            st.caption(text("common.sidebar.device", device=device_name()))
    return networks


def _networks(*, alone: bool = False) -> tuple[OpenedNetwork, ...] | None:
    """Draw the choice; None where fewer than two are chosen, unless with `alone` a single own one is."""
    found, refused = checkpoints()
    for error in refused:
        st.warning(text("common.sidebar.refused", reason=literal(error.sentence(words()))))
    groups = own_networks.grouped(found)
    usable = [name for name, of in groups.items() if len(of) >= 2 or _alone_too(of)]
    if not usable:
        st.error(text("common.sidebar.no_networks"))
        own_networks.own_networks_button(found)
        return None
    arrived = own_networks.arrived()
    if arrived is not None:  # who adds a network wants to see it
        state.put("data", next(name for name, of in groups.items() if arrived in [c.card.name for c in of]))
    live = [own_networks.group_of(each) for each in own_networks.live_networks()]
    default = next((name for name in (*live, *DEFAULT_DATASETS) if name in usable), usable[0])
    dataset = choose(
        "data", usable, default, text("common.sidebar.data"), lambda name: _group_title(groups[name][0].card)
    )
    options = {c.card.name: c for c in sorted(groups[dataset], key=_order)}
    preset = _preset(list(options.values()))
    key = f"networks-{dataset}"  # one choice a data set, so that going back finds it
    least = 1 if _alone_too(groups[dataset]) else 2
    if arrived in options:
        others = [name for name in chosen_many(key, list(options), preset, least) if name != arrived]
        state.put(key, [*others, arrived])
    names = choose_many(
        key,
        list(options),
        preset,
        text("common.sidebar.networks"),
        lambda name: _network_option(options[name]),
        least=least,
    )
    own_networks.own_networks_button(found)
    chosen = tuple(options[name] for name in names)
    own_networks.draw_found(each for each in chosen if own_networks.is_own(each))
    if len(chosen) >= 2 or (alone and chosen and _alone_too(chosen)):
        if len(options) == 1:
            st.caption(text("own_networks.alone"))
        return chosen
    st.info(text("own_networks.alone") if len(options) == 1 else text("common.sidebar.two_networks"))
    return None


def _alone_too(of: Sequence[OpenedNetwork]) -> bool:
    """Whether one of these networks is looked at without another beside it: who has one wants to see its gates."""
    return any(own_networks.is_own(c) or c.card.dataset == "own" for c in of)


def _group_title(card: Card) -> str:
    if card.dataset != "own":
        return data_title(card)
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
