"""The built-in gallery: scenes that our code draws, and the photographs in scikit-image's wheel.

Nothing is downloaded and no picture is stored in this repository. The scenes belong to the test split, so no
network was trained on them. The photographs are read from the installed package's files directly: its loader
functions would fetch a missing one from the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from gam_viz.datasets.scenes.draw import CLASSES, Scene, draw_scene
from gam_viz.images.decode import decode
from gam_viz.images.errors import PictureError
from gam_viz.images.picture import Note, Picture, from_pixels, pixels_sha256
from gam_viz.text import words
from gam_viz.text.nearest import nearest

Domain = Literal["scenes", "photographs", "histology", "ophthalmology", "astronomy"]


@dataclass(frozen=True)
class Sample:
    """One picture of the gallery; `load_sample` gets its pixels.

    Attributes:
        id: stable, fit for a URL.
        group: "scene" (drawn, evidence known) or "photo".
        title_key: its title in the catalogue.
        title_details: what the title names.
        credit: who made it, and where it was published.
        licence: as scikit-image's documentation of the picture states it; the project's own for scenes.
        domain: the kind of picture; a network trained on another kind has no reason to be right.
        label_name: the class that a viewer would name, for data sets that have a class of that name; None
            where there is nothing to be right about.
        tag_name: the class that the scene's corner tag stands for; None without a tag.
    """

    id: str
    group: Literal["scene", "photo"]
    title_key: str
    credit: str
    licence: str
    domain: Domain
    label_name: str | None = None
    tag_name: str | None = None
    title_details: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The English title."""
        return words("en").text(self.title_key, **self.title_details)


def list_samples() -> tuple[Sample, ...]:
    """All samples in the order of the gallery: scenes, then photographs."""
    return tuple(_SAMPLES.values())


def load_sample(id: str) -> Picture:
    """A sample's picture. Its sha256 is that of its size and pixels, the same on every machine for scenes.

    Raises:
        PictureError: "unknown_sample".
    """
    return _load(_find(id).id)


def sample_scene(id: str) -> Scene | None:
    """The drawn scene behind a sample, with the masks of object and tag; None for a photograph.

    Raises:
        PictureError: "unknown_sample".
    """
    sample = _find(id)
    if sample.group != "scene":
        return None
    index = int(sample.id.rpartition("-")[2])
    tag = None if sample.tag_name is None else CLASSES.index(sample.tag_name)
    return draw_scene(index, split="test", label=CLASSES.index(str(sample.label_name)), tag_label=tag)


def _find(id: str) -> Sample:
    if id not in _SAMPLES:
        near = nearest(id, _SAMPLES)
        if near:
            raise PictureError("unknown_sample_near", sample=id, known=", ".join(near))
        raise PictureError("unknown_sample", sample=id, known=", ".join(_SAMPLES))
    return _SAMPLES[id]


@lru_cache(maxsize=64)
def _load(id: str) -> Picture:
    if scene := sample_scene(id):
        return from_pixels(scene.image, id, "drawn")
    file, box = _FILES[id]
    picture = decode(resources.files("skimage.data").joinpath(file).read_bytes(), file)
    pixels, notes = picture.pixels, picture.notes
    if box is not None:
        left, top, right, bottom = box
        pixels = pixels[top:bottom, left:right]
        notes = (*notes, Note("cropped_sample", {"left": left, "top": top, "right": right, "bottom": bottom}))
    return replace(picture, pixels=pixels, sha256=pixels_sha256(pixels), name=id, notes=notes)


def _scene(label: str, index: int, tag: str | None = None) -> Sample:
    if tag is None:
        id, key = f"scene-{label}-{index}", "samples.scene"
    elif tag == label:
        id, key = f"scene-tag-{label}-{index}", "samples.scene_tag"
    else:
        id, key = f"scene-tag-{tag}-on-{label}-{index}", "samples.scene_tag_contradicts"
    details = {"label": label} if tag is None else {"label": label, "tag": tag}
    return Sample(
        id, "scene", key, "drawn by GAM-Viz, test split", "Apache-2.0", "scenes", label, tag, MappingProxyType(details)
    )


# Numbers in the test split. The first ten show each class once, the next two are hard (a scrap across the
# object, an object cut by the edge). The last four are two of them again with a tag that tells the truth, and
# one that lies.
_SCENES = (
    _scene("sailboat", 17),
    _scene("house", 28),
    _scene("tree", 11),
    _scene("car", 19),
    _scene("fish", 1),
    _scene("mushroom", 30),
    _scene("rocket", 16),
    _scene("butterfly", 12),
    _scene("cup", 31),
    _scene("key", 4),
    _scene("fish", 13),
    _scene("tree", 36),
    _scene("car", 19, "car"),
    _scene("car", 19, "fish"),
    _scene("butterfly", 12, "butterfly"),
    _scene("butterfly", 12, "key"),
)

_Box = tuple[int, int, int, int]  # (left, top, right, bottom) of the part that is shown, in pixels


def _photo(
    id: str,
    title_key: str,
    credit: str,
    licence: str,
    file: str,
    *,
    box: _Box | None = None,
    domain: Domain = "photographs",
    label_name: str | None = None,
) -> tuple[Sample, str, _Box | None]:
    credit = f"{credit}, via scikit-image ({file.partition('.')[0]})"
    return Sample(id, "photo", title_key, credit, licence, domain, label_name), file, box


# Credits and licences as scikit-image 0.26 states them in the documentation of each picture. Its pictures
# without a statement (moon, motorcycle) are left out.
_NO_RESTRICTIONS = "no known copyright restrictions"
_PHOTOS = (
    _photo("photo-cat", "samples.cat", "Stefan van der Walt", "CC0", "chelsea.png", label_name="cat"),
    _photo(
        "photo-cat-face",
        "samples.cat_face",
        "Stefan van der Walt",
        "CC0",
        "chelsea.png",
        box=(130, 40, 380, 290),
        label_name="cat",
    ),
    _photo(
        "photo-horse", "samples.horse", "Andreas Preuss (marauder), openclipart", "CC0", "horse.png", label_name="horse"
    ),
    _photo(
        "photo-coffee",
        "samples.coffee",
        "Rachel Michetti, courtesy of Pikolo Espresso Bar",
        "CC0",
        "coffee.png",
        label_name="cup",
    ),
    _photo("photo-rocket", "samples.rocket", "SpaceX", "public domain", "rocket.jpg", label_name="rocket"),
    _photo("photo-astronaut", "samples.astronaut", "NASA", f"{_NO_RESTRICTIONS}, public domain", "astronaut.png"),
    _photo("photo-camera", "samples.camera", "Lav Varshney", "CC0", "camera.png"),
    _photo(
        "photo-colon",
        "samples.colon",
        "Center for Microscopy and Molecular Imaging (CMMI)",
        _NO_RESTRICTIONS,
        "ihc.png",
        domain="histology",
    ),
    _photo(
        "photo-retina",
        "samples.retina",
        "Mikael Häggström, Wikimedia Commons",
        "CC0",
        "retina.jpg",
        domain="ophthalmology",
    ),
    _photo(
        "photo-galaxies",
        "samples.galaxies",
        "NASA, Hubble eXtreme Deep Field",
        "public domain",
        "hubble_deep_field.jpg",
        domain="astronomy",
    ),
)

_SAMPLES: dict[str, Sample] = {sample.id: sample for sample in (*_SCENES, *(photo[0] for photo in _PHOTOS))}
_FILES: dict[str, tuple[str, _Box | None]] = {sample.id: (file, box) for sample, file, box in _PHOTOS}
