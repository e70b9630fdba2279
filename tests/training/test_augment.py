"""Random changes of pictures: against NumPy, SciPy's resampling and closed forms."""

import math

import numpy as np
import pytest
import torch

from gam_viz.training import augment

CHANGES = {
    "crop": lambda x, g: augment.crop(x, 2, g),
    "quarter_turns": augment.quarter_turns,
    "warp": lambda x, g: augment.warp(x, 20.0, 0.3, g),
    "colour": lambda x, g: augment.colour(x, 0.4, g),
    "erase": lambda x, g: augment.erase(x, 0.3, g),
}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(count=12, height=8, width=8):
    """Pictures (N, 3, H, W) uint8 of which no two are alike, turned or mirrored either."""
    return torch.randint(0, 256, (count, 3, height, width), dtype=torch.uint8, generator=seeded(1))


def drawing(monkeypatch, *values):
    """Every row of `torch.rand` is one of these values, 0..1, the same for all pictures."""
    row = torch.tensor(values)

    def rand(shape, generator):
        return row[:, None].expand(shape).clone()

    monkeypatch.setattr(torch, "rand", rand)


@pytest.mark.parametrize("name", list(CHANGES))
def test_every_draw_comes_from_the_generator(name):
    x = noise().float()
    before = x.clone()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (CHANGES[name](x, seeded(seed)) for seed in (3, 3, 4))
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(x, before)  # the pictures that were given stay as they are
    assert first.shape == x.shape
    assert first.dtype == torch.float32
    assert len({tuple(one.flatten().tolist()) for one in first}) == len(x)


def test_crops_are_windows_of_the_mirrored_picture():
    x = noise(60, 6, 9)
    cropped = augment.crop(x, 2, seeded())
    assert cropped.dtype == torch.uint8
    shifts = []
    for before, after in zip(x.numpy(), cropped.numpy(), strict=True):
        padded = np.pad(before, ((0, 0), (2, 2), (2, 2)), mode="reflect")
        windows = {
            (row, column): padded[:, row : row + 6, column : column + 9] for row in range(5) for column in range(5)
        }
        (found,) = [shift for shift, window in windows.items() if np.array_equal(window, after)]
        shifts.append(found)
    assert {row for row, _ in shifts} == {column for _, column in shifts} == set(range(5))


def test_quarter_turns_are_numpys():
    x = noise(200, 6, 6)
    turned = augment.quarter_turns(x, seeded())
    assert turned.dtype == torch.uint8
    quarters = []
    for before, after in zip(x.numpy(), turned.numpy(), strict=True):
        (found,) = [k for k in range(4) if np.array_equal(np.rot90(before, k, axes=(1, 2)), after)]
        quarters.append(found)
    assert np.bincount(quarters).min() > 30  # of 50 on average


def test_no_turn_and_no_zoom_leave_the_picture():
    x = noise()
    torch.testing.assert_close(augment.warp(x, 0.0, 0.0, seeded()), x.float(), rtol=0, atol=1e-3)


@pytest.mark.parametrize("size", [7, 8])
def test_turning_by_90_degrees_is_a_quarter_turn(size, monkeypatch):
    x = noise(3, size, size)
    found = []
    for share in (0.0, 1.0):  # the largest turns either way
        drawing(monkeypatch, share, 0.5, 0.5, 0.5)
        turned = augment.warp(x, 90.0, 0.0, seeded()).numpy()
        found += [k for k in range(4) if np.allclose(np.rot90(x.numpy(), k, axes=(2, 3)), turned, atol=0.01)]
    assert sorted(found) == [1, 3]


@pytest.mark.parametrize(
    "draw",
    [(1.0, 0.5, 0.5, 0.5), (0.2, 0.0, 0.5, 0.5), (0.5, 0.1, 1.0, 0.0), (0.9, 0.2, 0.3, 0.8), (0.1, 0.9, 0.4, 1.0)],
    ids=["turned", "turned and enlarged", "enlarged in a corner", "all of it", "turned and shrunk"],
)
def test_a_warp_is_scipys_resampling_of_the_same_map(draw, monkeypatch):
    """Output pixel -> about the centre, turned and scaled, moved -> bilinear, mirrored beyond the border."""
    ndimage = pytest.importorskip("scipy.ndimage")
    x, size, degrees, zoom = noise(2, 16, 16), 16, 30.0, 0.4
    drawing(monkeypatch, *draw)
    warped = augment.warp(x, degrees, zoom, seeded()).numpy()

    angle, scale = math.radians(degrees * (2 * draw[0] - 1)), 1 + zoom * (2 * draw[1] - 1)
    room = max(0.0, 1 - scale) * size / 2  # between the window and the picture's border, in pixels
    move = np.array([2 * draw[3] - 1, 2 * draw[2] - 1]) * room  # rows, columns
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]) * scale
    centre = np.full(2, (size - 1) / 2)
    offset = centre + move - turn @ centre
    for before, after in zip(x.numpy(), warped, strict=True):
        for one, other in zip(before, after, strict=True):
            expected = ndimage.affine_transform(one.astype(np.float64), turn, offset, order=1, mode="reflect")
            np.testing.assert_allclose(other, expected, atol=0.02)


