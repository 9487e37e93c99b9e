"""A report that was made before, shown in another form. Nothing is asked again."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from weigh.core.errors import ExitCode, IntegrityError, NotFoundError, UsageError
from weigh.core.picture import Picture
from weigh.core.report import Report
from weigh.core.verdict import VerdictKind, worst

FILE = "report.json"
PAGE = "report.html"


class Format(StrEnum):
    """Closed set of forms a report can be had in."""

    HTML = "html"
    JSON = "json"
    MARKDOWN = "md"
    SARIF = "sarif"
    JUNIT = "junit"


def find_report(target: str) -> Path:
    """Where the report.json lies that `target` (a folder, or the file itself) means.

    Raises:
        NotFoundError: there is none.
    """
    path = Path(target)
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise NotFoundError(
            f"there is no report at {target}",
            why=f"{file} is not a file",
            hint="weigh adopt … makes one; weigh report DIR reads one from another folder",
        )
    return file


def read_report(file: Path) -> Report:
    """The report of a report.json, with the pictures that its checks draw today.

    Raises:
        UsageError: the file cannot be read.
        UntrustedError: it is not what weigh wrote.
    """
    from weigh.render.report_read import MAX_BYTES, from_json

    try:
        with file.open("rb") as stream:
            # One byte more than is allowed is enough to know that it is too large.
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {file.name}", why=error.strerror or type(error).__name__) from error
    report = from_json(data)
    _require_consistent(report, file.name)
    return _with_pictures(report)


def _require_consistent(report: Report, name: str) -> None:
    """Hold the words at the top against what the decision and the policy make of them.

    Raises:
        IntegrityError: somebody changed them.
    """
    from weigh.jobs.adopt import story
    from weigh.policy.judge import NOTHING_REQUIRED

    verdict = report.verdict
    required = [reason for reason in verdict.reasons if reason.required]
    if verdict.kind is not worst(reason.kind for reason in required):
        raise _contradicts(name, "its verdict is not the worst of its required policy lines")
    if any(r.requirement == NOTHING_REQUIRED and r.kind is VerdictKind.PASS for r in verdict.reasons):
        raise _contradicts(name, "a policy that requires nothing cannot pass")
    if report.recommendation is None:
        # Without a decision the policy alone speaks, and no process ends better than its policy.
        if _SEVERITY[report.exit_code] < _SEVERITY[_CODE[verdict.kind]]:
            raise _contradicts(name, "its exit code is better than what its policy lines say")
        return
    decision = report.recommendation.decision
    told = (report.headline, report.exit_code)
    model = report.model is not None
    if told != (story.headline(decision, verdict, model=model), story.exit_code(decision, verdict)):
        raise _contradicts(name, "its headline or exit code is not what its decision and its policy say")


_CODE = {
    VerdictKind.PASS: ExitCode.FINE,
    VerdictKind.UNKNOWN: ExitCode.UNKNOWN,
    VerdictKind.FAIL: ExitCode.NO,
}

_SEVERITY = dict.fromkeys(ExitCode, 2) | {ExitCode.FINE: 0, ExitCode.UNKNOWN: 1}
"""How bad an ending is: 1 and every breakdown beat 3, which beats 0."""


def _contradicts(name: str, why: str) -> IntegrityError:
    return IntegrityError(f"{name} contradicts itself", why=why, hint="make the report again")


def _with_pictures(report: Report) -> Report:
    pictures = _pictures()
    answers = tuple(replace(a, pictures=pictures.get(a.evidence.check, ())) for a in report.answers)
    return replace(report, answers=answers)


def _pictures() -> dict[str, tuple[Picture, ...]]:
    """Check id → how its measures want to be drawn."""
    from weigh.checks.table import QUESTIONS

    return {question.check.id: question.check.pictures for question in QUESTIONS}


def rendered(report: Report, form: Format) -> bytes:
    """The report in one form."""
    match form:
        case Format.HTML:
            from weigh.render.html import page

            return page(report).encode("utf-8")
        case Format.JSON:
            from weigh.render.report_json import to_json

            return to_json(report) + b"\n"
        case Format.MARKDOWN:
            from weigh.render.markdown import to_markdown

            return to_markdown(report)
        case Format.SARIF:
            from weigh.render.sarif import to_sarif

            return to_sarif(report)
        case Format.JUNIT:
            from weigh.render.junit import to_junit

            return to_junit(report)
        case _:
            assert_never(form)
