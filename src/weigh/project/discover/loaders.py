"""Which calls load models: the reader of the reviewed table `loaders.tsv`."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Argument:
    """Where an argument may stand in a call: at one position, or under one of several keywords."""

    position: int | None
    keywords: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.position is not None or bool(self.keywords)


@dataclass(frozen=True, slots=True)
class Loader:
    """One row of the table: a kind of call, and what its arguments mean.

    Attributes:
        id: name of the kind, as uses carry it.
        name: where the model's name stands.
        revision: where the revision stands.
        form: how the name is read: a key of `references.FORMS`, perhaps with `:DETAIL`.
        options: what else holds for it; the head of the table lists them.
    """

    id: str
    name: Argument
    revision: Argument
    form: str
    options: MappingProxyType[str, str]

    @property
    def detail(self) -> str:
        """What follows the form's colon."""
        return self.form.partition(":")[2]

    def arguments(self, option: str) -> tuple[Argument, ...]:
        """The arguments that an option lists."""
        return tuple(argument(one) for one in _listed(self.options.get(option, "")))


@dataclass(frozen=True, slots=True)
class Match:
    """A row that fits a call, and the dotted name by which it does."""

    loader: Loader
    name: str


def _listed(text: str) -> list[str]:
    """`1,tokenizer,reader` is three arguments, but a position belongs to the keyword that follows it."""
    parts = [part for part in text.split(",") if part]
    joined: list[str] = []
    for part in parts:
        if joined and joined[-1].isdigit():
            joined[-1] += f",{part}"
        else:
            joined.append(part)
    return joined


def argument(text: str) -> Argument:
    """`0,model_name` as an argument; `-` is none."""
    parts = [part for part in text.split(",") if part and part != "-"]
    position = next((int(part) for part in parts if part.isdigit()), None)
    return Argument(position, tuple(part for part in parts if not part.isdigit()))


class LoaderTable:
    """The rows, found by the names that a call may have."""

    def __init__(self, rows: list[tuple[str, Loader]]) -> None:
        self._by_last: dict[str, list[tuple[int, re.Pattern[str], Loader]]] = defaultdict(list)
        self._open: list[tuple[int, re.Pattern[str], Loader]] = []
        self.loaders = tuple(loader for _, loader in rows)
        for order, (pattern, loader) in enumerate(rows):
            entry = (order, _compiled(pattern), loader)
            last = pattern.rpartition(".")[2]
            if "*" in last:
                self._open.append(entry)
            else:
                self._by_last[last].append(entry)
        self._found: dict[str, tuple[int, Loader] | None] = {}
        self.tails = frozenset(self._by_last)
        self._words = re.compile("|".join(sorted({_telling(pattern) for pattern, _ in rows} - {""})).encode())

    def has_open_names(self, source: bytes) -> bool:
        """Whether a source mentions a library whose functions are named like its models."""
        return self._words.search(source) is not None

    def match(self, names: tuple[str, ...]) -> Match | None:
        """The first row that fits one of the names a callee may stand for."""
        best: tuple[int, Loader, str] | None = None
        for name in names:
            found = self._match(name)
            if found is not None and (best is None or found[0] < best[0]):
                best = (*found, name)
        return Match(best[1], best[2]) if best is not None else None

    def _match(self, name: str) -> tuple[int, Loader] | None:
        if name not in self._found:
            waiting = [*self._by_last.get(name.rpartition(".")[2], ()), *self._open]
            fitting = [(order, loader) for order, form, loader in waiting if form.fullmatch(name)]
            self._found[name] = min(fitting, key=lambda one: one[0], default=None)
        return self._found[name]


def _telling(pattern: str) -> str:
    """A word that stands in every source that calls what a pattern with an open end means."""
    parts = pattern.split(".")
    if "*" not in parts[-1]:
        return ""
    named = [part.rstrip("*") for part in parts if part.rstrip("*").isidentifier()]
    return max(named, key=len)


def _compiled(pattern: str) -> re.Pattern[str]:
    """`a*.b` fits `a.b`, `a.x.b` and `a_x.b`; the star stands for any text."""
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")))


@cache
def loader_table() -> LoaderTable:
    """The packaged table, read once."""
    text = resources.files("weigh.project.discover").joinpath("loaders.tsv").read_text(encoding="utf-8")
    rows: list[tuple[str, Loader]] = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            rows += read_row(line)
    return LoaderTable(rows)


def read_row(line: str) -> list[tuple[str, Loader]]:
    """A line of the table as pairs of callable and row."""
    cells = [*line.split("\t"), "", ""][:6]
    options = dict(_option(part) for part in cells[5].split(" ") if part)
    row = Loader(cells[0], argument(cells[2]), argument(cells[3]), cells[4], MappingProxyType(options))
    return [(pattern, row) for pattern in cells[1].split(" ")]


def _option(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value
