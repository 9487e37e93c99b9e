"""File names of records: all that is needed to find, order and check them without reading one.

`00000002-01795219200000-answered-<sha256 of the bytes>.json`: its number among the answers to its
request, when the asking began (milliseconds since the epoch, for the order across requests), how
it ended, and the digest its bytes must have.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from weigh.core.outcome import OutcomeKind
from weigh.system.atomic import storing

_NAME = re.compile(r"([0-9]{8})-([0-9]{14})-([a-z_]+)-([0-9a-f]{64})\.json")

SERVED = frozenset({OutcomeKind.ANSWERED, OutcomeKind.INCONCLUSIVE})
"""Endings that stay true. What was not run, or broke, may go well after an extra was installed."""


@dataclass(frozen=True, slots=True, order=True)
class RecordName:
    """What a record's file name says.

    Attributes:
        sequence: 1 for the first answer to its request; two processes may share a number.
        started: milliseconds since the epoch, UTC.
        kind: how the asking ended.
        sha256: 64 hex digits of the file's bytes.
    """

    sequence: int
    started: int
    kind: OutcomeKind
    sha256: str

    @property
    def text(self) -> str:
        """The file name."""
        return f"{self.sequence:08d}-{self.started:014d}-{self.kind}-{self.sha256}.json"

    @property
    def served(self) -> bool:
        """Whether the record may answer its request again."""
        return self.kind in SERVED


def parse_name(text: str) -> RecordName | None:
    """The name of a record, or None for any other file."""
    match = _NAME.fullmatch(text)
    if match is None or match[3] not in list(OutcomeKind):
        return None
    return RecordName(int(match[1]), int(match[2]), OutcomeKind(match[3]), match[4])


def record_names(folder: Path) -> list[RecordName]:
    """The records of one request's folder, oldest first; none when there is no folder.

    Raises:
        StorageError: the folder cannot be read.
    """
    with storing(folder):
        try:
            found = [parse_name(name) for name in os.listdir(folder)]  # noqa: PTH208 - twice as quick
        except FileNotFoundError:
            return []
    return sorted(name for name in found if name is not None)
