import pytest
from tests.sources.test_oci import Registry

from weigh.core.errors import OfflineError, RefusedError, UsageError
from weigh.core.ref import RefKind, parse_ref
from weigh.sources.hosted import HOSTED, Hosted, HostPorts
from weigh.sources.npm import NpmSource
from weigh.sources.object_store import ObjectStoreSource

ENVIRON = {
    "MLFLOW_TRACKING_URI": "https://tracking.example",
    "NPM_CONFIG_REGISTRY": "https://packages.example",
}


@pytest.fixture
def hosted(tmp_path, recorder, sink):
    made = []

    def build(text=None, mode=0o600, *, offline=False, **environ):
        if text is not None:
            (tmp_path / "credentials.toml").write_text(text)
            (tmp_path / "credentials.toml").chmod(mode)
        given = {"HOME": str(tmp_path), "WEIGH_CONFIG_HOME": str(tmp_path)} | ENVIRON | environ
        made.append(Hosted(HostPorts(given, recorder, sink, offline=offline)))
        return made[-1]

    yield build
    for one in made:
        one.close()


def test_every_kind_has_its_source(hosted):
    sources = {kind: hosted()(kind) for kind in HOSTED}
    assert isinstance(sources[RefKind.NPM], NpmSource)
    assert isinstance(sources[RefKind.GS], ObjectStoreSource)
    assert {
        kind for kind, s in sources.items() if not all(hasattr(s, n) for n in ("entries", "origin"))
    } == set()


@pytest.mark.parametrize(
    "text",
    [
        "npm:a@1.0.0",
        "oci:ghcr.io/a/b:1",
        "git+lfs:https://github.com/a/b",
        "mlflow:models/a/1",
        "s3:acme/a",
    ],
)
def test_offline_asks_nobody(hosted, text):
    ref = parse_ref(text)
    if ref.kind is RefKind.S3:
        pytest.importorskip("obstore")
    with pytest.raises(OfflineError):
        hosted(offline=True)(ref.kind).entries(ref)


def test_a_damaged_file_of_logins_stands_only_in_the_way_of_those_that_need_it(hosted):
    made = hosted("[hosts", 0o644)
    assert made(RefKind.NPM)
    assert made(RefKind.ENDPOINT)
    with pytest.raises(UsageError):
        made(RefKind.GIT_LFS)


def test_a_host_inside_the_network_is_asked_only_when_the_user_named_it(hosted):
    with Registry() as registry:
        ref = parse_ref(f"oci:{registry.host}/acme/tiny:1.0")
        with pytest.raises(RefusedError):
            hosted()(RefKind.OCI).entries(ref)
        assert registry.seen == []
        assert hosted(f'[hosts."{registry.host}"]\n')(RefKind.OCI).entries(ref)


def test_nothing_secret_is_in_what_a_traceback_shows(hosted, recorder, sink):
    ports = HostPorts({"MLFLOW_TRACKING_TOKEN": "s3cret"}, recorder, sink)
    assert "s3cret" not in repr(ports)
