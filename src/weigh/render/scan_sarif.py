"""A scan as SARIF 2.1.0: every finding a result; a file that could not be read is one too."""

from collections.abc import Iterator
from typing import Any

from weigh.core.finding import Finding
from weigh.core.gate import Word
from weigh.core.scan import Scan, ScannedFile, Suppressed
from weigh.render.sarif_results import GRAVITY, LEVELS, MOST_RESULTS, Result, document, placed, plain, text_of

PAGE = "docs/reference/checks.md#rules"
UNREAD = "scan/error"


def to_sarif(scan: Scan, *, strict: bool) -> bytes:
    """The scan as a log of one run, the same bytes for the same files and rules."""
    results = sorted(_results(scan), key=lambda pair: GRAVITY[pair[0].level])
    shown = results[:MOST_RESULTS]
    rules = _rules(scan, [result for result, _ in shown])
    done = placed([result for result, _ in shown], [rule["id"] for rule in rules], ".")
    for (_, aside), entry in zip(shown, done, strict=True):
        if aside is not None:
            text = f"{aside.because} (until {aside.until.isoformat()})"
            entry["suppressions"] = [{"kind": "external", "justification": plain(text)}]
    broken = [file for file in scan.files if file.word is Word.ERROR]
    notes = [("error", f"{file.path}: {file.error or file.reason}") for file in broken[:1000]]
    if len(results) > len(shown):
        notes.insert(
            0, ("warning", f"{len(results) - len(shown)} results are left out; --json has all of them")
        )
    return document(
        {
            "tool": {
                "driver": {
                    "name": "weigh",
                    "version": plain(scan.tool),
                    "rules": rules,
                    "properties": {"rulesDigest": scan.rules},
                }
            },
            "originalUriBaseIds": {"MODEL": {"description": {"text": "The folder that was scanned."}}},
            "invocations": [
                {
                    "executionSuccessful": not broken,
                    "exitCode": int(scan.exit_code(strict=strict)),
                    "toolExecutionNotifications": [
                        {"level": level, "message": {"text": text_of(text)}} for level, text in notes
                    ],
                }
            ],
            "columnKind": "unicodeCodePoints",
            "results": done,
            "properties": {"summary": {word.value: scan.count(word) for word in Word}},
        }
    )


def _results(scan: Scan) -> Iterator[tuple[Result, Suppressed | None]]:
    for file in scan.files:
        for finding in file.findings:
            yield _result(file, finding), None
        for aside in file.suppressed:
            yield _result(file, aside.finding), aside
        if file.word is Word.ERROR:
            said = file.error or file.reason or "it breaks its own format"
            yield (
                Result(UNREAD, "error", said, file.path, "security", (("sha256", file.sha256),), file.path),
                None,
            )


def _result(file: ScannedFile, finding: Finding) -> Result:
    more = (
        ("severity", finding.severity.value),
        ("confidence", finding.confidence.value),
        ("sha256", file.sha256),
        ("word", file.word.value),
    )
    message = f"{finding.message.rstrip('.')}. {finding.action}".strip()
    return Result(finding.rule, LEVELS[finding.severity], message, finding.where, "security", more, file.path)


def _rules(scan: Scan, shown: list[Result]) -> list[dict[str, Any]]:
    known: dict[str, Finding] = {}
    for file in scan.files:
        for finding in (*file.findings, *(aside.finding for aside in file.suppressed)):
            known.setdefault(finding.rule, finding)
    levels: dict[str, str] = {}
    for result in shown:
        levels[result.rule] = min(levels.get(result.rule, "note"), result.level, key=GRAVITY.__getitem__)
    return [_rule(name, level, known.get(name)) for name, level in sorted(levels.items())]


def _rule(name: str, level: str, finding: Finding | None) -> dict[str, Any]:
    why = finding.why if finding is not None else "A file that could not be read cannot be called clean"
    action = finding.action if finding is not None else ""
    rule: dict[str, Any] = {
        "id": name,
        "shortDescription": {"text": text_of(why)},
        "help": {"text": text_of(f"{why}. {action}".strip() + f" See {PAGE}.")},
        "defaultConfiguration": {"level": level},
    }
    if finding is not None and finding.references:
        rule["properties"] = {"tags": sorted(finding.references)}
    return rule
