"""Report download: a report that needs nothing else, and a ZIP of its numbers and pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import streamlit as st

from gam_viz import report
from gam_viz.app.evidence.faithfulness import chosen_settings
from gam_viz.app.shared import measurements
from gam_viz.app.shared.choices import chosen_many
from gam_viz.app.shared.columns import View
from gam_viz.app.shared.device import device
from gam_viz.app.shared.file_names import file_stem
from gam_viz.app.shared.page import fragment
from gam_viz.app.shared.session_cache import keep, recall
from gam_viz.app.shared.waiting import progress_line
from gam_viz.app.shared.words import language, text, words
from gam_viz.evidence.examine import About, CaseSettings, LoadedNetwork, examine
from gam_viz.explain.attributions import DEFAULT_METHODS, METHODS


@fragment
def take_home(view: View) -> None:
    """Draw the row. What is downloaded is made once, when it is asked for; that may take a minute."""
    st.divider()
    row, place = st.container(horizontal=True, vertical_alignment="center"), st.empty()
    with row:
        st.header(text("evidence.home.title"), anchor=False, width="content", help=text("evidence.home.help"))
        settings = _settings(view)
        key = (*(subject.key for subject in view.subjects), tuple(view.targets()), repr(settings), language())
        if recall("report", key) is None:
            button = st.empty()
            if not button.button(text("evidence.home.make"), icon=":material/summarize:", key="make-report"):
                return
            keep("report", key, _made(view, settings, place), most=1)
            button.empty()
        made = recall("report", key)
        stem = file_stem(view)
        for form, mime in (("html", "text/html"), ("zip", "application/zip")):
            st.download_button(
                text(f"evidence.home.{form}"),
                made[form],
                f"{stem}.{form}",
                mime,
                key=f"home-{form}",
                on_click="ignore",
                icon=":material/download:",
            )
    if made["command"]:
        st.caption(text("evidence.home.command"))
        st.code(str(made["command"]), language="bash", wrap_lines=True)


def _settings(view: View) -> CaseSettings:
    """As chosen in the sections above, and on Compare."""
    methods = tuple(chosen_many("methods", list(METHODS), DEFAULT_METHODS))
    asked = [measurements.requests_of(column, methods) for column in view.columns]
    return CaseSettings(
        methods=methods,
        # Networks of several depths have no layer in common where none was chosen: each is asked in its last.
        requests=tuple(
            first if all(other == first for other in others) else replace(first, layer=None)
            for first, *others in zip(*asked, strict=True)
        ),
        faithfulness=chosen_settings(),
    )


def _made(view: View, settings: CaseSettings, place: st.delta_generator.DeltaGenerator) -> dict[str, object]:
    """The report, the ZIP and the command that makes them."""
    selection = view.selection

    subjects = [
        LoadedNetwork(
            subject.network,
            subject.card,
            subject.checkpoint.sha256,
            subject.checkpoint.called,
        )
        for subject in view.subjects
    ]
    sample = str(st.session_state.get("sample", "")) if st.session_state.get("source") == "sample" else ""
    source = selection.source
    about = About(
        title=selection.title,
        sample=sample,
        credit=selection.credit,
        label=selection.label,
        facts=() if source is None else source.facts,
        medical=selection.medical,
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        link=_link(),
    )
    target = None if selection.target is None else selection.classes[selection.target]

    def say(share: float, name: str) -> str:
        return text("evidence.computing", name=name, share=share)

    with place.container(), progress_line(say) as line:
        case = examine(
            subjects,
            selection.picture,
            fit=selection.fit,  # type: ignore[arg-type]
            target=target,
            settings=settings,
            about=about,
            truth=selection.regions,
            device=device(),
            progress=lambda share, name, step: line.progress(share, name or step),
            bench=measurements.SessionBench(view, line.on_wait),
        )
    place.progress(1.0, text("evidence.home.writing"))
    page, everything = report.html(case, words()), report.pack(case, words())
    place.empty()
    return {"html": page, "zip": everything, "command": report.command(case)}


def _link() -> str:
    """Of this page as it is; of an upload it brings the choices back, and not the file."""
    return f"{st.context.url or ''}?{urlencode(st.query_params.to_dict())}"
