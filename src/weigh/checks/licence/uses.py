"""What everything a model states says, taken together, to one intended use."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from weigh.checks.licence.reading import Reading, severity
from weigh.checks.licence.records import Records, Term
from weigh.checks.licence.statements import Statement
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.licence import Permission, Use

MILD = frozenset({"permissive", "public-domain", "attribution"})
"""Classes whose conditions are met by handing the notices on."""
MOST_SOURCES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What the statements say to one use.

    Attributes:
        use: the use.
        permission: the strictest of what they say, because nobody has settled which of them holds.
        terms: (reading, term, sources) of every distinct reading, strictest first.
    """

    use: Use
    permission: Permission
    terms: tuple[tuple[Reading, Term, tuple[str, ...]], ...]

    @property
    def disputed(self) -> bool:
        """Whether another statement says something milder."""
        return len({term.permission for _, term, _ in self.terms}) > 1


def answer(use: Use, statements: Iterable[Statement], records: Records) -> Answer:
    """The strictest term of all statements; nothing stated is unknown."""
    sources: dict[Reading, list[str]] = {}
    for statement in statements:
        sources.setdefault(statement.reading, []).append(statement.source)
    terms = [(reading, reading.term(records, use), tuple(places)) for reading, places in sources.items()]
    terms.sort(key=lambda entry: (-severity(entry[1]), entry[0].spdx))
    permission = terms[0][1].permission if terms else Permission.UNKNOWN
    return Answer(use, permission, tuple(terms))


def use_findings(answers: Sequence[Answer], records: Records) -> Iterator[Finding]:
    """A finding for each use that is not simply allowed."""
    for one in answers:
        if one.permission is Permission.FORBIDDEN:
            yield _forbidden(one)
        elif one.permission is Permission.UNKNOWN:
            yield _unknown(one)
        elif one.permission is Permission.CONDITIONAL:
            yield _conditional(one, records)


def _forbidden(one: Answer) -> Finding:
    return Finding(
        "WGH-C013",
        Severity.HIGH if one.disputed else Severity.CRITICAL,
        Confidence.MEDIUM if one.disputed else Confidence.HIGH,
        one.use.value,
        f"the use {one.use.value} is forbidden: {_said(one, Permission.FORBIDDEN)}",
        "whoever uses it against its terms has no licence at all and can be sued for the use",
        "choose another model, or get a permission in writing from whoever holds the rights",
    )


def _unknown(one: Answer) -> Finding:
    said = _said(one, Permission.UNKNOWN) or "nothing is stated"
    return Finding(
        "WGH-C014",
        Severity.MEDIUM,
        Confidence.HIGH,
        one.use.value,
        f"whether the use {one.use.value} is allowed cannot be told: {said}",
        "silence is no permission",
        "read the terms for this use, or ask whoever holds the rights",
    )


def _conditional(one: Answer, records: Records) -> Finding:
    bound = [r for r, term, _ in one.terms if term.permission is Permission.CONDITIONAL]
    kinds = {records.kind(id_) for reading in bound for id_ in reading.licences(records)}
    return Finding(
        "WGH-C015",
        Severity.LOW if kinds <= MILD else Severity.MEDIUM,
        Confidence.HIGH,
        one.use.value,
        f"the use {one.use.value} has conditions: {_said(one, Permission.CONDITIONAL)}",
        "the permission ends where its conditions are not kept",
        "read the clauses named and keep to them; write down how",
    )


def _said(one: Answer, permission: Permission) -> str:
    """`CC-BY-NC-4.0, section 1: commercial purposes are excluded (README.md front matter)`."""
    shown: list[str] = []
    for reading, term, sources in one.terms:
        if term.permission is permission:
            named = reading.spdx or "what is stated cannot be read"
            clause = f", {term.clause}" if term.clause else ""
            more = f" and {len(sources) - MOST_SOURCES} more" if len(sources) > MOST_SOURCES else ""
            shown.append(f"{named}{clause}: {term.what} ({', '.join(sources[:MOST_SOURCES])}{more})")
    rest = f" · and {len(shown) - MOST_SOURCES} more" if len(shown) > MOST_SOURCES else ""
    return " · ".join(shown[:MOST_SOURCES]) + rest
