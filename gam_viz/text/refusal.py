"""Errors that say themselves in the words of whoever reads them."""

from __future__ import annotations

from gam_viz.text import Words, words


class RefusalError(ValueError):
    """What a library function refuses: a sentence of the catalogue; its English is the exception's text.

    Attributes:
        key: of the sentence.
        details: the values that fill its gaps.
    """

    def __init__(self, key: str, /, **details: object) -> None:
        self.key, self.details = key, details
        super().__init__(self.sentence(words("en")))

    def sentence(self, words: Words) -> str:
        """Why, in those words."""
        return words.text(self.key, **self.details)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.key, self.details)


def _rebuild(kind: type[RefusalError], key: str, details: dict[str, object]) -> RefusalError:
    return kind(key, **details)


def said(error: Exception, words: Words) -> str:
    """What an error says, in those words where the catalogue has its sentence."""
    return error.sentence(words) if isinstance(error, RefusalError) else first_line(error)


def first_line(error: Exception) -> str:
    """What any error says first: torch's have many lines."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
