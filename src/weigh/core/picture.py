"""Picture: how a check's measures want to be drawn. A description, not a drawing; `render/` draws it.

A check states its pictures beside its question, so that a new check needs no change in `render/`.
"""

from dataclasses import dataclass
from enum import StrEnum


class PictureKind(StrEnum):
    """Closed set of charts."""

    DOTS = "dots"
    """One point with its interval for each value of the label `row`."""

    LINE = "line"
    """The measure over a label `column` whose values are numbers, a line for each value of `row`."""

    RELIABILITY = "reliability"
    """A LINE over 0..1 both ways, with the diagonal on which it should lie."""

    BARS = "bars"
    """A bar with its interval for each value of the label `row`, the longest first."""

    MATRIX = "matrix"
    """A coloured cell for each pair of values of the labels `row` and `column`."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One chart of one family of measures.

    Attributes:
        kind: what is drawn.
        measure: name of the measures drawn; those without the labels asked for are left out.
        title: what it shows, in plain words.
        row: label that tells points, bars, lines or matrix rows apart.
        column: label on the horizontal axis (LINE, RELIABILITY, MATRIX).
        facet: label whose values each get a chart of their own; "" for one chart.
        reference: a value to hold the points against, drawn as a line; None for none.
    """

    kind: PictureKind
    measure: str
    title: str
    row: str = ""
    column: str = ""
    facet: str = ""
    reference: float | None = None
