"""Commit: the working folder, or some files of it, as the next version."""

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from weigh.core.digest import is_sha256
from weigh.core.errors import NotFoundError, UsageError
from weigh.core.ref import RefKind, parse_ref
from weigh.jobs.desk import Desk
from weigh.project.lock import FILE_NAME, read_lock, tree_digest
from weigh.versions.commit import Provenance
from weigh.versions.folder_files import relative_to
from weigh.versions.history import History
from weigh.versions.nearest import Earlier
from weigh.versions.provenance import author_of, code_commit
from weigh.versions.record_version import Recorded, Wanted, record_version
from weigh.versions.working_folder import (
    attach,
    exists,
    history_at,
    history_name_for,
    named_in,
    open_named,
    root_of,
    working_folder_of,
)

_MOST_MESSAGE = 64 * 1024
_METRIC = re.compile(r"[A-Za-z0-9_.@/ -]{1,100}\Z")
_MOST_REPORT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CommitOptions:
    """What `weigh commit` was asked.

    Attributes:
        paths: as typed, relative to where the command runs; none for the files of the version before.
        message: of the version.
        history: name of the history, "" for the folder's own.
        base: refs of what the version was made from, or revisions of the folder's history.
        data: digest of the training data, or a name from models.lock.
        metrics: `name=value`, as typed.
        run: address or id of the training run.
        evidence: a report.json, or a folder with one; "" for none.
    """

    paths: tuple[str, ...] = ()
    message: str = ""
    history: str = ""
    base: tuple[str, ...] = ()
    data: str = ""
    metrics: tuple[str, ...] = ()
    run: str = ""
    evidence: str = ""


def commit(desk: Desk, here: Path, options: CommitOptions) -> tuple[History, Recorded]:
    """Record the next version.

    Args:
        desk: where to work.
        here: the folder the command runs in; the working folder is this one or the nearest above.
        options: what was asked.

    Raises:
        UsageError: an option cannot be read, or there is no message.
        ConflictError: the branch has moved since the folder was checked out.
        RefusedError: nothing changed, or a file cannot be kept.
    """
    if not options.message.strip() or len(options.message) > _MOST_MESSAGE:
        raise UsageError("a version needs a message", hint='weigh commit -m "what changed"')
    folder = working_folder_of(here) or here.resolve()
    paths = [relative_to(folder, path) for path in options.paths] if options.paths else None
    own = _opened(desk, folder, options.history)
    options = replace(options, base=tuple(_as_ref(own, text, here) for text in options.base))
    told = provenance(options, folder)
    bases = tuple(earlier for ref in options.base if (earlier := _earlier(desk, ref)) is not None)
    author = author_of(os.environ, folder)
    wanted = Wanted(options.message.strip(), author, int(desk.clock.now()), told, bases)
    history = _history(desk, folder, options.history)
    return history, record_version(history, wanted, paths, events=desk.events)


def _history(desk: Desk, folder: Path, named: str) -> History:
    """The folder's history, made when it has none. Only a name that was typed joins one that is there."""
    own = named_in(folder)
    if named:
        return attach(desk, folder, named)
    if own:
        if not exists(root_of(desk, own)):
            return attach(desk, folder, own)
        return history_at(desk, own, folder)
    name = history_name_for(folder)
    if exists(root_of(desk, name)):
        raise UsageError(
            f"there is a history called {name} already",
            why="another folder of that name has made it",
            hint="choose a name: weigh commit --history NAME -m …",
        )
    return attach(desk, folder, name)


def provenance(options: CommitOptions, folder: Path) -> Provenance:
    """What the author says of how the version was made.

    Raises:
        UsageError: an option cannot be read.
        NotFoundError: it names data that models.lock does not have, or a report that is not there.
    """
    for text in (options.run, *options.base):
        if not text.isprintable() or len(text) > 2000:
            raise UsageError(f"cannot read {text[:80]!r}", why="it is too long or holds control characters")
    return Provenance(
        base=tuple(str(parse_ref(ref)) for ref in options.base),
        data=_data(options.data, folder),
        code=code_commit(folder),
        run=options.run,
        metrics=tuple(sorted(_metric(text) for text in options.metrics)),
        evidence=_evidence(options.evidence),
    )


def _metric(text: str) -> tuple[str, float]:
    name, equals, value = text.rpartition("=")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not equals or not _METRIC.match(name.strip()) or not math.isfinite(number):
        raise UsageError(f"cannot read the metric {text!r}", hint="--metric accuracy=0.912")
    return name.strip(), number


def _data(text: str, folder: Path) -> str:
    if not text or text.startswith("sha256:") or is_sha256(text):
        if text and not is_sha256(text.removeprefix("sha256:")):
            raise UsageError(f"{text!r} is no sha256", hint="sha256: and 64 hexadecimal digits")
        return f"sha256:{text.removeprefix('sha256:')}" if text else ""
    path = folder / FILE_NAME
    section = text if text.startswith("data.") else f"data.{text}"
    files = read_lock(path).section(section) if path.is_file() else ()
    if not files:
        raise NotFoundError(
            f"{FILE_NAME} has no data called {text!r}",
            why="--data is the digest of the training data or a name that is locked",
            hint=f'declare it as [{section}] in models.toml and run "weigh lock"',
        )
    return tree_digest(files)


def _evidence(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    from weigh.render.report_read import from_json

    path = Path(text) / "report.json" if Path(text).is_dir() else Path(text)
    if not path.is_file():
        raise NotFoundError(f"there is no report {str(path)!r}", hint="weigh adopt writes one")
    if path.stat().st_size > _MOST_REPORT:
        raise UsageError(f"{path} is too large for a report")
    report = from_json(path.read_bytes())
    return tuple(sorted({answer.evidence.digest for answer in report.answers}))


def _opened(desk: Desk, folder: Path, named: str) -> History | None:
    """The history that the folder has already, None before the first version."""
    name = named or named_in(folder)
    return open_named(desk, name) if name and exists(root_of(desk, name)) else None


def _as_ref(own: History | None, text: str, here: Path) -> str:
    """A base as a ref: a branch, tag or id of the folder's own history stands for that very version.

    Raises:
        NotFoundError: it is no ref, and neither a version nor a file.
    """
    if ":" in text or not text:
        return text
    try:
        if own is not None:
            return f"weigh:{own.name}@{own.find(text)}"
    except NotFoundError:
        pass
    if not (here / text).exists():
        raise NotFoundError(
            f"there is no version and no file {text!r} that this could be made from",
            hint="name a branch or tag, a path, or a ref such as hf:org/name@v1",
        )
    return text


def _earlier(desk: Desk, text: str) -> Earlier | None:
    """The files of a base that is a version of one of this user's histories."""
    ref = parse_ref(text)
    if ref.kind is not RefKind.WEIGH:
        return None
    history = open_named(desk, ref.name)
    return Earlier(text, history.tree_of(ref.revision or "HEAD"))


def message_from(lines: Sequence[str]) -> str:
    """Several `-m` make paragraphs, as in git."""
    return "\n\n".join(line.strip() for line in lines if line.strip())
