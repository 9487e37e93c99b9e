"""Papers of a model's packages, and which lock lines they are."""

from collections.abc import Iterable, Iterator

from weigh.core.facts import Coverage
from weigh.core.licence import PAPERS
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.formats.reader import FileReader
from weigh.formats.table import read_file
from weigh.project.lock import LockedFile
from weigh.project.manifest import Declaration, Part
from weigh.sources.papers import paper_path
from weigh.sources.source import Source, StoredFiles

MODELS = "models."
"""Papers travel with models; the files of a data set are all rows."""

INERT = frozenset({"text", "model-card", "package-metadata", "json", "yaml", "xml", "media"})
"""Formats of documents that people read; HTML and rich text count as text, PDF as media."""


def brings_papers(declaration: Declaration, part: Part) -> bool:
    """Whether the files of a part are taken out of a package that has metadata of its own."""
    ref = part.ref
    return declaration.section.startswith(MODELS) and ref.kind is RefKind.PYPI and bool(ref.members)


def is_paper(declaration: Declaration, line: LockedFile) -> bool:
    """Whether a lock line is a paper of one of the declared packages, lying where papers lie."""
    if not line.path.startswith(PAPERS + "/"):
        return False
    ref = parse_ref(line.ref)
    return paper_path(ref) == line.path and any(
        brings_papers(declaration, part) and _same_package(part.ref, ref) for part in declaration.parts
    )


def without_papers(declaration: Declaration, lines: Iterable[LockedFile]) -> tuple[LockedFile, ...]:
    """The lock lines that the declaration itself asks for."""
    return tuple(line for line in lines if not is_paper(declaration, line))


def has_papers(declaration: Declaration, lines: Iterable[LockedFile]) -> bool:
    """Whether every package of the declaration has a paper among these lock lines."""
    refs = [parse_ref(line.ref) for line in lines if is_paper(declaration, line)]
    return all(
        any(_same_package(part.ref, ref) for ref in refs)
        for part in declaration.parts
        if brings_papers(declaration, part)
    )


def fetch_papers(
    declaration: Declaration, part: Part, source: Source, sink: StoredFiles, *, taken: set[str]
) -> Iterator[tuple[LockedFile, int]]:
    """Fetch the papers of a part's package; yields a lock line and the bytes transferred for each.

    A paper that is no document, or not understood whole, is left out: it would make the model one to be
    looked at, and nobody opens it to run the model. The check `licence` tells that it is not there where
    the metadata names it. Paths in `taken` are left out too and new ones added: several parts may come out
    of one package, and a file that was asked for stays what was asked for.
    """
    if not brings_papers(declaration, part):
        return
    for entry in source.papers(part.ref):
        if entry.path in taken:
            continue
        taken.add(entry.path)
        found = source.fetch(entry.ref, sink)
        with FileReader(sink.path(found.sha256)) as reader:
            facts = read_file(reader, entry.path)
        if facts.coverage is Coverage.COMPLETE and facts.format in INERT:
            line = LockedFile(
                declaration.section,
                entry.path,
                str(entry.ref),
                found.size,
                found.sha256,
                found.file,
                found.file_sha256,
            )
            yield line, found.transferred


def _same_package(declared: ArtifactRef, other: ArtifactRef) -> bool:
    same = (declared.kind, declared.name, declared.revision) == (other.kind, other.name, other.revision)
    return same and declared.file in {"", other.file}
