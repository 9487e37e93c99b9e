"""Look inside what a ref names: over the network by ranges where the source can, else fetched first."""

import sys
from contextlib import closing
from dataclasses import replace

from weigh.core.inspection import Inspection
from weigh.core.ports import RangeReader
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.core.snapshot import SnapshotFile
from weigh.formats.reader import FileReader
from weigh.jobs.adopt.bring import Project, bring, open_project
from weigh.jobs.inspect import NOT_HASHED, inspect_files
from weigh.jobs.workbench import Workbench, open_workbench
from weigh.render.progress import TerminalEvents
from weigh.sources.hf import HfSource
from weigh.sources.hf_reader import HubReader, open_remote


def inspect_ref(text: str, *, offline: bool) -> Inspection:
    """The inspection of a declared name or a ref.

    Raises:
        UsageError: it is no ref.
        NotFoundError: there is nothing by that name.
        OfflineError: the network is needed and not there.
    """
    events = TerminalEvents(sys.stderr, quiet=not sys.stderr.isatty())
    with closing(open_workbench(events, offline=offline)) as bench:
        project = open_project(None)
        source = bench.source_of(RefKind.HF) if _is_on_hub(project, text) else None
        if isinstance(source, HfSource):
            found = _inspect_remote(bench, source, parse_ref(text))
        else:
            brought = bring(bench, project, text, data=False)
            found = inspect_files(
                text, brought.snapshot.files, lambda file: FileReader(bench.blobs.path(file.sha256))
            )
    events.close()
    return found


def _is_on_hub(project: Project, text: str) -> bool:
    return text not in project.manifest.models and parse_ref(text).kind is RefKind.HF


def _inspect_remote(bench: Workbench, source: HfSource, ref: ArtifactRef) -> Inspection:
    """Only headers cross the network; a file that is in the store is read there."""
    entries = {entry.path: entry for entry in source.entries(ref)}
    opened: list[HubReader] = []

    def open_reader(file: SnapshotFile) -> RangeReader:
        if bench.blobs.has(file.sha256):
            return FileReader(bench.blobs.path(file.sha256))
        opened.append(open_remote(source.hub, entries[file.path].ref))
        return opened[-1]

    files = [SnapshotFile(e.path, e.size, e.sha256 or NOT_HASHED) for e in entries.values()]
    exact = next((entry.ref for entry in entries.values()), ref)
    found = inspect_files(str(ref), files, open_reader, revision=exact.file or exact.revision)
    return replace(found, read=sum(reader.fetched for reader in opened), remote=True)
