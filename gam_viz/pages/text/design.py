"""What the Design page says."""

EN = {
    "design.nav": "Design",
    "design.title": "Which attention can I afford?",
}

ZH = {
    "design.nav": "设计",
    "design.title": "我用得起哪种注意力？",
}
