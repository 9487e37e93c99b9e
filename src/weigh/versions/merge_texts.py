"""Merging configurations: JSON objects, key by key, against the version that both sides follow."""

import json
from dataclasses import dataclass, field
from typing import Any

from weigh.versions.strategies.settings import Strategy

MOST_BYTES = 1024 * 1024
_MISSING: Any = object()


@dataclass(slots=True)
class MergedText:
    """A merged configuration.

    Attributes:
        data: as UTF-8.
        conflicts: keys, from the top with `.` between, that both sides changed.
    """

    data: bytes
    conflicts: list[str] = field(default_factory=list)


def merge_json(base: bytes, ours: bytes, theirs: bytes, take: Strategy | None = None) -> MergedText | None:
    """The three as one, with what one side alone changed.

    Keys keep the order of ours, new ones of theirs follow; lists are taken whole.

    Args:
        base: b"" when there is none.
        ours: one side.
        theirs: the other.
        take: the side whose value a key gets that both changed; None to tell of it.

    Returns:
        None when one of them is no JSON object, or names a key twice.
    """
    before, mine, other = (_object(data) for data in (base or b"{}", ours, theirs))
    if _MISSING in (before, mine, other):
        return None
    merging = _Merging(take)
    try:
        made = merging.merged(before, mine, other, "")
        for value, data in ((mine, ours), (other, theirs)):
            if _same(made, value):
                return MergedText(data, merging.conflicts)
    except RecursionError:
        return None
    indent = _indent(ours)
    separators = (",", ":") if indent is None and b'": ' not in ours else None
    text = json.dumps(made, indent=indent, separators=separators, ensure_ascii=False)
    return MergedText((text + ("\n" if ours.endswith(b"\n") else "")).encode(), merging.conflicts)


def _indent(data: bytes) -> int | None:
    """How far the first key stands from the edge, None when everything is in one line."""
    lines = data.split(b"\n", 2)
    return (len(lines[1]) - len(lines[1].lstrip(b" "))) or None if len(lines) > 1 else None


def _object(data: bytes) -> Any:
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
        # Half a surrogate is valid in JSON and cannot be written.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return _MISSING
    return value if isinstance(value, dict) else _MISSING


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


class _Merging:
    """The work on one configuration."""

    def __init__(self, take: Strategy | None) -> None:
        self._take = take
        self.conflicts: list[str] = []

    def merged(self, base: Any, ours: Any, theirs: Any, at: str) -> Any:
        """The value of one key."""
        if _same(ours, theirs) or _same(theirs, base):
            return ours
        if _same(ours, base):
            return theirs
        if isinstance(ours, dict) and isinstance(theirs, dict):
            return self._object(base if isinstance(base, dict) else {}, ours, theirs, at)
        if self._take is None:
            self.conflicts.append(at)
        return theirs if self._take is Strategy.THEIRS else ours

    def _object(self, base: Any, ours: Any, theirs: Any, at: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key in (*ours, *(k for k in theirs if k not in ours)):
            before, mine, other = (side.get(key, _MISSING) for side in (base, ours, theirs))
            value = self.merged(before, mine, other, f"{at}.{key}" if at else key)
            if value is not _MISSING:
                made[key] = value
        return made


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: unlike in Python, `true` is not 1, and 1 is not 1.0."""
    if one is _MISSING or other is _MISSING:
        return one is other
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
