"""What the Glossary page says."""

EN = {
    "glossary.nav": "Glossary",
    "glossary.title": "What does this word mean?",
}

ZH = {
    "glossary.nav": "术语",
    "glossary.title": "这个词是什么意思？",
}
