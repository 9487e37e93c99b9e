"""Approve: write down that callables of one very file are harmless, and judge with that left out.

An approval names the file by its sha256. It covers findings of `WGH-C001` only: what is known to do harm
cannot be approved, and a scan shows everything whether approved or not.
"""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from weigh.checks.security.callables import UNKNOWN_CALLABLE, judge
from weigh.checks.security.findings import findings_of
from weigh.core.errors import NotFoundError, RefusedError, UsageError
from weigh.core.facts import CallableUse, FileFacts
from weigh.core.finding import Finding
from weigh.core.gate import Word, judge_file
from weigh.formats.reader import FileReader
from weigh.formats.table import read_file
from weigh.jobs.names import is_text
from weigh.project.manifest import FILE_NAME, Approval, find_manifest, read_manifest
from weigh.system.atomic import storing, write_bytes
from weigh.system.hashing import sha256_file

MAX_REASON = 4000
MAX_PERSON = 200
NEW = ".__new__"


@dataclass(frozen=True, slots=True)
class Approved:
    """What approving did.

    Attributes:
        approval: as models.toml holds it now.
        path: the models.toml.
        changed: it was written; False when all of it stood there already.
        left: names of the file that are still not approved.
    """

    approval: Approval
    path: Path
    changed: bool
    left: tuple[str, ...]


def approve(
    file: Path, names: Iterable[str], *, because: str, by: str = "", project: Path | None, today: date
) -> Approved:
    """Write an approval into models.toml, after looking that the file holds what is approved.

    Args:
        file: the file itself.
        names: `module.name` of what is approved.
        because: the reason.
        by: who says so.
        project: folder of models.toml; None for the nearest one from the working folder upwards.
        today: the date of the approval.

    Raises:
        UsageError: no name or reason, or a name the file does not hold.
        NotFoundError: there is no such file, or no models.toml.
        RefusedError: a name that is known to do harm.
    """
    wanted = tuple(dict.fromkeys(name.strip().removesuffix(NEW) for name in names))
    if not wanted or not all(wanted):
        raise UsageError("an approval needs the names of callables", hint="weigh scan FILE shows them")
    because, by = _checked("--because", because, MAX_REASON, fewest=1), _checked("--by", by, MAX_PERSON)
    path = _manifest(project)
    with storing(file):
        digest = sha256_file(file)[0]
    unknown = _check_names(file, wanted)
    approval = Approval(digest, wanted, because, today, by)
    before = approved_names(read_manifest(path).approvals, digest)
    changed = not before.issuperset(wanted)
    if changed:
        _write(path, approval)
    return Approved(approval, path, changed, tuple(sorted(unknown - before - set(wanted))))


def approved_names(approvals: Iterable[Approval], sha256: str) -> frozenset[str]:
    """The callables that are approved for the file of that sha256."""
    return frozenset(name for said in approvals if said.sha256 == sha256 for name in said.names)


def approved_findings(
    facts: FileFacts, sha256: str, approvals: Iterable[Approval]
) -> tuple[tuple[Finding, ...], Word]:
    """The findings of a file that its approvals leave, and the word that follows.

    Args:
        facts: of the whole file, as `read_file` gives them; what lies inside is covered with it.
        sha256: of the file's bytes, 64 hexadecimal digits, just computed from them.
        approvals: of the project.
    """
    names = approved_names(approvals, sha256)
    left = _without(facts, names) if names else facts
    findings = tuple(findings_of(left))
    return findings, judge_file(left, findings)


def _without(facts: FileFacts, names: frozenset[str]) -> FileFacts:
    kept = tuple(use for use in facts.callables if not (_name(use) in names and _is_unknown(use)))
    return replace(facts, callables=kept, members=tuple(_without(m, names) for m in facts.members))


def _is_unknown(use: CallableUse) -> bool:
    judged = judge(use)
    return judged is not None and judged.rule == UNKNOWN_CALLABLE


def _name(use: CallableUse) -> str:
    return f"{use.module}.{use.name}".removesuffix(NEW)


def _check_names(file: Path, names: tuple[str, ...]) -> set[str]:
    """The callables of the file that can be approved.

    Raises:
        UsageError: it does not hold one of `names`.
        RefusedError: one of them is no unknown callable.
    """
    with FileReader(file) as reader:
        facts = read_file(reader, file.name)
    rules: dict[str, set[str]] = {}
    for part in facts.walk():
        for use in part.callables:
            if (judged := judge(use)) is not None:
                rules.setdefault(_name(use), set()).add(judged.rule)
    unknown = {name for name, found in rules.items() if found == {UNKNOWN_CALLABLE}}
    for name in names:
        if name in unknown:
            continue
        if name in rules:
            other = min(rules[name] - {UNKNOWN_CALLABLE})
            raise RefusedError(
                f"{name} cannot be approved",
                why=f"rule {other}: not unknown, but known to do harm or misused",
            )
        raise UsageError(
            f"loading {file.name} would not touch an unknown {name}",
            hint=f"what can be approved: {', '.join(sorted(unknown)[:8]) or 'nothing'}",
        )
    return unknown


def _manifest(project: Path | None) -> Path:
    path = find_manifest(Path.cwd()) if project is None else project / FILE_NAME
    if path is None or not path.is_file():
        raise NotFoundError(
            f"there is no {FILE_NAME} to write the approval into",
            hint=f"make an empty {FILE_NAME} at the top of your project, or name its folder: --project",
        )
    return path


def _write(path: Path, approval: Approval) -> None:
    """Put the approval at the end; the rest of the file stays as it is, comments included."""
    with storing(path):
        before = path.read_text(encoding="utf-8")
    text = f"{before.rstrip()}\n\n{_block(approval)}" if before.strip() else _block(approval)
    tomllib.loads(text)
    write_bytes(path, text.encode("utf-8"))


def _block(approval: Approval) -> str:
    names = ", ".join(map(_quoted, approval.names))
    by = f"by = {_quoted(approval.by)}\n" if approval.by else ""
    return (
        f"[[approve]]\nsha256 = {_quoted(approval.sha256)}\nnames = [{names}]\n"
        f"because = {_quoted(approval.because)}\n{by}date = {approval.date.isoformat()}\n"
    )


def _quoted(text: str) -> str:
    """A basic string of TOML: that of JSON, all but ASCII left as it is, DEL escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _checked(option: str, text: str, most: int, *, fewest: int = 0) -> str:
    stripped = text.strip()
    if not is_text(stripped) or not fewest <= len(stripped) <= most:
        raise UsageError(f"{option} takes {fewest} to {most:,} characters of text")
    return stripped
