"""Writing HTML so that nothing which comes from a file can become markup: whatever is not `Html` is escaped."""

from __future__ import annotations

from html import escape


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def h(tag: str, *children: str, **attributes: object) -> Html:
    """An element; its children are escaped unless they are `Html`. `class_` and the like lose their underscore, others
    become hyphens."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if tag in ("img", "meta", "br", "col"):
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{joined(*children)}</{tag}>")


def joined(*children: str) -> Html:
    """One after the other."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))
