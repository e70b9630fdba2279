"""Names for people, in the reader's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gam_viz.checkpoints import Card
from gam_viz.images import Sample
from gam_viz.pages.text import text, text_or

#: Options that are numbers, and how the catalogue calls them.
COUNTED = {"groups": "groups", "rate": "rate", "reduction_ratio": "rate"}


def class_title(name: str) -> str:
    """A class's name in the reader's language, where the catalogue has it."""
    return text_or(f"class.{name}", name)


def data_title(card: Card) -> str:
    """The name of the data set that a network was trained on."""
    return text_or(f"data.{card.dataset}", card.dataset_title)


def network_title(card: Card) -> str:
    """A network's short name: its attention."""
    return attention_title(card.config.attention, card.config.attention_options)


def attention_title(module: str, options: Mapping[str, Any]) -> str:
    """An attention module's name with the options that differ from the tutorial's."""
    parts = [text_or(f"attention.{module}", module)]
    for key, value in sorted(options.items()):
        if key in COUNTED:
            parts.append(text(f"attention.option.{COUNTED[key]}", value=value))
        else:
            parts.append(text_or(f"attention.option.{key}.{value}", f"{key} {value}"))
    return text("attention.joined").join(parts)


def network_titles(cards: Sequence[Card]) -> list[str]:
    """A name a network; networks of the same attention are told apart by their checkpoints' names."""
    names = [network_title(card) for card in cards]
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name} ({card.name})" for name, card in zip(names, cards, strict=True)]


def sample_title(sample: Sample) -> str:
    """A sample picture's title."""
    return text(sample.title_key, **{key: class_title(name) for key, name in sample.title_details.items()})
