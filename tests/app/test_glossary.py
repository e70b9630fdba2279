"""The glossary: every term whole in both languages, links from the pages to it, its search; formulas that are sums."""

import ast
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import binomtest, spearmanr
from streamlit.testing.v1 import AppTest
from torch import nn

from gam_viz.app.glossary.terms import GROUPS, TERMS
from gam_viz.attention import GAM
from gam_viz.evidence.registry import MEASURES
from gam_viz.text import LANGUAGES, TERM, words
from gam_viz.training import wilson_interval
from tests.app.visiting import visit

PAGE = "glossary"
PAGES = Path(__file__).resolve().parents[2] / "gam_viz" / "app"
MARKED = [
    (code, key, term)
    for code in LANGUAGES
    for key, sentence in words(code).sentences.items()
    for term, _ in TERM.findall(sentence)
]


def said(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.subheader, *page.markdown, *page.caption, *page.info])


@pytest.mark.parametrize("term", sorted(TERMS))
def test_an_entry_has_all_its_parts(term: str) -> None:
    entry = TERMS[term]
    assert entry.id == term
    assert entry.group in GROUPS
    assert entry.related
    assert term not in entry.related
    assert len(set(entry.related)) == len(entry.related)
    assert set(entry.related) <= TERMS.keys()
    assert entry.source == "" or re.search(r"\[.+\]\(https://.+\)", entry.source)
    assert entry.formula.count("{") == entry.formula.count("}")
    assert not re.search(r"\\[a-z]*quad[a-z]", entry.formula)  # a command runs into the letter after it
    english, chinese = (words(code).sentences[f"glossary.term.{term}"] for code in ("en", "zh"))
    assert english.isascii()
    assert re.fullmatch(
        r"[^（]*（[ -~]+）|[A-Z]+，.*（[ -~]+）|[ -~]+（.*[^ -~].*）", chinese
    )  # with the English term in brackets
    for code, end in (("en", "."), ("zh", "。")):
        sentence = words(code).sentences[f"glossary.says.{term}"]
        assert sentence.endswith(end)
        # It is a link's tooltip in Markdown, and passes through str.format.
        assert not re.search(r'["{}\[\]$\\`<>*\n]', sentence)


def test_the_catalogue_has_no_entry_without_a_term() -> None:
    for code in LANGUAGES:
        sentences = words(code).sentences
        for part in ("term", "says"):
            prefix = f"glossary.{part}."
            assert {key.removeprefix(prefix) for key in sentences if key.startswith(prefix)} == TERMS.keys()


def test_marked_words_are_terms() -> None:
    assert len(MARKED) > 100
    assert {term for _, _, term in MARKED} <= TERMS.keys()
    for code in LANGUAGES:
        sentences = words(code).sentences
        for key, sentence in sentences.items():
            assert "[[" not in TERM.sub(r"\2", sentence), key


def test_both_languages_mark_the_same_terms() -> None:
    english = {(key, term) for code, key, term in MARKED if code == "en"}
    assert english == {(key, term) for code, key, term in MARKED if code == "zh"}


def test_what_is_marked_is_drawn_as_prose() -> None:
    """A marked entry that only `text` reads would never be a link."""
    literal, beginnings = set(), []
    for path in PAGES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("prose", "say") and node.args):
                continue
            first = node.args[0]
            parts = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
            for part in parts:
                if isinstance(part, ast.Constant):
                    literal.add(part.value)
                elif isinstance(part, ast.JoinedStr) and isinstance(part.values[0], ast.Constant):
                    beginnings.append(str(part.values[0].value))
    unread = {key for _, key, _ in MARKED if key not in literal and not key.startswith(tuple(beginnings))}
    agreed = {"evidence.agreed.more", "evidence.agreed.within", "evidence.agreed.less"}  # one call, by a table
    asked = {measure.about_key for measure in MEASURES.values()}  # one call, by a measure's section
    assert unread <= agreed | asked


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_terms_are_there(app: AppTest, language: str) -> None:
    app.query_params["lang"] = language
    page = visit(app, PAGE).run()
    assert not page.exception
    shown = said(page)
    for term, entry in TERMS.items():
        assert words(language).sentences[f"glossary.term.{term}"] in shown
        assert words(language).sentences[f"glossary.says.{term}"] in shown
        assert entry.formula in shown
    assert {heading.anchor for heading in page.subheader} == {f"term-{term}" for term in TERMS}
    assert [heading.value for heading in page.header] == [
        words(language).sentences[f"glossary.group.{group}"] for group in GROUPS
    ]
    assert not re.search(r"glossary\.(term|says|group)\.", shown)


