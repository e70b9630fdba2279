"""The device that every session of this server computes on."""

from __future__ import annotations

import streamlit as st
import torch

from gam_viz.app.shared.words import text
from gam_viz.runtime.device import describe, pick_device


@st.cache_resource(show_spinner=False)
def device() -> torch.device:
    """The device."""
    return pick_device("auto")


def device_name() -> str:
    """The device in the reader's words."""
    if device().type == "cpu":
        return text("common.device.cpu", threads=torch.get_num_threads())
    return describe(device())
