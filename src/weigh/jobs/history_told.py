"""What the verbs of version control found, as JSON values: for programs, and for the screens."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weigh.jobs.branch import Named
    from weigh.jobs.log import Line
    from weigh.jobs.show import ShownFile, ShownVersion
    from weigh.jobs.status import Status
    from weigh.versions.checkout import CheckedOutNow
    from weigh.versions.commit import Provenance
    from weigh.versions.history import History
    from weigh.versions.importing import Imported
    from weigh.versions.kept import Kept
    from weigh.versions.record_version import Recorded
    from weigh.versions.tree import TreeFile

Told = dict[str, Any]


def commit_told(history: "History", done: "Recorded") -> Told:
    """A recorded version."""
    return {
        "history": history.name, "commit": done.id, "branch": done.branch,
        "title": history.commit(done.id).title,
        "changed": [{"path": path, "size": size} for path, size in done.changed],
        "removed": list(done.removed), "stored": done.stored, "ways": _ways(done.kept),
        "against": [{"what": what, "bytes": size} for what, size in done.against],
    }  # fmt: skip


def _ways(kept: "Kept") -> Told:
    return {
        name: {"chunks": way.chunks, "raw": way.raw, "stored": way.stored}
        for name, way in sorted(kept.ways.items())
    }


def line_told(line: "Line") -> Told:
    """One line of the log."""
    commit = line.logged.commit
    return {
        "commit": line.logged.id, "parents": list(commit.parents), "tree": commit.tree,
        "names": list(line.names), "author": commit.author, "time": commit.time, "date": _date(commit.time),
        "title": commit.title, "message": commit.message, "provenance": _provenance(commit.provenance),
    }  # fmt: skip


def _date(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return f"{seconds} s"


def _provenance(told: "Provenance") -> Told:
    values: Told = {
        "base": list(told.base), "data": told.data, "code": told.code, "run": told.run,
        "metrics": dict(told.metrics), "evidence": list(told.evidence), "made_by": told.made_by,
    }  # fmt: skip
    return {name: value for name, value in values.items() if value}


def version_told(shown: "ShownVersion") -> Told:
    """A version with what changed in it."""
    return line_told(shown.line) | {
        "history": shown.history,
        "files": [_file(file) for file in shown.files],
        "added": [_file(file) for file in shown.added],
        "changed": [{"before": _file(old), "now": _file(new)} for old, new in shown.changed],
        "removed": [_file(file) for file in shown.removed],
    }


def _file(file: "TreeFile") -> Told:
    return {
        "path": file.path, "size": file.size, "sha256": file.sha256, "blake3": file.id,
        "executable": file.executable,
    }  # fmt: skip


def file_told(shown: "ShownFile") -> Told:
    """A file of a version with its tensors."""
    spans = [(piece.span, piece.id) for piece in shown.manifest.pieces if piece.span.dtype]
    tensors = [
        {
            "name": span.name, "dtype": span.dtype, "shape": list(span.shape), "bytes": span.end - span.begin,
            "encoding": span.encoding, "blake3": name.hex(),
        }
        for span, name in spans
    ]  # fmt: skip
    return _file(shown.file) | {
        "commit": shown.commit, "tensors": tensors, "stored": shown.kept.stored, "ways": _ways(shown.kept),
        "text": shown.text,
    }  # fmt: skip


def status_told(found: "Status") -> Told:
    """Where a working folder stands."""
    return {
        "history": found.history, "branch": found.branch, "commit": found.commit, "at": found.at,
        "under-way": found.under_way, "known": found.known, "files": found.files,
        "left-at-remote": found.left,
        "differing": [
            {"path": one.path, "what": one.what.value, "size": one.size} for one in found.differing
        ],
    }  # fmt: skip


def checkout_told(history: "History", done: "CheckedOutNow") -> Told:
    """What a checkout did."""
    return {
        "history": history.name, "commit": done.id, "title": history.commit(done.id).title,
        "branch": done.branch, "written": [{"path": p, "size": s} for p, s in done.written],
        "removed": list(done.removed), "kept": list(done.kept), "linked": done.linked,
    }  # fmt: skip


def named_told(named: "Named") -> Told:
    """A branch or tag."""
    return {"name": named.name, "commit": named.id, "title": named.title, "current": named.current}


def imported_told(done: "Imported") -> Told:
    """What was taken in."""
    return {
        "history": done.history, "known": done.known, "size": done.size, "stored": done.stored,
        "versions": [{"commit": name, "title": title} for name, title in done.versions],
        "branches": [{"name": name, "commit": at} for name, at in done.branches],
    }  # fmt: skip
