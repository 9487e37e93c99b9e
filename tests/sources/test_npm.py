import base64
import hashlib
import io
import json
import tarfile

import pytest
from tests.sources.loopback import Answer, Loopback

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, UsageError
from weigh.core.ref import parse_ref
from weigh.sources.host_http import HostHttp
from weigh.sources.npm import NpmSource
from weigh.sources.npm_configuration import default_registry, private_hosts, read_npm_configuration
from weigh.sources.source import Locked

WEIGHTS = bytes(range(256)) * 300
FILES = {
    "package/package.json": b'{"license":"MIT"}',
    "package/dist/a.onnx": WEIGHTS,
    "package/dist/b.txt": b"b",
}


def tarball(files=FILES):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def sri(data):
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


class Registry(Loopback):
    """One package `@acme/tiny` with the versions 1.0.0 and 1.1.0; attributes let it lie."""

    def __init__(self):
        super().__init__(self.answer)
        self.body = tarball()
        self.dist = {"integrity": sri(self.body), "shasum": hashlib.sha1(self.body).hexdigest()}
        self.name = "@acme/tiny"
        self.latest = "1.1.0"
        self.tarball_url = ""
        self.called = {}
        self.token = ""

    def answer(self, asked):
        if self.token and asked.login != f"Bearer {self.token}":
            return Answer(b"who are you", 401)
        if asked.path == "/npm/@acme%2Ftiny":
            url = self.tarball_url or f"{self.url}/npm/tiny.tgz"
            versions = {
                v: {
                    "name": self.name,
                    "version": self.called.get(v, v),
                    "dist": {"tarball": url, **self.dist},
                }
                for v in ("1.0.0", "1.1.0")
            }
            people = [{"name": "ada", "email": "ada@example.org"}, {"name": "bob"}]
            said = {"name": self.name, "dist-tags": {"latest": self.latest}, "versions": versions}
            return json.dumps(said | {"maintainers": people}).encode()
        return self.body if asked.path == "/npm/tiny.tgz" else None


@pytest.fixture
def registry():
    with Registry() as server:
        yield server


@pytest.fixture
def make(registry, sink, recorder, tmp_path):
    opened = []

    def build(npmrc="", **environ):
        (tmp_path / ".npmrc").write_text(npmrc)
        given = {"HOME": str(tmp_path), "NPM_CONFIG_REGISTRY": registry.url + "/npm"} | environ
        configuration = read_npm_configuration(given)
        http = HostHttp(configuration.login, allowed_private_hosts=private_hosts(configuration))
        http.pause = lambda seconds: None
        opened.append(http)
        return NpmSource(http=http, configuration=configuration, events=recorder, sink=sink)

    yield build
    for http in opened:
        http.close()


def test_members_of_a_scoped_package_come_verified_and_the_tarball_once(make, registry, sink):
    source = make()
    entries = source.entries(parse_ref("npm:@acme/tiny@1.0.0#package/dist"))
    assert [(e.path, str(e.ref)) for e in entries] == [
        ("a.onnx", "npm:@acme/tiny@1.0.0#package/dist/a.onnx"),
        ("b.txt", "npm:@acme/tiny@1.0.0#package/dist/b.txt"),
    ]
    first, second = (source.fetch(e.ref, sink) for e in entries)
    assert sink.path(first.sha256).read_bytes() == WEIGHTS
    assert (first.transferred, second.transferred) == (len(registry.body), 0)
    assert first.file == "tiny-1.0.0.tgz"
    assert sum(a.path.endswith(".tgz") for a in registry.seen) == 1


def test_a_lock_needs_the_registry_only_for_what_is_not_there(make, registry, sink):
    source = make()
    ref = parse_ref("npm:@acme/tiny@1.0.0#package/dist/a.onnx")
    got = source.fetch(ref, sink)
    locked = Locked(got.file, got.file_sha256, got.size, got.sha256)
    before = len(registry.seen)
    assert make().fetch(ref, sink, locked=locked).method == "present"
    assert len(registry.seen) == before


def test_the_whole_tarball_is_an_entry(make, registry, sink):
    source = make()
    (entry,) = source.entries(parse_ref("npm:@acme/tiny@1.0.0"))
    assert entry.path == "tiny-1.0.0.tgz"
    assert sink.path(source.fetch(entry.ref, sink).sha256).read_bytes() == registry.body


def test_an_origin_names_the_version_and_who_may_publish(make):
    moving = make().origin(parse_ref("npm:@acme/tiny@latest"))
    assert (str(moving.exact), moving.moving, moving.owner) == (
        "npm:@acme/tiny@latest/1.1.0",
        True,
        "ada, bob",
    )
    fixed = make().origin(parse_ref("npm:@acme/tiny@1.0.0"))
    assert (fixed.moving, fixed.declared_version) == (False, "1.0.0")
    again = make().origin(parse_ref(str(moving.exact)))
    assert (again.moving, str(again.exact)) == (False, str(moving.exact))


def test_what_was_locked_of_a_tag_stays_though_the_tag_moves(make, registry):
    exact = str(make().origin(parse_ref("npm:@acme/tiny@latest#package/dist/a.onnx")).exact)
    registry.latest = "1.0.0"
    assert make().entries(parse_ref(exact))[0].ref.file == "1.1.0"


