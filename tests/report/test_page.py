"""The report: whole in one file, true to the numbers, harmless whatever a file is called, in both languages."""

import dataclasses
import io
import re
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from gam_viz.evidence.examine import About, Case, examine
from gam_viz.evidence.verdicts import judgements
from gam_viz.images import Fact, Rendering, from_pixels, load_sample, open_source, render
from gam_viz.report import Words, command, facts, pack
from gam_viz.text import LANGUAGES, signed, words
from gam_viz.titles import layer_title
from tests.evidence.small import QUICK, case_of, subject
from tests.images.dicom_files import dicom

HOSTILE = "<script>alert('x')</script><img src=http://evil/a.png onerror=x>\"&{0}\u202e"
VOID = {"img", "meta", "br", "col"}
Page = Callable[..., str]


class Reader(HTMLParser):
    """Collects tags, attributes and visible text, and insists that every tag is closed in turn."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def check_harmless(source: str) -> Reader:
    """Nothing runs, nothing is fetched, every picture and drawing has words."""
    read = Reader(source)
    for tag, attributes in read.tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base", "form", "a", "video", "audio")
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "srcset", "xlink:href", "action", "poster", "background"):
                # A drawing's marks refer to a shape of its own.
                own = (
                    tag == "use"
                    and re.fullmatch(r"#m\w+", str(value)) is not None
                    and f'id="{str(value)[1:]}"' in source
                )
                assert own or str(value).startswith("data:image/png;base64,")
            assert "url(" not in str(value)
        if tag == "img":
            assert attributes["alt"]
        if tag == "svg":
            assert attributes.get("role") == "img" or attributes.get("aria-hidden") == "true"
    style = source[source.index("<style>") : source.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    return read


@pytest.mark.parametrize("code", ["en", "zh"])
def test_it_is_one_whole_file_in_either_language(case: Case, page: Page, code: str) -> None:
    source = page(case, code)
    read = check_harmless(source)
    assert source.startswith("<!DOCTYPE html>")
    assert read.tags[0] == ("html", {"lang": {"en": "en", "zh": "zh-Hans"}[code]})
    # No key of the catalogue in the place of its words, and no gap left open.
    raw = words("en").sentences.keys() & set(re.findall(r"(?<![\w./])[\w.-]+(?![\w.])", read.text))
    assert [key for key in raw if key.partition(".")[0] in ("report", "evidence", "common", "compare")] == []
    assert not re.search(r"\{\w+(:[^}\"]*)?\}", read.text)
    if code == "zh":
        assert "证据" in read.text or "忠实" in read.text
        assert "Findings" not in read.text


def test_it_holds_the_numbers(case: Case, page: Page) -> None:
    text = Reader(page(case)).text
    for row in judgements(case):
        assert row.standing is not None
        for number in (row.standing.deletion, row.standing.insertion):
            assert f"{number:.3f}" in text
        if row.untrained is not None:
            assert signed(row.untrained, "+.2f") in text
    for network in case.networks:
        assert network.sha256 in text
        assert f"{network.explanation.probabilities.max():.1%}" in text
        assert network.ablations is not None
        for one in network.ablations.results:
            assert signed(100 * one.answer.value, "+.1f") in text
            assert signed(one.margin.value, "+.2f") in text
    assert case.picture.sha256 in text
    for name, version in case.versions.items():
        assert f"{name} {version}" in text
    for given in (case.about.date, case.about.link, case.about.credit, case.device):
        assert given in text
    assert str(command(case)) in text


def test_pictures_are_what_the_networks_saw_and_every_finite_map_is_there(case: Case, page: Page) -> None:
    images = [attributes for tag, attributes in Reader(page(case)).tags if tag == "img"]
    maps = sum(len(network.maps) for network in case.networks)
    alts = [str(a["alt"]) for a in images]
    scales = [alt for alt in alts if alt.startswith("Colour scale")]
    assert len(scales) == 3  # gates, and a method each
    assert len(images) == 1 + len(case.networks) + maps + len(scales)


def test_hostile_names_stay_words(page: Page) -> None:
    names = (HOSTILE, "$\\frac{", "\u202ejavascript:")
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    given = subject("cbam", names, name=HOSTILE)
    card = dataclasses.replace(
        given.card, dataset_title=HOSTILE, source=HOSTILE, licence=HOSTILE, notes=(HOSTILE,), domain="medical"
    )
    given = dataclasses.replace(given, card=card, called=HOSTILE)
    about = About(
        title=HOSTILE,
        credit=HOSTILE,
        label=HOSTILE,
        date=HOSTILE,
        link=f"javascript:{HOSTILE}",
        facts=(Fact("crs", {"crs": HOSTILE}),),
    )
    twin = dataclasses.replace(given, card=dataclasses.replace(card, name=f"{HOSTILE}2"))
    case = examine([given, twin], from_pixels(pixels, HOSTILE), target=names[1], settings=QUICK, about=about)
    for code in ("en", "zh"):
        source = page(case, code)
        assert "alert('x')" in check_harmless(source).text
        assert "\u202e" not in source  # what follows it would be read backwards


def test_what_was_left_out_is_said_in_both_languages(page: Page) -> None:
    case = case_of(("cbam", ("cat", "dog")), ("none", ("fish", "cat", "car")), target="dog")
    assert {left.code for left in case.left_out} - {"flat"} == {"no_such_class", "no_gates", "other_classes"}
    said = Reader(page(case)).text
    assert "No attention: The network has no class “dog”; what it predicts," in said
    assert "Explained: “dog”." in said
    assert "没有“狗”这个类别" in Reader(page(case, "zh")).text


def test_no_file_is_named(page: Page) -> None:
    """Whatever its format: pictures are called after patients, too."""
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)).save(out, "PNG")
    source = open_source(out.getvalue(), "Doe_Jane_1970.png")
    case = examine([subject("cbam")], render(source), settings=QUICK, about=About(title=source.name))
    packed = zipfile.ZipFile(io.BytesIO(pack(case, words("en"))))
    for content in [*map(packed.read, packed.namelist()), page(case, "zh").encode()]:
        assert b"Doe_Jane" not in content
    said = Reader(page(case)).text
    assert f"PNG picture {source.sha256[:8]}" in said
    assert "explain PICTURE --networks cbam" in said


def test_a_dicom_file_leaves_nothing_of_its_patient(page: Page) -> None:
    values = np.random.default_rng(0).integers(0, 1000, (20, 24), np.uint16)
    data = dicom(
        values, PatientName="Doe^Jane", PatientID="MRN-4711", InstitutionName="St Elsewhere", StudyDescription="Knee"
    )
    source = open_source(data, "Doe_Jane_1970.dcm")
    about = About(title=source.name, facts=source.facts, medical=True, date="2026", link="")
    case = examine([subject("cbam")], render(source, Rendering()), settings=QUICK, about=about)
    for code in ("en", "zh"):
        text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page(case, code))  # coded pixels spell anything by chance
        for private in ("Doe", "Jane", "4711", "Elsewhere", "Knee", "1970"):
            assert private not in text
    assert "Doe" not in str(facts(case))
    said = Reader(page(case)).text
    assert "this is not a medical device" in said
    assert "not even its name" in said
    assert "explain PICTURE --networks cbam" in said
    assert f"DICOM picture {source.sha256[:8]}" in said


def test_the_command_says_what_differs_from_the_defaults(case: Case) -> None:
    shared = "--fit crop --steps 4 --orders 4 --shuffles 6 --out report.html"
    assert command(case) == f"python -m gam_viz explain sample:scene-sailboat-17 --networks cbam gam {shared}"
    settings = dataclasses.replace(QUICK, methods=("saliency",), cascade=True, reduction="mean")
    file = dataclasses.replace(case.picture, name="my picture.png", format="PNG")
    given = dataclasses.replace(case, settings=settings, target="a b", fit="pad", picture=file, about=About())
    assert command(given) == (
        "python -m gam_viz explain PICTURE --networks cbam gam --fit pad --target 'a b' --methods saliency "
        "--reduction mean --steps 4 --orders 4 --shuffles 6 --cascade --out report.html"
    )
    nameless = dataclasses.replace(case.networks[0], called="")
    assert command(dataclasses.replace(case, networks=(nameless,))) is None
    assert command(dataclasses.replace(case, about=About())) is None


def test_networks_of_one_attention_have_names_and_colours_of_their_own(page: Page) -> None:
    from gam_viz.report.context import ReportContext

    case = case_of("gam", "gam", "cbam")
    shown = ReportContext(case, words("en"))
    assert len(set(shown.titles)) == len(set(shown.colours)) == 3
    assert shown.titles[2] == "CBAM"
    check_harmless(page(case))


def test_words_come_from_whoever_speaks(case: Case) -> None:
    """A notebook may bring its own."""
    from gam_viz.report import html

    class Bare(dict[str, str]):
        def __missing__(self, key: str) -> str:
            return f"[{key}]"

    assert "[report.found]" in Reader(html(case, Words("en", Bare()))).text


@pytest.mark.parametrize("code", LANGUAGES)
def test_where_the_truth_is_known_maps_stand_beside_what_they_have_to_beat(page: Page, code: str) -> None:
    """Each region by its name, layers' features and channel weights, and maps without a network."""
    inside = np.zeros(load_sample("scene-sailboat-17").pixels.shape[:2], bool)
    inside[:9, :9] = True
    case = case_of("gam", truth={"object": inside}, settings=dataclasses.replace(QUICK, measures=("localisation",)))
    said, text = page(case, code), words(code).text
    of_object = text("compare.region.kind.object")
    for key in ("kind.features", "kind.channel", "kind.mask"):
        layer = layer_title(words(code), "layer1.0")
        name = text("report.map.layer", method=text(f"evidence.{key}"), layer=layer)
        assert text("report.map.layer", method=name, layer=of_object) in said
    for key in ("trivial.area", "trivial.centre", "trivial.edges"):
        assert text("report.map.layer", method=text(f"evidence.{key}"), layer=of_object) in said
