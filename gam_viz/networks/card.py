"""The model card: what is known about a trained network. It travels as JSON in the header of its checkpoint."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NotRequired, TypedDict, get_args

import msgspec

from gam_viz.networks import NetworkConfig
from gam_viz.text import Words
from gam_viz.text.refusal import RefusalError

MAX_SIDE = 4096  # pixels of a network's input
FOREIGN = "foreign"  # attention of a network that this project did not build
MOST_NORMALISED = 1e9  # of a normalised pixel; what is far beyond it overflows in a network's first layers
FITS = ("crop", "pad", "stretch")  # how a picture becomes square
#: What a network's scores are: logits of which one class is true ("class") or any number ("multilabel"), one logit
#: ("binary"), values in a unit ("regression"), summed logits of a segmentation, summed scores of detections.
OutputKind = Literal["class", "multilabel", "binary", "regression", "segmentation", "detection"]
OUTPUT_KINDS: tuple[OutputKind, ...] = get_args(OutputKind)
#: (left, top, right, bottom) as shares of the input's width and height, 0..1.
Region = tuple[float, float, float, float]
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")


_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class _Validation(TypedDict):
    """What a card says of its validation."""

    accuracy: _Share
    count: NotRequired[int]
    auc: NotRequired[_Share]


class _Test(TypedDict):
    """What a card says of a test: what `gam_viz.evaluation.metrics.summarise` gives."""

    accuracy: _Share
    count: int
    auc: NotRequired[_Share]
    balanced_accuracy: NotRequired[_Share]
    interval: tuple[_Share, _Share]
    per_class: NotRequired[dict[str, _Share]]
    calibration_error: _Share


class _Start(TypedDict, total=False):
    """Where a card says that training began."""

    name: str
    sha256: str
    fresh: list[str]
    licence: str


class CheckpointError(RefusalError):
    """A checkpoint that cannot be used; the catalogue's sentence (`checkpoints.<kind>.<what>`) says what differs.

    Attributes:
        kind: of refusal: "more" (more than weights, such as a pickled network), "format" (not a kind of file that is
            read), "damaged", "unknown" (no network known here), "misfit" (not the network that it should be),
            "infinite" (weights that are no numbers) or "other".
    """

    def __init__(self, key: str, /, **details: object) -> None:
        self.kind = key.split(".")[1]
        super().__init__(key, **details)

    def sentence(self, words: Words) -> str:
        """Why, in those words."""
        return printable(super().sentence(words))


def printable(text: str) -> str:
    """Sentences name weights, and names come from files that may be damaged or hostile."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


