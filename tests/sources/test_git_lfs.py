"""The server is git's own, `git http-backend`; the LFS server beside it is written here."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import zlib

import pytest
from hypothesis import given, settings, strategies as st
from tests.sources.loopback import Answer, Loopback

from weigh.core.errors import (
    IntegrityError,
    MalformedError,
    NotFoundError,
    RefusedError,
    UnknownAnswerError,
    UsageError,
    WeighError,
)
from weigh.core.ref import parse_ref
from weigh.sources.git_lfs import GitLfsSource
from weigh.sources.git_objects import read_pointer
from weigh.sources.git_pack import GitObject, files_of, object_name, read_pack
from weigh.sources.host_http import HostHttp
from weigh.sources.source import Locked

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git here to serve a repository")

WEIGHTS = bytes(range(256)) * 4000
LARGE = bytes(reversed(range(256))) * 40
CARD = b"# A model\n" * 20


def pointer(data):
    digest = hashlib.sha256(data).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n".encode()


def git(folder, *words):
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    done = subprocess.run(
        ["git", *words], cwd=folder, env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


class GitHost(Loopback):
    """Serves `tiny.git` below a folder, and the large files in `objects`."""

    def __init__(self, folder):
        super().__init__(self.answer)
        self.folder = folder
        self.objects = {hashlib.sha256(WEIGHTS).hexdigest(): WEIGHTS}
        self.href = ""
        self.batch = None
        self.tamper = None
        self.login = ""
        self.moved = ""

    def answer(self, asked):
        path, _, query = asked.path.partition("?")
        if path.startswith("/lfs/"):
            return self.objects.get(path.removeprefix("/lfs/"))
        if self.login and asked.login != self.login:
            return Answer(b"who are you", 401)
        if path.endswith("/info/lfs/objects/batch"):
            return self.answer_batch(json.loads(asked.body))
        if self.moved and path == "/old.git/info/refs":
            return Answer(b"", 301, {"Location": f"{self.url}{self.moved}/info/refs?{query}"})
        return self.backend(asked, path, query)

    def answer_batch(self, asked):
        wanted = asked["objects"][0]
        action = {
            "href": f"{self.href or self.url}/lfs/{wanted['oid']}",
            "header": {"Authorization": "LFS t1"},
        }
        said = {"oid": wanted["oid"], "size": wanted["size"], "actions": {"download": action}}
        return json.dumps({"transfer": "basic", "objects": [said | (self.batch or {})]}).encode()

    def backend(self, asked, path, query):
        environ = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(self.folder),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": asked.method,
            "CONTENT_TYPE": asked.headers.get("content-type", ""),
            "GIT_PROTOCOL": asked.headers.get("git-protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], env=environ, input=asked.body, capture_output=True, check=False
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        status = int(fields.pop("Status", "200")[:3])
        return Answer(self.tamper(body) if self.tamper else body, status, fields)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("git")
    work = folder / "work"
    work.mkdir()
    git(work, "init", "-q", "-b", "main")
    (work / "README.md").write_bytes(CARD)
    (work / "empty.txt").write_bytes(b"")
    (work / "model.onnx").write_bytes(pointer(WEIGHTS))
    (work / "conf").mkdir()
    (work / "conf" / "large.json").write_bytes(LARGE)
    (work / "conf" / "a b é.txt").write_bytes(b"x")
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "one")
    git(work, "tag", "-a", "v1", "-m", "v1")
    (work / "README.md").write_bytes(CARD + b"more\n")
    git(work, "commit", "-q", "-am", "two")
    git(work, "branch", "feature/x", "v1")
    git(folder, "clone", "-q", "--bare", "work", "tiny.git")
    git(folder / "tiny.git", "config", "uploadpack.allowFilter", "true")
    (work / "link").symlink_to("README.md")
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "link")
    git(folder, "clone", "-q", "--bare", "work", "linked.git")
    return folder


@pytest.fixture
def host(repository):
    with GitHost(repository) as server:
        yield server


@pytest.fixture
def make(host, sink, recorder):
    opened = []

    def build(*, private=(), logins=None):
        login = (
            (lambda url: next((v for k, v in logins.items() if k in url), "")) if logins else (lambda url: "")
        )
        http = HostHttp(login, allowed_private_hosts=frozenset({host.host, *private}))
        http.pause = lambda seconds: None
        opened.append(http)
        return GitLfsSource(http=http, events=recorder, sink=sink)

    yield build
    for http in opened:
        http.close()


def name(host, rest=""):
    return parse_ref(f"git+lfs:{host.url}/tiny.git{rest}")


def test_a_commit_is_listed_and_every_file_comes_verified(make, host, sink):
    source = make()
    entries = source.entries(name(host, "@v1"))
    assert [(e.path, e.size) for e in entries] == [
        ("README.md", len(CARD)),
        ("conf/a b é.txt", 1),
        ("conf/large.json", -1),
        ("empty.txt", 0),
        ("model.onnx", len(WEIGHTS)),
    ]
    got = [sink.path(source.fetch(parse_ref(str(e.ref)), sink).sha256).read_bytes() for e in entries]
    assert got == [CARD, b"x", LARGE, b"", WEIGHTS]


def test_a_host_without_filters_sends_all_and_it_is_read_as_well(make, host, repository, sink):
    source = make()
    ref = parse_ref(f"git+lfs:{host.url}/linked.git#conf/large.json")
    (entry,) = source.entries(ref)
    assert (entry.path, entry.size) == ("large.json", len(LARGE))
    assert sink.path(source.fetch(entry.ref, sink).sha256).read_bytes() == LARGE


def test_links_are_left_out_and_told(make, host, recorder, sink):
    source = make()
    ref = parse_ref(f"git+lfs:{host.url}/linked.git")
    assert "link" not in [e.path for e in source.entries(ref)]
    assert "links are left out: link" in str(recorder.events)
    with pytest.raises(RefusedError, match="it is a link"):
        source.entries(ref.member("link"))


def test_branches_tags_and_commits(make, host, repository):
    first, second = (git(repository / "work", "rev-parse", x) for x in ("v1^{commit}", "v1~0"))
    tag = make().origin(name(host, "@v1"))
    assert (tag.moving, tag.tag, str(tag.exact)) == (True, True, str(name(host, f"@v1/{first}")))
    branch = make().origin(name(host, "@feature/x"))
    assert (branch.moving, branch.tag, branch.exact.file) == (True, False, second)
    default = make().origin(name(host))
    assert default.moving
    assert default.exact.file == git(repository / "tiny.git", "rev-parse", "main")
    for exact in (str(tag.exact), str(branch.exact), str(default.exact), str(name(host, f"@{first}"))):
        again = make().origin(parse_ref(exact))
        assert (again.moving, str(again.exact)) == (False, exact)


def test_what_is_not_there(make, host):
    with pytest.raises(NotFoundError, match="no branch or tag"):
        make().origin(name(host, "@nope"))
    with pytest.raises(NotFoundError, match="there is no 'nope'"):
        make().entries(name(host, "#nope"))
    with pytest.raises(WeighError):
        make().entries(name(host, "@" + "0" * 40))
    with pytest.raises(NotFoundError):
        make().entries(parse_ref(f"git+lfs:{host.url}/other.git"))


def test_a_login_goes_to_its_host_and_the_lfs_token_to_where_it_is_for(make, host, sink):
    host.login = "Basic YTpi"
    with Loopback(lambda asked: host.objects.get(asked.path.removeprefix("/lfs/"))) as store:
        host.href = store.url
        source = make(private=[store.host], logins={host.host: "Basic YTpi"})
        source.fetch(name(host, "#model.onnx"), sink)
        assert {a.login for a in host.seen} == {"Basic YTpi"}
        assert {a.login for a in store.seen} == {"LFS t1"}
    with pytest.raises(UnknownAnswerError, match=r"credentials\.toml"):
        make().entries(name(host))


def test_the_lfs_token_does_not_follow_a_redirect(make, host, sink):
    with Loopback(lambda asked: WEIGHTS) as thief:
        with Loopback(lambda asked: Answer(b"", 302, {"Location": thief.url + "/x"})) as store:
            host.href = store.url
            make(private=[store.host, thief.host]).fetch(name(host, "#model.onnx"), sink)
        assert [a.login for a in thief.seen] == [""]


def test_a_private_address_that_an_lfs_server_names_is_refused(make, host, sink):
    with Loopback(lambda asked: WEIGHTS) as inside:
        host.href = inside.url
        with pytest.raises(RefusedError):
            make().fetch(name(host, "#model.onnx"), sink)
        assert inside.seen == []


@pytest.mark.parametrize("change", [b"!", b""])
def test_other_large_bytes_than_the_pointer_names_are_never_visible(make, host, sink, change):
    host.objects[hashlib.sha256(WEIGHTS).hexdigest()] = WEIGHTS[:-1] + change
    with pytest.raises(IntegrityError, match="not what was promised"):
        make().fetch(name(host, "#model.onnx"), sink)
    assert sink.blobs() == []


@pytest.mark.parametrize(
    "batch",
    [
        {"oid": "0" * 64},
        {"size": 1},
        {"actions": {}},
        {"actions": {"download": {"href": "file:///somewhere"}}},
        {"actions": {"download": {"href": "https://x.example", "header": {"A": "b\r\nc"}}}},
        {"error": {"code": 404, "message": "gone"}},
        {"error": {"code": 500, "message": "\x1b[2J"}},
    ],
)
def test_an_lfs_server_that_lies(make, host, sink, batch):
    host.batch = batch
    with pytest.raises(WeighError):
        make().fetch(name(host, "#model.onnx"), sink)
    assert sink.blobs() == []


def test_a_lock_of_other_bytes_is_noticed(make, host, sink):
    with pytest.raises(IntegrityError, match="not what was"):
        make().fetch(name(host, "#model.onnx"), sink, locked=Locked("", "", 1, "1" * 64))
    with pytest.raises(IntegrityError, match="not what was"):
        make().fetch(name(host, "#README.md"), sink, locked=Locked("", "", len(CARD) + 5, "1" * 64))
    assert sink.blobs() == []


def test_a_repository_that_moved_is_not_followed(make, host):
    host.moved = "/tiny.git"
    with pytest.raises(RefusedError, match="has moved"):
        make().entries(parse_ref(f"git+lfs:{host.url}/old.git"))


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9, 0.99])
def test_one_flipped_byte_of_a_pack_is_noticed(make, host, place):
    def flip(body):
        if b"PACK" not in body:
            return body
        at = body.index(b"PACK") + int((len(body) - body.index(b"PACK") - 5) * place)
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

    host.tamper = flip
    with pytest.raises(WeighError):
        make().entries(name(host))


@pytest.mark.parametrize(
    "body", [b"", b"zzzz", b"0003", b"ffffshort", b"000eversion 1\n0000", b"0010ERR no such"]
)
def test_hosts_that_do_not_speak_the_protocol(make, host, body):
    host.tamper = lambda _: body
    with pytest.raises(WeighError):
        make().entries(name(host))


@pytest.mark.parametrize(
    "text",
    [
        "git+lfs:ssh://git@github.com/a/b",
        "git+lfs:../up",
        "git+lfs:https://user:pw@github.com/a/b",
        "git+lfs:https://github.com",
        "git+lfs:https://github.com/a/b@x..y",
        "git+lfs:https://github.com/a/b@x\\y",
    ],
)
def test_what_is_no_repository_is_told(make, text):
    with pytest.raises(UsageError) as caught:
        make().entries(parse_ref(text))
    assert "pw" not in str(caught.value)


def test_a_project_may_not_point_into_the_network(make, host):
    source = make()
    source._http.allowed_private_hosts = frozenset()
    with pytest.raises(RefusedError):
        source.entries(name(host))
    assert host.seen == []


def blob_pack(*objects):
    body = b"PACK" + (2).to_bytes(4) + len(objects).to_bytes(4)
    for kind, data in objects:
        size, head = len(data), []
        byte, size = kind << 4 | size & 15, size >> 4
        while size:
            head.append(byte | 128)
            byte, size = size & 127, size >> 7
        body += bytes([*head, byte]) + zlib.compress(data)
    return body + hashlib.sha1(body).digest()


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_whole_objects_are_read_back(datas):
    found = read_pack(blob_pack(*((3, d) for d in datas)))
    assert {o.data for o in found.values()} == set(datas)
    assert all(name == object_name(b"blob", o.data) for name, o in found.items())


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail_in_another_way(data):
    for pack in (data, b"PACK\0\0\0\2\0\0\0\1" + data):
        with contextlib.suppress(MalformedError):
            read_pack(pack + hashlib.sha1(pack).digest())


def test_a_bomb_is_not_unpacked():
    bomb = bytearray(blob_pack((3, b"\0" * 64)))
    body = bytes(bomb[:12]) + bytes([0xBF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]) + zlib.compress(b"\0" * 10_000_000)
    with pytest.raises(MalformedError, match="unpacks to more"):
        read_pack(body + hashlib.sha1(body).digest())


@pytest.mark.parametrize("word", [b"..", b".", b"a/b", b"\xff", b"", b"a\\b", b"a\x1b"])
def test_names_that_leave_are_refused(word):
    blob = GitObject(b"blob", b"x")
    tree = GitObject(b"tree", b"100644 " + word + b"\0" + bytes.fromhex(blob.name))
    commit = GitObject(b"commit", b"tree " + tree.name.encode() + b"\n")
    with pytest.raises((RefusedError, MalformedError)):
        files_of(commit.name, {o.name: o for o in (blob, tree, commit)})


def test_a_tree_that_holds_itself_many_times_comes_to_an_end(monkeypatch):
    monkeypatch.setattr("weigh.sources.git_pack.MAX_FILES", 5000)
    below = GitObject(b"tree", b"100644 x\0" + b"\1" * 20)
    objects = {below.name: below}
    for _ in range(40):
        twice = b"".join(b"40000 %c\0" % c + bytes.fromhex(below.name) for c in b"ab")
        below = GitObject(b"tree", twice)
        objects[below.name] = below
    commit = GitObject(b"commit", b"tree " + below.name.encode() + b"\n")
    with pytest.raises(RefusedError, match="more than a model"):
        files_of(commit.name, objects | {commit.name: commit})


def test_pointers():
    assert read_pointer(pointer(WEIGHTS)).size == len(WEIGHTS)
    assert read_pointer(pointer(WEIGHTS) + b"more\n") is None
    assert read_pointer(b"version 1\n") is None
