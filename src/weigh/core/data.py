"""DataSpec and Roles: how a person describes their data and what its columns are for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a data set.

    Attributes:
        path: path inside the data set's snapshot.
        constants: (column, value) pairs that hold for every row of this file.
    """

    path: str
    constants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DataSpec:
    """How to read a data set. Everything here changes which rows come out, and so counts in digests.

    Attributes:
        files: in reading order.
        format: `csv`, `tsv`, `jsonl`, or `auto` (by ending and content).
        columns: names for a file without a header; empty when the first line names them.
        encoding: `utf-8`, `latin-1`, `utf-16`, `cp1252`.
        delimiter: one character; "" for the format's own.
        quote: quote character; "" for none (tabs and quotes are then plain text).
        skip: lines to leave out at the start of each file, before the header if there is one.
        where: row filter in the closed expression grammar; "" keeps all rows.
        group: expression whose equal values must stay on one side of a split; "" for none.
    """

    files: tuple[DataFile, ...]
    format: str = "auto"
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ""
    quote: str = '"'
    skip: int = 0
    where: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Roles:
    """What the columns are for.

    Attributes:
        label: column or expression that gives the class.
        text: text column, "" for tabular data.
        features: feature columns, empty for text data.
        slices: columns whose values split the evaluation.
        protected: columns whose values are groups of people.
        shift: column whose values are domains; training on some, testing on each.
        train_where: (column, value) pairs a training row must satisfy.
        split: column with values `train`, `test` (and `validation`), "" to split by seed.
        positive: the class whose probability is of interest in a two-class task.
    """

    label: str
    text: str = ""
    features: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    shift: str = ""
    train_where: tuple[tuple[str, str], ...] = ()
    split: str = ""
    positive: str = ""

    @property
    def sides(self) -> tuple[str, ...]:
        """Columns that say where a row belongs and are kept beside it, without repetition."""
        names = (*self.slices, *self.protected, self.shift, *(n for n, _ in self.train_where), self.split)
        return tuple(dict.fromkeys(name for name in names if name))
