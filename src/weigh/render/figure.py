"""A chart on the page: title, legend, the data of the drawing, and the table with the same numbers."""

from collections.abc import Sequence

from weigh.render import embedded
from weigh.render.markup import Markup, Node, tag
from weigh.render.pictures import Drawing
from weigh.render.vega import shown
from weigh.render.whisker import key_mark

MAX_TITLE = 160


def figure(drawing: Drawing, *under: Node) -> Markup:
    """A figure that the page's script fills; without script its table is all there is to see.

    Args:
        drawing: what to draw.
        under: what stands below the drawing, e.g. a table.
    """
    return tag(
        "figure",
        tag("figcaption", shown(drawing.title, MAX_TITLE)),
        tag(
            "div",
            _legend(drawing.legend),
            tag("div", class_="drawing"),
            embedded.data(drawing.spec),
            class_="chart",
        ),
        tag("p", drawing.note, class_="quiet") if drawing.note else None,
        *under,
    )


def _legend(entries: Sequence[tuple[str, int]]) -> Markup | None:
    if not entries:
        return None
    return tag("ul", *(tag("li", key_mark(style), shown(name)) for name, style in entries), class_="legend")
