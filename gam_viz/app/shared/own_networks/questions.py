"""What a state dict does not tell, asked for: classes, input and the few choices that leave no trace in weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from gam_viz.app.shared.own_networks.admission import (
    MAX_SIDE,
    OwnNetworkError,
    Uploaded,
    distinct,
    read_classes,
    read_three,
)
from gam_viz.app.shared.own_networks.libraries import library_network
from gam_viz.app.shared.words import attention_title, class_title, data_title, prose, text
from gam_viz.figures.scales import number
from gam_viz.networks.checkpoints import Card
from gam_viz.networks.named import NamedWeights
from gam_viz.networks.state_dicts import HALF, IMAGENET, StateDict
from gam_viz.titles import literal

TYPED, OTHER = "typed", "other"
Three = tuple[float, ...]


@dataclass(frozen=True)
class Asked:
    """Weights whose questions are open.

    Attributes:
        state: as they were read; of a library's architecture, or of a network known here.
        parameters: how many numbers the network has.
        number: of the upload; its widgets' keys end in it, so that every file begins with its own answers.
    """

    state: StateDict | NamedWeights
    parameters: int
    number: int

    @property
    def questions(self) -> tuple[str, ...]:
        """What the weights do not tell."""
        return self.state.questions if isinstance(self.state, StateDict) else ()

    def key(self, name: str) -> str:
        """Of a widget."""
        return f"own-{name}-{self.number}"


def inferred(asked: Asked) -> str:
    """What its names and shapes tell, in one line."""
    if isinstance(asked.state, NamedWeights):
        return text(
            "own_networks.inferred_library",
            architecture=literal(asked.state.architecture),
            classes=asked.state.num_classes,
            parameters=asked.parameters / 1e6,
        )
    config = asked.state.config
    return text(
        "own_networks.inferred",
        architecture=config.architecture,
        width=config.width,
        attention=attention_title(config.attention, config.attention_options),
        classes=config.num_classes,
        parameters=asked.parameters / 1e6,
    )


def draw_questions(asked: Asked, cards: Mapping[str, Card]) -> None:
    """Draw the fields.

    Args:
        asked: the state dict.
        cards: one card a shipped data set.
    """
    state, key = asked.state, asked.key
    fitting = {name: card for name, card in cards.items() if len(card.classes) == state.num_classes}
    norms = _norms(cards, state)
    st.session_state.setdefault(key("name"), asked.state.name)
    st.session_state.setdefault(key("size"), state.input_size)
    st.text_input(text("own_networks.name"), key=key("name"), max_chars=60)
    if fitting:
        st.selectbox(
            text("own_networks.classes_of"),
            [TYPED, *fitting],
            format_func=lambda name: text("own_networks.typed") if name == TYPED else data_title(fitting[name]),
            key=key("set"),
            on_change=_preset,
            args=(asked, fitting, norms),
            help=text("own_networks.classes_of_help"),
        )
    chosen = fitting.get(st.session_state.get(key("set"), TYPED))
    if chosen is not None:
        names = text("own_networks.comma").join(class_title(name) for name in chosen.classes)
        st.caption(prose("own_networks.in_order", data=data_title(chosen), classes=names))
    else:
        st.text_area(
            text("own_networks.classes", count=state.num_classes),
            key=key("classes"),
            placeholder="class 0\nclass 1\n…",
            help=text("own_networks.classes_help"),
            height=96,
        )
    first, second = st.columns([1, 2])
    first.number_input(
        text("own_networks.size"), 8, MAX_SIDE, step=1, key=key("size"), help=text("own_networks.size_help")
    )
    second.selectbox(
        text("own_networks.norm"),
        [*norms, OTHER],
        format_func=lambda name: _norm_title(name, norms, cards),
        key=key("norm"),
        help=text("own_networks.norm_help"),
    )
    if st.session_state[key("norm")] == OTHER:
        first, second = st.columns(2)
        first.text_input(text("own_networks.mean"), "0.5, 0.5, 0.5", key=key("mean"))
        second.text_input(text("own_networks.std"), "0.5, 0.5, 0.5", key=key("std"))
    for question, answers in QUESTIONS.items():
        if question in asked.questions:
            maximum = question == "pooled" and isinstance(state, StateDict) and not state.mean_first
            st.session_state.setdefault(key(question), answers[maximum])
            st.segmented_control(
                text(f"own_networks.question.{question}"),
                answers,
                format_func=lambda answer, question=question: text(f"own_networks.answer.{question}.{answer}"),  # type: ignore[misc]
                key=key(question),
                required=True,
                help=text(f"own_networks.question_help.{question}"),
            )


#: Answers to a state dict's questions, what holds "unless you say so" first.
QUESTIONS = {
    "channel_sigmoid": ("no", "yes"),
    "stem": ("cifar", "stride2"),
    "residual": ("yes", "no"),
    "pooled": ("mean", "maximum"),
}


def answered(asked: Asked, cards: Mapping[str, Card], taken: list[str]) -> tuple[Uploaded, Card | None]:
    """The network that the fields' answers make, and the card of the data set whose classes it has.

    Raises:
        OwnNetworkError: an answer cannot be read.
        CheckpointError: an answer does not fit, or the weights are damaged.
    """
    given = {name: st.session_state.get(asked.key(name)) for name in ("name", "set", "classes", "size", "norm")}
    home = cards.get(str(given["set"]))
    if home is not None:
        classes = home.classes
    else:
        classes = read_classes(given["classes"] or "", asked.state.num_classes)
    if given["norm"] == OTHER:
        mean, std = _numbers(asked, "mean"), _numbers(asked, "std")
        if min(std) <= 0:
            raise OwnNetworkError("std")
    else:
        mean, std = _norms(cards, asked.state)[str(given["norm"])]
    name = distinct(given["name"] or asked.state.name, taken)
    facts: dict[str, Any] = {"input_size": given["size"], "mean": mean, "std": std, "name": name}
    if isinstance(asked.state, NamedWeights):
        if asked.state.channels != 3:
            facts |= {key: (sum(facts[key]) / 3,) * asked.state.channels for key in ("mean", "std")}
        return library_network(asked.state, classes, **facts), home
    answers = {name: st.session_state.get(asked.key(name)) for name in asked.questions}
    checkpoint = asked.state.checkpoint(
        classes,
        **facts,
        stem=answers.get("stem"),
        channel_sigmoid=answers.get("channel_sigmoid") == "yes",
        residual=answers.get("residual") != "no",
        mean_first=answers["pooled"] == "mean" if "pooled" in answers else None,
    )
    return checkpoint, home


def _numbers(asked: Asked, name: str) -> Three:
    return read_three(st.session_state.get(asked.key(name)) or "")


def _preset(asked: Asked, fitting: Mapping[str, Card], norms: Mapping[str, tuple[Three, Three]]) -> None:
    """Who has a data set's classes was probably trained on its pictures as the networks here were."""
    card = fitting.get(st.session_state[asked.key("set")])
    if card is None:
        return
    st.session_state[asked.key("size")] = card.input_size
    st.session_state[asked.key("norm")] = next(n for n, values in norms.items() if values == (card.mean, card.std))
    if "stem" in asked.questions and card.config.stem in QUESTIONS["stem"]:
        st.session_state[asked.key("stem")] = card.config.stem


