"""What a validation transform does is read off it, and a picture is then prepared as it would be."""

import numpy as np
import pytest
import torch
from PIL import Image

from gam_viz.images import from_pixels, prepare
from gam_viz.images.preparation import Preparation, read_preparation
from gam_viz.runtime import torchvision_shim  # noqa: F401 - before torchvision

transforms = pytest.importorskip("torchvision.transforms")
v2 = pytest.importorskip("torchvision.transforms.v2")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def prepared(pixels, found):
    return prepare(
        from_pixels(pixels, "p"),
        size=found.size,
        mean=found.mean or (0, 0, 0),
        std=found.std or (1, 1, 1),
        fit=found.fit,
        resize=found.resize,
        interpolation=found.interpolation,
    )


def old(resize, size, interpolation):
    return transforms.Compose(
        [
            transforms.Resize(resize, getattr(transforms.InterpolationMode, interpolation)),
            transforms.CenterCrop(size),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )


def new(resize, size, interpolation):
    return v2.Compose(
        [
            v2.Resize(resize, getattr(v2.InterpolationMode, interpolation)),
            v2.CenterCrop(size),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )


@pytest.mark.parametrize("make", [old, new])
@pytest.mark.parametrize("shape", [(40, 61), (61, 40), (33, 33), (100, 37)])
@pytest.mark.parametrize(("resize", "size"), [(37, 32), (32, 32)])
@pytest.mark.parametrize("interpolation", ["BILINEAR", "BICUBIC"])
def test_a_picture_is_prepared_as_torchvision_does(make, shape, resize, size, interpolation):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    transform = make(resize, size, interpolation)
    ours = prepared(pixels, read_preparation(transform)).tensor[0]
    theirs = transform(Image.fromarray(pixels))
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


def test_both_sides_given_is_a_stretch():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 61, 3), np.uint8)
    transform = transforms.Compose([transforms.Resize((32, 32)), transforms.ToTensor()])
    found = read_preparation(transform)
    assert found == Preparation(32, 0, "stretch", "bilinear")
    torch.testing.assert_close(prepared(pixels, found).tensor[0], transform(Image.fromarray(pixels)))


def test_presets_of_weights_and_timms_configurations():
    models = pytest.importorskip("torchvision.models")
    preset = models.ResNet18_Weights.IMAGENET1K_V1.transforms()
    assert read_preparation(preset) == Preparation(224, 256, "crop", "bilinear", MEAN, STD)
    config = {"input_size": (3, 224, 224), "crop_pct": 0.95, "interpolation": "bicubic", "mean": MEAN, "std": STD}
    assert read_preparation(config) == Preparation(224, 235, "crop", "bicubic", MEAN, STD)
    assert read_preparation({}) == Preparation()


def test_timms_transform_is_read_as_its_configuration():
    timm_data = pytest.importorskip("timm.data")
    config = {"input_size": (3, 64, 64), "crop_pct": 0.8, "interpolation": "bicubic", "mean": MEAN, "std": STD}
    transform = timm_data.create_transform(**config, is_training=False)
    found = read_preparation(transform)
    assert found == Preparation(64, 80, "crop", "bicubic", pytest.approx(MEAN), pytest.approx(STD))
    pixels = np.random.default_rng(0).integers(0, 256, (90, 121, 3), np.uint8)
    torch.testing.assert_close(prepared(pixels, found).tensor[0], transform(Image.fromarray(pixels)), atol=1e-6, rtol=0)


def test_an_image_processor():
    processor = type("Processor", (), {})()
    processor.image_mean, processor.image_std = list(MEAN), list(STD)
    processor.size, processor.crop_size = {"shortest_edge": 256}, {"height": 224, "width": 224}
    processor.resample, processor.do_center_crop = 3, True
    assert read_preparation(processor) == Preparation(224, 256, "crop", "bicubic", MEAN, STD)
    processor.do_center_crop, processor.size = False, {"height": 224, "width": 224}
    assert read_preparation(processor) == Preparation(224, 0, "stretch", "bicubic", MEAN, STD)


def test_what_is_not_applied_is_named():
    transform = transforms.Compose(
        [transforms.RandomResizedCrop(32), transforms.ColorJitter(), lambda x: x, transforms.ToTensor()]
    )
    found = read_preparation(transform)
    assert found.size == 32
    assert found.left_out == ("RandomResizedCrop", "ColorJitter", "<lambda>")


def test_a_rectangle_is_read():
    found = read_preparation(transforms.Compose([transforms.Resize((32, 64))]))
    assert (found.size, found.fit, found.resize) == ((32, 64), "stretch", 0)
    found = read_preparation(transforms.Compose([transforms.Resize(40), transforms.CenterCrop((32, 64))]))
    assert (found.size, found.fit, found.resize) == ((32, 64), "crop", 40)
    assert read_preparation({"input_size": (3, 32, 64), "crop_pct": 0.9}).left_out