@dataclass(frozen=True)
class Card:
    """What is known about a trained network.

    Attributes:
        name: the file's name without its suffix.
        dataset, dataset_title, source, licence: of the data it was trained on.
        classes: one name a score.
        input_size: side of the square input in pixels, or (height, width); see `sides`.
        mean, std: of the normalisation, one each a channel of the input, in 0..1.
        config: the network.
        fit: how a picture is made square where nobody chooses; see `images.prepare`, of which all three are.
        resize: the shorter side a picture is brought to before its centre is cut out; 0: straight to the size.
        interpolation: of the resizing.
        output: what its scores are; see `explain.answers`.
        unit: of a regression's value; empty for none.
        region: over which a segmentation's or detections' scores are summed; None for all of the picture. It is asked,
            not known: no file has it.
        negative: what is true where a binary answer is not; empty where nobody said.
        domain: of the data: "drawn", "photographs", "aerial", "medical", or empty.
        recipe: how it was trained (`Recipe.to_dict()`).
        seed: of initial weights, order and augmentation.
        epochs: trained.
        started_from: {"name", "sha256", "fresh"} of the checkpoint whose weights training began with, and which layers
            began fresh, with "licence" where the weights are others'; empty where all layers did.
        validation: {"accuracy": 0..1, "count": pictures}, and "auc" where there are two classes.
        test: what `evaluate` found on the test split (see `gam_viz.evaluation.metrics`), or empty.
        versions: of the libraries it was trained with, and the device.
        notes: anything else worth knowing, in plain sentences.
    """

    name: str
    dataset: str
    dataset_title: str
    classes: tuple[str, ...]
    input_size: int | tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    config: NetworkConfig
    source: str = ""
    licence: str = ""
    domain: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    started_from: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    epochs: int = 0
    validation: dict[str, Any] = field(default_factory=dict)
    test: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fit: str = "crop"
    resize: int = 0
    interpolation: str = "bicubic"
    output: OutputKind = "class"
    unit: str = ""
    region: Region | None = None
    negative: str = ""

    @property
    def sides(self) -> tuple[int, int]:
        """(height, width) of the input, in pixels."""
        return self.input_size if isinstance(self.input_size, tuple) else (self.input_size, self.input_size)

    @property
    def channels(self) -> int:
        """Of the input."""
        return len(self.mean)

    @property
    def black(self) -> tuple[float, ...]:
        """What a black pixel is after normalisation, a value a channel."""
        return tuple(-mean / std for mean, std in zip(self.mean, self.std, strict=True))

    def _normalises(self) -> bool:
        """Whether every pixel, 0..1, becomes a number that a network can compute with."""
        return all((abs(mean) + 1) / std <= MOST_NORMALISED for mean, std in zip(self.mean, self.std, strict=True))

    def to_json(self) -> str:
        """The card as JSON."""
        known = dataclasses.asdict(self)
        del known["region"]
        known["config"] = self.config.to_dict()
        return json.dumps(known, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The inverse of `to_json`.

        Raises:
            CheckpointError: not a card, or one of an unknown kind.
        """
        try:
            values = msgspec.json.decode(text, type=dict[str, Any])
            values.pop("region", None)
            unknown = sorted(values.keys() - {each.name for each in dataclasses.fields(cls)})
            if unknown:
                raise ValueError(f"unknown fields: {', '.join(unknown)}")
            card = msgspec.convert({**values, "config": NetworkConfig.from_dict(values["config"])}, cls)
            for said, schema in ((card.validation, _Validation), (card.test, _Test), (card.started_from, _Start)):
                if said:
                    msgspec.convert(said, schema)
        except KeyError as error:
            raise CheckpointError("checkpoints.other.card_lacks", what=str(error)) from error
        except (ValueError, RecursionError) as error:
            raise CheckpointError("checkpoints.other.card_unreadable", why=str(error)) from error
        card.check()
        return card

    def check(self) -> None:
        """Refuse a card that contradicts itself.

        Raises:
            CheckpointError: the classes are not one a logit, or the input's size or normalisation cannot be.
        """
        if len(self.classes) != self.config.num_classes:
            raise CheckpointError(
                "checkpoints.other.card_classes", given=len(self.classes), wanted=self.config.num_classes
            )
        if not all(isinstance(text, str) for text in (self.name, self.negative, *self.classes)):
            raise CheckpointError("checkpoints.other.card_text")
        if not all(type(side) is int and 1 <= side <= MAX_SIDE for side in self.sides) or len(self.sides) != 2:
            raise CheckpointError("checkpoints.other.card_size", most=MAX_SIDE, given=repr(self.input_size))
        numbers = (*self.mean, *self.std)
        if not self.mean or len(self.mean) != len(self.std) or not all(isinstance(v, int | float) for v in numbers):
            raise CheckpointError("checkpoints.other.card_normalisation")
        if self.config.attention != FOREIGN and self.channels != 3:
            raise CheckpointError("checkpoints.other.card_three")
        if not all(map(math.isfinite, numbers)) or min(self.std) <= 0 or not self._normalises():
            raise CheckpointError("checkpoints.other.card_finite")
        sides = (0, *range(min(self.sides), 4 * MAX_SIDE + 1))
        if self.fit not in FITS or self.interpolation not in INTERPOLATIONS or self.resize not in sides:
            raise CheckpointError("checkpoints.other.card_resize")
        if self.output not in OUTPUT_KINDS:
            raise CheckpointError(
                "checkpoints.other.card_output", given=str(self.output), known=", ".join(OUTPUT_KINDS)
            )
        if self.output == "class" and len(self.classes) < 2:
            raise CheckpointError("checkpoints.other.card_one_class")
