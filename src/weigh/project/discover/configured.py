"""Values that a program takes out of the project's own configurations, found where they stand.

`cfg.model.name` of a configuration that is handed in is looked for under these keys in every YAML, TOML and
JSON file: as a whole (`model: {name: …}`) and in a group of Hydra (`name: …` in `model/any.yaml`; source:
hydra.cc, "Grouping config files"). A configuration that the program opens by its name is looked for in that
file only. What is handed in at a start may still be another one, just as with a default of the command line.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from weigh.code.alternatives import MOST_ALTERNATIVES, Alternative, Alternatives, FileValue, Spot
from weigh.project.discover.entries import Entry
from weigh.project.discover.python_configurations import held_under, is_telling_key

MOST_FILES = 2_000
"""Configurations of one project that are looked through."""
MOST_BYTES = 256 * 1024
"""Bytes of one of them; a larger file is data."""
_NO_VALUE = frozenset({"", "null", "none", "~", "???"})


@dataclass(slots=True)
class Configurations:
    """The project's configurations, read when the first value is asked for.

    Attributes:
        contents: from a path to what gives the file's bytes, None for one that cannot be read.
        modules: path and bytes of the project's Python, which may hold configurations, too.
    """

    contents: Mapping[str, Callable[[], bytes | None]] = field(default_factory=dict)
    modules: Sequence[tuple[str, bytes]] = ()
    _in_python: dict[str, list[Alternative]] = field(default_factory=dict)
    _held: dict[str, list[tuple[str, tuple[str, ...], Entry]]] | None = None

    def filled(self, values: Alternatives) -> Alternatives:
        """The values of an expression, with those that configurations hold for it."""
        items = list(values.items)
        why = values.why
        for value in values.files:
            found = self.values(value)
            items += found
            if found and why == value.why:
                why = ""
            if not found:
                items += self._of_modules(value)  # another one may be handed in: it stays open, too
        return replace(values, items=tuple(items[:MOST_ALTERNATIVES]), complete=not why, why=why)

    def values(self, value: FileValue) -> list[Alternative]:
        """What the configurations hold for one value of a file, each text once."""
        if not value.keys or not _asks_enough(value):
            return []
        found: dict[str, Alternative] = {}
        for path, keys, entry in self._by_last().get(value.keys[-1], ()):
            if _fits(value, path, keys) and entry.value.lower() not in _NO_VALUE and "${" not in entry.value:
                spot = Spot(path, entry.line, max(1, entry.column))
                found.setdefault(entry.value, Alternative(entry.value, ("configuration",), spot))
        return list(found.values())

    def _of_modules(self, value: FileValue) -> list[Alternative]:
        """What configurations in Python hold for a value of one that is handed in."""
        if value.file or not value.keys or not is_telling_key(value.keys[-1]):
            return []
        key = value.keys[-1]
        if key not in self._in_python:
            self._in_python[key] = held_under(key, self.modules)
        return self._in_python[key]

    def _by_last(self) -> dict[str, list[tuple[str, tuple[str, ...], Entry]]]:
        """Every entry under its innermost key."""
        if self._held is None:
            self._held = {}
            for path, keys, entry in self._entries():
                self._held.setdefault(keys[-1], []).append((path, keys, entry))
        return self._held

    def _entries(self) -> Iterator[tuple[str, tuple[str, ...], Entry]]:
        from weigh.project.discover.configuration import entries_of

        for path in sorted(self.contents)[:MOST_FILES]:
            data = self.contents[path]()
            if data is None or len(data) > MOST_BYTES or b"\0" in data[:4096]:
                continue
            for entry in entries_of(data, path).entries:
                keys = tuple(key for key in entry.keys if isinstance(key, str))
                if keys and len(keys) == len(entry.keys) and not entry.block and len(entry.value) < 500:
                    yield path, keys, entry


def _asks_enough(value: FileValue) -> bool:
    """Whether the keys tell one value; a single one does so only within a file that is known."""
    return len(value.keys) > 1 or bool(value.file)


def _fits(value: FileValue, path: str, keys: tuple[str, ...]) -> bool:
    if value.file:
        wanted = posixpath.normpath(value.file).lstrip("/").removeprefix("../")
        return keys == value.keys and (path == wanted or path.endswith("/" + wanted))
    if keys == value.keys:
        return True
    group = len(value.keys) - len(keys)
    folders = tuple(path.split("/")[:-1])
    return group > 0 and keys == value.keys[group:] and folders[-group:] == value.keys[:group]
