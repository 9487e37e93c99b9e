"""Which distribution file of a project a ref means. Pure functions of what the indexes list."""

from collections.abc import Iterable
from dataclasses import replace

from packaging.utils import parse_wheel_filename
from packaging.version import InvalidVersion, Version

from weigh.core.errors import IntegrityError, NotFoundError, UsageError
from weigh.core.ref import ArtifactRef
from weigh.sources.index import version_of
from weigh.sources.pages import Distribution
from weigh.sources.source import Locked

_SHOWN = 8
"""File names in one message."""


def choose(ref: ArtifactRef, offered: Iterable[Distribution], locked: Locked | None) -> Distribution:
    """The file that `ref` means: the one it or the lock names, else the universal wheel, else the sdist.

    Raises:
        UsageError: no version is named, or several platform wheels fit; the message lists the choices.
        NotFoundError: the release or the file does not exist.
        IntegrityError: the index states another digest for it than the lock.
    """
    files = tuple(offered)
    wanted = _version(ref, files)
    name = ref.file or (locked.file if locked else "")
    if not name:
        return _agreed(_unnamed(ref, files, wanted), ref, locked)
    stated = version_of(name)
    if stated is not None and stated != wanted:
        raise UsageError(f"cannot use {ref}", why=f"{name} is version {stated}, not {wanted}")
    for file in files:
        if file.filename == name:
            return _agreed(file, ref, locked)
    listed = _listed([f for f in files if version_of(f.filename) == wanted])
    raise NotFoundError(
        f"no index has the file {name}",
        why=f"of {ref.name} {wanted} there are: {listed or 'no files'}",
    )


def _version(ref: ArtifactRef, files: tuple[Distribution, ...]) -> Version:
    if not ref.revision:
        found = [(version_of(f.filename), f.yanked) for f in files]
        versions = [(not yanked, not v.is_prerelease, v) for v, yanked in found if v is not None]
        newest = f"pypi:{ref.name}=={max(versions)[2]}" if versions else ""
        raise UsageError(f"{ref} names no version", why="a model is depended on by version", hint=newest)
    try:
        return Version(ref.revision)
    except InvalidVersion as error:
        raise UsageError(f"cannot read {ref}", why=f"{ref.revision!r} is no package version") from error


def _unnamed(ref: ArtifactRef, files: tuple[Distribution, ...], wanted: Version) -> Distribution:
    release = [f for f in files if version_of(f.filename) == wanted]
    wheels = [f for f in release if f.filename.endswith(".whl")]
    sdists = [f for f in release if not f.filename.endswith(".whl")]
    universal = [f for f in wheels if _is_universal(f.filename)]
    if universal:
        return max(universal, key=lambda f: parse_wheel_filename(f.filename)[2])
    if sdists and not wheels:
        return next((f for f in sdists if f.filename.endswith(".tar.gz")), sdists[0])
    if len(wheels) == 1 and not sdists:
        return wheels[0]
    if not release:
        known = sorted({v for f in files if (v := version_of(f.filename)) is not None})
        raise NotFoundError(
            f"no index has {ref.name} {wanted}",
            why=f"versions there are: {', '.join(str(v) for v in known[-8:]) or 'none'}",
        )
    raise UsageError(
        f"{ref} is not one file",
        why=f"it comes for several platforms: {_listed(release)}",
        hint=f"name one: {replace(ref, file=release[0].filename)}",
    )


def _listed(files: list[Distribution]) -> str:
    shown = ", ".join(f.filename for f in files[:_SHOWN])
    return shown + (f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else "")


def _is_universal(filename: str) -> bool:
    tags = parse_wheel_filename(filename)[3]
    return any(t.platform == "any" and t.abi == "none" and t.interpreter.startswith("py3") for t in tags)


def _agreed(file: Distribution, ref: ArtifactRef, locked: Locked | None) -> Distribution:
    """The file with the digest that the lock promises, if it promises one."""
    promised = "" if locked is None else locked.file_sha256 if ref.members else locked.sha256
    if promised and file.sha256 and promised != file.sha256:
        raise IntegrityError(
            f"{file.filename} is not the file that was locked",
            why=f"{file.index} states sha256 {file.sha256[:12]}…, the lock {promised[:12]}…",
            hint="a release never changes on an honest index: find out who changed it before locking again",
        )
    return replace(file, sha256=promised or file.sha256)
