"""Names for people, in the words that are handed in."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gam_viz.attention import ATTENTION
from gam_viz.images import Picture, PictureError, Sample, Source
from gam_viz.networks.card import FOREIGN, Card
from gam_viz.networks.config import LITE_STAGES
from gam_viz.text import Words, signed

#: Options that are numbers and go by another name in the catalogue.
COUNTED = {"kernel_size": "kernel", "reduction_ratio": "rate"}
_MARKUP = re.compile(r"[\\`*_\[\]<>$~&|]")
#: Where addresses, icons and colours are told after Markdown was read, so that a backslash does not stop them.
_ALIVE = re.compile(r"(?<=:)(?=[^\W\d]|[/+-]|\d+:)|(?=@)|(?<=www)(?=\.)", re.IGNORECASE)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
JOINER = "\u2060"  # takes no room, and no line ends at it


def isolated(name: str) -> str:
    """A name that may be read from right to left, so that what stands beside it keeps its place ("…, 90.0%")."""
    return f"\u2068{name}\u2069" if _RIGHT_TO_LEFT.search(name) else name


def class_title(words: Words, name: str) -> str:
    """A class's name in the reader's language, where the catalogue has it."""
    return words.text_or(f"data.class.{name}", isolated(name))


def data_title(words: Words, card: Card) -> str:
    """The name of the data set that a network was trained on."""
    return words.text_or(f"data.{card.dataset}", isolated(card.dataset_title))


def network_title(words: Words, card: Card) -> str:
    """A network's short name: its attention; of one whose attention is not known here, its own name."""
    config = card.config
    if config.attention == FOREIGN:
        return isolated(card.name)
    return attention_title(words, config.attention, config.attention_options, config.attention_stages)


def attention_title(words: Words, module: str, options: Mapping[str, Any], stages: Sequence[bool] = ()) -> str:
    """An attention module's name with the options that differ from the tutorial's, and the stages that carry it where
    those are not the usual ones: all, of an EfficientNet-Lite `LITE_STAGES`."""
    fallback = ATTENTION[module].title if module in ATTENTION else ""
    parts = [words.text_or(f"attention.{module}", fallback or module)]
    for key, value in sorted(options.items()):
        word = COUNTED.get(key, key)
        if words.text_or(f"attention.option.{word}", ""):
            parts.append(words.text(f"attention.option.{word}", value=value))
        else:
            parts.append(words.text_or(f"attention.option.{key}.{value}", f"{key} {value}"))
    if stages and not all(stages) and tuple(stages) != LITE_STAGES:
        carrying = [str(number) for number, carries in enumerate(stages, 1) if carries]
        parts.append(words.text("attention.stages", stages="+".join(carrying)))
    return words.text("attention.joined").join(parts)


def network_titles(words: Words, cards: Sequence[Card]) -> list[str]:
    """A name a network; networks of the same attention are told apart by their checkpoints' names."""
    names = [network_title(words, card) for card in cards]
    counts = Counter(names)
    return [
        name if counts[name] == 1 else f"{name} ({isolated(card.name)})"
        for name, card in zip(names, cards, strict=True)
    ]


def sample_title(words: Words, sample: Sample) -> str:
    """A sample picture's title."""
    return words.text(sample.title_key, **{key: class_title(words, name) for key, name in sample.title_details.items()})


def own_title(words: Words, picture: Picture | Source) -> str:
    """What a picture of somebody's own file is called in what leaves: its name is not in it, it may be a patient's."""
    return words.text("common.own_picture", format=picture.format, sha=picture.sha256[:8])


def literal(name: str) -> str:
    """Words that a file or a link may have brought with them, so that Markdown shows them as they are: no links, and
    above all no pictures, which the browser would fetch."""
    return _ALIVE.sub(JOINER, _MARKUP.sub(r"\\\g<0>", name))


def picture_sentence(words: Words, error: PictureError) -> str:
    """What was wrong with a picture file, as Markdown."""
    return literal(error.sentence(words))


def percent(probability: float) -> str:
    """Whole percents; a probability below 1 does not become one by rounding."""
    return f"{probability:.0%}" if probability < 0.995 else ">99%"


def number(value: float) -> str:
    """A number with three significant digits, without a bare exponent for everyday sizes."""
    if value == 0:
        return "0"
    if 0.001 <= abs(value) < 10_000:
        digits = max(0, 2 - math.floor(math.log10(abs(value))))
        text = signed(value, f".{digits}f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return signed(value, ".1e")


def gate_title(words: Words, name: str) -> str:
    """A gate's own name, in the reader's language where the catalogue has it; empty for one that is called after its
    branch alone."""
    return "" if name in ("channel_gate", "spatial_gate") else words.text_or(f"attention.gate.{name}", name)


def layer_title(words: Words, layer: str) -> str:
    """A layer's name for people is PyTorch's, by which links, files and programs know it; the stem's says that it is
    one, and with a gate, "layer2.0:rows", there follows that gate's name."""
    layer, _, gate = layer.partition(":")
    if gate:
        return words.text("common.layer.of_gate", layer=layer_title(words, layer), gate=gate_title(words, gate) or gate)
    return words.text("common.layer.stem", layer=layer) if layer in ("relu", "maxpool") else layer
