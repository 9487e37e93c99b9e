"""Where a worker begins: close down, say what holds, then import the adapter and serve.

Run as `python -I -S -c "…" ROOTS SETTINGS`: isolated, without `site`, with only the import folders the
parent names. Whatever goes wrong later ends the process; the parent reads the last line of its errors.
"""

import importlib
import os
import sys

from weigh.runtimes.settings import WorkerSettings
from weigh.runtimes.wire import Channel
from weigh.runtimes.worker.lockdown import close_down


def main(settings_text: str) -> None:
    """Serve until the parent closes the pipe."""
    settings = WorkerSettings.from_json(settings_text)
    channel = _take_pipes()
    enforcement = close_down(settings)
    adapter = importlib.import_module(settings.adapter)
    channel.send(
        "hello",
        {
            "enforced": enforcement.enforced,
            "not_enforced": enforcement.not_enforced,
            "runtimes": [[name, sys.modules[name].__version__] for name in adapter.LIBRARIES],
        },
    )
    adapter.serve(channel)


def _take_pipes() -> Channel:
    """Move the wire away from the standard streams, so that a library that prints does not break it."""
    questions, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return Channel(questions, answers)
