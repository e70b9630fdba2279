"""What a reader reads of Markdown, and what a session knows of a digest."""

import dataclasses
import re
from collections.abc import Iterator, Mapping

from streamlit.testing.v1 import AppTest

from gam_viz.app.shared import session_cache
from gam_viz.titles import JOINER


def plain(markdown: str) -> str:
    """Without the links to the glossary; their words stay."""
    return re.sub(r'\[([^\]]+)\]\(glossary\?[^")]*"[^"]*"\)', r"\1", markdown)


def words(app: AppTest) -> str:
    """All that a page says, without what keeps a name's letters from being read as Markdown or an address."""
    every = [*app.markdown, *app.caption, *app.warning, *app.info, *app.get("html")]
    return "\n".join(str(getattr(each, "value", None) or each.proto.body) for each in every).replace(JOINER, "")


def traces(app: AppTest, digest: str) -> set[str]:
    """Names of all in the session, the link and the server's caches that still know of a digest or its beginning."""
    everything = dict(app.session_state._state.filtered_state) | {"link": dict(app.query_params)}
    everything["server"] = session_cache._of_server()
    short = digest[:12]
    return {name for name, value in everything.items() if any(short in words for words in _words((name, value)))}


def _words(value: object) -> Iterator[str]:
    """All texts in a value, whatever it is made of."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
    elif isinstance(value, Mapping):
        for item in value.items():
            yield from _words(item)
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from _words(part)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from _words(vars(value))
