"""The catalogue: both languages say everything, with the same gaps, and nothing is written that nobody reads."""

import ast
import string
from collections import Counter
from pathlib import Path

import pytest

from gam_viz.attention import ATTENTION
from gam_viz.explain import REDUCTIONS
from gam_viz.explain.attributions import METHODS, NOT_OFFERED
from gam_viz.images import ERROR_TEXTS, NOTE_TEXTS, SAMPLE_TITLES
from gam_viz.text import LANGUAGES, ROOMS, en

EN, ZH = LANGUAGES["en"], LANGUAGES["zh"]
CALLS = ("text", "prose", "text_or", "choose", "segments", "say")  # `say` is what reports call the catalogue by
PAGES = Path(__file__).resolve().parents[2] / "gam_viz" / "app"


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert EN.keys() == ZH.keys()


def test_no_entry_is_written_twice() -> None:
    written = Counter(key for words in (en.EN, *(room.EN for room in ROOMS)) for key in words)
    assert [key for key, times in written.items() if times > 1] == []


@pytest.mark.parametrize("key", sorted(EN))
def test_a_translation_needs_nothing_that_the_original_does_not_give(key: str) -> None:
    assert gaps(ZH[key]) <= gaps(EN[key])
    assert EN[key].strip()
    assert ZH[key].strip()


def used_keys() -> tuple[set[str], set[str]]:
    """Literal keys of text(...) in the pages, and the beginnings of those that are put together."""
    literal, beginnings = set(), set()
    for path in PAGES.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in CALLS):
                continue
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    literal.add(argument.value)
                elif isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
                    beginnings.add(str(argument.values[0].value))
            if getattr(node.func, "id", "") in ("choose", "segments"):
                beginnings.add(f"{node.args[-1].value}.")  # type: ignore[attr-defined]
    return literal, beginnings


def test_every_key_that_the_pages_name_is_there_and_every_entry_is_named() -> None:
    literal, beginnings = used_keys()
    # `choose` is given the beginning of its options' keys, without the dot.
    missing = {key for key in literal if "." in key and f"{key}." not in beginnings} - EN.keys()
    assert not missing
    options = {f"design.{option.word}" for spec in ATTENTION.values() for option in spec.options}
    families = (*beginnings, *options, "sample.")
    navigation = {f"{path.parent.name}.nav" for path in PAGES.glob("*/page.py")}  # named by their folders
    unread = [key for key in EN if key not in literal | navigation and not key.startswith(families)]
    assert not unread


@pytest.mark.parametrize("words", [EN, ZH])
def test_every_attention_has_a_name_and_words_for_its_options(words: dict[str, str]) -> None:
    options = {option for spec in ATTENTION.values() for option in spec.options}
    keys = {f"design.{option.word}" for option in options}
    keys |= {f"design.{option.word}.{choice}" for option in options for choice in option.choices}
    keys |= {f"design.{option.word}_help" for option in options if not option.choices}
    keys |= {f"attention.{name}" for name in ATTENTION}
    assert not keys - words.keys()


@pytest.mark.parametrize("words", [EN, ZH])
def test_what_is_registered_elsewhere_has_its_words(words: dict[str, str]) -> None:
    keys = [f"method.{name}" for name in METHODS] + [f"method_help.{name}" for name in METHODS]
    for method in METHODS.values():
        keys += [f"param.{param.key}" for param in method.params]
        keys += [f"choice.{c}" for param in method.params for c in param.choices if isinstance(c, str)]
        keys += [f"caution.{method.caution}"] if method.caution else []
    keys += [f"not_offered.{reason}" for reason in NOT_OFFERED.values()]
    keys += [f"reduction.{name}" for name in REDUCTIONS]
    keys += [f"picture.{code}" for code in ERROR_TEXTS] + [f"note.{code}" for code in NOTE_TEXTS]
    keys += list(SAMPLE_TITLES)
    assert [key for key in keys if key not in words] == []
