"""From a `.pth` file to a checkpoint: what can be told is inferred, the rest is asked for."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save

from gam_viz.networks import STEMS, NetworkConfig
from gam_viz.networks.card import Card, CheckpointError
from gam_viz.networks.checkpoints import SUFFIX, Checkpoint, from_bytes
from gam_viz.networks.state_dicts.file import WeightsFile, open_weights
from gam_viz.networks.state_dicts.infer import CHANNEL_SIGMOID, RESIDUAL, infer
from gam_viz.networks.state_dicts.names import renamed
from gam_viz.networks.weights import parts_of, require_finite, require_same, skeleton

INPUT_SIZES = {"cifar": 32, "stride2": 64, "imagenet": 224}
HALF = (0.5, 0.5, 0.5)  # the tutorial's mean and standard deviation


@dataclass(frozen=True, eq=False)
class StateDict:
    """A state dict whose network is known and whose numbers are not read yet.

    Attributes:
        name: of its file, without the suffix.
        config: inferred, with the tutorial's answers to the questions.
        questions: what its weights do not tell: "channel_sigmoid" (GAM's, default no), "stem" (the stride of a 3x3
            stem, default "cifar": 1) and "residual" (of a chain of two modules, default yes).
    """

    name: str
    config: NetworkConfig
    questions: tuple[str, ...]
    _file: WeightsFile
    _names: dict[str, str]  # of the network's weights -> in the file

    def checkpoint(
        self,
        classes: Sequence[str] | None = None,
        *,
        input_size: int | None = None,
        mean: Sequence[float] = HALF,
        std: Sequence[float] = HALF,
        stem: str | None = None,
        channel_sigmoid: bool = False,
        residual: bool = True,
        name: str | None = None,
    ) -> Checkpoint:
        """The checkpoint, in memory: `load` builds the network, and its `content` is a safetensors file.

        Args:
            classes: one name a logit; "class 0", "class 1" … where none are given.
            input_size: side of the pictures it was trained on; 32, 64 or 224 by the stem.
            mean, std: of the normalisation it was trained with.
            stem, channel_sigmoid, residual: the answers to the questions.
            name: of the network; the file's unless given.

        Raises:
            CheckpointError: an answer does not fit this network, or its weights are damaged or not finite.
        """
        config = self._answered(stem, channel_sigmoid, residual)
        names = classes if classes is not None else [f"class {number}" for number in range(config.num_classes)]
        if len(names) != config.num_classes:
            raise CheckpointError(
                "checkpoints.other.class_count", name=self.name, wanted=config.num_classes, given=len(names)
            )
        card = Card(
            name=name or self.name,
            dataset="own",
            dataset_title="Own data",
            classes=tuple(names),
            input_size=INPUT_SIZES[config.stem] if input_size is None else input_size,
            mean=tuple(mean),
            std=tuple(std),
            config=config,
            notes=("Converted from a state dict; its configuration was inferred from names and shapes.",),
        )
        card.check()
        numbers = self._file.tensors(self._names.values())
        weights = {
            key: numbers[theirs].float() if numbers[theirs].dtype == torch.float64 else numbers[theirs]
            for key, theirs in self._names.items()
        }
        for key in _counters(card) - weights.keys():
            weights[key] = torch.tensor(0)
        require_finite(weights)
        return from_bytes(save(weights, metadata={"card": card.to_json()}), f"{card.name}{SUFFIX}")

    def _answered(self, stem: str | None, channel_sigmoid: bool, residual: bool) -> NetworkConfig:
        config, options = self.config, dict(self.config.attention_options)
        stem = stem or config.stem
        if stem not in STEMS or (stem == "imagenet") != (config.stem == "imagenet"):
            raise CheckpointError(f"checkpoints.other.stem_{config.stem}", name=self.name, given=repr(stem))
        attention = config.attention
        if channel_sigmoid:
            if CHANNEL_SIGMOID not in self.questions:
                raise CheckpointError("checkpoints.other.no_gam", name=self.name)
            if attention == "gam":
                attention = "gam_sigmoid"
            else:
                options["channel_gate"] = "sigmoid"
        if not residual:
            if RESIDUAL not in self.questions:
                raise CheckpointError("checkpoints.other.no_chain", name=self.name)
            options["residual"] = False
        return dataclasses.replace(config, stem=stem, attention=attention, attention_options=options)


def open_state_dict(source: bytes | Path, name: str | None = None) -> StateDict:
    """Read what a `.pt` or `.pth` file says it holds, without its numbers; nothing in it is run.

    Args:
        source: the file's bytes, or where it lies.
        name: of the file; needed for bytes.

    Raises:
        CheckpointError: not a state dict of a network known here, or damaged; the sentence says how to save one.
    """
    file = open_weights(source, name)
    names = renamed(file.shapes, file.name)
    config, questions = infer({key: file.shapes[theirs] for key, theirs in names.items()}, file.name)
    stem = re.sub(r"(\.(pth|pt|ckpt|tar|bin|safetensors))+$", "", Path(file.name).name) or "network"
    found = StateDict(stem, config, questions, file, names)
    card = Card(stem, "own", "", ("?",) * config.num_classes, 32, HALF, HALF, config)
    given = {key: (file.shapes[theirs], _kind(file, theirs)) for key, theirs in names.items()}
    # Batch norms did not count their batches before 2018; nothing is computed with that count.
    given |= dict.fromkeys(_counters(card) - given.keys(), ((), "int"))
    require_same(given, parts_of(skeleton(card)), file.name, config)
    return found


def _counters(card: Card) -> set[str]:
    return {key for key in parts_of(skeleton(card)) if key.endswith(".num_batches_tracked")}


def _kind(file: WeightsFile, weight: str) -> str:
    dtype = file.dtypes[weight]
    if dtype.is_complex or dtype == torch.bool:
        raise CheckpointError("checkpoints.other.tensor_kind", name=file.name, what=str(dtype))
    return "float" if dtype.is_floating_point else "int"
