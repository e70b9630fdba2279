"""The glossary's terms: what does not depend on the language. Names and sentences are in the catalogue."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

#: Groups in the order of the page.
GROUPS = ("modules", "inside", "cost", "evidence")


@dataclass(frozen=True)
class Term:
    """One entry. Its name is `glossary.term.<id>` in the catalogue, its sentence `glossary.says.<id>`.

    Attributes:
        id: as in links and in the catalogue's markup `[[id|words]]`.
        group: one of `GROUPS`.
        source: where it is defined, as Markdown; empty where that is this project.
        related: other terms' ids.
        formula: LaTeX without dollars; empty where words say it better.
    """

    id: str
    group: str
    source: str = ""
    related: tuple[str, ...] = ()
    formula: str = ""


def _read() -> dict[str, Term]:
    table = tomllib.loads((files(__package__) / "terms.toml").read_text(encoding="utf-8"))
    return {id_: Term(id_, **{**entry, "related": tuple(entry["related"])}) for id_, entry in table.items()}


TERMS = _read()
