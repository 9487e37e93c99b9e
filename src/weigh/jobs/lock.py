"""Lock: fetch everything the project declares and write down exactly which bytes it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError
from weigh.core.ref import RefKind
from weigh.jobs.names import check_names
from weigh.jobs.workbench import Workbench
from weigh.project.lock import FILE_NAME, Lock, LockedFile, format_lock, read_lock
from weigh.project.manifest import Manifest, read_manifest
from weigh.project.resolve import matches, resolve
from weigh.system.atomic import write_bytes


@dataclass(frozen=True, slots=True)
class Locking:
    """What locking did.

    Attributes:
        path: the lock file.
        sections: `models.NAME` and `data.NAME`, in order, with the number of files of each.
        changed: the file's text is another one than before.
        differences: what is added, gone or other, a line each.
        transferred: bytes that came over the network.
    """

    path: Path
    sections: tuple[tuple[str, int], ...]
    changed: bool
    differences: tuple[str, ...]
    transferred: int


def lock(bench: Workbench, folder: Path, *, check: bool = False) -> Locking:
    """Resolve every declaration afresh and write models.lock beside models.toml.

    What is locked already and still declared stays as it is; the rest is fetched whole and hashed.

    Args:
        bench: where to work.
        folder: folder of models.toml.
        check: write nothing, only say whether the lock would change.

    Raises:
        NotFoundError: there is no models.toml, or something declared does not exist.
    """
    manifest_path = folder / "models.toml"
    if not manifest_path.is_file():
        raise NotFoundError(f"there is no models.toml in {folder}", hint="run this where models.toml lies")
    manifest = read_manifest(manifest_path)
    path = folder / FILE_NAME
    old = read_lock(path)
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines, sections, transferred = _resolve_all(bench, manifest, old)
    text = format_lock(lines)
    if text != before and not check:
        write_bytes(path, text.encode("utf-8"))
    told = tuple(_differences(old, {(line.section, line.path): line for line in lines}))
    return Locking(path, tuple(sections), text != before, told, transferred)


def _differences(old: Lock, new: Mapping[tuple[str, str], LockedFile]) -> Iterator[str]:
    for key in sorted({*old.files, *new}):
        before, after = old.files.get(key), new.get(key)
        name = " ".join(key)
        if before is None:
            yield f"new: {name}"
        elif after is None:
            yield f"gone: {name}"
        elif before.sha256 != after.sha256:
            yield f"other bytes: {name}"
        elif before != after:
            yield f"other origin: {name}"


def _resolve_all(
    bench: Workbench, manifest: Manifest, old: Lock
) -> tuple[list[LockedFile], list[tuple[str, int]], int]:
    lines: list[LockedFile] = []
    sections: list[tuple[str, int]] = []
    transferred = 0
    for declaration in (*manifest.models.values(), *manifest.data.values()):
        # A file on this machine may have changed; only what a registry froze stays without a look.
        local = any(part.ref.kind is RefKind.FILE for part in declaration.parts)
        kept = old if not local and matches(declaration, old.section(declaration.section)) else Lock()
        found = resolve(declaration, kept, bench.source_of, bench.blobs)
        check_names(declaration.section, found.snapshot)
        lines += found.files
        transferred += found.transferred
        sections.append((declaration.section, len(found.files)))
    return lines, sections, transferred
