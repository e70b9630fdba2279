"""What the Inside page says."""

EN = {
    "inside.nav": "Inside",
    "inside.title": "What happens inside CBAM and GAM?",
}

ZH = {
    "inside.nav": "模块内部",
    "inside.title": "CBAM 和 GAM 内部发生了什么？",
}
