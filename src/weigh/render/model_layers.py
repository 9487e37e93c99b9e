"""Tensors by layer: what names of tensors say of where in a model they stand."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from weigh.core.model_diff import TensorDiff

_PARTS = re.compile(r"[./]")


@dataclass(frozen=True, slots=True)
class Layer:
    """The tensors of one layer that are not the same, the largest change first.

    Attributes:
        name: beginning of the tensors' names, up to the first number; "" for a name of one part.
        tensors: (rest of the name, tensor).
    """

    name: str
    tensors: tuple[tuple[str, TensorDiff], ...]

    @property
    def moved(self) -> float:
        """The largest relative change in it; -1 when nothing was compared."""
        return max((moved(t) for _, t in self.tensors), default=-1.0)


def moved(tensor: TensorDiff) -> float:
    """The relative change of a tensor, -1 where it was not compared."""
    far = tensor.distance
    return far.relative_l2 if far is not None and far.relative_l2 is not None else -1.0


def layer_of(name: str) -> tuple[str, str]:
    """`encoder.layer.3.attention.self.query.weight` → (`encoder.layer.3`, `attention.self.query.weight`)."""
    places = [match.start() for match in _PARTS.finditer(name)] + [len(name)]
    begin = 0
    for at in places:
        if name[begin:at].isdigit() and at < len(name):
            return name[:at], name[at + 1 :]
        begin = at + 1
    if len(places) == 1:
        return "", name
    at = places[0] if len(places) == 2 else places[len(places) - 3]
    return name[:at], name[at + 1 :]


def by_layer(tensors: Iterable[TensorDiff]) -> tuple[Layer, ...]:
    """The tensors by layer, the layer with the largest change first."""
    found: dict[str, list[tuple[str, TensorDiff]]] = {}
    for tensor in tensors:
        layer, rest = layer_of(tensor.name)
        found.setdefault(layer, []).append((rest, tensor))
    layers = [
        Layer(name, tuple(sorted(held, key=lambda pair: -moved(pair[1])))) for name, held in found.items()
    ]
    return tuple(sorted(layers, key=lambda layer: -layer.moved))


def in_order(layers: Iterable[Layer]) -> list[Layer]:
    """The layers as a model has them: numbers by value, not by their digits."""
    return sorted(layers, key=lambda layer: [_placed(part) for part in _PARTS.split(layer.name)])


def _placed(part: str) -> tuple[bool, int, str]:
    return (part.isdigit(), int(part[:9]) if part.isdigit() else 0, part)
