"""Networks that flatten with `.view` have attributions, on a CPU too, equal to Captum's on the plain network."""

import captum.attr
import pytest
import torch
from torch import Tensor, nn

from gam_viz.explain.attributions import attribute
from gam_viz.explain.attributions.prepare import prepare
from gam_viz.networks.adapters import adapt


class Flattening(nn.Module):
    def __init__(self, *, viewed: bool, channels: int = 3) -> None:
        super().__init__()
        self.conv, self.relu, self.viewed = nn.Conv2d(channels, 8, 3), nn.ReLU(), viewed
        self.gate, self.head = nn.Sequential(nn.Linear(8, 8), nn.Sigmoid()), nn.Linear(8 * 10 * 14, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.conv(x))
        x = x * self.gate(x.mean((2, 3)))[:, :, None, None]
        return self.head(x.view(x.shape[0], -1) if self.viewed else x.flatten(1))


@pytest.mark.parametrize("viewed", [True, False])
@pytest.mark.parametrize("channels", [1, 3, 4, 13])
def test_maps_equal_captums_on_the_plain_network(viewed: bool, channels: int) -> None:
    torch.manual_seed(0)
    network = Flattening(viewed=viewed, channels=channels).eval()
    x = torch.randn(1, channels, 12, 16)
    adapted = adapt(network, x)
    if channels > 1:  # of one channel both orders are the same
        assert prepare(adapted, x).channels_last is not viewed
    saliency = captum.attr.Saliency(network).attribute(x.clone().requires_grad_(), 2, abs=False)[0]
    found = attribute(adapted, x, 2, "saliency")
    assert found.channels is not None
    torch.testing.assert_close(torch.from_numpy(found.channels.copy()), saliency, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(torch.from_numpy(found.values.copy()), saliency.sum(0), rtol=1e-5, atol=1e-6)
    path = captum.attr.IntegratedGradients(network).attribute(x, torch.zeros_like(x), 2, n_steps=256)[0]
    found = attribute(adapted, x, 2, "integrated_gradients", params={"baseline": "mean"})
    torch.testing.assert_close(torch.from_numpy(found.values.copy()), path.sum(0).float(), rtol=1e-2, atol=1e-3)
    cam = captum.attr.LayerGradCam(network, network.relu).attribute(x, 2, relu_attributions=True)[0, 0]
    found = attribute(adapted, x, 2, "gradcam", layer="relu")
    torch.testing.assert_close(torch.from_numpy(found.values.copy()), cam.detach(), rtol=1e-5, atol=1e-6)
