"""Look at files without running anything of them, and say of each whether loading it is safe."""

import hashlib
import json
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from weigh import __version__
from weigh.checks.security.findings import findings_of
from weigh.core.errors import NotFoundError, StorageError, WeighError
from weigh.core.events import EventSink, Progress
from weigh.core.facts import Coverage, FileFacts
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.gate import whole_coverage
from weigh.core.ports import RangeReader
from weigh.core.scan import Scan, ScannedFile, Suppression, suppress
from weigh.formats.reader import FileReader
from weigh.formats.table import read_file
from weigh.system.forked import CrewLimits, Lost, can_fork, each

STEP = "scan"
_CHUNK = 1 << 20
VERSION_CONTROL = frozenset({".git", ".hg", ".svn"})
"""Folders that are left out: the history of a repository, which no loader of models reads."""


@dataclass(frozen=True, slots=True)
class Target:
    """One file to look at.

    Attributes:
        place: where it lies.
        path: what it is called in the answer.
        problem: why it cannot be looked at; "" when it can.
        root: the folder or ref it belongs to; the files of one are judged together too. "" for a file alone.
    """

    place: Path
    path: str
    problem: str = ""
    root: str = ""


def scan_files(
    targets: Iterable[Target],
    events: EventSink,
    *,
    workers: int = 0,
    suppressions: tuple[Suppression, ...] = (),
    today: date | None = None,
    limits: CrewLimits | None = None,
    digest: bool = False,
) -> Scan:
    """Look at every target, each in a process of its own kind.

    A file whose reader dies, hangs or runs out of memory is an `error`; the others are not touched by it.

    Args:
        targets: the files.
        events: who watches.
        workers: processes at once; 0 for as many as this process may use cores.
        suppressions: findings somebody accepted.
        today: the day suppressions are held against; needed with them.
        limits: of one process.
        digest: whether the answer carries the digest of the rules.
    """
    waiting = list(targets)
    done: dict[int, ScannedFile] = {p: _problem(t) for p, t in enumerate(waiting) if t.problem}
    places = [place for place in range(len(waiting)) if place not in done]
    together = _Together(waiting)
    tasks = [_task(waiting[place], together.wanted(waiting[place])) for place in places]
    for count, (task, answer) in enumerate(_answers(tasks, workers or _cores(), limits), 1):
        place = places[task]
        done[place] = together.taken(waiting[place], answer)
        events.emit(Progress(STEP, count, len(tasks), "files"))
    files: Iterable[ScannedFile] = together.judged(done)
    if suppressions:
        assert today is not None
        files = (suppress(file, suppressions, today) for file in files)
    return Scan(
        __version__, rules_digest() if digest else "", tuple(sorted(files, key=lambda file: file.path))
    )


class _Together:
    """Keeps the facts of files that lie in one folder, and judges them together in the end."""

    def __init__(self, waiting: list[Target]) -> None:
        self._waiting = waiting
        self._sizes = Counter(target.root for target in waiting)
        self._facts: dict[str, dict[str, FileFacts]] = {}

    def wanted(self, target: Target) -> bool:
        """Whether other files can say more of this one."""
        return bool(target.root) and self._sizes[target.root] > 1

    def taken(self, target: Target, answer: "bytes | Lost") -> ScannedFile:
        """The file by itself; its facts are kept."""
        if isinstance(answer, Lost):
            return _lost(target, answer.why)
        own, _, facts = answer.partition(b"\n")
        if facts:
            from weigh.jobs.scan_together import unpacked

            self._facts.setdefault(target.root, {})[target.path] = unpacked(facts)
        return decoded(own)

    def judged(self, done: dict[int, ScannedFile]) -> list[ScannedFile]:
        """All files, each with what only its folder shows."""
        found = [file for place, file in done.items() if self._waiting[place].root not in self._facts]
        for root, facts in self._facts.items():
            from weigh.jobs.scan_together import judged_together

            own = [place for place in done if self._waiting[place].root == root]
            lying = {self._waiting[place].path: self._waiting[place].place for place in own}
            found += judged_together([done[place] for place in own], facts, lying)
        return found


def targets_in(path: Path, *, prefix: str = "") -> Iterator[Target]:
    """The files of a path: itself, or everything below a folder, in the order of their names.

    Links to files are followed, as loaders do; a link to a folder that was seen already is not.

    Args:
        path: a file or folder.
        prefix: put before the name of each file in the answer.

    Raises:
        NotFoundError: there is nothing at the path.
    """
    if not path.exists() and not path.is_symlink():
        raise NotFoundError(
            f"there is no file or folder {os.fspath(path)!r}",
            hint="check the path, or name a ref such as hf:…",
        )
    if not path.is_dir():
        yield _target(path, prefix + path.name)
        return
    root = os.fspath(path)
    for target in _below(path, "", set()):
        yield Target(target.place, prefix + target.path, target.problem, root)


