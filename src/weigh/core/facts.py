"""Facts: what is known of a file or a model without running it, and on what ground."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from weigh.core.symbol import Symbol
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


class Use(StrEnum):
    """What loading would do with a callable that a file names."""

    IMPORT = "import"
    CALL = "call"
    SET_STATE = "set the state of an instance of"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class CallableUse:
    """Something that loading the file would import, call or change. Alike uses are kept once.

    Attributes:
        module: as the file writes it (hostile text).
        name: likewise; dotted where the file reaches into a class or module.
        offset: byte of the first such use.
        how: what loading would do.
        arguments: what it would be called with, in order; of SET_STATE the state; of CHANGE the new values.
        keywords: keyword arguments as (name, value).
        count: uses that look alike.
    """

    module: str
    name: str
    offset: int
    how: Use
    arguments: tuple[Symbol, ...] = ()
    keywords: tuple[tuple[str, Symbol], ...] = ()
    count: int = 1


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
        members: what lies inside it: archive members, payloads inside a stream. Their paths begin with
            this one's and `!/`.
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
    members: "tuple[FileFacts, ...]" = ()

    def walk(self) -> "Iterator[FileFacts]":
        """This file and everything inside it, in order."""
        yield self
        for member in self.members:
            yield from member.walk()

    def all_tensors(self) -> Iterator[TensorInfo]:
        """The tensors of this file and of everything inside it."""
        for facts in self.walk():
            yield from facts.tensors

    def fact(self, name: str) -> Fact | None:
        """The fact of that name this file states, or None."""
        return next((f for f in self.metadata if f.name == name), None)