def test_the_term_that_is_asked_for_stands_on_top(app: AppTest) -> None:
    app.query_params["term"] = "receptive-field"
    page = visit(app, PAGE).run()
    assert not page.exception
    assert page.subheader[0].value == "receptive field"
    assert "13" in page.markdown[1].value


def test_a_term_that_there_is_not_is_one_sentence(app: AppTest) -> None:
    app.query_params["term"] = "<b>x</b>"
    page = visit(app, PAGE).run()
    assert not page.exception
    assert [info.value for info in page.info] == [words("en").sentences["glossary.unknown"]]
    assert len(page.subheader) == len(TERMS)


@pytest.mark.parametrize("words", ["Batch-Norm", "批归一化", "variance training"])
def test_search_finds_names_of_both_languages_and_sentences(app: AppTest, words: str) -> None:
    page = visit(app, PAGE).run()
    page.text_input(key="q").set_value(words).run()
    assert not page.exception
    assert "batch norm\n" in said(page)
    assert "**Grad-CAM**" not in said(page)
    assert page.query_params["q"] == words
    # A related term that the search hides opens anew instead.
    assert re.search(r"\(glossary\?term=[a-z-]+&lang=en ", said(page))


def test_a_search_that_finds_nothing_says_so(app: AppTest) -> None:
    app.query_params["q"] = "[qu](http://x)" + "z" * 100
    page = visit(app, PAGE).run()
    assert not page.exception
    assert page.text_input(key="q").value == ("[qu](http://x)" + "z" * 100)[:60]
    assert page.info[0].value.startswith("No term contains “\\[qu\\](http")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_term_is_linked_where_it_is_first_used(app: AppTest, language: str) -> None:
    app.query_params["lang"] = language
    app.run()
    assert not app.exception
    shown = said(app)
    assert shown.count("(glossary?term=mask&") == 1
    sentence = words(language).sentences["glossary.says.mask"]
    assert f'(glossary?term=mask&lang={language} "{sentence}")' in shown
    assert not re.search(r"\[\[|\]\]", shown)


def oracle_of_wilson(p: float, n: int) -> tuple[float, float]:
    z = 1.959963984540054
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def test_formulas_of_the_glossary_are_what_this_project_computes() -> None:
    """As they are written there, against the code and scipy."""
    assert wilson_interval(91, 100) == pytest.approx(oracle_of_wilson(0.91, 100), abs=1e-9)
    b, c = 3, 11
    exact = min(1.0, 2 * sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c))
    assert exact == pytest.approx(binomtest(b, b + c).pvalue)
    generator = np.random.default_rng(0)
    one, other = generator.permutation(30), generator.permutation(30)
    rho = 1 - 6 * ((one - other) ** 2).sum() / (30 * (30**2 - 1))
    assert rho == pytest.approx(spearmanr(one, other).statistic)
    layer, norm = nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3).eval()
    nn.init.uniform_(norm.running_mean)
    nn.init.uniform_(norm.running_var, 0.5, 2)
    nn.init.uniform_(norm.weight)
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    x = torch.randn(1, 2, 6, 6)
    folded = nn.functional.conv2d(
        x, factor[:, None, None, None] * layer.weight, factor * (layer.bias - norm.running_mean) + norm.bias
    )
    torch.testing.assert_close(folded, norm(layer(x)))


def test_two_convolutions_of_seven_see_thirteen() -> None:
    gam = GAM(4).double().eval()
    x = torch.randn(1, 4, 31, 31, dtype=torch.float64, requires_grad=True)
    gam.spatial_attention[2] = nn.Identity()  # ReLU could hide a path
    gam.spatial_attention(x)[0, 0, 15, 15].backward()
    seen = x.grad[0].abs().sum(0).nonzero()
    assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [13, 13]