def _below(folder: Path, prefix: str, seen: set[tuple[int, int]]) -> Iterator[Target]:
    status = folder.stat()
    if (status.st_dev, status.st_ino) in seen:
        yield Target(folder, prefix.rstrip("/"), "a link leads back to a folder that was looked at")
        return
    seen.add((status.st_dev, status.st_ino))
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError as error:
        yield Target(folder, prefix.rstrip("/"), f"the folder cannot be listed: {error.strerror}")
        return
    for name in names:
        place = folder / name
        if place.is_dir():
            if name not in VERSION_CONTROL:
                yield from _below(place, f"{prefix}{name}/", seen)
        else:
            yield _target(place, prefix + name)


def _target(place: Path, path: str) -> Target:
    try:
        mode = place.stat().st_mode
    except OSError as error:
        return Target(place, path, f"it cannot be opened: {error.strerror}")
    return Target(place, path, "" if stat.S_ISREG(mode) else "it is no regular file")


def look(place: Path, path: str) -> tuple[ScannedFile, FileFacts]:
    """Look at one file on this machine, in this process.

    Raises:
        StorageError: the disk fails.
        NotFoundError: it is gone, or no regular file.
    """
    with FileReader(place) as reader:
        facts = read_file(reader, path)
        seen = ScannedFile(
            path,
            reader.size,
            sha256_of(reader),
            facts.format,
            whole_coverage(facts),
            next((part.reason for part in facts.walk() if part.coverage is not Coverage.COMPLETE), ""),
            tuple(findings_of(facts)),
            members=sum(1 for _ in facts.walk()) - 1,
        )
        return seen, facts


def _task(target: Target, together: bool) -> bytes:  # noqa: FBT001 - two values that make one message
    return json.dumps([os.fspath(target.place), target.path, together]).encode()


def sha256_of(reader: RangeReader) -> str:
    """The digest of all bytes of a reader, read once in chunks."""
    digest = hashlib.sha256()
    at = 0
    while chunk := reader.read(at, _CHUNK):
        digest.update(chunk)
        at += len(chunk)
    return digest.hexdigest()


def rules_digest() -> str:
    """Digest of the code and rule data that judge: scans with the same one agree on the same bytes."""
    from weigh.checks.security.security import CHECK
    from weigh.code.closure import code_digest

    return code_digest(__name__, data_files=CHECK.rule_data)


def _answers(
    tasks: list[bytes], workers: int, limits: CrewLimits | None
) -> Iterator[tuple[int, bytes | Lost]]:
    if can_fork():
        yield from each(tasks, _work, workers=max(1, min(workers, len(tasks))), limits=limits)
        return
    for place, task in enumerate(tasks):
        yield place, _work(task)


def _work(task: bytes) -> bytes:
    place, path, together = json.loads(task)
    try:
        seen, facts = look(Path(place), path)
    except (StorageError, NotFoundError) as error:
        return encoded(_unreadable(path, error))
    if not together:
        return encoded(seen)
    from weigh.jobs.scan_together import packed

    return encoded(seen) + b"\n" + packed(facts)


def _unreadable(path: str, error: WeighError) -> ScannedFile:
    return ScannedFile(path, 0, "", "unknown", Coverage.UNREAD, error=str(error))


def _problem(target: Target) -> ScannedFile:
    return ScannedFile(target.path, 0, "", "unknown", Coverage.UNREAD, error=target.problem)


def _lost(target: Target, why: str) -> ScannedFile:
    """A file whose reader did not live to answer; its digest is found here, where nothing is parsed."""
    with FileReader(target.place) as reader:
        size, sha256 = reader.size, sha256_of(reader)
    return ScannedFile(target.path, size, sha256, "unknown", Coverage.UNREAD, error=why)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def encoded(file: ScannedFile) -> bytes:
    """A scanned file as it travels from its process. Text may hold lone surrogates: JSON escapes them."""
    findings = [
        [
            f.rule,
            f.severity.value,
            f.confidence.value,
            f.where,
            f.message,
            f.why,
            f.action,
            list(f.references),
        ]
        for f in file.findings
    ]
    values = [file.path, file.size, file.sha256, file.format, file.coverage.value, file.reason, findings]
    return json.dumps([*values, file.error, file.members]).encode("ascii")


def decoded(data: bytes) -> ScannedFile:
    """A scanned file as `encoded` wrote it."""
    path, size, sha256, kind, coverage, reason, findings, error, members = json.loads(data)
    return ScannedFile(
        path,
        size,
        sha256,
        kind,
        Coverage(coverage),
        reason,
        tuple(map(_finding, findings)),
        (),
        error,
        members,
    )


def _finding(values: list[Any]) -> Finding:
    rule, severity, confidence, where, message, why, action, references = values
    return Finding(
        rule, Severity(severity), Confidence(confidence), where, message, why, action, tuple(references)
    )
