import re

import pytest

from weigh.core.errors import UnknownAnswerError
from weigh.core.events import Silent
from weigh.core.ref import RefKind, parse_ref
from weigh.sources.file import FileSource
from weigh.sources.pypi import PypiSource
from weigh.sources.table import FACTORIES, open_http, open_sources
from weigh.system.pip_configuration import PipConfiguration


@pytest.mark.parametrize("kind", sorted(set(RefKind) - set(FACTORIES)))
def test_a_kind_without_a_source_is_unknown_and_named(kind, sink):
    sources = open_sources({"HOME": "/"}, sink=sink, events=Silent())
    with pytest.raises(UnknownAnswerError, match=re.escape(f"{kind.value}: refs cannot be fetched")) as told:
        sources(kind)
    assert told.value.why
    assert "file:" in told.value.hint


def test_each_kind_gets_one_source_for_the_whole_run(sink):
    with open_sources({"HOME": "/"}, sink=sink, events=Silent()) as sources:
        assert isinstance(sources(RefKind.FILE), FileSource)
        assert isinstance(sources(RefKind.PYPI), PypiSource)
        assert sources(RefKind.PYPI) is sources(RefKind.PYPI)


def test_sources_read_pip_configuration_from_the_given_environment(index, sink):
    environ = {"HOME": "/", "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": index.simple}
    with open_sources(environ, sink=sink, events=Silent()) as sources:
        assert sources(RefKind.PYPI).entries(parse_ref("pypi:demo-model==1.0"))


def test_only_configured_hosts_may_be_private():
    configuration = PipConfiguration(
        index_url="http://127.0.0.1:1/simple", find_links=("/srv/wheels", "https://[::1]/links")
    )
    with open_http(configuration) as http:
        assert http.allowed_private_hosts == {"127.0.0.1:1", "::1:443"}
