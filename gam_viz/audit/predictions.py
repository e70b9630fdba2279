"""What an audit of a data set says that a gallery of its pictures asks: each network's predictions, by number."""

from __future__ import annotations

import numpy as np

from gam_viz.audit.naming import named
from gam_viz.audit.opened import Audit
from gam_viz.evaluation.predictions import Predictions


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
