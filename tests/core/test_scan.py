from datetime import date

import pytest

from weigh.core.errors import ExitCode
from weigh.core.facts import Coverage
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.gate import Word
from weigh.core.scan import Scan, ScannedFile, Suppression, suppress

DIGEST = "a" * 64


def finding(severity, confidence=Confidence.HIGH):
    return Finding("WGH-C001", severity, confidence, "m.pt", "seen", "why", "do")


def file(*findings, coverage=Coverage.COMPLETE, error=""):
    return ScannedFile("m.pt", 10, DIGEST, "pickle", coverage, findings=findings, error=error)


WORDS = [
    (file(), Word.CLEAN),
    (file(finding(Severity.LOW)), Word.CLEAN),
    (file(finding(Severity.MEDIUM)), Word.REVIEW),
    (file(finding(Severity.CRITICAL, Confidence.MEDIUM)), Word.REVIEW),
    (file(coverage=Coverage.PARTIAL), Word.REVIEW),
    (file(coverage=Coverage.UNREAD), Word.REVIEW),
    (file(coverage=Coverage.MALFORMED), Word.ERROR),
    (file(finding(Severity.CRITICAL), coverage=Coverage.MALFORMED), Word.MALICIOUS),
    (file(finding(Severity.CRITICAL)), Word.MALICIOUS),
    (file(error="its reader failed"), Word.ERROR),
]


@pytest.mark.parametrize(("seen", "word"), WORDS)
def test_a_word_follows_from_findings_and_coverage(seen, word):
    assert seen.word is word


CODES = [
    ([], ExitCode.FINE, ExitCode.FINE),
    ([file()], ExitCode.FINE, ExitCode.FINE),
    ([file(finding(Severity.HIGH))], ExitCode.FINE, ExitCode.NO),
    ([file(coverage=Coverage.PARTIAL)], ExitCode.UNKNOWN, ExitCode.NO),
    ([file(error="x")], ExitCode.UNKNOWN, ExitCode.UNKNOWN),
    ([file(finding(Severity.CRITICAL)), file(error="x")], ExitCode.NO, ExitCode.NO),
]


@pytest.mark.parametrize(("files", "plain", "strict"), CODES)
def test_one_wins_over_three_and_a_partial_read_is_never_fine(files, plain, strict):
    scan = Scan("1", "", tuple(files))
    assert (scan.exit_code(strict=False), scan.exit_code(strict=True)) == (plain, strict)


LAST = date(2027, 1, 31)
ACCEPTED = Suppression(DIGEST, "WGH-C001", "read by A", LAST)


@pytest.mark.parametrize(
    ("accepted", "today", "held"),
    [
        (ACCEPTED, LAST, True),
        (ACCEPTED, date(2027, 2, 1), False),
        (Suppression("b" * 64, "WGH-C001", "x", LAST), LAST, False),
        (Suppression(DIGEST, "WGH-C002", "x", LAST), LAST, False),
    ],
)
def test_a_suppression_holds_for_one_content_one_rule_and_its_time(accepted, today, held):
    seen = file(finding(Severity.CRITICAL))
    found = suppress(seen, [accepted], today)
    assert found.word is (Word.CLEAN if held else Word.MALICIOUS)
    assert len(found.findings) + len(found.suppressed) == 1


def test_a_suppression_never_makes_a_file_that_was_not_read_clean():
    seen = file(finding(Severity.CRITICAL), coverage=Coverage.PARTIAL)
    assert suppress(seen, [ACCEPTED], LAST).word is Word.REVIEW
