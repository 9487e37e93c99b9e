"""HTML and SVG that cannot be broken by what stands in it.

Text becomes markup only through `tag`, which escapes every child and every attribute that is not
`Markup` already; the renderers hold no string templates of HTML.
"""

from collections.abc import Iterable

from weigh.render.escape import page

_VOID = frozenset({"meta", "link", "br", "hr"})
_OWN_LINE = frozenset(
    (
        "article",
        "caption",
        "details",
        "div",
        "dl",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "header",
        "li",
        "line",
        "main",
        "meta",
        "nav",
        "p",
        "polygon",
        "polyline",
        "script",
        "section",
        "style",
        "summary",
        "table",
        "text",
        "thead",
        "tbody",
        "title",
        "tr",
        "ul",
    )
)
"""Elements after which white space shows nowhere; a line each keeps the page readable as text."""


class Markup(str):
    """A string that is markup and stays as it is. Made by `tag`, `join` and `raw` only."""

    __slots__ = ()


Node = Markup | str | None
"""A child: markup as it is, text to be escaped, None for nothing."""


def tag(element: str, /, *children: Node, **attributes: str | float | None) -> Markup:
    """An element.

    Args:
        element: its name, ours and never a stranger's.
        children: its content in order.
        attributes: an underscore at the end is dropped (`class_`), others become hyphens; None
            leaves the attribute out.
    """
    named = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    end = "\n" if element in _OWN_LINE else ""
    if element in _VOID:
        return Markup(f"<{element}{named}>{end}")
    return Markup(f"<{element}{named}>{join(children)}</{element}>{end}")


def join(children: Iterable[Node], between: str = "") -> Markup:
    """Children one after the other, with a text between them."""
    return Markup(page(between).join(_node(child) for child in children if child is not None))


def raw(text: str) -> Markup:
    """A text of our own package (the style sheet) as markup."""
    return Markup(text)


def _node(child: Markup | str) -> str:
    return child if isinstance(child, Markup) else page(child)


def _attribute(value: str | float) -> str:
    return page(value) if isinstance(value, str) else f"{value:.6g}"
