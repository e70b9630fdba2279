"""Names for people, in the reader's language."""

from __future__ import annotations

from gam_viz.checkpoints import Card
from gam_viz.images import Sample
from gam_viz.pages.text import text, text_or


def class_title(name: str) -> str:
    """A class's name in the reader's language, where the catalogue has it."""
    return text_or(f"class.{name}", name)


def network_title(card: Card) -> str:
    """A network's short name: its attention."""
    return text_or(f"attention.{card.config.attention}", card.config.attention)


def sample_title(sample: Sample) -> str:
    """A sample picture's title."""
    return text(sample.title_key, **{key: class_title(name) for key, name in sample.title_details.items()})
