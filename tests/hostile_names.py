"""Names of which Markdown, Streamlit, Plotly, mathtext or a spreadsheet would make something: they are only names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from gam_viz.datasets.scenes.draw import CLASSES
from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import Card, save
from gam_viz.networks.live import LiveNetwork
from gam_viz.notebook.opening import Said, open_networks
from tests.checkpoint_files import write_checkpoints
from tests.networks_of_others import OwnGAM, OwnNetwork, OwnSE

#: What comes alive: a picture, a link, bare addresses, an icon, mathematics, a colour, HTML, emphasis, code.
PAYLOADS = (
    "![p](http://x.invalid/p.png)",
    "[l](http://x.invalid)",
    "www.x.invalid",
    "u@x.invalid",
    ":material/skull:",
    "$y^2$",
    ":red[c]",
    "<img src=http://x.invalid/i.png>",
    "<b>h</b>",
    "**s**",
    "`k`",
)
NAME = " ".join(PAYLOADS)
FILE = NAME.replace("/", ":")  # what a file may be called
LAYER = NAME.replace(".", ",")  # what a module may be called
CELL = '=HYPERLINK("http://x.invalid")'  # what a spreadsheet would compute


def named(number: int, text: str = NAME) -> str:
    return f"{number} {text}"


def write_hostile_checkpoints(folder: Path) -> None:
    """Beside the usual ones: networks whose cards say such things of themselves, one that is refused for it."""
    write_checkpoints(folder)
    for number, attention in enumerate(("cbam", "gam")):
        torch.manual_seed(number)
        network = build_network(NetworkConfig(width=4, attention=attention, stem="stride2"))
        for dataset, classes in (("scenes", CLASSES), ("foreign", tuple(named(each) for each in range(10)))):
            card = Card(
                name=f"{dataset}-{attention} {FILE}",
                dataset=dataset if dataset == "scenes" else NAME,
                dataset_title=NAME,
                classes=classes,
                input_size=64,
                mean=(0.5,) * 3,
                std=(0.25,) * 3,
                config=network.config,
                source=NAME,
                licence=NAME,
                domain=NAME,
                recipe={"name": NAME},
                started_from={"name": NAME, "licence": NAME},
                versions={"torch": NAME, "device": NAME, "precision": NAME, "weights": NAME},
                notes=(NAME,),
                test={
                    "accuracy": 0.9,
                    "interval": [0.8, 0.95],
                    "count": 9,
                    "per_class": dict.fromkeys(classes, 0.5),
                    "calibration_error": 0.1,
                },
            )
            save(network, card, folder / f"{card.name}.safetensors")
    (folder / f"refused {FILE}.safetensors").write_bytes(b"nothing")


def hostile_network(attention: type[nn.Module] = OwnGAM, **options: int) -> nn.Module:
    """Its layers are called so, too."""
    torch.manual_seed(0)
    network = OwnNetwork(attention, **options)
    for layer in ("attention1", "attention2"):
        inner = nn.Sequential()
        inner.add_module(LAYER, getattr(network, layer))
        setattr(network, layer, inner)
    return network.eval()


def hostile_networks(outputs: int = 3, **said: Any) -> Mapping[str, LiveNetwork]:
    networks = {named(1): hostile_network(outputs=outputs), named(2): hostile_network(OwnSE, outputs=outputs)}
    classes = [named(number) for number in range(outputs)]
    return open_networks(
        networks, Said(**{"size": 32, "mean": (0.5,) * 3, "std": (0.5,) * 3, "classes": classes} | said)
    )


def hostile_pictures() -> list[tuple[str, bytes]]:
    """Files whose names and insides say such things."""
    from tests.app.compare.test_page import png
    from tests.app.shared.test_rendering import dicom, geotiff

    dice = np.random.default_rng(0)
    bands = geotiff(dice.integers(100, 4000, (4, 40, 60)).astype("uint16"), tuple(named(n) for n in range(4)))
    tags = {"PatientName": NAME, "Modality": NAME[:16], "Manufacturer": NAME, "BodyPartExamined": NAME[:16]}
    tags |= {"WindowCenter": [500, 100], "WindowWidth": [600, 50], "WindowCenterWidthExplanation": [NAME, "a"]}
    tags |= {"SeriesDescription": NAME, "StudyDescription": NAME, "RescaleType": NAME[:16]}
    return [
        (f"{FILE}.png", png(dice.integers(0, 256, (40, 50, 3)).astype(np.uint8))),
        (f"b{FILE}.tif", bands),
        (f"d{FILE}.dcm", dicom(dice.integers(0, 900, (32, 32)), **tags)),
        (f"bad {FILE}.png", b"nothing"),
    ]
