"""What the Claims page says."""

EN = {
    "claims.nav": "Claims",
    "claims.title": "Is what the tutorial says true?",
}

ZH = {
    "claims.nav": "说法核对",
    "claims.title": "教程说得对吗？",
}
