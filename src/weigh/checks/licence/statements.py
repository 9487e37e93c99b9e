"""Every place of a model that states a licence, and what each is read as."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from html import unescape

from weigh.checks.licence.added import added_runs, was_cut
from weigh.checks.licence.index import Fingerprint, Found, known_shingles, search
from weigh.checks.licence.reading import Reading, mentions, of_ids, read_statement
from weigh.checks.licence.records import Records
from weigh.checks.licence.shingles import words_of
from weigh.core.facts import Basis, Coverage, FileFacts
from weigh.core.licence import PAPERS, TERMS_FOLDERS, LicenceClaim, is_terms_name
from weigh.core.ports import ModelViewPort, RangeReader

MOST_BYTES = 1024 * 1024
"""Of one licence file; the longest licence has under 200 kB."""
MOST_IN_ALL = 8 * 1024 * 1024
"""Bytes of all licence files of a model together; reading and searching them takes about 4 s."""
MOST_FILES = 100
"""Licence files that are searched for texts."""
MOST_STATEMENTS = 500
MOST_SHOWN = 160
"""Characters of hostile text that are kept of a statement."""
LONG = 300
"""Characters from which a `License` header is a text and not a name."""

ADDED = "added words"
"""Place of a statement that is made of words beside the licences of its file."""

_CODE = (".py", ".json", ".js", ".bin", ".safetensors", ".onnx")
_PEOPLE = re.compile(r"(?:authors|contributors|credits|maintainers|thanks)\b")
_NOTICE = re.compile(r"(?:third[-_]?party[-_])?notices?\b|copyright\b")
_RESTRICTS = frozenset({"commercial", "noncommercial", "prohibited", "forbidden", "permitted", "restricted"})
"""Words that no list of names has."""
_TAG = re.compile(r"<[^<>]{0,2000}>")
_CLASSIFIER = "License :: "
_METADATA = ("onnx.metadata", "safetensors.metadata")


class Origin(StrEnum):
    """Who states it."""

    CARD = "card"
    PACKAGE = "package"
    WEIGHTS = "weights"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a licence.

    Attributes:
        origin: who states it.
        path: file it stands in.
        place: where in that file, e.g. `front matter`, `License-Expression`; "" for a text.
        text: as stated, cut (hostile text); "" for a text that was recognised.
        reading: what it was read as.
        holds_text: the full licence text stands there, not only its name.
        share: fraction of the licence's text that was found; 0 for a stated name.
        shingles: number of the licence text's shingles; 0 for a stated name.
    """

    origin: Origin
    path: str
    place: str
    text: str
    reading: Reading
    holds_text: bool = False
    share: float = 0.0
    shingles: int = 0

    @property
    def package(self) -> str:
        """`NAME-VERSION` of the package whose paper it is, "" for the model's own files."""
        parts = self.path.split("/")
        return parts[1] if len(parts) > 2 and parts[0] == PAPERS else ""

    @property
    def source(self) -> str:
        """Where it stands, for people."""
        return f"{self.path} {self.place}".strip()

    @property
    def claim(self) -> LicenceClaim:
        """The statement as the other rooms know it."""
        basis = Basis.DETECTED if self.origin is Origin.TEXT else Basis.DECLARED
        return LicenceClaim(self.source, self.text, self.reading.spdx, basis)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A licence file that was searched.

    Attributes:
        path: of the file.
        found: the texts in it, and what stands beside them.
        named: licences that it only mentions, where no text was found.
    """

    path: str
    found: Found
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statements:
    """Everything a model states.

    Attributes:
        all: in path order.
        files: licence files that were searched for texts.
        unread: licence files that could not be read, with the reason.
    """

    all: tuple[Statement, ...]
    files: tuple[TextFile, ...]
    unread: tuple[tuple[str, str], ...]

    @property
    def declared(self) -> tuple[Statement, ...]:
        """Those that somebody stated, without the texts found in licence files."""
        return tuple(s for s in self.all if s.origin is not Origin.TEXT)

    def binding(self, records: Records) -> tuple[Statement, ...]:
        """Those that count for a use: without vague ones that the same file says more exactly.

        A classifier `Apache Software License` beside `License-Expression: Apache-2.0` adds no doubt.
        """
        return tuple(s for s in self.all if not self.settled(s, records, same_file=True))

    def settled(self, statement: Statement, records: Records, *, same_file: bool = False) -> str:
        """Another statement that says which of the licences a vague one means, "" when none does."""
        if not statement.reading.vague(records):
            return ""
        meant = statement.reading.licences(records)
        for other in self.all:
            ids = other.reading.licences(records)
            near = not same_file or other.path == statement.path
            if near and ids and ids <= meant and not other.reading.vague(records):
                return f"{other.source} says {other.reading.spdx}"
        return ""

    @property
    def texts(self) -> tuple[Statement, ...]:
        """Licence texts and notices found in licence files."""
        return tuple(s for s in self.all if s.origin is Origin.TEXT)


class Reader:
    """Collects the statements of one model.

    Args:
        view: the model.
        open_file: the bytes of one of its files.
        records: what is known of licences.
        index: fingerprints of licence texts.
    """

    def __init__(
        self,
        view: ModelViewPort,
        open_file: Callable[[str], RangeReader],
        records: Records,
        index: Sequence[Fingerprint],
    ) -> None:
        self._view, self._open, self._records, self._index = view, open_file, records, index
        self._left = MOST_IN_ALL

    def statements(self) -> Statements:
        """Every statement, in path order."""
        found: list[Statement] = []
        files: list[TextFile] = []
        unread: list[tuple[str, str]] = []
        for facts in self._view.all_facts():
            found += self._declared(facts)
            unread += self._not_brought(facts)
            if not is_terms(facts.path):
                continue
            if facts.coverage is not Coverage.COMPLETE or len(files) >= MOST_FILES or self._left <= 0:
                unread.append((facts.path, facts.reason or "more licence files than are searched"))
                continue
            text, reason = self._text(facts.path)
            file = self._searched(facts.path, text)
            files.append(file)
            found += self._in_text(file, text)
            if reason or was_cut(file.found.words):
                unread.append((facts.path, reason or "it has more words than are read"))
        if len(found) > MOST_STATEMENTS:
            unread.append((found[MOST_STATEMENTS].path, "there are more statements than are kept"))
        return Statements(tuple(found[:MOST_STATEMENTS]), tuple(files), tuple(unread))

    def _not_brought(self, facts: FileFacts) -> Iterator[tuple[str, str]]:
        """Licence files that a package names and that do not lie among its papers."""
        folder, _, _ = facts.path.rpartition("/")
        if facts.format != "package-metadata" or not facts.path.startswith(f"{PAPERS}/"):
            return
        here = {file.path for file in self._view.snapshot.files}
        for name in _texts(facts, "package.licence_files"):
            plain = name.replace("\\", "/").lstrip("./")
            places = {f"{folder}/{plain}", f"{folder}/{plain.rpartition('/')[2]}"}
            places |= {f"{folder}/{below}/{plain}" for below in TERMS_FOLDERS}
            if not places & here and not _PEOPLE.match(plain.rpartition("/")[2].lower()):
                yield facts.path, f"it names the licence file {_first_line(name)}, which is not here"

    def _declared(self, facts: FileFacts) -> Iterator[Statement]:
        if facts.format == "model-card":
            yield from self._card(facts)
        elif facts.format == "package-metadata":
            yield from self._package(facts)
        for key in _METADATA:
            fact = facts.fact(key)
            stated = fact.value.get("license") if fact is not None and isinstance(fact.value, dict) else None
            if isinstance(stated, str) and stated.strip():
                yield self._named(Origin.WEIGHTS, facts.path, "metadata", stated)

    def _card(self, facts: FileFacts) -> Iterator[Statement]:
        """`license`, and where that says only `other`, `license_name` and `license_link`."""
        names = _texts(facts, "card.license_name")
        links = _texts(facts, "card.license_link")
        for stated in _texts(facts, "card.license") or names[:1]:
            reading = read_statement(stated, self._records)
            if not reading.ids - {"other"}:
                closer = [read_statement(name, self._records) for name in names]
                closer += [of_ids(list(mentions(link, self._records))[:1]) for link in links]
                reading = next((r for r in closer if r.ids - {"other"}), reading)
            shown = f"{stated} ({', '.join(names[:2])})" if names and stated not in names else stated
            yield Statement(Origin.CARD, facts.path, "front matter", _first_line(shown), reading)
            for name in names if reading.ids and stated not in names else ():
                other = read_statement(name, self._records)
                # `license: mit` beside `license_name: mit-non-commercial` is not simply MIT.
                if other != reading and "other" not in read_statement(stated, self._records).ids:
                    yield Statement(Origin.CARD, facts.path, "license_name", _first_line(name), other)

    def _package(self, facts: FileFacts) -> Iterator[Statement]:
        """The expression, else header and classifiers, as the core metadata specification ranks them."""
        for stated in _texts(facts, "package.licence_expression"):
            yield self._named(Origin.PACKAGE, facts.path, "License-Expression", stated, expression=True)
        for stated in _texts(facts, "package.licence"):
            if len(stated) < LONG and stated.count("\n") < 3:
                yield self._named(Origin.PACKAGE, facts.path, "License", stated)
                continue
            self._left -= len(stated)
            found = search(stated if self._left > 0 else "", self._index, self._records)
            best = found.matches[0] if found.matches else None
            yield Statement(
                Origin.PACKAGE,
                facts.path,
                "License",
                _first_line(stated),
                of_ids(m.licence for m in found.matches),
                holds_text=best is not None and not best.notice,
                share=best.share if best is not None else 0.0,
                shingles=best.shingles if best is not None else 0,
            )
            if found.matches:
                yield from _beside(Origin.PACKAGE, facts.path, found)
        for stated in _texts(facts, "package.classifiers"):
            name = stated.removeprefix(_CLASSIFIER).split(" :: ")[-1]
            if stated.startswith(_CLASSIFIER) and name != "OSI Approved":
                yield self._named(Origin.PACKAGE, facts.path, "Classifier", name)

    def _named(
        self, origin: Origin, path: str, place: str, stated: str, *, expression: bool = False
    ) -> Statement:
        reading = read_statement(stated, self._records, expression=expression)
        return Statement(origin, path, place, _first_line(stated), reading)

    def _searched(self, path: str, text: str) -> TextFile:
        """What a licence file holds, names, and says beside it."""
        found = search(text, self._index, self._records)
        named = () if found.matches else tuple(dict.fromkeys(mentions(text, self._records)))
        if named:
            meant = frozenset[str]().union(*(self._records.members(id_) for id_ in named))
            found = replace(found, added=added_runs(text, known_shingles(meant, self._index)))
        name = path.rpartition("/")[2].lower()
        if not found.matches and _PEOPLE.match(name) and not _RESTRICTS.intersection(words_of(text)):
            found = replace(found, added=())
        elif not found.matches and _NOTICE.match(name):
            found = replace(found, added=tuple(run for run in found.added if run.binds))
        return TextFile(path, found, named)

    def _in_text(self, file: TextFile, text: str) -> Iterator[Statement]:
        for match in file.found.matches:
            place = "notice" if match.notice else "text"
            reading = of_ids([match.licence])
            yield Statement(
                Origin.TEXT, file.path, place, "", reading, not match.notice, match.share, match.shingles
            )
        for id_ in file.named:
            yield Statement(Origin.TEXT, file.path, "mention", "", of_ids([id_]))
        if file.found.matches or file.named:
            yield from _beside(Origin.TEXT, file.path, file.found)
        elif file.found.added or self._says_nothing_known(file, text):
            shown = file.found.added[0].text if file.found.added else _first_line(text)
            yield Statement(Origin.TEXT, file.path, "", shown, Reading())

    def _says_nothing_known(self, file: TextFile, text: str) -> bool:
        """Whether a few words stand where a licence should, and they point to no other licence file."""
        name = file.path.rpartition("/")[2].lower()
        if _PEOPLE.match(name) or _NOTICE.match(name) or not any(c.isalnum() for c in text):
            return False
        folder = file.path.rpartition("/")[0]
        others = (f.path for f in self._view.snapshot.files if f.path != file.path and is_terms(f.path))
        beside = [path.rpartition("/")[2].lower() for path in others if path.rpartition("/")[0] == folder]
        lowered = text.lower()
        return not any(other in lowered for other in beside)

    def _text(self, path: str) -> tuple[str, str]:
        """A licence file's text, and why it was not read whole ("" when it was)."""
        reader = self._open(path)
        try:
            data = reader.read(0, min(MOST_BYTES, self._left))
            cut = reader.size > len(data)
        finally:
            close = getattr(reader, "close", None)
            if close is not None:
                close()
        self._left -= len(data)
        text = _decoded(data, cut=cut)
        if text is None:
            return "", "it is not plain text"
        if path.lower().endswith((".html", ".htm")):
            text = unescape(_TAG.sub(" ", text))
        return text, f"it is longer than the {len(data):,} bytes that are read" if cut else ""


