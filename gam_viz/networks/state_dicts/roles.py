"""Which attention module a block's weights are, told from their shapes: its authors call them as they like.

SE is two linear layers (or 1x1 convolutions) C -> h -> C; with a convolution from two channels to one it is CBAM;
ECA is one convolution along the channels. Biases may be left out, and so may the norm after CBAM's spatial
convolution: the module here computes the same with zeros and with a norm that changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gam_viz.networks.state_dicts.described import short
from gam_viz.networks.state_dicts.sources import WeightSource, constant
from gam_viz.networks.state_dicts.unknown import UnknownError
from gam_viz.networks.weights import Shape

#: A block's weights by the names they have in it -> the name in the file, and the shape.
Given = Mapping[str, tuple[str, Shape]]

#: Names of a module with a channel gate that is not SE's: it looks at the maxima, too.
_WITH_MAXIMA = re.compile(r"(^|[._])(ca|cam|cbam|chan\w*)\d*[._]", re.I)
#: CBAM's authors put the maximum first; so do most that took their names. Most other code puts the mean first.
_AUTHORS = re.compile(r"spatial_?gate", re.I)
_BAM = {"channel.0.weight", "spatial.0.weight"}


def as_here(given: Given) -> dict[str, WeightSource] | None:
    """A module whose weights are called as they are here, whatever the module itself is called; else None."""
    holders = {key.partition(".")[0] for key in given}
    if len(holders) != 1:
        return None
    holder = holders.pop()
    inner = {key.partition(".")[2]: part for key, part in given.items()}
    linear = "mlp.0.weight" in inner and len(inner["mlp.0.weight"][1]) == 2 and "mlp.0.bias" in inner
    ours = linear and (holder == "attention" or "conv.weight" not in inner)
    ours |= bool(inner.keys() & {"first.mlp.0.weight", "channel_attention.0.weight", "rows_columns.conv.weight"})
    ours |= any(pair <= inner.keys() for pair in ({"squeeze.weight", "columns.weight"}, _BAM))
    if not ours and set(inner) != {"conv.weight"}:
        return None
    return {f"attention.{key}": WeightSource(name, shape) for key, (name, shape) in inner.items()}


def by_shape(given: Given, channels: int) -> dict[str, WeightSource]:
    """A module under any names.

    Args:
        given: its weights, in the order in which they were registered.
        channels: C of the features.

    Raises:
        UnknownError: they are none of the modules that this can tell.
    """
    layers: dict[str, dict[str, tuple[str, Shape]]] = {}
    for key, part in given.items():
        layer, _, kind = key.rpartition(".")
        layers.setdefault(layer, {})[kind] = part
    linear, spatial, along, norms = [], [], [], []
    for layer, parts in layers.items():
        shape = parts.get("weight", ("", ()))[1]
        pointwise = len(shape) == 2 or (len(shape) in (3, 4) and set(shape[2:]) == {1} and shape[:2] != (1, 1))
        if "running_mean" in parts and shape == (1,):
            norms.append(layer)
        elif len(shape) == 4 and shape[:2] == (1, 2) and shape[2] == shape[3] > 1:
            spatial.append(layer)
        elif len(shape) == 3 and shape[:2] == (1, 1):
            along.append(layer)
        elif pointwise and channels in shape[:2]:
            linear.append(layer)
        else:
            raise _unlike(given)
    counts = len(linear), len(spatial), len(along), len(norms)
    if counts == (0, 0, 1, 0) and set(layers[along[0]]) == {"weight"}:
        key, shape = layers[along[0]]["weight"]
        return {"attention.conv.weight": WeightSource(key, shape)}
    if counts[0] != 2 or counts[1] > 1 or counts[2] or counts[3] > counts[1]:
        raise _unlike(given)
    found = _mlp(layers[linear[0]], layers[linear[1]], channels, given)
    if not spatial:
        if any(_WITH_MAXIMA.search(key) for key in given):
            raise UnknownError("channel_only", weights=short(next(iter(given))))
        return found
    return found | _mask(layers[spatial[0]], layers[norms[0]] if norms else None, given)


def mean_first(given: Given) -> bool:
    """Whether CBAM's spatial convolution probably has the mean before the maximum, by its names."""
    return not any(_AUTHORS.search(key) for key in given)


def _mlp(
    first: Mapping[str, tuple[str, Shape]], second: Mapping[str, tuple[str, Shape]], channels: int, given: Given
) -> dict[str, WeightSource]:
    hidden = first["weight"][1][0]
    if first["weight"][1][:2] != (hidden, channels) or second["weight"][1][:2] != (channels, hidden):
        raise _unlike(given)
    found = {}
    for number, parts, shape in ((0, first, (hidden, channels)), (2, second, (channels, hidden))):
        if not parts.keys() <= {"weight", "bias"}:
            raise _unlike(given)
        key, theirs = parts["weight"]
        found[f"attention.mlp.{number}.weight"] = WeightSource(key, shape, "" if theirs == shape else "shaped")
        bias = WeightSource(*parts["bias"]) if "bias" in parts else constant(shape[:1], "zeros")
        found[f"attention.mlp.{number}.bias"] = bias
    return found


def _mask(
    convolution: Mapping[str, tuple[str, Shape]], norm: Mapping[str, tuple[str, Shape]] | None, given: Given
) -> dict[str, WeightSource]:
    """CBAM's spatial gate; a bias of the convolution is the norm's, where it has none."""
    bias = convolution.get("bias")
    if norm is not None and bias is not None:
        raise _unlike(given)
    found = {"attention.conv.weight": WeightSource(*convolution["weight"])}
    if norm is not None:
        return found | {f"attention.bn.{kind}": WeightSource(*part) for kind, part in norm.items()}
    return found | {
        "attention.bn.weight": constant((1,), "ones"),
        "attention.bn.bias": constant((1,), "zeros") if bias is None else WeightSource(*bias),
        "attention.bn.running_mean": constant((1,), "zeros"),
        "attention.bn.running_var": constant((1,), "unit variance"),
    }


def _unlike(given: Given) -> UnknownError:
    return UnknownError("module", weights=", ".join(short(key) for key in list(given)[:3]))
