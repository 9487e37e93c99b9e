"""The gate's words: clean, review, malicious, error, as a pure function of what was seen."""

from collections.abc import Iterable
from enum import StrEnum

from weigh.core.facts import Coverage, FileFacts
from weigh.core.finding import Confidence, Finding, Severity


class Word(StrEnum):
    """What `scan` says of a file, and the gate acts on."""

    CLEAN = "clean"
    REVIEW = "review"
    MALICIOUS = "malicious"
    ERROR = "error"


_ORDER = (Word.CLEAN, Word.REVIEW, Word.ERROR, Word.MALICIOUS)


_LEAST = (Coverage.COMPLETE, Coverage.PARTIAL, Coverage.UNREAD, Coverage.MALFORMED)


def whole_coverage(facts: FileFacts) -> Coverage:
    """How much of a file and of everything inside it was understood: the least of all parts.

    A part that is not read leaves the whole read in part.
    """
    own = facts.coverage
    below = max((part.coverage for part in facts.walk()), key=_LEAST.index)
    if below is Coverage.UNREAD and own is not Coverage.UNREAD:
        below = Coverage.PARTIAL
    return max(own, below, key=_LEAST.index)


def judge_file(facts: FileFacts, findings: Iterable[Finding]) -> Word:
    """The word for one file with all that lies inside it. What was not read completely is never clean."""
    return word_of(whole_coverage(facts), findings)


def word_of(coverage: Coverage, findings: Iterable[Finding]) -> Word:
    """The word that follows from what was found and from how much was understood.

    `malicious` needs a finding that is both critical and certain; a malformed file is an error.
    """
    severe = [f for f in findings if f.severity.rank >= Severity.MEDIUM.rank]
    if any(f.severity is Severity.CRITICAL and f.confidence is Confidence.HIGH for f in severe):
        return Word.MALICIOUS
    if coverage is Coverage.MALFORMED:
        return Word.ERROR
    return Word.REVIEW if severe or coverage is not Coverage.COMPLETE else Word.CLEAN


def worst_word(words: Iterable[Word]) -> Word:
    """The word for a whole: malicious beats error beats review beats clean."""
    return max(words, key=_ORDER.index, default=Word.CLEAN)
