"""What an audit of a data set says that a gallery of its pictures asks: each network's predictions, by number."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from gam_viz.audit.naming import named
from gam_viz.audit.opened import Audit
from gam_viz.audit.run import begun, run
from gam_viz.audit.sources import SourceChoices
from gam_viz.evaluation.predictions import Predictions, predictions_path, save_predictions
from gam_viz.networks.checkpoints import Checkpoint


def write_predictions(checkpoint: Checkpoint, data: str, root: Path, device: torch.device) -> Path | None:
    """Audit a data set's test pictures, and write what the network predicts beside its checkpoint, where galleries look
    for it; returns the file. None, and no file, where it has no classes or leaves a picture without an answer.

    Args:
        checkpoint: of the network.
        data: name of the data set.
        root: the data folder.
        device: that computes.

    Raises:
        DatasetError: the data is not there.
        OSError: the file cannot be written.
    """
    path = predictions_path(checkpoint.path.parent, checkpoint.card.name)
    with TemporaryDirectory() as out:
        choices = SourceChoices(data_root=str(root))
        audit = begun(f"data:{data}", {checkpoint.card.name: checkpoint}, out, choices=choices, device=device)
        run(audit)
        pictures = str(audit.manifest.source["digest"])
        found = predictions_in(Audit(out), checkpoint.sha256, pictures)
    if found is None:
        return None
    save_predictions(path, found, checkpoint=checkpoint.sha256, pictures=pictures)
    return path


def predictions_in(audit: Audit, checkpoint: str, pictures: str) -> Predictions | None:
    """A network's predictions on a test set, from an audit of it.

    None where it is an audit of other pictures or networks, not done yet, or where a picture has no answer.

    Args:
        audit: any.
        checkpoint: sha256 of the network's checkpoint file.
        pictures: `pictures_digest` of the test set.
    """
    source = audit.manifest.source
    network = next((each for each in audit.manifest.networks if each["sha256"] == checkpoint), None)
    if network is None or source.get("digest") != pictures or network["card"]["output"] != "class" or not audit.whole:
        return None
    prediction, probability = named(network["name"], "prediction"), named(network["name"], "probability")
    found = audit.query(f"select {prediction} as p, {probability} as q from pictures order by item")
    if found.num_rows != source["count"] or found["p"].null_count or found["q"].null_count:
        return None
    places = {name: place for place, name in enumerate(network["card"]["classes"])}
    predicted = np.array([places[name] for name in found["p"].to_pylist()], np.int64)
    return Predictions(predicted, found["q"].to_numpy().astype(np.float32))
