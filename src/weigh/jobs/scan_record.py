"""Keep a scan in the ledger: the security check, asked about exactly the files that were scanned."""

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from weigh.checks.security.security import CHECK
from weigh.core.events import Silent
from weigh.core.scan import Scan
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.core.subject import Subject, SubjectKind
from weigh.formats.reader import FileReader
from weigh.jobs.adopt.examine import reader_inputs
from weigh.jobs.scan import Target
from weigh.jobs.workbench import open_workbench
from weigh.store.view import ModelView


def record(targets: Sequence[Target], done: Scan) -> str:
    """Ask the security check about the scanned files; returns the digest of the evidence.

    Files that could not be read are no part of it.
    """
    places = {target.path: target.place for target in targets}
    snapshot = Snapshot.of(SnapshotFile(f.path, f.size, f.sha256) for f in done.files if f.sha256)
    view = ModelView(snapshot, lambda file: FileReader(places[file.path]))
    subject = Subject(SubjectKind.MODEL, snapshot.digest, _name([t.place for t in targets]))
    with closing(open_workbench(Silent(), offline=True)) as bench:
        return bench.ask(CHECK, subject, lambda: view, inputs=reader_inputs()).digest


def _name(places: Sequence[Path]) -> str:
    """What people call it: the folder that holds all files, and the file where there is only one."""
    together = Path(os.path.commonpath([place.absolute() for place in places])) if places else Path()
    return f"{together.parent.name}/{together.name}" if len(places) == 1 else together.name
