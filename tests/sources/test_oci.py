import base64
import hashlib
import io
import json
import tarfile

import pytest
from tests.sources.loopback import Answer, Loopback

from weigh.core.errors import IntegrityError, MalformedError, RefusedError, UnknownAnswerError, UsageError
from weigh.core.ref import parse_ref
from weigh.sources.host_http import HostHttp
from weigh.sources.oci import OciSource, artifact_of
from weigh.sources.oci_credentials import registry_login
from weigh.sources.source import Locked

WEIGHTS = bytes(range(256)) * 300
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def archive(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


class Registry(Loopback):
    """`acme/tiny:1.0` with a titled file, a ModelPack file, a tar and an Ollama layer."""

    def __init__(self):
        super().__init__(self.answer)
        self.blobs, self.manifests = {}, {}
        self.realm = ""
        self.password = ""
        self.redirect = ""
        layers = [
            self.layer(WEIGHTS, {"org.opencontainers.image.title": "model.safetensors"}),
            self.layer(b"{}", {"org.cncf.model.filepath": "conf/config.json"}),
            self.layer(
                archive({"docs/card.md": b"# A model"}), {"org.opencontainers.image.title": "docs.tar"}
            ),
            self.layer(b"GGUF", {}, "application/vnd.ollama.image.model"),
            self.layer(b"nameless", {}),
        ]
        self.tag("1.0", {"schemaVersion": 2, "mediaType": MANIFEST, "layers": layers})

    def layer(self, data, annotations, kind="application/octet-stream"):
        self.blobs[digest(data)] = data
        return {"mediaType": kind, "digest": digest(data), "size": len(data), "annotations": annotations}

    def tag(self, name, manifest):
        body = json.dumps(manifest).encode()
        self.manifests[name] = self.manifests[digest(body)] = body
        return digest(body)

    def answer(self, asked):
        if asked.path.startswith("/token"):
            good = (
                not self.password
                or asked.login == "Basic " + base64.b64encode(self.password.encode()).decode()
            )
            return json.dumps({"token": "t0"}).encode() if good else Answer(b"no", 401)
        if self.realm and asked.login != "Bearer t0":
            wanted = f'Bearer realm="{self.realm}",service="reg",scope="repository:acme/tiny:pull"'
            return Answer(b"no", 401, {"WWW-Authenticate": wanted})
        root = "/v2/acme/tiny/"
        if asked.path.startswith(root + "manifests/"):
            body = self.manifests.get(asked.path.rpartition("/")[2])
            return body and Answer(body, headers={"Content-Type": MANIFEST})
        if asked.path.startswith(root + "blobs/"):
            if self.redirect:
                return Answer(b"", 307, {"Location": self.redirect + asked.path})
            return self.blobs.get(asked.path.rpartition("/")[2])
        return None


@pytest.fixture
def registry():
    with Registry() as server:
        yield server


@pytest.fixture
def make(registry, sink, recorder, tmp_path):
    opened = []

    def build(auths=None, private=()):
        (tmp_path / "config.json").write_text(json.dumps({"auths": auths or {}}))
        environ = {"DOCKER_CONFIG": str(tmp_path), "HOME": str(tmp_path)}
        http = HostHttp(lambda url: "", allowed_private_hosts=frozenset({registry.host, *private}))
        http.pause = lambda seconds: None
        opened.append(http)
        return OciSource(
            http=http, login=lambda r, path: registry_login(r, environ, path), events=recorder, sink=sink
        )

    yield build
    for http in opened:
        http.close()


def name(registry, rest=":1.0"):
    return parse_ref(f"oci:{registry.host}/acme/tiny{rest}")


def test_layers_are_files_by_their_names(make, registry, sink):
    source = make()
    entries = source.entries(name(registry))
    nameless = "layers/" + digest(b"nameless")[7:]
    assert [e.path for e in entries] == [
        "conf/config.json", "docs.tar", nameless, "model.gguf", "model.safetensors",
    ]  # fmt: skip
    for entry in entries:
        got = source.fetch(parse_ref(str(entry.ref)), sink)
        assert (got.sha256, got.size) == (entry.sha256, entry.size)
    assert sink.path(entries[-1].sha256).read_bytes() == WEIGHTS


def test_a_folder_a_file_and_a_member_of_a_tar(make, registry, sink):
    source = make()
    assert [e.path for e in source.entries(name(registry, ":1.0#conf"))] == ["config.json"]
    assert [e.path for e in source.entries(name(registry, ":1.0#model.safetensors"))] == ["model.safetensors"]
    (card,) = source.entries(name(registry, ":1.0#docs.tar!/docs/card.md"))
    assert sink.path(source.fetch(card.ref, sink).sha256).read_bytes() == b"# A model"


def test_a_tag_is_found_at_a_digest_and_the_lock_stays_there(make, registry, sink):
    before = make().origin(name(registry))
    made = digest(registry.manifests["1.0"])
    assert (before.moving, before.tag, before.owner) == (True, True, "")
    assert str(before.exact) == f"oci:{registry.host}/acme/tiny:1.0@{made}"
    registry.tag("1.0", {"layers": []})
    exact = parse_ref(str(before.exact))
    assert len(make().entries(exact)) == 5
    assert not make().origin(exact).moving
    assert str(make().origin(name(registry)).exact) != str(before.exact)


def test_an_index_of_one_form_is_followed_and_of_several_told(make, registry):
    inner = digest(registry.manifests["1.0"])
    one = {"digest": inner, "size": 1, "mediaType": MANIFEST}
    witness = one | {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    registry.tag("multi", {"mediaType": INDEX, "manifests": [one, witness]})
    assert len(make().entries(name(registry, ":multi"))) == 5
    arm = one | {"platform": {"os": "linux", "architecture": "arm64"}}
    registry.tag("multi", {"mediaType": INDEX, "manifests": [one, arm]})
    with pytest.raises(UsageError, match="linux/arm64"):
        make().entries(name(registry, ":multi"))


def test_a_guest_token_is_asked_for_and_bound_to_the_registry(make, registry, sink):
    registry.realm = registry.url + "/token"
    with Loopback(lambda asked: registry.blobs.get(asked.path.rpartition("/")[2])) as cdn:
        registry.redirect = cdn.url
        source = make(private=[cdn.host])
        for entry in source.entries(name(registry)):
            source.fetch(entry.ref, sink)
        assert len(cdn.seen) == 5
        assert {a.login for a in cdn.seen} == {""}
    assert {a.login for a in registry.seen} == {"", "Bearer t0"}


def test_a_login_makes_the_token_but_is_told_to_no_other_host(make, registry):
    registry.realm, registry.password = registry.url + "/token", "ada:pw"
    auths = {registry.host: {"auth": base64.b64encode(b"ada:pw").decode()}}
    assert make(auths).entries(name(registry))
    with pytest.raises(UnknownAnswerError):
        make().entries(name(registry))
    with Loopback(lambda asked: b'{"token": "t0"}') as thief:
        registry.realm = thief.url + "/token"
        with pytest.raises(RefusedError, match="another host"):
            make(auths, private=[thief.host]).entries(name(registry))
        assert thief.seen == []


def test_bytes_that_are_not_of_the_digest_are_never_visible(make, registry, sink):
    ref = name(registry, ":1.0#model.safetensors")
    registry.blobs[digest(WEIGHTS)] = WEIGHTS[:-1] + b"!"
    with pytest.raises(IntegrityError, match="not what was promised"):
        make().fetch(ref, sink)
    registry.blobs[digest(WEIGHTS)] = WEIGHTS + b"more"
    with pytest.raises(IntegrityError, match="not what was promised"):
        make().fetch(ref, sink)
    assert sink.blobs() == []


def test_another_manifest_than_the_digest_names_is_refused(make, registry):
    made = digest(registry.manifests["1.0"])
    registry.manifests[made] += b" "
    with pytest.raises(IntegrityError, match="another manifest"):
        make().entries(name(registry, f"@{made}"))


def test_a_lock_of_other_bytes_is_noticed(make, registry, sink):
    ref = name(registry, ":1.0#model.safetensors")
    with pytest.raises(IntegrityError, match="not what was locked"):
        make().fetch(ref, sink, locked=Locked("", "", len(WEIGHTS), "1" * 64))


@pytest.mark.parametrize("title", ["../up", "/root", "a/../../b", "a\\b", "x!/y", "\x1b[2J"])
def test_a_layer_whose_name_leaves_is_refused(make, registry, title):
    layer = registry.layer(b"x", {"org.opencontainers.image.title": title})
    registry.tag("bad", {"layers": [layer]})
    with pytest.raises(RefusedError, match="a layer of it is called"):
        make().entries(name(registry, ":bad"))


@pytest.mark.parametrize(
    "manifest",
    [
        [],
        {"layers": None},
        {"manifests": [{"digest": "sha256:" + "0" * 64, "size": 1 << 60}]},
        {"layers": [{"digest": "sha256:zz", "size": 1}]},
        {"layers": [{"digest": "sha256:" + "0" * 64, "size": -1}]},
        {"layers": [{"digest": "sha512:" + "0" * 64, "size": 1}]},
        {"manifests": [{"digest": "x", "size": 1}]},
    ],
)
def test_manifests_that_cannot_be(make, registry, manifest):
    registry.tag("bad", manifest)
    with pytest.raises(MalformedError, match="what the registry says"):
        make().entries(name(registry, ":bad"))


def test_one_name_twice_is_refused(make, registry):
    title = {"org.opencontainers.image.title": "a"}
    registry.tag("bad", {"layers": [registry.layer(b"1", title), registry.layer(b"2", title)]})
    with pytest.raises(MalformedError, match="twice"):
        make().entries(name(registry, ":bad"))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("oci:localhost:5000/a/b", ("localhost:5000", "a/b", "", "")),
        ("oci:ghcr.io/a/b:1.0", ("ghcr.io", "a/b", "1.0", "")),
        ("oci:ghcr.io/a/b:1.0@sha256:" + "a" * 64, ("ghcr.io", "a/b", "1.0", "a" * 64)),
        ("oci:ghcr.io/a/b@sha256:" + "a" * 64, ("ghcr.io", "a/b", "", "a" * 64)),
    ],
)
def test_refs(text, parts):
    found = artifact_of(parse_ref(text))
    assert (found.registry, found.path, found.tag, found.digest) == parts
    assert str(parse_ref(str(parse_ref(text)))) == text


@pytest.mark.parametrize(
    "text", ["oci:tiny", "oci:acme/tiny", "oci:ghcr.io/../x:1", "oci:ghcr.io/A", "oci:u@h.io/x"]
)
def test_what_is_no_artifact_ref_is_told(text):
    with pytest.raises(UsageError, match="cannot read"):
        artifact_of(parse_ref(text))


def test_a_damaged_file_of_logins_does_not_show_its_content(tmp_path):
    (tmp_path / "config.json").write_text('{"auths": {"ghcr.io": {"auth": "c2VjcmV0!!"}}}')
    with pytest.raises(UsageError) as caught:
        registry_login("ghcr.io", {"DOCKER_CONFIG": str(tmp_path)})
    assert "c2Vj" not in str(caught.value)
