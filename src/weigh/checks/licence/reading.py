"""What a stated licence is read as: an expression of ids, with the alternatives it leaves.

Grammar: the SPDX licence expressions (SPDX specification, annex "SPDX license expressions"), and beside
it the names and tags people write. `OR` leaves a choice, `AND` binds to all, `WITH` adds an exception:
those of SPDX only permit more and change nothing here, anything else behind it is left unread.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from weigh.checks.licence.records import UNKNOWN_TERM, Records, Term, normal
from weigh.core.licence import Permission, Use

MOST_ALTERNATIVES = 32
"""Of one expression; a longer one is left unread."""
MOST_DEPTH = 16
"""Brackets in brackets."""
MOST_TEXT = 1000
"""Characters of an expression or name."""

SAYS_NOTHING = frozenset({"see", "file", "files", "for", "details", "in", "text", "txt", "md", "spdx"})
"""Words in brackets, beside those a name drops anyway, that only point to the licence's text."""

_LISTED = """
389-exception Asterisk-exception Autoconf-exception-2.0 Autoconf-exception-3.0
Autoconf-exception-generic Autoconf-exception-macro Bison-exception-1.24 Bison-exception-2.2
Bootloader-exception Classpath-exception-2.0 CLISP-exception-2.0 cryptsetup-OpenSSL-exception
DigiRule-FOSS-exception eCos-exception-2.0 Fawkes-Runtime-exception FLTK-exception fmt-exception
Font-exception-2.0 freertos-exception-2.0 GCC-exception-2.0 GCC-exception-3.1 GNAT-exception
gnu-javamail-exception GPL-3.0-linking-exception GPL-3.0-linking-source-exception GPL-CC-1.0
GStreamer-exception-2005 GStreamer-exception-2008 i2p-gpl-java-exception KiCad-libraries-exception
LGPL-3.0-linking-exception libpri-OpenH323-exception Libtool-exception Linux-syscall-note
LLVM-exception LZMA-exception mif-exception OCaml-LGPL-linking-exception OCCT-exception-1.0
OpenJDK-assembly-exception-1.0 openvpn-openssl-exception PS-or-PDF-font-exception-20170817
QPL-1.0-INRIA-2004-exception Qt-GPL-exception-1.0 Qt-LGPL-exception-1.1 Qwt-exception-1.0 SHL-2.0
SHL-2.1 SWI-exception Swift-exception u-boot-exception-2.0 Universal-FOSS-exception-1.0
vsftpd-openssl-exception WxWindows-exception-3.1 x11vnc-openssl-exception
"""
EXCEPTION_IDS = frozenset(_LISTED.split())
"""Ids of exceptions of the SPDX licence list 3.27; each permits what its licence does not."""

_PARTS = re.compile(r"(?:^|\s+)(OR|AND|WITH)(?:\s+|$)|([()])", re.IGNORECASE)
_MARK = re.compile(r"SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+() -]{1,200})")
_CREATIVE = re.compile(
    r"creativecommons\.org/(licenses|publicdomain)/(zero|by(?:-nc)?(?:-sa|-nd)?)/([0-9]\.[0-9])"
)
_SEVERITY = {
    Permission.ALLOWED: 0,
    Permission.CONDITIONAL: 1,
    Permission.UNKNOWN: 2,
    Permission.FORBIDDEN: 3,
}


def _plain_exception(name: str) -> str:
    """An exception's name without its version: people leave it out."""
    return re.sub(r"(?: [0-9.]+)+$", "", normal(name))


