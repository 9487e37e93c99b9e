"""Requirements: the packages that locked models come in, as pip reads them in its hash-checking mode.

Format: "Requirements File Format" and "Secure installs" of the manual of pip. A model that comes from
anywhere else cannot stand there; it is named in a comment, so that nobody takes the list for the whole.
"""

from collections.abc import Iterator

from weigh.core.ref import RefKind, parse_ref
from weigh.project.lock import Lock, LockedFile


def requirements(lock: Lock) -> str:
    """The text of a requirements file; sorted, so that the same lock gives the same bytes."""
    packages: dict[str, set[str]] = {}
    others: set[str] = set()
    for file in lock.files.values():
        name, digest = _package(file)
        if name:
            packages.setdefault(name, set()).add(digest)
        else:
            others.add(_source(file))
    return "\n".join(_lines(packages, others)) + "\n"


def not_packages(lock: Lock) -> tuple[str, ...]:
    """The sections of which no file comes in a package."""
    inside = {file.section for file in lock.files.values() if _package(file)[0]}
    return tuple(sorted(({key[0] for key in lock.files} | set(lock.models)) - inside))


def _package(file: LockedFile) -> tuple[str, str]:
    """`name==version` and the hash of the package that a file comes in, "" for one from elsewhere."""
    ref = parse_ref(file.ref)
    digest = file.distribution_sha256 or ("" if ref.members else file.sha256)
    if ref.kind is RefKind.PYPI and digest and ref.revision:
        return f"{ref.name.lower()}=={ref.revision}", digest
    return "", ""


def _lines(packages: dict[str, set[str]], others: set[str]) -> Iterator[str]:
    yield "# Made by `weigh export --format requirements` from models.lock; only the locked files are hashed."
    for name, digests in sorted(packages.items()):
        # pip takes any of the files named; a continued line keeps one hash a line.
        yield " \\\n".join([name, *(f"    --hash=sha256:{digest}" for digest in sorted(digests))])
    if others:
        yield "# Not packages, and so not installed by pip; weigh sync brings them:"
        yield from (f"#   {_plain(other)}" for other in sorted(others))


def _source(file: LockedFile) -> str:
    ref = parse_ref(file.ref)
    return f"{file.section}  {str(ref).partition('#')[0]}"


def _plain(text: str) -> str:
    """Text that cannot end its comment."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
