"""Where the statements of one model contradict each other, or leave out what should be there."""

from collections.abc import Iterator, Sequence

from weigh.checks.licence.records import Records
from weigh.checks.licence.statements import ADDED, Origin, Statement, Statements, TextFile
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.licence import Use

TOUCHED = 0.8
"""A text of which less than this share is left was altered: reflowing and other names keep more."""
MOST_SHOWN = 5
NO_SUCH_NAME = "no licence is known by that name"
NO_TEXT_NEEDED = frozenset({"public-domain"})


def conflict_findings(found: Statements, uses: Sequence[Use], records: Records) -> Iterator[Finding]:
    """Everything that does not fit together, each contradiction once."""
    if not found.all:
        yield _nowhere(found)
        return
    yield from _declarations(found, records)
    yield from _texts(found, records)
    yield from _silent_packages(found)
    yield from _missing_texts(found, uses, records)
    yield from _vague(found, records)
    yield from _unrecognised(found)
    for file in found.files:
        yield from _altered(file)
        yield from _added(file)
    if found.unread:
        yield _unread(found)


def disagree(one: Statement, other: Statement, records: Records) -> bool:
    """Whether two statements can be read and have no licence in common."""
    mine, theirs = one.reading.licences(records), other.reading.licences(records)
    return bool(mine and theirs) and not mine & theirs


def _nowhere(found: Statements) -> Finding:
    looked = f"; {len(found.files)} licence files name none that is known" if found.files else ""
    return Finding(
        "WGH-C010",
        Severity.HIGH,
        Confidence.HIGH,
        "model",
        f"no licence is stated anywhere: not in a card, a package, the weights or a licence file{looked}",
        "without a licence nobody but the author may copy, change or use it; silence is no permission",
        "ask whoever published it for a licence in writing, or choose another model",
    )


def _declarations(found: Statements, records: Records) -> Iterator[Finding]:
    """Declared against declared: a card against each package, and what one package says twice."""
    declared = list({(s.path, s.reading): s for s in reversed(found.declared)}.values())[::-1]
    for place, one in enumerate(declared):
        for other in declared[place + 1 :]:
            parts = {one.origin, other.origin}
            two_packages = parts == {Origin.PACKAGE} and one.package != other.package
            if two_packages or not disagree(one, other, records):
                continue
            yield Finding(
                "WGH-C011",
                Severity.HIGH if _matters((one, other), records) else Severity.MEDIUM,
                Confidence.HIGH,
                one.path,
                f"{_says(one)}, {_says(other)}",
                "both cannot be the whole truth, and the stricter one may be the one that holds",
                "ask the publisher which licence is meant for the weights; until then keep to the stricter",
            )


def _texts(found: Statements, records: Records) -> Iterator[Finding]:
    """A licence file none of whose licences was declared where it lies."""
    for path in dict.fromkeys(s.path for s in found.texts if s.reading.ids):
        here = [s for s in found.texts if s.path == path and s.reading.ids]
        declared = _declared_for(here[0], found)
        if not declared or any(not disagree(t, d, records) for t in here for d in declared):
            continue
        names = ", ".join(dict.fromkeys(t.reading.spdx for t in here))
        yield Finding(
            "WGH-C012",
            Severity.HIGH if _matters((*here, *declared), records) else Severity.MEDIUM,
            Confidence.HIGH if any(t.holds_text for t in here) else Confidence.MEDIUM,
            path,
            f"{path} holds or names {names}, but {_says(declared[0])}",
            "the text that comes with the files is what a court would read first",
            "ask the publisher which licence is meant for the weights; until then keep to both",
        )


def _declared_for(text: Statement, found: Statements) -> tuple[Statement, ...]:
    """Declarations that speak for the place a licence file lies in."""
    if text.package:
        return tuple(s for s in found.declared if s.package == text.package and s.reading.ids)
    card = tuple(s for s in found.declared if s.origin is Origin.CARD and s.reading.ids)
    return card or tuple(s for s in found.declared if s.reading.ids)


def _silent_packages(found: Statements) -> Iterator[Finding]:
    """A package whose metadata states no licence though a licence file lies beside it."""
    stating = {s.package for s in found.declared if s.origin is Origin.PACKAGE}
    for package in sorted({s.package for s in found.texts if s.package and s.reading.ids} - stating):
        texts = [s for s in found.texts if s.package == package and s.reading.ids]
        yield Finding(
            "WGH-C016",
            Severity.LOW,
            Confidence.HIGH,
            texts[0].path,
            f"the metadata of {package} states no licence, its file {texts[0].path} holds or names "
            f"{', '.join(dict.fromkeys(t.reading.spdx for t in texts))}",
            "tools that read only the metadata take it for unlicensed",
            "rely on the file, and ask the publisher to fill in License-Expression",
        )


