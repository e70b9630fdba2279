"""A case as its reader meets it: names, colours and judgements that all parts of a report share."""

from __future__ import annotations

import re
import unicodedata

from gam_viz.evidence.examine import Case, Examined
from gam_viz.evidence.omissions import LeftOut
from gam_viz.evidence.own_maps import KINDS, TRIVIAL
from gam_viz.evidence.verdicts import judgements
from gam_viz.explain.answer_words import AnswerWords
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.figures.style import colour_of, told_apart
from gam_viz.images import list_samples
from gam_viz.text import Words
from gam_viz.text.refusal import RefusalError
from gam_viz.titles import class_title, layer_title, network_titles, own_title, sample_title


class ReportContext:
    """A case and the words for it.

    Attributes:
        case, words: as given.
        say: the catalogue.
        titles, colours: one a network; no two alike.
        judged: `judgements` of the case.
    """

    def __init__(self, case: Case, words: Words) -> None:
        self.case, self.words, self.say = case, words, words.text
        titles = network_titles(words, [network.card for network in case.networks])
        self.titles = [
            plain(title if titles.count(title) == 1 else network.name)
            for title, network in zip(titles, case.networks, strict=True)
        ]
        self.colours = told_apart([colour_of(network.card.config.attention) for network in case.networks])
        self.judged = judgements(case)

    def picture_title(self) -> str:
        """The picture's name for people."""
        case = self.case
        if case.of_file:
            return own_title(self.words, case.picture)
        for sample in list_samples():
            if sample.id == case.about.sample:
                return sample_title(self.words, sample)
        return plain(case.about.title or case.picture.name)

    def told(self, network: Examined) -> AnswerWords:
        """A network's answers in words."""
        return AnswerWords(self.words, network.card)

    def target(self, network: Examined) -> str:
        """The explained class, label or value."""
        return plain(self.told(network).asked(network.target))

    def class_name(self, network: Examined, index: int) -> str:
        """A class's name for people."""
        return plain(class_title(self.words, network.card.classes[index]))

    def layer(self, layer: str) -> str:
        """A layer's name for people."""
        return plain(layer_title(self.words, layer))

    def map_title(self, map_: Heatmap) -> str:
        """A map's name for people, within its network."""
        if map_.kind == "gate":
            return self.say("report.map.gate", layer=self.layer(map_.layer or ""))
        title = self.say(f"common.method.{map_.source}")
        return title if map_.layer is None else self.say("report.map.layer", method=title, layer=self.layer(map_.layer))

    def own_map_title(self, key: str) -> str:
        """Of a map that a network's layers show, or that no network had a hand in; else the key itself."""
        kind, _, layer = key.partition(".")
        if kind not in (*KINDS, *TRIVIAL):
            return key
        if not layer:
            return self.say(f"evidence.trivial.{kind}")
        return self.say("report.map.layer", method=self.say(f"evidence.kind.{kind}"), layer=self.layer(layer))

    def together(self, *sentences: str) -> str:
        """Sentences one after the other, as the language has it: with a space between them, or without."""
        found = ""
        for sentence in sentences:
            found = self.say("report.then", first=found, second=sentence) if found else sentence
        return found

    def title_of(self, name: str) -> str:
        """A network's title by its name in the case."""
        for network, title in zip(self.case.networks, self.titles, strict=True):
            if network.name == name:
                return title
        return plain(name)

    def reason(self, left: LeftOut) -> str:
        """Why something was left out, in the reader's language."""
        details = {key: plain(value) if isinstance(value, str) else value for key, value in left.details.items()}
        if isinstance(reason := left.details.get("why"), RefusalError):
            details["why"] = plain(reason.sentence(self.words))
        for key in ("target", "predicted"):
            if key in details:
                details[key] = plain(class_title(self.words, str(left.details[key])))
        if "layer" in details:
            details["layer"] = self.layer(str(left.details["layer"]))
        if "map" in details:
            maps = [m for network in self.case.networks if network.name == left.network for m in network.maps]
            named = [self.map_title(map_) for map_ in maps if map_.key == left.details["map"]]
            details["map"] = named[0] if named else details["map"]
        sentence = self.say(
            f"report.left.{left.code}", step=self.words.text_or(f"report.step.{left.step}", left.step), **details
        )
        if not left.network:
            return sentence
        return self.say("report.of_network", name=self.title_of(left.network), sentence=sentence)


def plain(words: str) -> str:
    """On one line, and without the characters that turn the direction of what follows."""
    kept = (" " if unicodedata.category(letter) == "Cc" else letter for letter in words)
    return "".join(letter for letter in kept if unicodedata.category(letter) != "Cf").strip()


def slug(name: str) -> str:
    """A name as a part of a path: an array's in an NPZ, or a file's in a ZIP, which lies in no other folder for it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:60] or "network"
