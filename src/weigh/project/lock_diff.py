"""Two locks held against each other: which models, files and statements are other ones.

What is inside the files is compared as far as their bytes are in the store (`content_diff`).
"""

from collections.abc import Callable, Iterator

from weigh.core.change import ChangeKind, FileChange, LockChange, ModelChange, Turned
from weigh.project.lock import Lock, LockedFile, LockedModel, LockedUnresolved

Inside = Callable[[ModelChange, frozenset[str]], ModelChange]
"""Adds to a change what differs inside its files; the set names files known to be code."""


def compare_locks(old: Lock, new: Lock, names: tuple[str, str], inside: Inside) -> LockChange:
    """What is other in `new` than in `old`.

    Args:
        old: the first lock.
        new: the second lock.
        names: what the two are called.
        inside: compares the files' content.
    """
    sections = sorted({key[0] for key in (*old.files, *new.files)} | {*old.models, *new.models})
    changes = [change for name in sections if (change := _compare_section(name, old, new)) is not None]
    coded = {name: _code(old, name) | _code(new, name) for name in sections}
    return LockChange(
        *names,
        tuple(inside(change, coded[change.section]) for change in changes),
        len(sections) - len(changes),
        tuple(_calls(old.unresolved, new.unresolved)),
    )


def _compare_section(name: str, old: Lock, new: Lock) -> ModelChange | None:
    before, after = old.section(name), new.section(name)
    files = tuple(_file_changes(before, after))
    statements = tuple(_statements(old.models.get(name), new.models.get(name)))
    if not _stands(old, name):
        return ModelChange(name, ChangeKind.ADDED, files, statements=statements)
    if not _stands(new, name):
        return ModelChange(name, ChangeKind.REMOVED, files, statements=statements)
    if not files and not statements and not _moved(before, after):
        return None
    origins = tuple(Turned(f"origin of {path}", was, now) for path, was, now in _moved(before, after))
    # A commit that moved is told once; the same of every file would hide the rest.
    told = statements or origins
    return ModelChange(name, ChangeKind.CHANGED, files, statements=told)


def _stands(lock: Lock, name: str) -> bool:
    return name in lock.models or any(key[0] == name for key in lock.files)


def _code(lock: Lock, name: str) -> frozenset[str]:
    model = lock.models.get(name)
    return frozenset(model.code) if model is not None else frozenset()


def _file_changes(old: tuple[LockedFile, ...], new: tuple[LockedFile, ...]) -> Iterator[FileChange]:
    before, after = {f.path: f for f in old}, {f.path: f for f in new}
    for path in sorted({*before, *after}):
        was, now = before.get(path), after.get(path)
        if was is None and now is not None:
            yield FileChange(path, ChangeKind.ADDED, new_size=now.size, new_sha256=now.sha256)
        elif now is None and was is not None:
            yield FileChange(path, ChangeKind.REMOVED, was.size, old_sha256=was.sha256)
        elif was is not None and now is not None and (was.sha256, was.size) != (now.sha256, now.size):
            yield FileChange(path, ChangeKind.CHANGED, was.size, now.size, was.sha256, now.sha256)


def _moved(old: tuple[LockedFile, ...], new: tuple[LockedFile, ...]) -> list[tuple[str, str, str]]:
    """Files of both that come from elsewhere now: path, and where from then and now."""
    before = {f.path: f for f in old}
    return [
        (now.path, _origin(before[now.path]), _origin(now))
        for now in new
        if now.path in before and _origin(before[now.path]) != _origin(now)
    ]


def _origin(file: LockedFile) -> str:
    inside = f" in {file.distribution} {file.distribution_sha256}" if file.distribution else ""
    return f"{file.ref}{inside}"


_FIELDS = (
    ("asked for", lambda model: model.requested),
    ("found to be", lambda model: model.exact),
    ("choice of files", lambda model: (model.declared[:12],)),
    ("owner", lambda model: model.owner),
    ("licence", lambda model: (model.licence,)),
    ("licence texts", lambda model: tuple(f"{path} {sha256[:12]}" for path, sha256 in model.licence_files)),
    ("files with code", lambda model: model.code),
    ("made of", lambda model: tuple(f"{edge.relation} {edge.ref}" for edge in model.base)),
    ("expected signer", lambda model: (model.signer,)),
    ("put into", lambda model: tuple(f"{place.family} {place.key}" for place in model.materialise)),
)  # type: tuple[tuple[str, Callable[[LockedModel], tuple[str, ...]]], ...]


def _statements(old: LockedModel | None, new: LockedModel | None) -> Iterator[Turned]:
    for what, field in _FIELDS:
        was = field(old) if old is not None else ()
        now = field(new) if new is not None else ()
        # Of a model that came or went, what it does not state is no change.
        if was != now and ((old is not None and new is not None) or _joined(was) or _joined(now)):
            yield Turned(what, _joined(was), _joined(now))


def _joined(values: tuple[str, ...]) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value))


def _calls(old: tuple[LockedUnresolved, ...], new: tuple[LockedUnresolved, ...]) -> Iterator[Turned]:
    before = {(call.path, call.loader, call.expression): call.count for call in old}
    after = {(call.path, call.loader, call.expression): call.count for call in new}
    for key in sorted({*before, *after}):
        if before.get(key, 0) != after.get(key, 0):
            path, loader, expression = key
            was, now = (
                f"{n} of {loader}({expression})" if n else "" for n in (before.get(key, 0), after.get(key, 0))
            )
            yield Turned(f"unresolved call in {path}", was, now)
