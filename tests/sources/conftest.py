from dataclasses import dataclass, field

import pytest
from tests.sources.archive_making import demo_wheel
from tests.sources.disk_sink import DiskSink
from tests.sources.index_server import IndexServer

from weigh.core.errors import UsageError
from weigh.core.events import Event
from weigh.sources.pypi import PypiSource
from weigh.sources.table import open_http
from weigh.system.pip_configuration import PipConfiguration


@dataclass
class Recorder:
    events: list[Event] = field(default_factory=list)

    def emit(self, event, /):
        self.events.append(event)

    def of(self, kind):
        return [e for e in self.events if isinstance(e, kind)]


def no_default():
    raise UsageError("no index in this test")


@pytest.fixture
def index(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with IndexServer() as server:
        server.files["demo_model-1.0-py3-none-any.whl"], server.members = demo_wheel()
        yield server


@pytest.fixture
def sink(tmp_path):
    return DiskSink(tmp_path / "blobs")


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def make_source(index, sink, recorder):
    """Builds pypi sources on the server; closes their connections at the end."""
    opened = []

    def make(*, confirm=None, offline=False, **settings):
        settings.setdefault("index_url", index.simple)
        configuration = PipConfiguration(**settings)
        http = open_http(configuration, offline=offline)
        http.pause = lambda seconds: None
        opened.append(http)
        extra = {"confirm": confirm} if confirm else {}
        return PypiSource(
            http=http, configuration=configuration, events=recorder, sink=sink, default=no_default, **extra
        )

    yield make
    for http in opened:
        http.close()
