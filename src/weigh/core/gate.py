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


def judge_file(facts: FileFacts, findings: Iterable[Finding]) -> Word:
    """The word for one file. What was not read completely is never clean.

    `malicious` needs a finding that is both critical and certain; a malformed file is an error.
    """
    severe = [f for f in findings if f.severity.rank >= Severity.MEDIUM.rank]
    if any(f.severity is Severity.CRITICAL and f.confidence is Confidence.HIGH for f in severe):
        return Word.MALICIOUS
    if facts.coverage is Coverage.MALFORMED:
        return Word.ERROR
    if severe or facts.coverage is not Coverage.COMPLETE:
        return Word.REVIEW
    return Word.CLEAN


def worst_word(words: Iterable[Word]) -> Word:
    """The word for a whole: malicious beats error beats review beats clean."""
    return max(words, key=_ORDER.index, default=Word.CLEAN)
