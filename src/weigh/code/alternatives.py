"""What an expression may be, as the reader of the source sees it: values with their way, or why none."""

from dataclasses import dataclass

Constant = str | int | float | bool | None | bytes
"""What a literal can be."""

MOST_ALTERNATIVES = 64
"""Values that are kept for one expression; with more of them the answer is not complete."""
TOO_MANY = f"more than {MOST_ALTERNATIVES} values"
"""The reason that is given then."""


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place in a source file.

    Attributes:
        path: relative POSIX path.
        line: counted from 1; of a notebook, the line within the cell.
        column: counted from 1, in characters.
        cell: of a notebook, counted from 1; 0 elsewhere.
    """

    path: str
    line: int
    column: int
    cell: int = 0


@dataclass(frozen=True, slots=True)
class Alternative:
    """One value that an expression may have.

    Attributes:
        value: the constant.
        how: the steps from the expression to the literal, outermost first; `("literal",)` when it stands
            there itself.
        spot: of the literal: what a person would edit.
        name: dotted name of the enum member it is, else "".
    """

    value: Constant
    how: tuple[str, ...]
    spot: Spot
    name: str = ""


@dataclass(frozen=True, slots=True)
class FileValue:
    """A value that the program takes out of a file.

    Attributes:
        file: its name as far as it is known; "" for a configuration that is handed in.
        keys: from the outermost.
        why: as `Alternatives.why` says it.
    """

    file: str
    keys: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Alternatives:
    """All that is known of an expression.

    Attributes:
        items: the values, in the order they were found.
        complete: whether the program shows no other; False also when nothing is known.
        why: what stopped the search; "" when it is complete.
        partials: what is known of texts with unknown parts, `{}` for each of them; of a text put together
            from too many choices what they share, and some of them.
        names: dotted names of modules, classes, functions and enum members that it may stand for.
        files: values of files that it may be.
    """

    items: tuple[Alternative, ...] = ()
    complete: bool = True
    why: str = ""
    partials: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    files: tuple[FileValue, ...] = ()

    @property
    def partial(self) -> str:
        """The first of the texts with unknown parts, "" when there is none."""
        return self.partials[0] if self.partials else ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The values that are text, each once."""
        return tuple(dict.fromkeys(item.value for item in self.items if isinstance(item.value, str)))
