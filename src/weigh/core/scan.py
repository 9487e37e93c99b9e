"""Scan: what a look at files without running them came to. A pure function of bytes and rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from weigh.core.errors import ExitCode
from weigh.core.facts import Coverage
from weigh.core.finding import Finding
from weigh.core.gate import Word, word_of


@dataclass(frozen=True, slots=True)
class Suppression:
    """A finding somebody looked at and accepts, for one content and for a while.

    Attributes:
        sha256: of the file, 64 hex digits.
        rule: id of the rule.
        because: the reason, in words.
        until: last day it holds.
    """

    sha256: str
    rule: str
    because: str
    until: date

    def covers(self, sha256: str, finding: Finding, today: date) -> bool:
        """Whether it holds for this finding today."""
        return self.sha256 == sha256 and self.rule == finding.rule and today <= self.until


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that counts for nothing, and why. It stays in the record."""

    finding: Finding
    because: str
    until: date


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """One file.

    Attributes:
        path: as it was found below what was named; hostile text.
        size: bytes.
        sha256: 64 hex digits; "" when it could not be read.
        format: what its content is.
        coverage: how much of it, and of all inside it, was understood; `reason` why not all.
        findings: what counts.
        suppressed: what somebody accepted.
        error: why there is no answer, when reading it failed.
        members: things inside it that were read.
    """

    path: str
    size: int
    sha256: str
    format: str
    coverage: Coverage
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    error: str = ""
    members: int = 0

    @property
    def word(self) -> Word:
        """clean, review, malicious or error."""
        return Word.ERROR if self.error else word_of(self.coverage, self.findings)


@dataclass(frozen=True, slots=True)
class Scan:
    """Many files.

    Attributes:
        tool: version of weigh.
        rules: digest of the code and rule data that judged; "" where it was not asked for.
        files: by path.
    """

    tool: str
    rules: str
    files: tuple[ScannedFile, ...]

    def count(self, word: Word) -> int:
        """Files of one word."""
        return sum(file.word is word for file in self.files)

    def exit_code(self, *, strict: bool) -> ExitCode:
        """1 for malicious, or with `strict` for review; 3 for an error or a file not read whole; else 0."""
        words = {file.word for file in self.files}
        if Word.MALICIOUS in words or (strict and Word.REVIEW in words):
            return ExitCode.NO
        whole = all(file.coverage is Coverage.COMPLETE for file in self.files)
        return ExitCode.FINE if whole and Word.ERROR not in words else ExitCode.UNKNOWN


def suppress(file: ScannedFile, accepted: Iterable[Suppression], today: date) -> ScannedFile:
    """The file with the accepted findings set aside, not dropped."""
    kept, aside = [], list(file.suppressed)
    known = tuple(accepted)
    for finding in file.findings:
        own = next((s for s in known if s.covers(file.sha256, finding, today)), None)
        if own is None:
            kept.append(finding)
        else:
            aside.append(Suppressed(finding, own.because, own.until))
    return ScannedFile(
        file.path, file.size, file.sha256, file.format, file.coverage, file.reason,
        tuple(kept), tuple(aside), file.error, file.members,
    )  # fmt: skip
