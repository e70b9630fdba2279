"""The catalogue: every language says everything, with the same gaps, and nothing is written that nobody reads."""

import ast
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from gam_viz.attention import ATTENTION
from gam_viz.evidence.registry import MEASURES
from gam_viz.explain import REDUCTIONS
from gam_viz.explain.attributions import METHODS, NOT_OFFERED
from gam_viz.text import LANGUAGES, words, written

ENGLISH = words("en").sentences
CALLS = (
    "Phrase",
    "CheckpointError",
    "AuditError",
    "NoDataError",
    "Joined",
    "text",
    "prose",
    "text_or",
    "choose",
    "segments",
    "say",
    "RefusalError",
)  # `say` is what reports call the catalogue by
CODE = Path(__file__).resolve().parents[2] / "gam_viz"
#: Beginnings of keys that are put together far from where they are looked up.
FAMILIES = ("samples.",)


#: What a native speaker stumbles over, and terms that have another name everywhere else.
REJECTED = {
    "en": (
        r"\bhangs? on\b|\bspeaks? of\b|\btells? (of|little)\b|\bmaps as smooth\b|\bway around\b|\bdearer\b|\bsurest\b",
        r"\bturns? \w+('s)? signs?\b|\btake it home\b|\banew\b|\bbell\b|\bpress(es)? \{|\bprinted\b|\bflat\b",
        # "per": one weight per channel
        r"\b(weight|scale|row|tick|mask|patches|windows|pixels|MB|megapixels|bits|seconds|bar|training|units|value) a "
        r"(channel|side|map|method|network|file|value|colour|design|line|layer|picture)\b",
    ),
    "zh": (
        "掩膜|缩减率|折叠|置换|次序|印出|所印|入口层|首层|输入层|输出层|分类层|差额|标尺|理由|外来|平的|回答|带走|未定",
        "钟形|廉价|质量|删去|都答|视野|合成方式|看对了地方| …",
    ),
}


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_lacks_nothing(language: str) -> None:
    assert sorted(ENGLISH.keys() - written(language).keys()) == []


def test_languages_say_the_same_and_no_translation_needs_what_the_original_does_not_give() -> None:
    wrong = {
        (language, key)
        for language in LANGUAGES
        for key, sentence in written(language).items()
        if not sentence.strip() or key not in ENGLISH or not gaps(sentence) <= gaps(ENGLISH[key])
    }
    assert wrong == set()


@pytest.mark.parametrize("language", REJECTED)
def test_no_sentence_has_a_rejected_term(language: str) -> None:
    sentences = written(language)
    assert {k: s for k, s in sentences.items() for term in REJECTED[language] if re.search(term, s, re.I)} == {}


def used_keys() -> tuple[set[str], set[str]]:
    """Literal keys that the code asks for, and the beginnings of those that are put together."""
    literal, beginnings = set(), set()
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in CALLS):
                continue
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    literal.add(argument.value)
                elif isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
                    beginnings.add(str(argument.values[0].value))
            named = node.args[-1] if getattr(node.func, "id", "") in ("choose", "segments") else None
            if isinstance(named, ast.Constant):  # and not a function from an option to its name
                beginnings.add(f"{named.value}.")
    for template in CODE.rglob("*.j2"):
        for key, more in re.findall(r'\bsay\("([\w.]+)"( ~)?', template.read_text(encoding="utf-8")):
            (beginnings if more else literal).add(key)
    literal |= {key for measure in MEASURES.values() for key in measure.words}
    return literal, beginnings


def test_every_key_that_the_code_names_is_there_and_every_entry_is_named() -> None:
    literal, beginnings = used_keys()
    # `choose` is given the beginning of its options' keys, without the dot.
    missing = {key for key in literal if "." in key and f"{key}." not in beginnings} - ENGLISH.keys()
    assert not missing
    assert [start for start in beginnings if "." in start and not any(key.startswith(start) for key in ENGLISH)] == []
    pages = [path.parent.name for path in CODE.glob("app/*/page.py")]
    navigation = {f"{page}.{of}" for page in pages for of in ("nav", "title", "help")}  # named by their folders
    options = {f"design.{option.word}" for spec in ATTENTION.values() for option in spec.options}
    families = (*options, *(start for start in beginnings if "." in start), *FAMILIES)
    assert [key for key in ENGLISH if key not in literal | navigation and not key.startswith(families)] == []


def test_every_attention_has_a_name_and_words_for_its_options() -> None:
    options = {option for spec in ATTENTION.values() for option in spec.options}
    keys = {f"design.{option.word}" for option in options}
    keys |= {f"design.{option.word}.{choice}" for option in options for choice in option.choices}
    keys |= {f"design.{option.word}_help" for option in options if not option.choices}
    keys |= {f"attention.{name}" for name in ATTENTION}
    assert not keys - ENGLISH.keys()


def test_what_is_registered_elsewhere_has_its_words() -> None:
    keys = [f"common.method.{name}" for name in METHODS] + [f"common.method_help.{name}" for name in METHODS]
    for method in METHODS.values():
        keys += [f"compare.param.{param.key}" for param in method.params]
        keys += [f"compare.choice.{c}" for param in method.params for c in param.choices if isinstance(c, str)]
        keys += [f"compare.caution.{method.caution}"] if method.caution else []
    keys += [f"compare.not_offered.{reason}" for reason in NOT_OFFERED.values()]
    keys += [f"compare.reduction.{name}" for name in REDUCTIONS]
    assert [key for key in keys if key not in ENGLISH] == []


def test_an_unknown_language_is_refused_and_an_unknown_key_too() -> None:
    with pytest.raises(ValueError, match=r"en, zh, got 'tlh'"):
        words("tlh")
    with pytest.raises(KeyError):
        words("zh").text("compare.there_is_none")
    assert words("zh").text_or("compare.there_is_none", "as it is") == "as it is"


def test_terms_of_the_glossary_are_read_as_words() -> None:
    assert "[[mask|" in ENGLISH["compare.spatial.caption_mask"]
    assert words("en").text("compare.spatial.caption_mask") == "One mask for all channels."


def test_words_are_found_without_the_page() -> None:
    code = "import sys, gam_viz.titles, gam_viz.report; print([m for m in ('streamlit',) if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "[]\n"
