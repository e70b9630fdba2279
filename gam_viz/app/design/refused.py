"""Why a design cannot be built, in the reader's language."""

from __future__ import annotations

from gam_viz.app.shared.words import text
from gam_viz.attention import OptionError
from gam_viz.titles import literal


def reason(error: ValueError) -> str:
    """The sentence for what `build_attention` refused, as Markdown; one that has no code stays as it is."""
    if not isinstance(error, OptionError):
        return literal(f"{error}.")
    details = dict(error.details)
    if "form" in details:
        details["form"] = text(f"design.form.{details['form']}")
    return text(f"design.refused.{error.code}", **details)
