"""Which functions draw random numbers: where one does so in eval mode, a network answers otherwise each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_DRAWING = {
    *("rand", "randn", "randint", "randperm", "rand_like", "randn_like", "bernoulli", "multinomial", "normal"),
    *("uniform", "gumbel_softmax"),
}
_DROPPING = {"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"}


def draws(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether a call draws random numbers.

    Dropout does where it is on, as where a forward pass builds its own `nn.Dropout`, which `eval()` does not reach.

    Args:
        name: the function's, without an in-place form's underscore.
        args, kwargs: as given to it.
    """
    dropped = name in _DROPPING and bool(kwargs.get("training", args[2] if len(args) > 2 else True))
    return dropped or name in _DRAWING
