"""Where do CBAM and GAM look? Networks side by side: prediction, channel weights, spatial masks, attributions."""

from contextlib import nullcontext

from gam_viz.app.compare.attention_maps import attention_row
from gam_viz.app.compare.attributions import attribution_row
from gam_viz.app.compare.download import download_row
from gam_viz.app.compare.first_screen import first_screen
from gam_viz.app.compare.region import region_row
from gam_viz.app.compare.training_snapshots import film
from gam_viz.app.shared.beside import held
from gam_viz.app.shared.page import opened_selection, view_of
from gam_viz.app.shared.playing import play_on
from gam_viz.app.shared.state import is_new

fresh = is_new("data")  # nothing is here yet that could stay, dimmed, while the networks run
made = film(opened_selection())
with held(len(made.selection.networks) + 1, sentence=True) if fresh else nullcontext():
    view = view_of(made.selection, made.frames)

first_screen(view, made)
attention_row(view)
attribution_row(view, fresh)
region_row(view)
download_row(view)
play_on("epoch", [str(epoch) for epoch in made.epochs])
