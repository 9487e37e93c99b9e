"""A scan as JUnit XML: one case a file; malicious is a failure, unread an error, review skipped or failed."""

from collections.abc import Iterator

from weigh.core.gate import Word
from weigh.core.scan import Scan, ScannedFile
from weigh.render.escape import page


def to_junit(scan: Scan, *, strict: bool) -> bytes:
    """The scan as one suite, UTF-8; red exactly when the exit code is not 0."""
    marks = [_mark(file, strict=strict) for file in scan.files]
    counts = " ".join(
        f'{name}="{marks.count(mark)}"'
        for name, mark in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="weigh" tests="{len(marks)}">',
        f' <testsuite name="weigh scan" tests="{len(marks)}" {counts}>',
        *(row for file, mark in zip(scan.files, marks, strict=True) for row in _case(file, mark)),
        " </testsuite>",
        "</testsuites>",
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _mark(file: ScannedFile, *, strict: bool) -> str:
    match file.word:
        case Word.MALICIOUS:
            return "failure"
        case Word.ERROR:
            return "error"
        case Word.REVIEW:
            # What was not read whole makes the exit code 3, so it may not look passed or skipped.
            whole = not any(finding.rule == "WGH-U001" for finding in file.findings)
            return "failure" if strict else "skipped" if whole else "error"
        case Word.CLEAN:
            return ""


def _case(file: ScannedFile, mark: str) -> Iterator[str]:
    opened = f'  <testcase classname="weigh scan" name="{page(file.path)}"'
    if not mark:
        yield f"{opened}/>"
        return
    said = file.error or next((f"{f.rule} {f.message}" for f in file.findings), file.reason)
    detail = "\n".join(page(f"{f.rule} {f.where}: {f.message}. {f.action}") for f in file.findings)
    yield f"{opened}>"
    yield f'   <{mark} type="{file.word.value}" message="{page(said)}">{detail}</{mark}>'
    yield "  </testcase>"