def _missing_texts(found: Statements, uses: Sequence[Use], records: Records) -> Iterator[Finding]:
    """Licences that are named while their text is nowhere."""
    held = frozenset[str]().union(*(s.reading.licences(records) for s in found.all if s.holds_text))
    named = {
        s.reading.spdx: s.reading.licences(records)
        for s in found.all
        if not s.reading.vague(records) and s.reading.ids
    }
    missing = sorted(
        spdx
        for spdx, ids in named.items()
        if not ids & held and any(records.kind(id_) not in NO_TEXT_NEEDED for id_ in ids)
    )
    if missing:
        yield Finding(
            "WGH-C017",
            Severity.MEDIUM if Use.REDISTRIBUTION in uses else Severity.LOW,
            Confidence.HIGH,
            "model",
            f"the text of {', '.join(missing[:MOST_SHOWN])} does not come with the files",
            "most licences ask that their text and the copyright line travel with every copy",
            "get the text from its publisher and keep it beside the model before handing it on",
        )


def _vague(found: Statements, records: Records) -> Iterator[Finding]:
    """Statements that name no licence, or one of several."""
    for statement in found.declared:
        families = sorted(statement.reading.vague(records))
        precise = statement.reading.ids and not families
        if precise or found.settled(statement, records, same_file=True):
            continue
        unread = "its words stand in no known licence" if statement.place == ADDED else NO_SUCH_NAME
        left = records.families[families[0]].what if families else unread
        closer = found.settled(statement, records)
        yield Finding(
            "WGH-C018",
            Severity.LOW if closer else Severity.MEDIUM,
            Confidence.HIGH,
            statement.path,
            f"{statement.source} says “{statement.text}”: {left}" + (f"; {closer}" if closer else ""),
            "terms that are not named cannot be kept",
            "find the licence text that is meant and name it by its SPDX id",
        )


def _altered(file: TextFile) -> Iterator[Finding]:
    """A licence text of which much is missing."""
    touched = [m for m in file.found.matches if not m.notice and m.share < TOUCHED]
    for match in touched[:MOST_SHOWN]:
        yield Finding(
            "WGH-C019",
            Severity.MEDIUM,
            Confidence.MEDIUM,
            file.path,
            f"it is nearest to {match.licence}, but holds only {100 * match.share:.0f} % of its text",
            "an altered text may grant less, or ask for more, than the licence it looks like",
            "hold the text against the original and read what differs",
        )


def _added(file: TextFile) -> Iterator[Finding]:
    """A licence file that says more than the licences in it."""
    known = [m.licence for m in file.found.matches] or list(file.named)
    if known and file.found.added:
        first = file.found.added[0]
        more = f" and {len(file.found.added) - 1} more places" if len(file.found.added) > 1 else ""
        yield Finding(
            "WGH-C020",
            Severity.MEDIUM if first.binds else Severity.LOW,
            Confidence.MEDIUM,
            file.path,
            f"beside {', '.join(known[:MOST_SHOWN])} the file has words that stand in no known licence: "
            f"“{first.text}”{more}",
            "added terms can restrict what the known licence grants",
            "read the part that is not the licence",
        )


def _unrecognised(found: Statements) -> Iterator[Finding]:
    """Licence files that hold, and name, no licence that is known."""
    own = [s for s in found.texts if not s.reading.ids and s.place != ADDED]
    if own:
        more = f", and {len(own) - 1} more such files" if len(own) > 1 else ""
        yield Finding(
            "WGH-C023",
            Severity.MEDIUM,
            Confidence.HIGH,
            own[0].path,
            f"{own[0].path} holds terms that are none of those known: “{own[0].text}”{more}",
            "terms of their own may forbid what a card or a package says is allowed",
            "read the file; ask whoever published it whether it holds for the weights",
        )


def _unread(found: Statements) -> Finding:
    path, reason = found.unread[0]
    return Finding(
        "WGH-C021",
        Severity.MEDIUM,
        Confidence.HIGH,
        path,
        f"{len(found.unread)} licence files were not read, first {path}: {reason}",
        "terms that were not read may forbid what the others allow",
        "open the file and read it",
    )


def _matters(statements: Sequence[Statement], records: Records) -> bool:
    """Whether the licences differ in kind, so that it matters which of them holds."""
    kinds = {
        frozenset(records.kind(id_) for id_ in s.reading.licences(records))
        for s in statements
        if s.reading.ids
    }
    return len(kinds) > 1


def _says(statement: Statement) -> str:
    return f"{statement.source} says {statement.reading.spdx}"
