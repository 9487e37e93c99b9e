"""Request: a question so exactly put that its answer can be kept for ever."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weigh.core.digest import of_value
from weigh.core.subject import Subject


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. Two requests with one digest have one answer.

    Attributes:
        check: id of the check or job step.
        code: digest of the check's source, every weigh module it imports, and its rule data.
        subject: what it is about; its kind and digest count, its name does not.
        parameters: JSON values that change the answer.
        inputs: (name, digest) of everything read beside the subject, sorted by name.
        seed: seed of all randomness.
        runtimes: (library, version) that take part, sorted.
        machine: class of the machine for latency and memory questions, else "".
    """

    check: str
    code: str
    subject: Subject
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[tuple[str, str], ...] = ()
    seed: int = 0
    runtimes: tuple[tuple[str, str], ...] = ()
    machine: str = ""

    @property
    def digest(self) -> str:
        """`sha256:<hex>`; independent of the order in which inputs and runtimes were given."""
        return of_value(
            {
                "check": self.check,
                "code": self.code,
                "subject": [self.subject.kind, self.subject.digest],
                "parameters": self.parameters,
                "inputs": sorted(self.inputs),
                "seed": self.seed,
                "runtimes": sorted(self.runtimes),
                "machine": self.machine,
            }
        )
