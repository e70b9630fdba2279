"""Errors that say themselves in the words of whoever reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gam_viz.text import Words, words


@dataclass(frozen=True)
class Phrase:
    """A part of a refusal's sentence that has words of its own, given as one of its details."""

    key: str
    details: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, words: Words) -> str:
        """It, in those words."""
        return words.text(self.key, **spoken(self.details, words))


@dataclass(frozen=True)
class Joined:
    """Several details of one gap, between which that language's separator is written."""

    by: str
    parts: tuple[object, ...]

    def sentence(self, words: Words) -> str:
        """They, in those words."""
        return words.text(self.by).join(str(_spoken(part, words)) for part in self.parts)


class RefusalError(ValueError):
    """What a library function refuses: a sentence of the catalogue; its English is the exception's text.

    Attributes:
        key: of the sentence.
        details: the values that fill its gaps; phrases and other refusals among them are said in the same words.
    """

    def __init__(self, key: str, /, **details: object) -> None:
        self.key, self.details = key, details
        super().__init__(self.sentence(words("en")))

    def sentence(self, words: Words) -> str:
        """Why, in those words."""
        return words.text(self.key, **spoken(self.details, words))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.key, self.details)


def _rebuild(kind: type[RefusalError], key: str, details: dict[str, object]) -> RefusalError:
    return kind(key, **details)


def spoken(details: Mapping[str, object], words: Words) -> dict[str, object]:
    """The details as a sentence in those words takes them."""
    return {name: _spoken(value, words) for name, value in details.items()}


def _spoken(value: object, words: Words) -> object:
    return value.sentence(words) if isinstance(value, Phrase | Joined | RefusalError) else value


def reason(error: Exception) -> RefusalError | str:
    """An error as a detail of another: what it says, in every language that it can."""
    return error if isinstance(error, RefusalError) else first_line(error)


def said(error: Exception, words: Words) -> str:
    """What an error says, in those words where the catalogue has its sentence."""
    return error.sentence(words) if isinstance(error, RefusalError) else first_line(error)


def os_reason(error: OSError) -> str:
    """The system's own words for what a file did not allow."""
    return error.strerror or str(error)


def first_line(error: Exception) -> str:
    """What any error says first: torch's have many lines."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