def _decoded(data: bytes, *, cut: bool) -> str | None:
    """The text of these bytes, None when they are none; at a cut a character may be halved."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not cut or error.start < len(data) - 3:
            return None
        text = data[: error.start].decode("utf-8")
    return None if "\0" in text else text


def is_terms(path: str) -> bool:
    """Whether a file is, by its name or its folder, one that holds terms."""
    *folders, name = path.lower().split("/")
    if folders[:1] == [PAPERS] and TERMS_FOLDERS.intersection(folders[2:]):
        return True
    return is_terms_name(name) and not name.endswith(_CODE)


def _beside(origin: Origin, path: str, found: Found) -> Iterator[Statement]:
    """The words beside the licences of a text, when they may take back what those grant."""
    if found.added and found.added[0].binds:
        yield Statement(origin, path, ADDED, found.added[0].text, Reading())


def _texts(facts: FileFacts, name: str) -> list[str]:
    fact = facts.fact(name)
    if fact is None:
        return []
    values = fact.value if isinstance(fact.value, list) else [fact.value]
    return [str(v) for v in values if isinstance(v, str | int | float) and str(v).strip()]


def _first_line(text: str) -> str:
    """The first line that is not blank, cut; what has no UTF-8 form is replaced."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line[:MOST_SHOWN].encode("utf-8", "replace").decode("utf-8")
