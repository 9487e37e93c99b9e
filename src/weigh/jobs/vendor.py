"""Vendor: verified copies of the locked models in a folder of one's own, with a lock that says so."""

import json
import re
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.jobs.bundle import fetch, locked_in, sections
from weigh.jobs.lock import lock as lock_job
from weigh.jobs.workbench import Workbench
from weigh.project.bundle import restricted
from weigh.project.export_tree import Copied, write_tree
from weigh.project.lock import FILE_NAME as LOCK_NAME, Lock
from weigh.project.manifest import FILE_NAME

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


@dataclass(frozen=True, slots=True)
class Vendored:
    """The folder, the names of the models in it, and the bytes of their files."""

    folder: Path
    names: tuple[str, ...]
    size: int


def vendor(bench: Workbench, project: Path, target: Path, names: tuple[str, ...]) -> Vendored:
    """Copy locked models into a new folder, one folder a model, with models.toml and models.lock.

    Args:
        bench: where to work.
        project: folder of models.lock.
        target: the new folder.
        names: models by name; all when empty.

    Raises:
        UsageError: a name is not locked or cannot be the name of a folder, or something is at the target.
        IntegrityError: a source gives other bytes than were locked.
    """
    whole = locked_in(project)
    lock = restricted(whole, sections(whole, names))
    chosen = tuple(sorted({key[0] for key in lock.files}))
    _require_folders(chosen)
    fetch(bench, project, lock)
    files = [Copied(f"{_name(f.section)}/{f.path}", f.sha256) for f in lock.files.values()]
    manifest = Copied(FILE_NAME, data=_manifest(lock, chosen).encode("utf-8"))
    size = write_tree(target, sorted([*files, manifest], key=lambda f: f.path), bench.blobs)
    with ExitStack() as undo:
        # Copies without a lock would look like any other folder: it is all of it or nothing.
        undo.callback(shutil.rmtree, target, ignore_errors=True)
        lock_job(bench, target.resolve())
        undo.pop_all()
    return Vendored(target, tuple(_name(section) for section in chosen), size - len(manifest.data or b""))


def _require_folders(chosen: Sequence[str]) -> None:
    """Refuse names that cannot each be a folder of their own beside models.toml and models.lock."""
    taken: dict[str, str] = {FILE_NAME: "the manifest", LOCK_NAME: "the lock"}
    for section in chosen:
        name = _name(section)
        if not _NAME.match(name):
            raise UsageError(f"{section} cannot be the name of a folder", hint="rename it in models.toml")
        # As a file system does that takes capitals and small letters for the same.
        other = taken.setdefault(name.lower(), section)
        if other != section:
            raise UsageError(
                f"{section} cannot have a folder of its own",
                why=f"{other} lies there",
                hint="rename it in models.toml, or vendor one at a time",
            )


def _name(section: str) -> str:
    return section.partition(".")[2]


def _manifest(lock: Lock, chosen: tuple[str, ...]) -> str:
    lines = ["# Made by `weigh vendor`: copies of locked models; models.lock has their digests.", ""]
    for section in chosen:
        name, files = _name(section), lock.section(section)
        kind = section.partition(".")[0]
        lines += [f"[{kind}.{json.dumps(name)}]", "files = ["]
        if len(files) == 1:
            # A folder with one file would put it at the top, whatever its path was.
            path = files[0].path
            lines.append(f"  {{ from = {_text(f'file:{name}/{path}')}, to = {_text(path)} }},")
        else:
            lines.append(f"  {{ from = {_text(f'file:{name}')} }},")
        lines += ["]", ""]
    return "\n".join(lines)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
