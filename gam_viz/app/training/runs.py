"""The watched trainings that are shown, and following them while they grow."""

from __future__ import annotations

import time

import streamlit as st

from gam_viz.app.shared.choices import choose_many
from gam_viz.app.shared.words import prose, text
from gam_viz.runtime.installation import run_folders
from gam_viz.titles import literal
from gam_viz.watching import WatchedRun, runs_in

MOST = 4  # runs at first
SECONDS = 5  # between two looks at the folders
LIVE = 1800.0  # seconds since its last reading after which a run is over, or gone


def choose_runs() -> dict[str, WatchedRun]:
    """Draw the choice, and what each has so far. Where there is none the page says how one is made, and ends here."""
    found = runs_in(run_folders())
    if not found:
        st.markdown(prose("training.none"))
        st.code(
            'watching = gam_viz.watch(network, every=100, to="runs/a")  # once\n'
            "watching.step(x)  # after each step, with its batch",
            language="python",
        )
        st.caption(prose("training.where"))
        st.stop()
    with st.sidebar:
        chosen = choose_many("t-runs", list(found), list(found)[:MOST], text("training.runs"), str)
        st.caption(prose("training.of_server"))
    if not chosen:
        st.info(text("training.choose"))
        st.stop()
    runs = {name: found[name] for name in chosen}
    st.markdown("  \n".join(_facts(name, run) for name, run in runs.items()))
    if not any(run.steps for run in runs.values()):
        follow(runs)
        st.stop()
    return runs


def _facts(name: str, run: WatchedRun) -> str:
    if not (steps := run.steps):
        return prose("training.waiting", run=name, network=run.name)
    return prose("training.facts", run=name, network=run.name, steps=steps[-1], readings=len(steps))


def follow(runs: dict[str, WatchedRun]) -> None:
    """Draw the page anew when one of them has grown; those that have not for long are over."""
    latest = [run.folder.stat().st_mtime for run in runs.values()]
    latest += [each.stat().st_mtime for run in runs.values() if (each := run.folder / "steps").is_dir()]
    if time.time() - max(latest) < LIVE:
        _look({name: run.steps for name, run in runs.items()})
        st.caption(literal(text("training.live", seconds=SECONDS)))


@st.fragment(run_every=SECONDS)
def _look(known: dict[str, tuple[int, ...]]) -> None:
    found = runs_in(run_folders())
    if any(name in found and found[name].steps != steps for name, steps in known.items()):
        st.rerun()
