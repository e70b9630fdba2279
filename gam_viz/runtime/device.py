"""The device computations run on, and the precision that pays there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" is the first CUDA GPU where there is one, else the CPU.

    Raises:
        ValueError: the name is unknown, or a GPU is asked for and none is there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"unknown device {name!r}; use auto, cpu or cuda") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError("a CUDA device was asked for, but torch sees none here; use auto or cpu")
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"device {name!r} is not supported; use auto, cpu or cuda")
    return device


def device_of(network: nn.Module) -> torch.device:
    """The device that a network's weights lie on; the CPU for one that has none."""
    return next((weights.device for weights in network.parameters()), torch.device("cpu"))


def placed(x: Tensor, network: nn.Module) -> Tensor:
    """A picture where a network's weights lie, in their precision."""
    weights = next((each for each in network.parameters() if each.is_floating_point()), x)
    return x.to(device_of(network), weights.dtype)


def carried(tensors: Sequence[Tensor], device: torch.device | str) -> list[Tensor]:
    """The same tensors on a device, in one copy of each type: every copy waits for all that a GPU has to do before.

    What lies there already is handed back as it is; the others are contiguous, and share their memory.
    """
    device, found = torch.device(device), list(tensors)
    alike: dict[torch.dtype, list[int]] = {}
    for place, tensor in enumerate(found):
        if tensor.device.type != device.type:
            alike.setdefault(tensor.dtype, []).append(place)
    for places in alike.values():
        parts = [found[place] for place in places]
        flat = torch.cat([part.reshape(-1) for part in parts]).to(device)
        for place, part, moved in zip(places, parts, flat.split([part.numel() for part in parts]), strict=True):
            found[place] = moved.view(part.shape)
    return found


#: Pictures of 64x64 that go through a network at once. Measured on two cores: per picture, 5 to 50 at once take the
#: same time and one alone twice as long; a GPU wants more.
CHUNK = {"cpu": 16, "cuda": 256}
#: Multiply-adds at once, so that a chunk takes half a second at most and others wait no longer (two cores, measured: 60
#: to 90e9 a second forward, and a gradient costs three passes).
CHUNK_MACS = {"cpu": 12e9, "cuda": 4e12}


def at_once(device: torch.device, sides: Sequence[int], macs: float = 0.0) -> int:
    """How many pictures go through a network at once: fewer of larger ones, for memory, and of costly ones, for those
    who wait. It depends on nothing else, since a sum's last digits depend on it.

    Args:
        device: where.
        sides: (H, W) of the pictures.
        macs: multiply-adds that one picture costs; 0 where that is not known.
    """
    area = sides[0] * sides[1] / 64**2
    most = max(4, int(CHUNK.get(device.type, CHUNK["cpu"]) / max(1.0, area)))
    return max(1, min(most, int(CHUNK_MACS.get(device.type, CHUNK_MACS["cpu"]) / max(macs, 1.0))))


def describe(device: torch.device) -> str:
    """The device in words, e.g. "NVIDIA H200" or "CPU, 2 threads"."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}"


def training_precision(device: torch.device) -> torch.dtype:
    """bfloat16 where the processor multiplies it natively, else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    # No public question for this yet (torch 2.13).
    native = torch.cpu._is_avx512_bf16_supported() if hasattr(torch.cpu, "_is_avx512_bf16_supported") else False
    return torch.bfloat16 if native else torch.float32


def autocast(device: torch.device, precision: torch.dtype) -> AbstractContextManager[object]:
    """Mixed precision on `device`; does nothing for float32."""
    return torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32)
