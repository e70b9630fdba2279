"""How do the gates form while a network trains? What `gam_viz.watch` keeps, run over run, as it grows."""

from gam_viz.app.shared.playing import play_on
from gam_viz.app.training.chart import chart
from gam_viz.app.training.film import film
from gam_viz.app.training.runs import choose_runs, follow

runs = choose_runs()
gate = chart(runs)
played = film(runs, gate)
follow(runs)
play_on("t-step", played)
