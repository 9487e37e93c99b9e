"""Scan what a ref names: it is fetched and verified first, and nothing of it is run."""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from weigh.jobs.adopt.bring import bring, open_project
from weigh.jobs.scan import Target
from weigh.jobs.workbench import open_workbench
from weigh.render.progress import TerminalEvents


def targets_of(text: str, *, offline: bool) -> Iterator[Target]:
    """The files a ref names, from the store.

    Raises:
        UsageError: it is no ref.
        NotFoundError: there is nothing by that name.
        OfflineError: the network is needed and not there.
    """
    events = TerminalEvents(sys.stderr, quiet=not sys.stderr.isatty())
    with closing(open_workbench(events, offline=offline)) as bench:
        brought = bring(bench, open_project(None), text, data=False)
        for file in brought.snapshot.files:
            yield Target(Path(bench.blobs.path(file.sha256)), file.path, root=text)
    events.close()
