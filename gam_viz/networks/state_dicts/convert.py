"""From a `.pth` file to a checkpoint: what can be told is inferred, the rest is asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save

from gam_viz.networks import ARCHITECTURES, STEMS, NetworkConfig
from gam_viz.networks.card import Card, CheckpointError
from gam_viz.networks.checkpoints import SUFFIX, Checkpoint, from_bytes
from gam_viz.networks.show_line import show_line
from gam_viz.networks.state_dicts.file import WeightsFile, open_weights
from gam_viz.networks.state_dicts.infer import CHANNEL_SIGMOID, RESIDUAL, infer
from gam_viz.networks.state_dicts.misses import UnknownNetworkError, near_misses
from gam_viz.networks.state_dicts.names import POOLED, Renamed, renamed
from gam_viz.networks.state_dicts.unknown import UnknownError
from gam_viz.networks.weights import Differences, differences, parts_of, require_finite, skeleton
from gam_viz.text.refusal import Phrase, reason

INPUT_SIZES = {"cifar": 32, "stride2": 64, "imagenet": 224}
HALF = (0.5, 0.5, 0.5)  # the tutorial's mean and standard deviation
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclass(frozen=True, eq=False)
class StateDict:
    """A state dict whose network is known and whose numbers are not read yet.

    Attributes:
        name: of its file, without the suffix.
        config: inferred, with the tutorial's answers to the questions.
        questions: what its weights do not tell: "channel_sigmoid" (GAM's, default no), "stem" (the stride of a 3x3
            stem, default "cifar": 1), "residual" (of a chain of two modules, default yes) and "pooled" (whether CBAM's
            spatial convolution sees the mean first or the maximum).
        mean_first: the likely answer to "pooled".
        left_over: weights of the file that lie beside the network, as a loss's.
    """

    name: str
    config: NetworkConfig
    questions: tuple[str, ...]
    mean_first: bool
    left_over: tuple[str, ...]
    _file: WeightsFile
    _renamed: Renamed

    @property
    def num_classes(self) -> int:
        """Of its head."""
        return self.config.num_classes

    @property
    def input_size(self) -> int:
        """Side of the pictures that such a network is usually trained on, in pixels."""
        return INPUT_SIZES[self.config.stem]

    @property
    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation that such a network was probably trained with: ImageNet's behind a 7x7 stem, else
        the tutorial's. Nothing in the file says it."""
        return IMAGENET if self.config.stem == "imagenet" else (HALF, HALF)

    def checkpoint(
        self,
        classes: Sequence[str] | None = None,
        *,
        input_size: int | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        stem: str | None = None,
        channel_sigmoid: bool = False,
        residual: bool = True,
        mean_first: bool | None = None,
        name: str | None = None,
    ) -> Checkpoint:
        """The checkpoint, in memory: `load` builds the network, and its `content` is a safetensors file.

        Args:
            classes: one name a logit; "class 0", "class 1" … where none are given.
            input_size: side of the pictures it was trained on; 32, 64 or 224 by the stem.
            mean, std: of the normalisation it was trained with; `normalisation` unless given, and the card notes it.
            stem, channel_sigmoid, residual, mean_first: the answers to the questions.
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
        notes = ["Converted from a state dict; its configuration was inferred from names and shapes."]
        if mean is None or std is None:
            notes.append("Nothing said how its pictures were normalised; what is usual for such a stem was assumed.")
        card = Card(
            name=name or self.name,
            dataset="own",
            dataset_title="Own data",
            classes=tuple(names),
            input_size=INPUT_SIZES[config.stem] if input_size is None else input_size,
            mean=tuple(self.normalisation[0] if mean is None else mean),
            std=tuple(self.normalisation[1] if std is None else std),
            config=config,
            notes=tuple(notes),
        )
        card.check()
        weights = self._weights(self.mean_first if mean_first is None else mean_first)
        for key in _counters(card) - weights.keys():
            weights[key] = torch.tensor(0)
        require_finite(weights)
        return from_bytes(save(weights, metadata={"card": card.to_json()}), f"{card.name}{SUFFIX}")

    def _weights(self, mean_first: bool) -> dict[str, torch.Tensor]:
        sources = self._renamed.sources
        if mean_first and POOLED not in self.questions:
            raise CheckpointError("checkpoints.other.no_cbam", name=self.name)
        if mean_first:  # here the maximum comes first
            sources = {
                key: dataclasses.replace(source, change="swapped") if key.endswith(_MASK) else source
                for key, source in sources.items()
            }
        numbers = self._file.tensors(dict.fromkeys(source.key for source in sources.values() if source.key))
        made = {key: source.made(numbers) for key, source in sources.items()}
        return {key: value.float() if value.dtype == torch.float64 else value for key, value in made.items()}

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
    try:
        found = renamed(file.shapes, file.name)
        shapes = {key: source.shape for key, source in found.sources.items()}
        config, questions = infer(shapes)
        card = Card("?", "own", "", ("?",) * config.num_classes, 32, HALF, HALF, config)
        given = {key: (shape, _kind(file, found.sources[key].key)) for key, shape in shapes.items()}
        # Batch norms did not count their batches before 2018; nothing is computed with that count.
        given |= dict.fromkeys(_counters(card) - given.keys(), ((), "int"))
        differs = differences(given, parts_of(skeleton(card)))
    except CheckpointError:
        raise
    except UnknownError as error:
        raise _unknown(file, error.phrase) from error
    except (KeyError, IndexError) as error:
        raise _unknown(file, Phrase("checkpoints.why.no_match")) from error
    except ValueError as error:
        raise _unknown(file, Phrase("checkpoints.why.not_built", {"why": reason(error)})) from error
    if differs is not None:
        raise _misfit(file, config, differs)
    return StateDict(file.title, config, (*questions, *found.questions), found.mean_first, found.left_over, file, found)


def _unknown(file: WeightsFile, why: Phrase) -> UnknownNetworkError:
    return _refused("checkpoints.unknown.because", file, known=_KNOWN, why=why)


def _misfit(file: WeightsFile, config: NetworkConfig, differs: Differences) -> UnknownNetworkError:
    named = {"architecture": config.architecture, "attention": config.attention}
    return _refused("checkpoints.misfit.names", file, differences=differs, **named)


def _refused(key: str, file: WeightsFile, **details: object) -> UnknownNetworkError:
    """What would open it is looked for before it is said."""
    from gam_viz.networks.likely import likely_architecture

    library = likely_architecture(file)
    details |= {"name": file.name, "show": show_line(file.name, library)}
    return UnknownNetworkError(key, misses=near_misses(file.shapes), library=library, **details)


#: What was looked for.
_KNOWN = Phrase("checkpoints.known", {"architectures": ", ".join(ARCHITECTURES)})
_MASK = ".attention.conv.weight"


def _counters(card: Card) -> set[str]:
    return {key for key in parts_of(skeleton(card)) if key.endswith(".num_batches_tracked")}


def _kind(file: WeightsFile, weight: str) -> str:
    if not weight:  # it stands for one that the file does not have
        return "float"
    dtype = file.dtypes[weight]
    if dtype.is_complex or dtype == torch.bool:
        raise CheckpointError("checkpoints.other.tensor_kind", name=file.name, what=str(dtype))
    return "float" if dtype.is_floating_point else "int"
