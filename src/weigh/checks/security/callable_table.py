"""The reviewed tables of callables: which are harmless under which contract, and which do harm.

Two files beside this one, one line a group of names, columns parted by tabs. A line in brackets begins a
group: `[title | library | versions | reason]`.

- `allowed_callables.tsv`: module, names, uses. Uses are `call(…)`, `new(…)` and `state(…)` with a contract in
  the parentheses, and the words `items` (pairs or items may be put into what a call made), `noref` (not to
  be handed on uncalled), `applies` (it calls its first argument with the tuple that is its third) and
  `strict` (any other use is an attack). `ref` stands alone: it may only be named. `data` is short for
  `new() state(any) items`, an instance without arguments and then its attributes, `enum` for
  `call(label) call(label, label) state(any)`. A name on several lines may be used in each of their ways.
- `dangerous_callables.tsv`: module, names.

A module that ends in `.**` stands for itself and all below; the name `A*` for every name whose first letter
is upper-case (by custom a class), `a*` for every other, `*` for any, `__pyx_unpickle_*` for those.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from weigh.checks.security.contracts import Contract, contract

ALLOWED = "allowed_callables.tsv"
DANGEROUS = "dangerous_callables.tsv"
_SHORT = {
    "data": "new() state(any) items",
    "enum": "call(label) call(label, label) state(any)",
    "ref": "",
}
PYX = "__pyx_unpickle_*"
"""How Cython calls the functions that make instances of its classes: `(class, checksum, state)`."""
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that are harmless, or do harm, for the same reason."""

    title: str
    library: str
    versions: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line says.

    Attributes:
        group: why.
        uses: as the line writes them; "" for dangerous ones.
    """

    group: Group
    uses: str = ""


@dataclass(frozen=True, slots=True)
class Uses:
    """How an allowed callable may be used. No contract of a kind means: not in that way.

    Attributes:
        call: contracts of plain calls, any of which will do.
        new: of `__new__`, the class itself left out.
        state: of what its state may be set to.
        items: whether a result may be filled.
        reference: whether it may be handed on uncalled.
        applies: whether it calls its first argument with the tuple that is its third.
        strict: whether any other use of it is an attack.
    """

    call: tuple[Contract, ...]
    new: tuple[Contract, ...]
    state: tuple[Contract, ...]
    items: bool
    reference: bool
    applies: bool
    strict: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Entries by name, and by pattern.

    Attributes:
        exact: by (module, name).
        patterns: by module without `.**`, then by `A*`, `a*` or `*`; deep ones by the same with `.**`.
    """

    exact: dict[tuple[str, str], Entry]
    patterns: dict[str, dict[str, Entry]]

    def named(self, module: str, name: str) -> Entry | None:
        """The entry of exactly that name."""
        return self.exact.get((module, name))

    def matching(self, module: str, name: str) -> tuple[int, Entry] | None:
        """The entry of the nearest pattern, and how near it is (characters of the module it names)."""
        sort = "A*" if looks_like_class(name) else "a*"
        place, deep = module, ""
        while place:
            for key in (place + deep, f"{place}.**"):
                found = self.patterns.get(key, {})
                entry = (
                    (found.get(PYX) if name.startswith(PYX[:-1]) else None)
                    or found.get(sort)
                    or found.get(name)
                    or found.get("*")
                )
                if entry is not None:
                    return len(key), entry
            place, deep = place.rpartition(".")[0], ".**"
        return None


def looks_like_class(name: str) -> bool:
    """Whether a name is written as classes are: its last part begins with an upper-case letter."""
    last = name.rpartition(".")[2].lstrip("_")
    return last[:1].isupper()


@lru_cache(maxsize=1)
def allowed() -> Table:
    """The callables known to be harmless."""
    return _table((_FOLDER / ALLOWED).read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def dangerous() -> Table:
    """The callables of libraries known to do harm."""
    return _table((_FOLDER / DANGEROUS).read_text(encoding="utf-8"))


def _table(text: str) -> Table:
    exact: dict[tuple[str, str], Entry] = {}
    patterns: dict[str, dict[str, Entry]] = {}
    for module, names, entry in _lines(text):
        deep = module.endswith(".**")
        for name in names.split(" "):
            if deep or name in {"A*", "a*", "*", PYX}:
                place = patterns.setdefault(module, {})
                place[name] = _joined(place.get(name), entry)
            else:
                exact[module, name] = _joined(exact.get((module, name)), entry)
    return Table(exact, patterns)


def _joined(first: Entry | None, second: Entry) -> Entry:
    return second if first is None else Entry(first.group, f"{first.uses} {second.uses}")


def _lines(text: str) -> Iterator[tuple[str, str, Entry]]:
    group = Group("", "", "", "")
    for line in text.split("\n"):
        if not line or line[0] == "#":
            continue
        if line[0] == "[":
            title, library, versions, reason = line[1:-1].split(" | ")
            group = Group(title, library, versions, reason)
            continue
        module, names, *uses = line.split("\t")
        yield module, names, Entry(group, uses[0] if uses else "")


@lru_cache(maxsize=1024)
def uses_of(text: str) -> Uses:
    """Read the uses of an entry."""
    for word, meaning in _SHORT.items():
        text = " ".join(meaning if part == word else part for part in _parts(text))
    found: dict[str, list[Contract]] = {"call": [], "new": [], "state": []}
    words = set()
    for part in _parts(text):
        kind, opened, rest = part.partition("(")
        if opened:
            found[kind].append(contract(rest[:-1]))
        else:
            words.add(part)
    call, new, state = (tuple(found[kind]) for kind in ("call", "new", "state"))
    return Uses(
        call, new, state, "items" in words, "noref" not in words, "applies" in words, "strict" in words
    )


def _parts(text: str) -> list[str]:
    """Words and contracts, parted by spaces outside parentheses."""
    parts: list[str] = []
    depth = 0
    for piece in text.split(" "):
        if depth:
            parts[-1] += " " + piece
        elif piece:
            parts.append(piece)
        depth += piece.count("(") - piece.count(")")
    return parts
