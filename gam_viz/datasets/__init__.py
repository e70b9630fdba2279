"""Data to train and test on: CIFAR-10, folders of pictures, planted-evidence scenes."""

from gam_viz.datasets.arrays import (
    DatasetError,
    DatasetInfo,
    LabelledImages,
    MissingDataError,
    split_validation,
)
from gam_viz.datasets.registry import DATASETS, data_root, is_here, load_dataset

__all__ = [
    "DATASETS",
    "DatasetError",
    "DatasetInfo",
    "LabelledImages",
    "MissingDataError",
    "data_root",
    "is_here",
    "load_dataset",
    "split_validation",
]
