"""One call of a loader, as the readers of calls ask it: its arguments, and what they may be."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from weigh.code.alternatives import Alternative, Alternatives, Spot
from weigh.code.program import Call
from weigh.project.discover.loaders import Argument, Match
from weigh.project.discover.references import Reading, Surroundings


@dataclass(frozen=True, slots=True)
class Found:
    """A model that a call names.

    Attributes:
        reading: the model.
        how: the way its name was found.
        spot: of the literal; None where no literal stands anywhere.
        expression: source of the argument.
    """

    reading: Reading
    how: tuple[str, ...]
    spot: Spot | None = None
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """What a call names and could not be found out."""

    expression: str
    why: str
    partial: str = ""


@dataclass(slots=True)
class CallReading:
    """A call, the row it fits, and what was found in it so far."""

    call: Call
    match: Match
    around: Surroundings
    found: list[Found] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    @property
    def last(self) -> str:
        """The last part of the name by which the row fits: the function or class that is called."""
        return self.match.name.rpartition(".")[2]

    def given(self, where: Argument) -> ast.expr | None:
        """The expression given for an argument, None when none is."""
        return self.call.argument(where.position, *where.keywords) if where else None

    def values(self, where: Argument) -> Alternatives | None:
        """What an argument may be, None when it is not given."""
        node = self.given(where)
        return None if node is None else self.values_of(node)

    def values_of(self, node: ast.expr) -> Alternatives:
        """What an expression of the call may be, what the project's configurations hold for it among that."""
        values = self.call.values(node)
        return self.around.configurations.filled(values) if values.files else values

    def source(self, where: Argument) -> str:
        """The argument as it stands in the source."""
        node = self.given(where)
        return "" if node is None else self.call.source(node)

    def add(self, reading: Reading, item: Alternative | None, expression: str, *how: str) -> None:
        """Note a model, or why a value names none."""
        if reading.ref:
            way = how or (item.how if item is not None else ("implied",))
            self.found.append(Found(reading, way, item.spot if item is not None else None, expression))
        elif reading.why:
            told = f"{reading.why}: {str(item.value)[:80]!r}" if item is not None else reading.why
            self.missing.append(Missing(expression, told))

    def miss(self, where: Argument, values: Alternatives) -> None:
        """Note that an argument's value is not known."""
        self.missing.append(
            Missing(self.source(where), values.why or "its value is not known", values.partial)
        )

    def flag(self, where: Argument, *, missing: bool) -> bool | None:
        """Whether a switch is on; None when it may be either."""
        values = self.values(where)
        if values is None:
            return missing
        known = {bool(item.value) for item in values.items} | ({True} if values.names else set())
        if len(known) == 1 and (values.complete or True in known):
            return known.pop()
        return None


def texts(values: Alternatives | None) -> Iterable[Alternative]:
    """The alternatives that are text, each once."""
    seen: set[object] = set()
    for item in values.items if values is not None else ():
        if isinstance(item.value, str) and item.value not in seen:
            seen.add(item.value)
            yield item
