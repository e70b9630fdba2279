"""Bytes -> `Picture` -> what a network sees.

picture = decode(data, "cat.jpg")          # or load_sample("photo-cat"); PictureError says why not
source = open_source(data, "scan.dcm")     # what it holds: frames, windows, bands, facts
picture = render(source, Rendering(window="lung"))
seen = prepare(picture, size=64, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
network(seen.tensor)                       # (1, 3, 64, 64)
"""

from gam_viz.images.decode import decode
from gam_viz.images.errors import PictureError
from gam_viz.images.facts import Band, Fact, Window
from gam_viz.images.limits import LIMITS, Limits
from gam_viz.images.network_input import Fit, NetworkInput, denormalise, normalise, normalise_batch, prepare
from gam_viz.images.open_source import open_source
from gam_viz.images.picture import Note, Picture, from_pixels
from gam_viz.images.render import first_look, measured_range, render
from gam_viz.images.rendering import Rendering
from gam_viz.images.samples import Sample, list_samples, load_sample, sample_scene
from gam_viz.images.source import Source

__all__ = [
    "LIMITS",
    "Band",
    "Fact",
    "Fit",
    "Limits",
    "NetworkInput",
    "Note",
    "Picture",
    "PictureError",
    "Rendering",
    "Sample",
    "Source",
    "Window",
    "decode",
    "denormalise",
    "first_look",
    "from_pixels",
    "list_samples",
    "load_sample",
    "measured_range",
    "normalise",
    "normalise_batch",
    "open_source",
    "prepare",
    "render",
    "sample_scene",
]
