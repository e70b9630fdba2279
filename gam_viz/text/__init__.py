"""The catalogue: every sentence a user reads, by key, in every language there is a folder for.

A key begins with its file: `compare.title` is the line `title = "…"` of `locale/<language>/compare.toml`. Who asks
hands the language in: `words("zh").text("compare.title")`. This room knows no page and no Streamlit.
"""

from __future__ import annotations

import numbers
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

_LOCALE = files(__name__) / "locale"
#: A language is a folder: English, which everything falls back to, then the others.
LANGUAGES = ("en", *sorted(folder.name for folder in _LOCALE.iterdir() if folder.is_dir() and folder.name != "en"))
#: A term of the glossary in a sentence: "[[gate|gates]]" is read as "gates", and may be drawn as a link.
TERM = re.compile(r"\[\[([a-z0-9-]+)\|([^\]|]+)\]\]")


#: A minus sign as a keyboard has it: before a digit, not between two, as in a range, nor within a name or an exponent.
_HYPHEN = re.compile(r"(?<![\w.-])-(?=\.?\d)")
_ZERO = re.compile(r"[+-](0(?:\.0*)?)(%?)$")


def signed(value: float, how: str) -> str:
    """A number as all pages, charts and reports write it: with a minus sign, and no sign before what rounds to 0.

    Args:
        value: the number.
        how: as `format` takes it: "+.1f", ".0%".
    """
    return _HYPHEN.sub("−", _ZERO.sub(r"\1\2", format(value, how)))


class _Count(int):
    """A number that a sentence may ask for the word that goes with it."""

    def __format__(self, how: str) -> str:
        one, many_too, many = how.partition("|")
        return (one if self == 1 else many) if many_too else signed(int(self), how)


class _Measured(float):
    """A number with a fraction, written as `signed` does."""

    def __format__(self, how: str) -> str:
        return signed(float(self), how)


@dataclass(frozen=True)
class Words:
    """The catalogue in one language.

    Attributes:
        language: its folder's name.
        sentences: key -> sentence, a `str.format` template, in which terms of the glossary are marked (`TERM`).
    """

    language: str
    sentences: Mapping[str, str] = field(repr=False)

    def text(self, key: str, /, **values: object) -> str:
        """The sentence of that key, its gaps filled from `values`. A gap {count:map|maps} is the word for that many.

        Raises:
            KeyError: the catalogue has no such key.
        """
        return filled(TERM.sub(r"\2", self.sentences[key]), values)

    def text_or(self, key: str, otherwise: str) -> str:
        """The sentence of that key, or `otherwise` where there is none: for names that files bring with them."""
        return self.sentences.get(key, otherwise)


def filled(sentence: str, values: Mapping[str, object]) -> str:
    """A sentence of the catalogue with its gaps filled; see `Words.text`."""
    return sentence.format(**{name: _written(value) for name, value in values.items()})


def _written(value: object) -> object:
    if type(value) is int:
        return _Count(value)
    fraction = isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral)
    return _Measured(value) if fraction else value  # type: ignore[arg-type]


@cache
def words(language: str) -> Words:
    """The catalogue in that language; a sentence that it lacks is there in English.

    Raises:
        ValueError: there is no such language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"there are words in {', '.join(LANGUAGES)}, got {language!r}")
    english = {} if language == "en" else words("en").sentences
    return Words(language, {**english, **written(language)})


def written(language: str) -> dict[str, str]:
    """What the files of that language's folder hold, by key."""
    return {
        key: sentence
        for file in (_LOCALE / language).iterdir()
        if file.name.endswith(".toml")
        for key, sentence in _flat(file.name.removesuffix(".toml"), tomllib.loads(file.read_text(encoding="utf-8")))
    }


def _flat(beginning: str, entries: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, entry in entries.items():
        if isinstance(entry, str):
            yield f"{beginning}.{name}", entry
        else:
            yield from _flat(f"{beginning}.{name}", entry)
