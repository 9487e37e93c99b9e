"""Look inside what a ref names: over the network by ranges where the source can, else fetched first."""

import sys
from contextlib import closing

from weigh.core.inspection import Inspection
from weigh.formats.reader import FileReader
from weigh.jobs.adopt.bring import bring, open_project
from weigh.jobs.inspect import inspect_files
from weigh.jobs.workbench import open_workbench
from weigh.render.progress import TerminalEvents


def inspect_ref(text: str, *, offline: bool) -> Inspection:
    """The inspection of a declared name or a ref.

    Raises:
        UsageError: it is no ref.
        NotFoundError: there is nothing by that name.
        OfflineError: the network is needed and not there.
    """
    events = TerminalEvents(sys.stderr, quiet=not sys.stderr.isatty())
    with closing(open_workbench(events, offline=offline)) as bench:
        brought = bring(bench, open_project(None), text, data=False)
        found = inspect_files(
            text, brought.snapshot.files, lambda file: FileReader(bench.blobs.path(file.sha256))
        )
    events.close()
    return found
