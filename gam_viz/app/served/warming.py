"""Before the first visitor comes: what the page that opens first is drawn with is imported, and set aside.

Importing takes seconds, most of them PyTorch's; done before the server answers, nobody waits for it on a page.
Libraries keep some 300,000 objects for as long as the process lives, and whenever Python looks for garbage it would
look through them all: a fifth of a second, in which nobody's page is drawn.
"""

from __future__ import annotations

import gc
import pkgutil
from importlib import import_module
from pathlib import Path

from gam_viz.app.pages import FIRST, script
from gam_viz.text import LANGUAGES, words


def warm() -> None:
    """Import the first page's parts, read all words, and have Python's collector look past all there is now.

    Only for a process that is a server and nothing else: what is set aside is never collected, so there must be no
    session yet, nor anything of a program's own.
    """
    folder = Path(script(FIRST)).parent
    for part in pkgutil.iter_modules([str(folder)]):
        if part.name != "page":  # the script itself, which draws
            import_module(f"gam_viz.app.{FIRST}.{part.name}")
    for language in LANGUAGES:
        words(language)
    gc.collect()
    gc.freeze()
