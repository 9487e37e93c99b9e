"""What the parent tells a worker before it starts, as one JSON argument."""

import json
from dataclasses import asdict, dataclass
from typing import Self

from weigh.system.limits import ResourceLimits


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Everything a worker knows before it closes itself down.

    Attributes:
        adapter: module that serves the requests; the libraries it imports are imported inside the sandbox.
        parent: process id of the parent.
        work_folder: the only folder that may be written.
        readable: files and folders that may be read: the interpreter, the libraries, the model's folder.
        resources: limits of the process.
    """

    adapter: str
    parent: int
    work_folder: str
    readable: tuple[str, ...]
    resources: ResourceLimits

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. The parent is trusted."""
        values = json.loads(text)
        values["readable"] = tuple(values["readable"])
        values["resources"] = ResourceLimits(**values["resources"])
        return cls(**values)
