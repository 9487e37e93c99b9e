"""What a reader notices while it reads: a bounded list of anomalies, and the facts of a broken file."""

from weigh.core.errors import MalformedError
from weigh.core.facts import Anomaly, Coverage, FileFacts

MAX_KEPT = 200
"""Anomalies kept of one file; a hostile file could break a rule a million times."""

MAX_QUOTED = 160
"""Characters of hostile text quoted in a detail."""


class AnomalyList:
    """Collects anomalies up to a bound and counts the rest."""

    __slots__ = ("_dropped", "_kept", "_rules")

    def __init__(self) -> None:
        self._kept: list[Anomaly] = []
        self._rules: set[str] = set()
        self._dropped = 0

    def add(self, rule: str, detail: str, *, offset: int = -1, fatal: bool = False) -> None:
        """Note that a rule is broken. A fatal one, and the first of each rule, is always kept.

        Otherwise a file could hide the worst behind two hundred trifles.
        """
        if len(self._kept) < MAX_KEPT or fatal or rule not in self._rules:
            self._rules.add(rule)
            self._kept.append(Anomaly(rule, detail, offset, fatal))
        else:
            self._dropped += 1

    def add_error(self, error: MalformedError, *, fatal: bool = True) -> None:
        """Note the error that ended the reading."""
        offset = -1 if error.offset is None else error.offset
        detail = f"{error.what}: {error.why}" if error.why else error.what
        self.add(error.rule, detail, offset=offset, fatal=fatal)

    def __len__(self) -> int:
        return len(self._kept)

    def as_tuple(self) -> tuple[Anomaly, ...]:
        """Everything kept; the last entry says how many more there were."""
        if not self._dropped:
            return tuple(self._kept)
        last = self._kept[-1]
        return (*self._kept, Anomaly(last.rule, f"and {self._dropped} more anomalies in this file"))


def quoted(text: str) -> str:
    """Hostile text for a detail: control characters escaped, length bounded."""
    short = text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}… ({len(text)} characters)"
    return ascii(short) if not short.isprintable() else f"'{short}'"


def malformed(path: str, format_name: str, error: MalformedError) -> FileFacts:
    """The facts of a file that could not be read past `error`."""
    found = AnomalyList()
    found.add_error(error)
    return FileFacts(path, format_name, Coverage.MALFORMED, str(error), anomalies=found.as_tuple())
