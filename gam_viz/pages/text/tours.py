"""What the Tours page says."""

EN = {
    "tours.nav": "Tours",
    "tours.title": "Where should I begin?",
}

ZH = {
    "tours.nav": "导览",
    "tours.title": "从哪里开始？",
}
