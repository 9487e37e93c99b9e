"""A scan as text for a person: what is not clean first, what it means, and what to do."""

from collections.abc import Iterator

from weigh.core.finding import Finding
from weigh.core.gate import Word
from weigh.core.scan import Scan, ScannedFile
from weigh.render.escape import clip, visible
from weigh.render.layout import wrap

MOST_FILES = 25
"""Files that are shown; --json has all."""
MOST_FINDINGS = 4
"""Findings of one file that are shown, the gravest first."""

_ORDER = (Word.MALICIOUS, Word.ERROR, Word.REVIEW, Word.CLEAN)
_COLOURS = {Word.MALICIOUS: "1;31", Word.ERROR: "31", Word.REVIEW: "33", Word.CLEAN: "32"}
_LABEL = 11


def scan_screen(scan: Scan, *, width: int, colour: bool, strict: bool = False) -> str:
    """The scan as lines of at most `width` cells, ending with a newline.

    Args:
        scan: what was found.
        width: cells in a line.
        colour: whether the terminal takes colours.
        strict: whether review counts as no.
    """
    ordered = sorted(scan.files, key=lambda file: (_ORDER.index(file.word), file.path))
    told = [file for file in ordered if file.word is not Word.CLEAN or file.suppressed]
    shown = told[:MOST_FILES] if told else ordered if len(ordered) == 1 else []
    lines = [line for file in shown for line in _file(file, width, colour=colour)]
    if len(told) > len(shown):
        lines.append(f"{len(told) - len(shown):,} more files are not clean: --json lists all")
    lines += _summary(scan, strict=strict)
    return "\n".join(lines) + "\n"


def _file(file: ScannedFile, width: int, *, colour: bool) -> Iterator[str]:
    word = f"{file.word.value:<{_LABEL}}"
    painted = f"\x1b[{_COLOURS[file.word]}m{word}\x1b[0m" if colour else word
    yield painted + clip(file.path, max(20, width - _LABEL))
    pad = " " * _LABEL
    if file.error:
        yield from (pad + line for line in wrap(visible(file.error), width - _LABEL, lines=2))
        return
    ordered = sorted(file.findings, key=lambda f: -f.severity.rank)
    for finding in ordered[:MOST_FINDINGS]:
        yield from (pad + line for line in _finding(file, finding, width - _LABEL))
    if len(ordered) > MOST_FINDINGS:
        yield f"{pad}and {len(ordered) - MOST_FINDINGS} more findings"
    if file.word is Word.CLEAN and not file.suppressed:
        yield f"{pad}{visible(file.format)}, {file.size:,} bytes, read completely; nothing was executed"
    for one in file.suppressed:
        text = f"{one.finding.rule} is accepted until {one.until.isoformat()}: {one.because}"
        yield from (pad + line for line in wrap(visible(text), width - _LABEL, lines=2))


def _finding(file: ScannedFile, finding: Finding, width: int) -> Iterator[str]:
    where = finding.where.removeprefix(file.path).removeprefix(" at ").removeprefix("!/")
    place = f" ({where})" if where else ""
    yield from wrap(f"{finding.rule} {visible(finding.message)}{visible(place)}", width, lines=3)


def _summary(scan: Scan, *, strict: bool) -> Iterator[str]:
    counts = [f"{scan.count(word):,} {word.value}" for word in reversed(_ORDER) if scan.count(word)]
    total = len(scan.files)
    size = sum(file.size for file in scan.files)
    yield f"{'scanned':<{_LABEL}}{total:,} file{'' if total == 1 else 's'}, {size:,} bytes: " + " · ".join(
        counts
    )
    rules = sorted({f.rule for file in scan.files for f in file.findings if f.severity.rank >= 2})
    if rules:
        yield f"{'next':<{_LABEL}}weigh explain {rules[0]}"
    code = int(scan.exit_code(strict=strict))
    yield f"{'exit':<{_LABEL}}{code} ({_EXIT[code]})"


_EXIT = {0: "nothing malicious", 1: "do not load what is listed", 3: "not everything could be read"}
