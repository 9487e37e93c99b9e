"""Admission: which locked models may lie where programs load them. Asked at every sync, again by every run.

A model with a malicious file never gets there. Where the project has a `policy.toml`, its lines over the
security check are held against each model, too: what fails, or cannot be told, is not placed, and what was
placed before is taken away. So a model that a new policy forbids no longer loads.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from weigh.checks.security.security import CHECK as SECURITY
from weigh.core.digest import sha256_hex
from weigh.core.gate import Word
from weigh.core.requirement import Policy
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.core.verdict import VerdictKind
from weigh.jobs.adopt.bring import Brought
from weigh.jobs.adopt.examine import Examined, examine, reader_inputs
from weigh.jobs.policy import open_policy
from weigh.jobs.workbench import Workbench
from weigh.policy.judge import judge, policy_digest
from weigh.project.lock import Lock
from weigh.project.resolve import Resolved

POLICY = "policy.toml"


@dataclass(frozen=True, slots=True)
class Denied:
    """A model that may not be placed.

    Attributes:
        section: of the lock.
        why: the rule or line, and what it found (hostile text).
        unknown: the policy could not tell, which is no pass.
        subject: what a waiver would have to name; "" where none helps.
    """

    section: str
    why: str
    unknown: bool = False
    subject: str = ""


def admissions(folder: Path, lock: Lock, sections: Iterable[str]) -> dict[str, str]:
    """What the admission of each section rests on: its files, the policy, our readers. Another asks again.

    Raises:
        UsageError: the policy is too large to be one.
    """
    path = folder / POLICY
    policy = policy_digest(open_policy(str(path))) if path.is_file() else ""
    readers = ",".join(digest for _, digest in reader_inputs())
    return {s: sha256_hex(f"{policy}\n{readers}\n{lock.models[s].tree}".encode()) for s in sections}


def denied(bench: Workbench, folder: Path, lock: Lock, sections: Sequence[str]) -> tuple[Denied, ...]:
    """The models among some sections that may not be placed. Their files are in the store.

    Raises:
        UsageError: the policy cannot be read.
    """
    path = folder / POLICY
    policy = _static(open_policy(str(path))) if path.is_file() else None
    return tuple(no for section in sections for no in _asked(bench, policy, lock, section))


def _static(policy: Policy) -> Policy:
    """The lines that can be answered without data of the user's."""
    return replace(policy, requirements=tuple(r for r in policy.requirements if r.check == SECURITY.id))


def _asked(bench: Workbench, policy: Policy | None, lock: Lock, section: str) -> Iterator[Denied]:
    files = lock.section(section)
    if not section.startswith("models.") or not files:
        return
    snapshot = Snapshot.of(SnapshotFile(f.path, f.size, f.sha256) for f in files)
    name, refs = section.partition(".")[2], lock.models[section].exact
    examined = examine(bench, Brought(name, refs, snapshot, Resolved(snapshot, files, 0, locked=True), None))
    if examined.word is Word.MALICIOUS:
        yield Denied(section, _worst(examined))
    elif policy is not None and policy.requirements:
        today = datetime.fromtimestamp(bench.clock.now(), UTC).date()
        verdict = judge(policy, (examined.security,), None, today=today)
        # A waiver turns no fail into a pass; a person has said, for a while, to go on all the same.
        open_lines = [
            r for r in verdict.reasons if r.required and r.kind is not VerdictKind.PASS and not r.waiver
        ]
        if open_lines:
            worst = min(open_lines, key=lambda r: r.kind is not VerdictKind.FAIL)
            why = f"{POLICY}, line {worst.requirement}: {worst.text}"
            unknown = worst.kind is VerdictKind.UNKNOWN
            # A waiver is for a fail: what was not found out cannot be accepted.
            yield Denied(section, why, unknown, "" if unknown else examined.subject.digest)


def _worst(examined: Examined) -> str:
    paths = sorted(path for path, word in examined.words.items() if word is Word.MALICIOUS)
    found = next((f for f in examined.security.findings if f.where.split(" at byte ")[0] in paths), None)
    return f"{paths[0]} is malicious" + (f": {found.rule} {found.message}" if found is not None else "")