def test_the_window_of_an_enlarged_picture_stays_inside():
    """On a ramp every value says where it was read: without a border in sight, neighbours rise by the scale."""
    size, zoom, count = 32, 0.35, 80
    ramp = torch.arange(size).float()
    x = torch.stack([ramp.expand(size, size), ramp.expand(size, size).T, torch.zeros(size, size)]).expand(
        count, 3, size, size
    )
    warped = augment.warp(x, 0.0, zoom, seeded())
    assert warped.min() >= 0
    assert warped.max() <= size - 1
    across, down = warped[:, 0, 0], warped[:, 1, :, 0]  # (N, S)
    middle = slice(8, -8)
    scale = across[:, middle].diff(dim=1).median(dim=1).values
    assert scale.min() > 1 - zoom - 1e-3
    assert scale.max() < 1 + zoom + 1e-3
    enlarged = scale < 1
    assert 20 < int(enlarged.sum()) < 60
    # The outermost half pixel has no neighbour to blend with; all else is the straight line of an inner window.
    for places in (across, down):
        inner = (places > 1e-3) & (places < size - 1 - 1e-3)
        steps = places.diff(dim=1)
        straight = (steps - scale[:, None]).abs() < 1e-3
        assert straight[enlarged][(inner[:, 1:] & inner[:, :-1])[enlarged]].all()
        assert (steps[enlarged] > -1e-4).all()  # mirrored, it would fall again
        assert (steps[scale > 1.1] < -0.01).any()
    starts = across[enlarged, 0]
    assert starts.std() > 1  # windows lie in different places


def test_contrast_and_brightness_stay_in_range():
    x = torch.randn(300, 3, 6, 6, generator=seeded(2))
    changed = augment.colour(x, 0.3, seeded())
    before, after = x.flatten(1), changed.flatten(1)
    contrast = after.std(dim=1) / before.std(dim=1)
    brightness = after.mean(dim=1) - before.mean(dim=1)
    for values, centre in ((contrast, 1.0), (brightness, 0.0)):
        assert (values - centre).abs().max() <= 0.3 + 1e-4
        assert values.min() < centre - 0.25
        assert values.max() > centre + 0.25
    mean = before.mean(dim=1, keepdim=True)
    expected = (before - mean) * contrast[:, None] + mean + brightness[:, None]  # nothing else was changed
    torch.testing.assert_close(after, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(augment.colour(x, 0.0, seeded()), x)


@pytest.mark.parametrize(("size", "share", "side"), [(32, 0.25, 8), (16, 0.5, 8), (12, 0.25, 3)])
def test_what_is_erased_is_a_square_of_the_mean_colour(size, share, side):
    x = torch.rand(300, 3, size, size, generator=seeded(2)) + 1
    changed = augment.erase(x, share, seeded())
    heights = []
    for before, after in zip(x, changed, strict=True):
        gone = after[0] == 0
        assert torch.equal(after, before.masked_fill(gone, 0.0))  # all channels, and nothing else
        rows, columns = gone.any(dim=1), gone.any(dim=0)
        assert torch.equal(gone, rows[:, None] & columns[None, :])
        for line in (rows, columns):
            inside = line.nonzero().flatten()
            assert len(inside) >= side // 2  # its centre lies in the picture
            assert len(inside) == inside[-1] - inside[0] + 1
            if inside[0] > 0 and inside[-1] < size - 1:
                assert len(inside) == side
            assert len(inside) <= side
            heights.append(len(inside))
    assert min(heights) < side  # partly outside, too
    assert heights.count(side) > len(heights) / 2


def test_a_square_of_no_size_erases_nothing():
    x = torch.rand(4, 3, 8, 8) + 1
    assert torch.equal(augment.erase(x, 0.0, seeded()), x)


def test_mixed_pictures_carry_their_labels_by_area():
    """Pictures of one value each, so that what was pasted, and how much, can be read off the pixels."""
    labels = torch.tensor([0, 1, 2, 3])
    x = labels[:, None, None, None].float().expand(4, 3, 16, 16).contiguous()
    pasted = []
    for seed in range(60):
        mixed, targets = augment.mix(x, labels, 5, seeded(seed))
        assert targets.shape == (4, 5)
        for index, (picture, target) in enumerate(zip(mixed, targets, strict=True)):
            shares = torch.stack([(picture[0] == label).float().mean() for label in range(5)])
            torch.testing.assert_close(target, shares)
            assert (picture == picture[:1]).all()  # the channels stay together
            foreign = picture[0] != index
            rows, columns = foreign.any(dim=1), foreign.any(dim=0)
            assert torch.equal(foreign, rows[:, None] & columns[None, :])  # one box
            pasted.append(float(foreign.float().mean()))
    assert 0.05 < np.mean(pasted) < 0.5
    assert max(pasted) > 0.5
    assert torch.equal(x[:, 0, 0, 0], labels.float())  # the given pictures stay as they were
