"""What is looked at where nothing was chosen: the page's first comparison, and the command line's."""

from __future__ import annotations

from collections.abc import Sequence

from gam_viz.networks.checkpoints import Card, Checkpoint

DEFAULT_DATASETS = ("scenes", "cifar10")
DEFAULT_ATTENTION = ("cbam", "gam")


def first_comparison(cards: Sequence[Card]) -> list[str]:
    """Names of the networks of one data set to begin with: CBAM and GAM, of several the one that validated best;
    without them, the first two."""
    best = []
    for attention in DEFAULT_ATTENTION:
        of_attention = [card for card in cards if card.config.attention == attention]
        if of_attention:
            best.append(max(of_attention, key=_as_printed_and_best).name)
    return best if len(best) == len(DEFAULT_ATTENTION) else [card.name for card in cards[:2]]


def default_networks(found: Sequence[Checkpoint]) -> tuple[Checkpoint, ...]:
    """The first comparison of the first data set of `DEFAULT_DATASETS` that has two networks, else of any other.

    Raises:
        ValueError: no data set has two networks.
    """
    groups: dict[str, list[Checkpoint]] = {}
    for checkpoint in found:
        groups.setdefault(checkpoint.card.dataset, []).append(checkpoint)
    usable = [name for name, of in groups.items() if len(of) >= 2]
    if not usable:
        raise ValueError("no data set has two networks to compare; name one with --networks")
    chosen = groups[next((name for name in DEFAULT_DATASETS if name in usable), usable[0])]
    names = first_comparison([checkpoint.card for checkpoint in chosen])
    by_name = {checkpoint.card.name: checkpoint for checkpoint in chosen}
    return tuple(by_name[name] for name in names)


def _as_printed_and_best(card: Card) -> tuple[bool, float]:
    """The module as it is printed comes before its variants, then what validated best."""
    return not card.config.attention_options, card.validation.get("accuracy", 0.0)