@pytest.mark.parametrize("kind", ["integrity", "shasum"])
def test_other_bytes_than_the_registry_promised_are_never_visible(make, registry, sink, kind):
    registry.dist = {kind: registry.dist[kind]}
    registry.body = tarball(FILES | {"package/dist/a.onnx": WEIGHTS[:-1] + b"!"})
    with pytest.raises(IntegrityError, match=r"not what was promised|not the file"):
        make().entries(parse_ref("npm:@acme/tiny@1.0.0#package/dist"))
    assert sink.blobs() == []


def test_other_bytes_than_locked_are_never_visible(make, registry, sink):
    ref = parse_ref("npm:@acme/tiny@1.0.0#package/dist/a.onnx")
    with pytest.raises(IntegrityError, match="not what was promised"):
        make().fetch(ref, sink, locked=Locked("tiny-1.0.0.tgz", "0" * 64, len(WEIGHTS), "1" * 64))
    assert sink.blobs() == []


def test_a_registry_without_any_digest_is_refused(make, registry):
    registry.dist = {}
    with pytest.raises(IntegrityError, match="states no digest"):
        make().entries(parse_ref("npm:@acme/tiny@1.0.0#package"))


def test_answers_that_cannot_be(make, registry):
    registry.name = "@acme/other"
    with pytest.raises(MalformedError, match="what the registry says"):
        make().entries(parse_ref("npm:@acme/tiny@1.0.0"))
    registry.name, registry.called = "@acme/tiny", {"1.0.0": "9.9.9"}
    with pytest.raises(MalformedError):
        make().entries(parse_ref("npm:@acme/tiny@1.0.0"))
    registry.called, registry.tarball_url = {}, "file:///somewhere/secret"
    with pytest.raises(MalformedError):
        make().entries(parse_ref("npm:@acme/tiny@1.0.0#package"))


def test_a_name_that_leaves_the_archive_is_refused(make, registry):
    registry.body = tarball({"package/../../up.txt": b"x"})
    registry.dist = {"integrity": sri(registry.body)}
    with pytest.raises(MalformedError):
        make().entries(parse_ref("npm:@acme/tiny@1.0.0#package"))


@pytest.mark.parametrize(
    "text", ["npm:@acme/tiny@^1.0.0", "npm:../up@1.0.0", "npm:a b@1.0.0", "npm:@acme/tiny"]
)
def test_what_is_no_exact_version_or_tag_is_told(make, text):
    with pytest.raises(UsageError):
        make().entries(parse_ref(text))


def test_a_version_that_is_not_there(make):
    with pytest.raises(NotFoundError, match=r"has no 3\.0\.0"):
        make().entries(parse_ref("npm:@acme/tiny@3.0.0"))


def test_the_token_goes_to_its_own_path_and_not_to_where_the_tarball_lies(make, registry, sink):
    registry.token = "npm-secret"
    with Loopback(lambda asked: registry.body) as elsewhere:
        registry.tarball_url = elsewhere.url + "/npm/tiny.tgz"
        npmrc = f"//{registry.host}/npm/:_authToken=${{TOKEN}}\n"
        source = make(npmrc, TOKEN="npm-secret")
        source._http.allowed_private_hosts |= {elsewhere.host}
        assert source.entries(parse_ref("npm:@acme/tiny@1.0.0#package/dist"))
        assert {a.login for a in registry.seen} == {"Bearer npm-secret"}
        assert {a.login for a in elsewhere.seen} == {""}


def test_a_project_file_is_not_read(make, registry, tmp_path, monkeypatch):
    project = tmp_path / "project"
    project.mkdir()
    (project / ".npmrc").write_text("registry=https://evil.example/\n")
    monkeypatch.chdir(project)
    assert make(NPM_CONFIG_REGISTRY="", npmrc="registry=https://mine.example/\n")._configuration.registry == (
        "https://mine.example/"
    )


def test_configuration_forms(tmp_path):
    pair = base64.b64encode(b"ada:pw").decode()
    word = base64.b64encode(b"pw").decode()
    (tmp_path / ".npmrc").write_text(
        "; comment\nregistry = https://one.example/a\n@acme:registry=https://two.example\n"
        f"//one.example/a/:_auth={pair}\n//two.example/:username=ada\n//two.example/:_password={word}\n"
    )
    found = read_npm_configuration({"HOME": str(tmp_path)})
    assert found.registry_for("x") == "https://one.example/a/"
    assert found.registry_for("@acme/x") == "https://two.example/"
    assert found.login("https://one.example/a/x") == "Basic " + pair
    assert found.login("https://one.example/b") == ""
    assert found.login("http://two.example/x") == ""
    assert found.login("https://two.example/x") == "Basic " + pair
    assert "pw" not in repr(found)


def test_without_npm_and_without_a_setting_there_is_no_registry(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no npm registry is known"):
        default_registry()


def test_npms_own_default_is_read_out_of_the_installed_npm(monkeypatch, tmp_path):
    home = tmp_path / "lib" / "npm"
    place = home / "node_modules" / "@npmcli" / "config" / "lib" / "definitions"
    place.mkdir(parents=True)
    (place / "definitions.js").write_text(
        "  registry: new Definition('registry', {\n    default: 'https://packages.example/',\n"
    )
    (home / "bin").mkdir()
    (home / "bin" / "npm-cli.js").write_text("#!/usr/bin/env node\n")
    (home / "bin" / "npm-cli.js").chmod(0o755)
    (tmp_path / "npm").symlink_to(home / "bin" / "npm-cli.js")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert default_registry() == "https://packages.example/"
