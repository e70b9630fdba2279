"""What can be wrong with a file, said in one plain sentence.

Every way a picture can be refused has a code, and the catalogue a sentence with named gaps for it
(`errors.picture.<code>`). The English one is the exception's text, so that a notebook says what the page says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from gam_viz.text import Words, words

_RANGE = re.compile(r"(-?\d+) (?:to (-?\d+)|and up)\Z")


class PictureError(ValueError):
    """A picture that cannot be shown, and why.

    `str(error)` is one plain English sentence: what was wrong, and what is accepted.

    Attributes:
        code: what was wrong; the catalogue's `errors.picture.<code>` says it.
        details: the values that the sentence names (numbers, format names); enough to fill the same gaps in
            any language. `name`, the file's name, is added when it is known and is not part of the sentence.
    """

    def __init__(self, code: str, /, **details: object) -> None:
        self.code = code
        self.details: dict[str, object] = dict(details)
        super().__init__(self.sentence(words("en")))

    def sentence(self, words: Words) -> str:
        """What was wrong, and what is accepted, in those words."""
        return words.text(f"errors.picture.{self.code}", **{k: _phrase(words, k, v) for k, v in self.details.items()})

    def __reduce__(self) -> tuple[object, ...]:
        # BaseException would rebuild it from the sentence; a worker process has to get code and details back.
        return _rebuild, (self.code, self.details)


def _phrase(words: Words, gap: str, value: object) -> object:
    """What a sentence names, where that is a phrase and not a number or somebody else's name."""
    if gap in ("parts", "choice"):
        return words.text_or(f"errors.picture_{gap}.{value}", str(value))
    bounds = _RANGE.match(value) if gap in ("frames", "bands") and isinstance(value, str) else None
    if bounds is None:
        return value
    low, high = bounds.groups()
    return words.text(f"errors.picture_range.{'from' if high is None else 'between'}", low=low, high=high)


def _rebuild(code: str, details: dict[str, object]) -> PictureError:
    return PictureError(code, **details)


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Adds a file's name to the details of whatever refusal comes out of the block."""
    try:
        yield
    except PictureError as error:
        error.details["name"] = name
        raise
