"""Why a design cannot be built, in the reader's language: the modules say it in English, in sentences of known form."""

from __future__ import annotations

import re

from gam_viz.pages.names import literal
from gam_viz.pages.text import text

#: Beginning of the module's sentence with its gaps, by the catalogue's name for it.
_FORMS = {
    "rate": re.compile(
        r"GAM's rate must lie between 1 and the number of channels \((?P<channels>\d+)\), got (?P<given>\d+)"
    ),
    "groups": re.compile(
        r"GAM's groups must divide both its widths, (?P<channels>\d+) and (?P<hidden>\d+) .*got (?P<given>\d+)"
    ),
    "form": re.compile(r"GAM's groups go with full 7x7 convolutions, not with the '(?P<form>\w+)' form"),
    "kernel": re.compile(r"CBAM's kernel size must be odd .*got (?P<given>\d+)"),
}


def reason(error: ValueError) -> str:
    """The sentence for what `build_attention` refused, as Markdown; one that is not known here stays as it is."""
    for name, form in _FORMS.items():
        if (found := form.match(str(error))) is not None:
            gaps = found.groupdict()
            if "form" in gaps:
                gaps["form"] = text(f"design.form.{gaps['form']}")
            return text(f"design.refused.{name}", **gaps)
    return literal(f"{error}.")
