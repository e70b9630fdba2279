"""The device that every session of this server computes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
import torch

from gam_viz.app.shared.words import text
from gam_viz.runtime.device import describe, pick_device


def device() -> torch.device:
    """The device."""
    return _devices()[-1]


def gave_up() -> torch.device | None:
    """The device whose memory did not suffice, so that all is computed on the CPU since; None where none was."""
    return _devices()[0] if len(_devices()) > 1 else None


def give_up() -> bool:
    """Compute on the CPU from now on; False where that is done already."""
    if device().type == "cpu":
        return False
    _devices().append(torch.device("cpu"))
    return True


@contextmanager
def making_room() -> Iterator[None]:
    """Where the device has no room even for one picture, all is computed on the CPU from then on, and the page begins
    anew."""
    try:
        yield
    except torch.OutOfMemoryError:
        if not give_up():
            raise
        st.rerun()


@st.cache_resource(show_spinner=False)
def _devices() -> list[torch.device]:
    return [pick_device("auto")]


def device_name() -> str:
    """The device in the reader's words."""
    if device().type == "cpu":
        return text("common.device.cpu", threads=torch.get_num_threads())
    return describe(device())
