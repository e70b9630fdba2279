"""The words of a report come from whoever speaks to the reader: the catalogue lies on a floor above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gam_viz.images import Sample
from gam_viz.networks.card import Card


class Say(Protocol):
    """The text of a key, its gaps filled."""

    def __call__(self, key: str, /, **values: object) -> str: ...


@dataclass(frozen=True)
class Words:
    """How a reader is spoken to, in one language.

    Attributes:
        text: the catalogue.
        text_or: of a key, or what is given where the catalogue has none.
        class_title, data_title, sample_title, layer_title: names for people.
        network_titles: of several networks, told apart.
    """

    text: Say
    text_or: Callable[[str, str], str]
    class_title: Callable[[str], str]
    data_title: Callable[[Card], str]
    sample_title: Callable[[Sample], str]
    layer_title: Callable[[str], str]
    network_titles: Callable[[Sequence[Card]], list[str]]
