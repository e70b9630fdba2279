"""What a reader reads of Markdown."""

import re


def plain(markdown: str) -> str:
    """Without the links to the glossary; their words stay."""
    return re.sub(r'\[([^\]]+)\]\(glossary\?[^")]*"[^"]*"\)', r"\1", markdown)
