"""What only the files of a folder together show, added to a scan of each by itself."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from weigh.checks.security.findings import UNREAD, findings_of
from weigh.checks.security.repository import repository_findings
from weigh.checks.security.repository_stale import stale_findings
from weigh.core.facts import FileFacts
from weigh.core.finding import Finding
from weigh.core.gate import whole_coverage
from weigh.core.scan import ScannedFile
from weigh.core.snapshot import Snapshot, SnapshotFile, is_safe_path
from weigh.formats.reader import FileReader
from weigh.store.view import ModelView

MAX_SENT = 16 * 1024**2
"""Bytes of one file's facts that travel between processes; of larger ones only the file itself is judged."""


def packed(facts: FileFacts) -> bytes:
    """Facts as they travel: without what only the file's own judgement needs; empty when too large."""
    import msgspec

    data = json.dumps(msgspec.to_builtins(_light(facts))).encode("ascii")
    return data if len(data) <= MAX_SENT else b""


def unpacked(data: bytes) -> FileFacts:
    """Facts as `packed` wrote them."""
    import msgspec

    return msgspec.convert(json.loads(data), FileFacts)


def _light(facts: FileFacts) -> FileFacts:
    members = tuple(_light(member) for member in facts.members)
    return replace(facts, callables=(), templates=(), operators=(), members=members)


def judged_together(
    files: Sequence[ScannedFile], known: Mapping[str, FileFacts], places: Mapping[str, Path]
) -> tuple[ScannedFile, ...]:
    """The same files, with the findings that only all of them show.

    Args:
        files: of one folder, each judged by itself.
        known: their facts, by path; those that are missing take no part.
        places: where each lies.
    """
    taking_part = [f for f in files if f.path in known and f.sha256 and is_safe_path(f.path)]
    if len(taking_part) < 2:
        return tuple(files)
    snapshot = Snapshot.of(SnapshotFile(f.path, f.size, f.sha256) for f in taking_part)
    view = ModelView(snapshot, lambda file: FileReader(places[file.path]), known=known)
    more: dict[str, list[Finding]] = {}
    for finding in (*repository_findings(view, view.read), *stale_findings(view.all_facts(), view.read)):
        more.setdefault(_bearer(finding.where, snapshot), []).append(finding)
    return tuple(_with(file, known.get(file.path), view, more.get(file.path, ())) for file in files)


def _bearer(where: str, snapshot: Snapshot) -> str:
    """The file a finding is listed under: the one it names, else the first of the nearest folder."""
    paths = [file.path for file in snapshot.files]
    if where in paths:
        return where
    folder = where.rpartition("/")[0]
    return next((path for path in paths if path.startswith(f"{folder}/")), paths[0])


def _with(
    file: ScannedFile, alone: FileFacts | None, view: ModelView, more: Iterable[Finding]
) -> ScannedFile:
    added = tuple(more)
    if alone is None or not file.sha256 or not is_safe_path(file.path):
        return replace(file, findings=(*file.findings, *added))
    seen = view.facts(file.path)
    if seen.format != alone.format:
        # Another file says what these bytes are, so they are no longer unread.
        own = tuple(f for f in file.findings if f.rule != UNREAD)
        return replace(
            file,
            format=seen.format,
            coverage=whole_coverage(seen),
            reason=seen.reason,
            findings=(*own, *added),
        )
    pointing = replace(
        seen, anomalies=seen.anomalies[len(alone.anomalies) :], members=(), coverage=alone.coverage
    )
    later = tuple(f for f in findings_of(pointing) if f.rule != UNREAD)
    return replace(file, findings=(*file.findings, *later, *added))
