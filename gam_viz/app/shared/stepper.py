"""A stepper: named steps in a row, of which one is chosen by a click, by the arrow keys, or by going back and on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import streamlit as st

from gam_viz.app.shared import state
from gam_viz.app.shared.choices import Named, chosen, radio
from gam_viz.app.shared.words import layer_title, text

#: Radio buttons drawn as tabs: what a screen reader hears and the arrow keys move along stays the browser's own.
STYLE = """<style>
[class*="st-key-stepper-"] {--gv-step: light-dark(#ad1457, #f06292); gap: .25rem; flex-wrap: nowrap}
[class*="st-key-stepper-"] > :has(.stRadio) {min-width: 0; flex: 0 1 auto; width: auto}
[class*="st-key-stepper-"] [data-testid="stRadioGroup"] {gap: .15rem; min-height: 0}
[class*="st-key-stepper-"] [data-testid="stRadioOption"] {margin: 0; padding: .2rem .3rem; border-radius: .4rem;
    border: 1px solid light-dark(rgba(49, 51, 63, .2), rgba(250, 250, 250, .25))}
[class*="st-key-stepper-"] [data-testid="stRadioOption"] p {font-size: .8rem; line-height: 1.25; white-space: nowrap}
[class*="st-key-stepper-"] [data-testid="stRadioOption"] > div > div:first-child {display: none}
[class*="st-key-stepper-"] [data-testid="stRadioOption"] > div {padding: 0; margin: 0}
[class*="st-key-stepper-"] [data-testid="stRadioOption"][data-selected] {border-color: var(--gv-step);
    box-shadow: inset 0 0 0 1px var(--gv-step); background: light-dark(#fbe9f0, #3a1f2b)}
[class*="st-key-stepper-"] [data-testid="stRadioOption"][data-selected] p {font-weight: 600}
[class*="st-key-stepper-"] [data-testid="stRadioOption"]:has(:focus-visible) {outline: 2px solid; outline-offset: 1px}
[class*="st-key-stepper-"] button {min-height: 1.9rem; padding: 0 .3rem}
[class*="st-key-stepper-"] button p {position: absolute; width: 1px; height: 1px; overflow: hidden;
    clip-path: inset(50%%)}
[class*="st-key-stepper-"] button [data-has-shortcut] {flex-direction: column; gap: 0}
@media (forced-colors: active) {
    [class*="st-key-stepper-"] [data-testid="stRadioOption"][data-selected] {outline: 3px solid Highlight}
}
%s</style>"""
#: With pictures the steps stand in one row, as wide as there is room; where there is none, the row scrolls in itself.
TILED = """.st-key-stepper-%(key)s > :has(.stRadio) {flex: 1 1 0; overflow-x: auto; scrollbar-width: thin; padding: 2px}
.st-key-stepper-%(key)s > :has(> .stHtml) {position: absolute}
.st-key-stepper-%(key)s .stRadio, .st-key-stepper-%(key)s [data-testid="stRadioOption"] > div,
.st-key-stepper-%(key)s [data-testid="stRadioOption"] > div > div {width: 100%%}
.st-key-stepper-%(key)s [data-testid="stRadioGroup"] {flex-wrap: nowrap; align-items: stretch}
.st-key-stepper-%(key)s [data-testid="stRadioGroup"] > div {flex: 1 0 3.1rem; max-width: 5.5rem}
.st-key-stepper-%(key)s [data-testid="stRadioOption"] {display: block; height: 100%%; box-sizing: border-box;
    padding: 2px 0}
.st-key-stepper-%(key)s [data-testid="stRadioOption"]::before {content: ""; display: block; height: 20px;
    background: no-repeat center / contain; image-rendering: pixelated}
.st-key-stepper-%(key)s [data-testid="stRadioOption"] p {font-size: .65rem; line-height: 1.15; white-space: normal;
    text-align: center}
"""
_TILE = ".st-key-stepper-{key} [data-testid=stRadioGroup] > :nth-child({place}) label::before {{{picture}}}\n"
#: A chosen step that lies outside of a row that scrolls is brought into it.
_SHOW = """<script>(() => {
const step = document.querySelector('.st-key-stepper-%(key)s label[data-selected]');
const row = step?.closest('.stElementContainer');
if (row && row.scrollWidth > row.clientWidth)  // %(step)s
    row.scrollLeft += step.getBoundingClientRect().left - row.getBoundingClientRect().left - row.clientWidth / 2 + 26;
})()</script>"""


def stepper(
    key: str,
    steps: Sequence[str],
    default: str,
    label: str,
    named: Named,
    *,
    tiles: Mapping[str, str] | None = None,
    shortcuts: tuple[str | None, str | None] = (None, None),
) -> str:
    """Draw it, and return the step that is chosen; its value lives in the link, as that of every choice.

    Args:
        key: of the choice.
        steps: in order; after the last comes the first, so that neither button ever loses the focus.
        default: the step to begin with.
        label: what the steps are, for those who hear the page.
        named: what they are called: a prefix of the catalogue, or a function.
        tiles: a picture over each name, as the address of an image.
        shortcuts: keys that go back and on from anywhere on the page.
    """
    at = steps.index(chosen(key, steps, default))
    st.html(STYLE % (_tiled(key, steps, tiles) if tiles else ""))
    with st.container(key=f"stepper-{key}", horizontal=True, vertical_alignment="center"):
        _turn(key, "back", steps[at - 1], label, "chevron_left", shortcuts[0])
        step = radio(key, steps, default, label, named, label_visibility="collapsed")
        _turn(key, "next", steps[(at + 1) % len(steps)], label, "chevron_right", shortcuts[1])
        if tiles:
            st.html(_SHOW % {"key": key, "step": step}, width="content", unsafe_allow_javascript=True)
    return step


def choose_layer(layers: Sequence[str]) -> str:
    """One of a network's blocks, the same on every page; the last to begin with.

    A link may name it as pages did before, "2.1" for the first block of stage 2, which is `layer2.0`.
    """
    old = re.fullmatch(r"(\d+)\.(\d+)", st.query_params.get("layer", ""))
    if old and old[0] not in layers:
        st.query_params["layer"] = f"layer{old[1]}.{int(old[2]) - 1}"
    return stepper("layer", layers, layers[-1], text("common.gates.layer"), layer_title)


def _turn(key: str, name: str, to: str, label: str, icon: str, shortcut: str | None) -> None:
    st.button(
        text(f"common.step.{name}", what=label),
        key=f"step-{key}-{name}",
        icon=f":material/{icon}:",
        type="tertiary",
        shortcut=shortcut,
        on_click=state.put,
        args=(key, to),
    )


def _tiled(key: str, steps: Sequence[str], tiles: Mapping[str, str]) -> str:
    rules = (
        _TILE.format(key=key, place=place, picture=f"background-image: url({tiles[step]})")
        for place, step in enumerate(steps, 1)
    )
    return TILED % {"key": key} + "".join(rules)
