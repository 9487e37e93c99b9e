"""Facts: what is known of a file or a model without running it, and on what ground."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from weigh.core.tensor import TensorInfo


class Basis(StrEnum):
    """Why a fact is believed."""

    DECLARED = "declared"
    DETECTED = "detected"
    MEASURED = "measured"
    DERIVED = "derived"
    ATTESTED = "attested"
    UNVERIFIED = "unverified"
    UNKNOWN = "unknown"


class Coverage(StrEnum):
    """How much of a file was understood. Only COMPLETE can ever lead to `clean`."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNREAD = "unread"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement about a model.

    Attributes:
        name: dotted field term, e.g. `hidden_size`, `pooling.mode`, `licence.declared`.
        value: JSON value; text in it is hostile.
        basis: why it is believed.
        where: file (and place) it was read from.
    """

    name: str
    value: Any
    basis: Basis
    where: str = ""


@dataclass(frozen=True, slots=True)
class ValuePort:
    """A named input or output of a computation graph.

    Attributes:
        name: as the file writes it.
        dtype: a key of DTYPE_BITS.
        shape: a fixed size, or the name of a free dimension ("" when unnamed).
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class OperatorUse:
    """How often a graph uses an operator; `domain` is "" for the standard set."""

    domain: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class OperatorSet:
    """An operator set a graph asks for."""

    domain: str
    version: int


@dataclass(frozen=True, slots=True)
class CallableUse:
    """Something that loading the file would import or call."""

    module: str
    name: str
    offset: int
    how: str


@dataclass(frozen=True, slots=True)
class ExternalReference:
    """A path or address a file points to outside itself (hostile text)."""

    target: str
    reason: str
    offset: int = -1


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A rule of the format that the file breaks, or bends. A check turns it into a finding.

    Attributes:
        rule: id of the rule, e.g. `WGH-S003`.
        detail: what was seen, with values.
        offset: byte offset, -1 when there is no single one.
        fatal: the file cannot be read past it.
    """

    rule: str
    detail: str
    offset: int = -1
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What was read from one file.

    Attributes:
        path: inside the snapshot.
        format: `safetensors`, `onnx`, `json`, … or `unknown`.
        coverage: how much of it was understood, and `reason` why not all.
        graph_inputs: inputs a runtime must feed (ONNX); `graph_outputs` likewise.
        embedded_values: number of weight values held outside named tensors (ONNX Constant nodes).
        metadata: facts this one file states.
    """

    path: str
    format: str
    coverage: Coverage
    reason: str = ""
    tensors: tuple[TensorInfo, ...] = ()
    operators: tuple[OperatorUse, ...] = ()
    operator_sets: tuple[OperatorSet, ...] = ()
    callables: tuple[CallableUse, ...] = ()
    templates: tuple[str, ...] = ()
    external: tuple[ExternalReference, ...] = ()
    graph_inputs: tuple[ValuePort, ...] = ()
    graph_outputs: tuple[ValuePort, ...] = ()
    embedded_values: int = 0
    metadata: tuple[Fact, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()

    def fact(self, name: str) -> Fact | None:
        """The fact of that name this file states, or None."""
        return next((f for f in self.metadata if f.name == name), None)
