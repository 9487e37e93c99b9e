"""What two versions do not agree on, and nobody has decided yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why something cannot be merged by itself."""

    BOTH_CHANGED = "changed on both sides"
    DELETED_HERE = "deleted here, changed there"
    DELETED_THERE = "changed here, deleted there"
    NO_NUMBERS = "changed on both sides, and nothing is computed with its type"
    NO_BASE = "changed on both sides, and in no version that both follow"
    OTHER_FORM = "changed on both sides, and of another shape"
    OTHER_TENSORS = "changed on both sides, and the tensors are not the same ones"
    NOT_SAFETENSORS = "changed on both sides, and tensors are merged in safetensors files alone"
    FILE_AND_FOLDER = "a file on one side, a folder on the other"


@dataclass(frozen=True, slots=True, order=True)
class Conflict:
    """One thing that has to be decided.

    Attributes:
        path: of the file.
        name: of the tensor (hostile text), or the key of a configuration; "" for the file as a whole.
        why: what the matter is.
        detail: what differs (hostile text).
    """

    path: str
    name: str
    why: Why
    detail: str = ""


_MOST_NAMED = 3


def named(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
