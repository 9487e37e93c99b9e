"""What a merge did, as JSON values: for programs, and for the screen."""

from typing import Any

from weigh.versions.history import History
from weigh.versions.merge import Merged

Told = dict[str, Any]


def merge_told(history: History, revision: str, done: Merged) -> Told:
    """A merge, or what has to be decided first."""
    files = done.files
    return {
        "history": history.name, "outcome": done.outcome.value, "revision": revision,
        "commit": done.id, "branch": done.branch, "ours": done.ours, "theirs": done.theirs,
        "bases": list(done.bases), "made-by": done.made_by,
        "title": history.commit(done.id).title if done.id else "",
        "files": [
            {"path": one.path, "how": one.how.value, "tensors": dict(one.counts)} for one in done.decided
        ],
        "conflicts": [
            {"path": one.path, "name": one.name, "why": one.why.value, "detail": one.detail}
            for one in done.conflicts
        ],
        "made": [{"path": path, "size": size} for path, size in done.made],
        "stored": done.stored,
        "ways": {
            name: {"chunks": way.chunks, "raw": way.raw, "stored": way.stored}
            for name, way in sorted(done.kept.ways.items())
        },
        "written": [{"path": p, "size": s} for p, s in files.written] if files is not None else [],
        "removed": list(files.removed) if files is not None else [],
    }  # fmt: skip
