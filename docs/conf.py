# ruff: noqa: INP001 - Sphinx runs this file, nothing imports it
"""The documentation as a site: the same Markdown that reads well in the repository, with navigation.

`./dev docs` builds it; a warning is an error. The order of the pages is that of docs/README.md, which
lists every page: nothing is listed twice.
"""

import re
from pathlib import PurePosixPath

import sphinx.application

project = "weigh"
copyright = "the weigh developers"  # noqa: A001 - the name Sphinx reads
extensions = ["myst_parser"]
root_doc = "README"
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_title = "weigh"
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"top_of_page_buttons": []}
myst_heading_anchors = 4
nitpicky = True

LINK = re.compile(r"\]\(([^)#\s]+\.md)(?:#[^)]*)?\)")
LISTS = ("reference/checks",)
"""Pages beside the indexes whose links are the list of what belongs under them."""

SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


def setup(app: sphinx.application.Sphinx) -> None:
    """Put the navigation behind the start page's own text."""
    app.connect("source-read", _navigate)


def _navigate(_app: sphinx.application.Sphinx, name: str, source: list[str]) -> None:
    if name == root_doc:
        source[0] += "\n" + "\n".join(_trees(source[0]))
    elif name in LISTS or PurePosixPath(name).name == "index":
        source[0] += f"\n{_tree(source[0], '')}"


def _trees(text: str) -> list[str]:
    """One hidden table of contents for each section, from the links that stand in it."""
    starts = [*SECTION.finditer(text)]
    ends = [m.start() for m in starts[1:]] + [len(text)]
    return [_tree(text[match.end() : end], match[1]) for match, end in zip(starts, ends, strict=True)]


def _tree(text: str, caption: str) -> str:
    pages = [_page(link) for link in LINK.findall(text)]
    entries = "\n".join(dict.fromkeys(p for p in pages if p))
    named = f":caption: {caption}\n" if caption else ""
    return f"```{{toctree}}\n:hidden:\n{named}\n{entries}\n```\n" if entries else ""


def _page(link: str) -> str:
    """The page's name for Sphinx; "" for a file outside docs/ and for a page that is listed elsewhere."""
    path = PurePosixPath(link)
    return "" if ".." in path.parts and path.parent.name != "checks" else str(path.with_suffix(""))
