"""Clearance: the sha256s that passed the gate. A runtime opens nothing without one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clearance:
    """Permission to open exactly these bytes.

    Attributes:
        files: sha256s that may be opened.
        accepted: flags the user gave for `review` files or an incomplete sandbox; shown in the report.
        sandbox_gaps_accepted: the worker may start although a limit could not be enforced.
    """

    files: frozenset[str]
    accepted: tuple[str, ...] = ()
    sandbox_gaps_accepted: bool = False

    def admits(self, sha256: str) -> bool:
        """Whether a file with this content may be opened."""
        return sha256 in self.files
