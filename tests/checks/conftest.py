"""Put a question the way the ledger does, and hold models in memory."""

import hashlib
import sys
from pathlib import Path

import pytest

from weigh.core.check import Context
from weigh.core.events import Silent
from weigh.core.request import Request
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.core.subject import Subject, SubjectKind
from weigh.formats.reader import BytesReader
from weigh.store.view import ModelView
from weigh.system.clock import SystemClock

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hostile"))


@pytest.fixture
def view_of():
    """A view on named bytes."""

    def make(files):
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        snapshot = Snapshot.of(SnapshotFile(n, len(d), digests[n]) for n, d in files.items())
        return ModelView(snapshot, lambda file: BytesReader(files[file.path]))

    return make


@pytest.fixture
def context_of():
    """The context of a question about a model."""

    def make(check, digest="sha256:" + "0" * 64):
        request = Request(check, "sha256:" + "1" * 64, Subject(SubjectKind.MODEL, digest))
        return Context(request, SystemClock(), Silent())

    return make
