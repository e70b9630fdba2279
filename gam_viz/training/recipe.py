"""How a network is trained, in plain values that travel in its card."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """A training recipe.

    Attributes:
        name: what the command line calls it.
        optimizer: "sgd" (Nesterov momentum 0.9) or "adam".
        learning_rate: the constant rate, or the peak of the cycle.
        batch_size: pictures a step.
        epochs: passes over the training pictures.
        schedule: "constant", or "onecycle": linear up over the first fifth, linear down to 0.
        weight_decay: on weights of two axes and more (not on biases and batch norms).
        label_smoothing: 0..1.
        crop: padding in pixels (reflected) of the random crop; 0 for none.
        flip: mirror every picture in every other epoch, half of them starting mirrored.
        quarter_turns: turn by 0, 90, 180 or 270 degrees, where the data set says that a picture has no upper side.
        turn: turn by up to this many degrees either way.
        zoom: scale by a factor within 1 - zoom .. 1 + zoom.
        colour: change contrast and brightness by up to this share.
        erase: side of a square set to the mean colour, as a share of the picture's.
        cells: cells a side of a grid, of which half of the pictures lose one to the mean colour; 0 for none.
        mix: share of the batches in which a box of each picture is another picture's, and the labels are mixed by area.
        balanced: weigh the loss so that every class counts the same, however many pictures it has.
        settle: end with a pass over the unchanged pictures that sets the batch norms' statistics, since changed
            pictures have others.
        clip: largest norm of the gradient; 0 for none.
        sizes: (share of the epochs, size relative to the full one) in order: small pictures first make the early
            epochs cheap, the last epochs see the full size. Empty for full size throughout.
        half_normalisation: mean and std 0.5 (the tutorial, EfficientNet-Lite) instead of the data set's own.
        pretrained: begin with the ImageNet weights published for the architecture.
        frozen: first blocks that stay as they are. Their features are computed once, for every way in which a picture
            can be turned and mirrored; of the changes above only `mix` applies, and `shift`.
        shift: shift features by up to so many cells either way.
        fresh_rate: factor on the learning rate of layers that did not begin with published weights.
        acting: gates begin as maps and open; see `let_gates_act`.
    """

    name: str
    optimizer: str = "sgd"
    learning_rate: float = 0.15
    batch_size: int = 64
    epochs: int = 11
    schedule: str = "onecycle"
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    crop: int = 4
    flip: bool = True
    quarter_turns: bool = False
    turn: float = 0.0
    zoom: float = 0.0
    colour: float = 0.0
    erase: float = 0.0
    cells: int = 0
    mix: float = 0.0
    balanced: bool = False
    settle: bool = False
    clip: float = 2.0
    sizes: tuple[tuple[float, float], ...] = ()
    half_normalisation: bool = False
    pretrained: bool = False
    frozen: int = 0
    shift: int = 0
    fresh_rate: float = 1.0
    acting: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as they come back from JSON."""
        return dataclasses.asdict(self) | {"sizes": [list(step) for step in self.sizes]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """The inverse of `to_dict`; what an older file does not name has its default.

        Raises:
            ValueError: a value's name is not known.
        """
        unknown = sorted(set(values) - {f.name for f in dataclasses.fields(cls)})
        if unknown:
            raise ValueError(f"unknown recipe settings: {', '.join(unknown)}")
        sizes = tuple((float(share), float(size)) for share, size in values.get("sizes", ()))
        return cls(**{**values, "sizes": sizes})

    def relative_size(self, epoch: int) -> float:
        """Size of the pictures in an epoch (from 0), relative to the full one."""
        done = 0.0
        for share, size in self.sizes:
            done += share
            if epoch < round(done * self.epochs):
                return size
        return 1.0


# From ImageNet weights, the first four blocks (down to an eighth of the side) frozen, the rest tuned.
_TAIL = Recipe(
    "tail",
    learning_rate=0.02,
    batch_size=32,
    epochs=4,
    crop=0,
    half_normalisation=True,
    pretrained=True,
    frozen=4,
    shift=1,
    fresh_rate=4.0,
    acting=True,
)

RECIPES: dict[str, Recipe] = {
    # The default: crops, flips, SGD with one cycle.
    "default": Recipe("default", sizes=((0.25, 0.5), (0.55, 0.75))),
    # A few hundred to a few thousand pictures: many epochs, strong changes.
    "few-pictures": Recipe(
        "few-pictures",
        learning_rate=0.05,
        batch_size=32,
        epochs=80,
        quarter_turns=True,
        zoom=0.35,
        colour=0.3,
        erase=0.25,
        settle=True,
        sizes=((0.25, 0.5), (0.45, 0.75)),
    ),
    # Small grey pictures of unequal classes, taken in nearly one pose.
    "radiographs": Recipe(
        "radiographs",
        learning_rate=0.1,
        epochs=24,
        crop=2,
        flip=False,
        turn=12.0,
        zoom=0.12,
        colour=0.25,
        balanced=True,
        settle=True,
    ),
    "tail": _TAIL,
    # The same for a few hundred to a few thousand pictures, whose classes may be of unequal size. Mixing pictures cost
    # 3 points on UC Merced (eight epochs, judged on the last fifth of each class's training pictures).
    "tail-few": dataclasses.replace(_TAIL, name="tail-few", epochs=12, balanced=True),
    # The tutorial's section 4.2, as printed: no augmentation, no schedule.
    "article": Recipe(
        "article",
        optimizer="adam",
        learning_rate=1e-3,
        batch_size=128,
        epochs=50,
        schedule="constant",
        weight_decay=0.0,
        label_smoothing=0.0,
        crop=0,
        flip=False,
        clip=0.0,
        half_normalisation=True,
    ),
}


def recipe(name: str, **changes: Any) -> Recipe:
    """A recipe by name, with some of its values changed; None leaves a value as it is.

    Raises:
        ValueError: no such recipe, or a value is out of range.
    """
    if name not in RECIPES:
        raise ValueError(f"unknown recipe {name!r}; known are {', '.join(RECIPES)}")
    chosen = dataclasses.replace(RECIPES[name], **{key: value for key, value in changes.items() if value is not None})
    if chosen.epochs < 1 or chosen.batch_size < 1:
        raise ValueError(f"epochs and batch size must be at least 1, got {chosen.epochs} and {chosen.batch_size}")
    if not 0 < chosen.learning_rate < float("inf"):
        raise ValueError(f"the learning rate must be above 0, got {chosen.learning_rate}")
    return chosen
