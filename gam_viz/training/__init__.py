"""Training and evaluating networks."""

from gam_viz.evaluation.intervals import wilson_interval
from gam_viz.evaluation.metrics import predict, summarise
from gam_viz.training.job import Job, TrainingError
from gam_viz.training.loop import train
from gam_viz.training.recipe import RECIPES, Recipe, recipe

__all__ = ["RECIPES", "Job", "Recipe", "TrainingError", "predict", "recipe", "summarise", "train", "wilson_interval"]