EXCEPTIONS = frozenset(map(_plain_exception, EXCEPTION_IDS))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a statement was read as.

    Attributes:
        alternatives: of which the user may choose one; each is the ids that then bind together. A family
            stands for itself. Empty when nothing could be read.
    """

    alternatives: tuple[frozenset[str], ...] = ()

    @property
    def ids(self) -> frozenset[str]:
        """Every licence or family named."""
        return frozenset().union(*self.alternatives)

    @property
    def spdx(self) -> str:
        """The reading as an expression, "" when nothing was read."""
        parts = [" AND ".join(sorted(one)) for one in self.alternatives]
        many = len(parts) > 1
        return " OR ".join(f"({p})" if many and " AND " in p else p for p in parts)

    def licences(self, records: Records) -> frozenset[str]:
        """The licences it may mean, families opened."""
        return frozenset().union(*(records.members(id_) for id_ in self.ids))

    def vague(self, records: Records) -> frozenset[str]:
        """The families it names."""
        return self.ids & records.families.keys()

    def term(self, records: Records, use: Use) -> Term:
        """What it says to a use: the best of the alternatives, each as strict as its strictest part."""
        strict = [
            max((records.term(id_, use) for id_ in sorted(one)), key=severity) for one in self.alternatives
        ]
        return min(strict, key=severity, default=UNKNOWN_TERM)


def severity(term: Term) -> int:
    """How much a term stands in the way: allowed 0, conditional 1, unknown 2, forbidden 3."""
    return _SEVERITY[term.permission]


def read_statement(text: str, records: Records, *, expression: bool = False) -> Reading:
    """What a stated licence is read as.

    Args:
        text: as stated (hostile text).
        records: what is known of licences.
        expression: it stands where only SPDX expressions may, so an SPDX id outvotes a family of the
            same name (`BSL-1.0` is then Boost and nothing else).
    """
    if len(text) > MOST_TEXT:
        return Reading()
    whole = "" if "(" in text or ")" in text else _name(text.strip(), records, exact=expression)
    if whole:
        return Reading((frozenset({whole}),))
    tokens = [t.strip() for t in _PARTS.split(text) if t is not None and t.strip()]
    if 1 < len(tokens) <= 4 * MOST_ALTERNATIVES:
        parser = _Parser(tokens, records, exact=expression)
        found = parser.alternatives()
        if found is not None and parser.done():
            return Reading(tuple(sorted(set(found), key=sorted)))
    return _in_brackets(text, records)


def mentions(text: str, records: Records) -> Iterator[str]:
    """Licences that a notice names without holding their text: SPDX marks, addresses, headings."""
    for mark in dict.fromkeys(_MARK.findall(text)):
        yield from sorted(read_statement(mark.strip(), records, expression=True).ids)
    lowered = text.lower()
    for kind, code, version in _CREATIVE.findall(lowered):
        id_ = f"CC0-{version}" if kind == "publicdomain" else f"CC-{code.upper()}-{version}"
        if id_ in records.licences:
            yield id_
    for link, id_ in records.links.items():
        if link in lowered:
            yield id_
    for line in dict.fromkeys(text.splitlines()):
        heading = line.strip().strip("#*=_ ").rstrip(".:")
        if 3 <= len(heading) <= 80 and "licen" in heading.lower():
            id_ = _name(heading, records, exact=False)
            if id_ in records.licences:
                yield id_


def of_ids(ids: Iterable[str]) -> Reading:
    """The reading of a text in which these licences were found: all of them bind."""
    found = frozenset(ids)
    return Reading((found,)) if found else Reading()


def _in_brackets(text: str, records: Records) -> Reading:
    """`GNU General Public License v3 (GPLv3)`: two names of one licence, or one name in two parts.

    What stands in brackets may as well be a restriction, so anything else is left unread.
    """
    found = re.fullmatch(r"([^()]{1,200})\(([^()]{1,60})\)\s*", text)
    if found is None:
        return Reading()
    before, inside = (_name(part.strip(), records, exact=False) for part in found.groups())
    if before and not inside and SAYS_NOTHING.issuperset(normal(found[2]).split() or "?"):
        return of_ids([before])
    if not before or not inside:
        joined = _name(f"{found[1]} {found[2]}", records, exact=False)
        return of_ids([joined] if joined else [])
    # Two names that cannot mean the same licence are two statements, and nobody says which holds.
    if before != inside and not records.members(before) & records.members(inside):
        return Reading()
    return of_ids([next((id_ for id_ in (before, inside) if id_ in records.licences), before)])


def _name(name: str, records: Records, *, exact: bool) -> str:
    """The id of a licence or family by any of its names, "" when it is not known."""
    if exact:
        plain = re.sub(r"(?:-only|-or-later|\+)$", "", name)
        by_case = {id_.lower(): id_ for id_ in records.licences}
        if plain.lower() in by_case:
            return by_case[plain.lower()]
    return records.names.get(normal(name), "")


class _Parser:
    """Recursive descent over an expression; None anywhere means that it is not one."""

    def __init__(self, tokens: list[str], records: Records, *, exact: bool) -> None:
        self._tokens, self._records, self._exact = tokens, records, exact
        self._at = 0
        self._depth = 0

    def done(self) -> bool:
        return self._at == len(self._tokens)

    def alternatives(self) -> list[frozenset[str]] | None:
        found = self._joined()
        while found is not None and self._take("OR"):
            more = self._joined()
            found = None if more is None else [*found, *more]
        return found if found is not None and len(found) <= MOST_ALTERNATIVES else None

    def _joined(self) -> list[frozenset[str]] | None:
        found = self._one()
        while found is not None and self._take("AND"):
            more = self._one()
            if more is None or len(found) * len(more) > MOST_ALTERNATIVES:
                return None
            found = [a | b for a, b in product(found, more)]
        return found

    def _one(self) -> list[frozenset[str]] | None:
        if self._take("("):
            self._depth += 1
            found = self.alternatives() if self._depth <= MOST_DEPTH else None
            self._depth -= 1
            return found if self._take(")") else None
        if self.done() or self._tokens[self._at].upper() in {"OR", "AND", "WITH", ")"}:
            return None
        id_ = _name(self._tokens[self._at], self._records, exact=self._exact)
        self._at += 1
        if self._take("WITH"):
            if self.done() or _plain_exception(self._tokens[self._at]) not in EXCEPTIONS:
                return None
            self._at += 1
        return [frozenset({id_})] if id_ else None

    def _take(self, token: str) -> bool:
        taken = not self.done() and self._tokens[self._at].upper() == token
        self._at += taken
        return taken
