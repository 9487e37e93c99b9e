"""METADATA and PKG-INFO: what a Python package says of itself, read as message headers.

Source: the core metadata specification of Python packaging. The description below the headers is prose
and is not judged.
"""

import re
from collections.abc import Iterator

from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.text_files import read_text

FORMAT = "package-metadata"
MAX_HEADERS = 1024 * 1024
"""Bytes in which the headers must end; old packages put a whole licence text into one of them."""
MAX_FIELDS = 10_000
MAX_LISTED = 200
"""Values of one repeated header that are kept."""

SINGLE = {
    "metadata-version": "package.metadata_version",
    "name": "package.name",
    "version": "package.version",
    "summary": "package.summary",
    "license": "package.licence",
    "license-expression": "package.licence_expression",
    "home-page": "package.home_page",
}
"""Header that may stand once → fact; the first one counts."""
REPEATED = {
    "classifier": "package.classifiers",
    "license-file": "package.licence_files",
    "project-url": "package.project_urls",
    "requires-dist": "package.requires",
}
"""Header that may stand more than once → fact, a list in file order."""

_NOTHING = frozenset({"", "UNKNOWN"})
"""What build tools of old wrote where nobody had stated anything."""
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,63}):[ \t]?(.*)")


def read_package_metadata(reader: RangeReader, path: str) -> FileFacts:
    """The facts of a package's metadata. Never raises for what the file holds.

    Names and addresses of authors are not kept. A header `UNKNOWN` states nothing and gives no fact.
    """
    text_facts = read_text(reader, path)
    if text_facts.coverage is not Coverage.COMPLETE:
        return FileFacts(path, FORMAT, text_facts.coverage, text_facts.reason)
    # a character may be cut in half at the bound
    text = reader.read(0, MAX_HEADERS).decode("utf-8", "replace").removeprefix("\ufeff")
    fields = list(headers(text))
    if not any(name == "metadata-version" for name, _ in fields):
        reason = "its headers do not begin like those of a Python package"
        return FileFacts(path, FORMAT, Coverage.UNREAD, reason)
    return FileFacts(path, FORMAT, Coverage.COMPLETE, metadata=tuple(_facts(fields, path)))


def headers(text: str) -> Iterator[tuple[str, str]]:
    """(lower-case name, value) of each header up to the first blank line, folded lines joined.

    A line that is no header ends the reading: what follows may be anything.
    """
    name, lines = "", list[str]()
    for place, line in enumerate(re.split(r"\r?\n", text)):
        if line[:1] in {" ", "\t"} and name:
            lines.append(line.strip())
            continue
        if name:
            yield name, "\n".join(lines).strip()
            name = ""
        field = _FIELD.fullmatch(line)
        if field is None or place > MAX_FIELDS * 10:
            return
        name, lines = field[1].lower(), [field[2]]
    if name:
        yield name, "\n".join(lines).strip()


def _facts(fields: list[tuple[str, str]], path: str) -> Iterator[Fact]:
    values: dict[str, list[str]] = {}
    for name, value in fields[:MAX_FIELDS]:
        if value not in _NOTHING:
            values.setdefault(name, []).append(value)
    for name, fact in SINGLE.items():
        if name in values:
            yield Fact(fact, values[name][0], Basis.DECLARED, path)
    for name, fact in REPEATED.items():
        if name in values:
            yield Fact(fact, values[name][:MAX_LISTED], Basis.DECLARED, path)