def _norms(cards: Mapping[str, Card], state: StateDict | NamedWeights) -> dict[str, tuple[Three, Three]]:
    """Normalisations to choose from: the likely one first, the tutorial's, ImageNet's, those of the data sets; equal
    ones once."""
    known: dict[str, tuple[Three, Three]] = {"half": (HALF, HALF), "imagenet": IMAGENET}
    likely = state.normalisation
    first = next((name for name, values in known.items() if values == likely), "library")
    # A library's network on one channel has one number each, and three are asked for.
    found = {first: likely if len(likely[0]) == 3 else (likely[0][:1] * 3, likely[1][:1] * 3)} | known
    for name, card in cards.items():
        if (card.mean, card.std) not in found.values():
            found[f"as-{name}"] = card.mean, card.std
    return found


def _norm_title(name: str, norms: Mapping[str, tuple[Three, Three]], cards: Mapping[str, Card]) -> str:
    if name == OTHER:
        return text("own_networks.norm.other")
    title = ""
    if name in ("half", "imagenet", "library"):
        title = text(f"own_networks.norm.{name}")
    title = title or data_title(cards[name.removeprefix("as-")])
    return text("own_networks.norm.of", title=title, mean=_three(norms[name][0]), std=_three(norms[name][1]))


def _three(values: Three) -> str:
    """Three numbers, or the one that they all are."""
    return ", ".join(number(v) for v in (values if len(set(values)) > 1 else values[:1]))
