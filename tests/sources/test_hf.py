import hashlib

import pytest
from tests.sources.disk_sink import DiskSink
from tests.sources.hub_server import HubServer, git_oid

from weigh.core.errors import (
    IntegrityError,
    MalformedError,
    NotFoundError,
    OfflineError,
    RefusedError,
    UnknownAnswerError,
    UsageError,
)
from weigh.core.ref import parse_ref
from weigh.sources.hf import HfSource
from weigh.sources.hf_http import HubHttp
from weigh.sources.hf_reader import BLOCK, LARGEST, open_remote
from weigh.sources.hf_settings import read_hub_settings
from weigh.sources.ranges import RangeUnusableError
from weigh.sources.source import Locked

CARD = b"---\nlicense: mit\n---\n# A model\n"
WEIGHTS = bytes(range(256)) * 8192
FILES = {
    "README.md": CARD,
    "config.json": b"{}",
    "model.safetensors": WEIGHTS,
    "onnx/model.onnx": b"graph",
    "onnx/with space #1.json": b"[]",
}
NAME = "acme/tiny"


@pytest.fixture
def hub():
    with HubServer() as server:
        server.repo(NAME, FILES)
        yield server


@pytest.fixture
def make(hub, sink, recorder, tmp_path):
    opened = []

    def build(*, offline=False, **environ):
        home = {"HOME": str(tmp_path), "HF_ENDPOINT": hub.endpoint}
        http = HubHttp(read_hub_settings(home | environ), offline=offline)
        http.pause = lambda seconds: None
        opened.append(http)
        return HfSource(http=http, events=recorder, sink=sink)

    yield build
    for http in opened:
        http.close()


def main_of(hub, name=NAME):
    return hub.repos[name].refs["main"]


def fetch(source, sink, text, path):
    entry = next(e for e in source.entries(parse_ref(text)) if e.path == path)
    return entry, source.fetch(entry.ref, sink)


def test_a_repository_is_listed_at_its_commit(make, hub):
    entries = make().entries(parse_ref(f"hf:{NAME}@main"))
    assert [e.path for e in entries] == sorted(FILES)
    assert {e.ref.file for e in entries} == {main_of(hub)}
    assert all(parse_ref(str(e.ref)) == e.ref for e in entries)
    by_path = {e.path: e for e in entries}
    assert by_path["model.safetensors"].sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert by_path["config.json"].sha256 == ""
    assert by_path["README.md"].size == len(CARD)


def test_no_revision_means_main_and_a_commit_needs_no_question(make, hub):
    source = make()
    assert source.entries(parse_ref(f"hf:{NAME}"))[0].ref.file == main_of(hub)
    hub.seen.clear()
    entries = make().entries(parse_ref(f"hf:{NAME}@{main_of(hub)}"))
    assert (entries[0].ref.revision, entries[0].ref.file) == (main_of(hub), "")
    assert not any("/revision/" in s.path for s in hub.seen)


def test_a_folder_and_a_single_file(make):
    source = make()
    assert [e.path for e in source.entries(parse_ref(f"hf:{NAME}#onnx"))] == [
        "model.onnx",
        "with space #1.json",
    ]
    assert [e.path for e in source.entries(parse_ref(f"hf:{NAME}#onnx/model.onnx"))] == ["model.onnx"]
    with pytest.raises(NotFoundError, match="no 'onyx'"):
        source.entries(parse_ref(f"hf:{NAME}#onyx"))


def test_pages_of_the_tree_are_all_read(make, hub):
    hub.page = 2
    assert len(make().entries(parse_ref(f"hf:{NAME}"))) == len(FILES)


@pytest.mark.parametrize("path", sorted(FILES))
def test_every_file_comes_verified(make, sink, path):
    _, fetched = fetch(make(), sink, f"hf:{NAME}", path)
    assert sink.path(fetched.sha256).read_bytes() == FILES[path]
    assert (fetched.size, fetched.transferred, fetched.method) == (
        len(FILES[path]),
        len(FILES[path]),
        "whole",
    )
    assert fetched.promised


def test_a_data_set_and_an_endpoint_with_a_path(make, hub, sink):
    hub.prefix = "/policy/prod"
    hub.repo("datasets/acme/rows", {"train.csv": b"a\n1\n"})
    source = make()
    _, fetched = fetch(source, sink, "hf:datasets/acme/rows@main", "train.csv")
    assert sink.path(fetched.sha256).read_bytes() == b"a\n1\n"


def test_a_lock_takes_the_locked_commit_though_the_branch_moved(make, hub, sink, tmp_path):
    entry, fetched = fetch(make(), sink, f"hf:{NAME}@main", "config.json")
    hub.repos[NAME].commit(FILES | {"config.json": b"[1]"})
    other = DiskSink(tmp_path / "other")
    hub.seen.clear()
    again = make().fetch(entry.ref, other, locked=Locked("", "", fetched.size, fetched.sha256))
    assert again.sha256 == fetched.sha256
    assert [s.path for s in hub.seen] == [f"/{NAME}/resolve/{entry.ref.file}/config.json"]
    assert make().fetch(entry.ref, other, locked=Locked("", "", 2, fetched.sha256)).method == "present"


def test_other_bytes_than_locked_never_become_visible(make, hub, sink, tmp_path):
    for path in ("config.json", "model.safetensors"):
        entry, fetched = fetch(make(), sink, f"hf:{NAME}@main", path)
        hub.lies.bodies[path] = bytes(len(FILES[path]))
        other = DiskSink(tmp_path / path)
        with pytest.raises(IntegrityError):
            make().fetch(entry.ref, other, locked=Locked("", "", fetched.size, fetched.sha256))
        assert not other.blobs()


def test_bytes_that_are_not_of_the_commit_are_refused(make, hub, sink):
    hub.lies.bodies = {"config.json": b"[]", "model.safetensors": WEIGHTS[:-1] + b"x"}
    for path in hub.lies.bodies:
        with pytest.raises(IntegrityError, match="promised"):
            fetch(make(), sink, f"hf:{NAME}", path)
    assert not sink.blobs()


@pytest.mark.parametrize(
    ("header", "value"),
    [("X-Repo-Commit", "1" * 40), ("X-Linked-Size", "7"), ("X-Linked-Etag", '"' + "0" * 64 + '"')],
)
def test_a_hub_that_contradicts_its_own_list_is_not_believed(make, hub, sink, header, value):
    hub.lies.headers[header] = value
    with pytest.raises(IntegrityError, match="promised"):
        fetch(make(), sink, f"hf:{NAME}", "model.safetensors")


@pytest.mark.parametrize("size", [1, len(WEIGHTS) + 1])
def test_a_false_size_is_noticed(make, hub, sink, size):
    hub.lies.sizes["model.safetensors"] = size
    hub.lies.headers["X-Linked-Size"] = None
    with pytest.raises(IntegrityError):
        fetch(make(), sink, f"hf:{NAME}", "model.safetensors")
    assert not sink.blobs()


def test_an_interrupted_weight_file_goes_on_where_it_broke(make, hub, sink):
    hub.lies.drops, hub.lies.drop_after = 9, 70_000
    source = make()
    with pytest.raises(OfflineError):
        fetch(source, sink, f"hf:{NAME}", "model.safetensors")
    hub.lies.drops = 0
    hub.seen.clear()
    _, fetched = fetch(make(), sink, f"hf:{NAME}", "model.safetensors")
    assert 0 < fetched.transferred < len(WEIGHTS)
    assert hub.asked("cdn")[0].range.startswith("bytes=")
    assert sink.path(fetched.sha256).read_bytes() == WEIGHTS


@pytest.mark.parametrize("lie", ["ignore", "other", "total", "no-header"])
def test_a_server_that_cannot_go_on_is_asked_from_the_start(make, hub, sink, lie):
    hub.lies.drops, hub.lies.drop_after = 9, 70_000
    with pytest.raises(OfflineError):
        fetch(make(), sink, f"hf:{NAME}", "model.safetensors")
    hub.lies.drops, hub.lies.range = 0, lie
    _, fetched = fetch(make(), sink, f"hf:{NAME}", "model.safetensors")
    assert fetched.transferred == len(WEIGHTS)
    assert sink.path(fetched.sha256).read_bytes() == WEIGHTS


def test_the_token_goes_to_the_hub_and_to_nobody_else(make, hub, sink):
    hub.repos[NAME].gated = True
    source = make(HF_TOKEN=hub.token)
    fetch(source, sink, f"hf:{NAME}", "model.safetensors")
    assert {s.token for s in hub.asked()} == {f"Bearer {hub.token}"}
    assert {s.token for s in hub.asked("cdn")} == {""}
    assert hub.token not in repr(source.hub.http.settings)


def test_a_redirect_to_another_name_of_the_same_machine_gets_no_token(make, hub, sink):
    hub.lies.location = hub.root.replace("127.0.0.1", "localhost") + "/steal"
    with pytest.raises((RefusedError, NotFoundError, OfflineError)):
        fetch(make(HF_TOKEN=hub.token), sink, f"hf:{NAME}", "model.safetensors")
    assert not any(s.token for s in hub.seen if s.path == "/steal")


@pytest.mark.parametrize("where", ["HF_TOKEN_PATH", "HF_HOME", "XDG_CACHE_HOME", "HOME"])
def test_the_token_is_found_where_the_hubs_own_client_keeps_it(tmp_path, where):
    below = {"HF_TOKEN_PATH": "", "HF_HOME": "token", "XDG_CACHE_HOME": "huggingface/token"}
    place = (
        tmp_path / below.get(where, ".cache/huggingface/token")
        if where != "HF_TOKEN_PATH"
        else tmp_path / "t"
    )
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("hf_kept\n")
    value = str(place) if where == "HF_TOKEN_PATH" else str(tmp_path)
    assert read_hub_settings({where: value}).token() == "hf_kept"
    assert read_hub_settings({where: value, "HF_TOKEN": "hf_said"}).token() == "hf_said"
    assert read_hub_settings({where: value, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}).token() == ""


def test_a_token_that_no_header_may_carry_is_not_shown(tmp_path):
    with pytest.raises(UsageError) as told:
        read_hub_settings({"HOME": str(tmp_path), "HF_TOKEN": "hf_se cret\r\nX-Other: 1"}).token()
    assert "hf_se" not in str(told.value)


@pytest.mark.parametrize(
    "endpoint", ["ftp://hub.example", "https://user:pw@hub.example", "https://h/?q=1", "hub"]
)
def test_an_endpoint_that_is_no_plain_address_is_a_usage_error(endpoint):
    with pytest.raises(UsageError) as told:
        read_hub_settings({"HF_ENDPOINT": endpoint})
    assert "pw@" not in str(told.value)


def test_gated_and_private_repositories_say_what_to_do(make, hub, sink):
    hub.repos[NAME].gated = True
    with pytest.raises(UnknownAnswerError, match="does not give out acme/tiny yet") as told:
        fetch(make(), sink, f"hf:{NAME}", "config.json")
    assert "restricted" in told.value.why
    assert "HF_TOKEN" in told.value.hint
    hub.repos[NAME].private = True
    with pytest.raises(UnknownAnswerError, match="does not let you read") as told:
        make().entries(parse_ref(f"hf:{NAME}"))
    assert "HF_TOKEN" in told.value.hint
    with pytest.raises(UnknownAnswerError) as told:
        make(HF_TOKEN="hf_wrong").entries(parse_ref(f"hf:{NAME}"))
    assert "your token" in told.value.hint
    assert "hf_wrong" not in str(told.value)
    assert make(HF_TOKEN=hub.token).entries(parse_ref(f"hf:{NAME}"))


def test_a_revision_or_repository_that_is_not_there(make):
    with pytest.raises(NotFoundError, match="no such revision"):
        make().entries(parse_ref(f"hf:{NAME}@v9"))
    with pytest.raises(UnknownAnswerError, match="acme/other"):
        make().entries(parse_ref("hf:acme/other"))


def test_a_repository_that_moved_is_for_a_person_to_accept(make, hub, sink):
    hub.repo("new/home", FILES)
    entry = make().entries(parse_ref(f"hf:{NAME}#config.json"))[0]
    hub.lies.moved[NAME] = "new/home"
    with pytest.raises(RefusedError, match="has moved") as told:
        make().entries(parse_ref(f"hf:{NAME}"))
    assert "new/home" in told.value.why
    with pytest.raises(RefusedError, match="has moved"):
        make().fetch(entry.ref, sink, locked=Locked("", "", 2, hashlib.sha256(b"{}").hexdigest()))
    hub.lies.moved.clear()
    hub.lies.called[NAME] = "someone/else"
    with pytest.raises(RefusedError, match="has moved"):
        make().entries(parse_ref(f"hf:{NAME}"))


def test_a_file_may_lie_in_the_hubs_own_cache_but_not_in_another_repository(make, hub, sink):
    hub.repo("evil/tiny", FILES)
    for place in (f"/evil/tiny/resolve/{main_of(hub)}/config.json", "/other/acme/tiny/x"):
        hub.lies.location = hub.root + place
        with pytest.raises(RefusedError, match="has moved"):
            fetch(make(), sink, f"hf:{NAME}", "model.safetensors")
    hub.lies.location = f"{hub.root}/api/resolve-cache/models/{NAME}/x"
    with pytest.raises(NotFoundError):
        fetch(make(), sink, f"hf:{NAME}", "model.safetensors")


def test_questions_are_not_answered_by_another_host(make, hub):
    hub.lies.api_location = hub.cdn + "/api"
    with pytest.raises(RefusedError, match="sends questions elsewhere"):
        make(HF_TOKEN=hub.token).entries(parse_ref(f"hf:{NAME}"))
    assert not hub.asked("cdn")


def test_a_private_address_behind_a_public_hub_is_refused(tmp_path, recorder, sink):
    http = HubHttp(read_hub_settings({"HOME": str(tmp_path)}))
    assert http.allowed_private_hosts == frozenset()
    http = HubHttp(read_hub_settings({"HOME": str(tmp_path), "HF_ENDPOINT": "https://10.0.0.7:8443/hub"}))
    assert http.allowed_private_hosts == {"10.0.0.7:8443"}


@pytest.mark.parametrize("link", ["https://evil.example/tree", "{same}"])
def test_a_list_that_goes_elsewhere_or_in_circles_is_refused(make, hub, link):
    hub.page = 2
    here = f"{hub.root}/api/models/{NAME}/tree/{main_of(hub)}?recursive=true&expand=false"
    hub.lies.link = link.replace("{same}", here)
    with pytest.raises((RefusedError, MalformedError)):
        make().entries(parse_ref(f"hf:{NAME}"))


OID = git_oid(b"x")


@pytest.mark.parametrize(
    "tree",
    [
        b"{}", b"[1]", b"not json", b"\xff", b'[{"type":"file"}]',
        b'[{"type":"file","path":"a","size":-1,"oid":"%s"}]' % OID.encode(),
        b'[{"type":"file","path":"a","size":1,"oid":"zz"}]',
        b'[{"type":"link","path":"a","size":1,"oid":"%s"}]' % OID.encode(),
        b'[{"type":"file","path":"../a","size":1,"oid":"%s"}]' % OID.encode(),
        b'[{"type":"file","path":"/a","size":1,"oid":"%s"}]' % OID.encode(),
        b'[{"type":"file","path":"a!/b","size":1,"oid":"%s"}]' % OID.encode(),
        b'[{"type":"file","path":"a","size":1,"oid":"%s","lfs":{"oid":"x","size":1}}]' % OID.encode(),
        b'[{"type":"file","path":"a","size":1,"oid":"%s"},{"type":"file","path":"a","size":1,"oid":"%s"}]'
        % (OID.encode(), OID.encode()),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused(make, hub, tree):
    hub.lies.tree = tree
    with pytest.raises((MalformedError, RefusedError)):
        make().entries(parse_ref(f"hf:{NAME}"))


@pytest.mark.parametrize("name", ["a/b/c", "../x", "a/..", "a b", "a--b/c", "spaces/a/b/c", "a/b.git"])
def test_names_the_hub_does_not_have_are_usage_errors(make, name):
    with pytest.raises(UsageError):
        make().entries(parse_ref(f"hf:{name}"))


def test_a_member_of_an_archive_is_not_taken_out(make):
    with pytest.raises(UsageError, match="cannot look inside"):
        make().entries(parse_ref(f"hf:{NAME}#a.zip!/b"))


@pytest.mark.parametrize("how", [{"offline": True}, {"HF_HUB_OFFLINE": "1"}, {"TRANSFORMERS_OFFLINE": "yes"}])
def test_offline_asks_nobody(make, hub, sink, how):
    entry, fetched = fetch(make(), sink, f"hf:{NAME}", "config.json")
    hub.seen.clear()
    source = make(**how)
    with pytest.raises(OfflineError):
        source.entries(parse_ref(f"hf:{NAME}"))
    promise = Locked("", "", fetched.size, fetched.sha256)
    assert source.fetch(entry.ref, sink, locked=promise).method == "present"
    assert not hub.seen


def test_the_cost_is_what_is_not_there_yet(make, sink):
    source = make()
    ref = parse_ref(f"hf:{NAME}@main")
    total = sum(map(len, FILES.values()))
    assert (source.cost(ref, {}).bytes_needed, source.cost(ref, {}).method) == (total, "whole")
    entry, fetched = fetch(source, sink, f"hf:{NAME}@main", "model.safetensors")
    assert source.cost(ref, {}).bytes_needed == total - len(WEIGHTS)
    lines = {entry.ref: Locked("", "", fetched.size, fetched.sha256)}
    assert source.cost(ref, lines).method == "present"


def test_a_reader_fetches_only_what_is_looked_at(make, hub):
    source = make()
    entry = source.entries(parse_ref(f"hf:{NAME}#model.safetensors"))[0]
    reader = open_remote(source.hub, entry.ref)
    assert reader.size == len(WEIGHTS)
    assert not hub.asked("cdn")
    assert reader.read(5, 10) == WEIGHTS[5:15]
    assert reader.read(100, 1000) == WEIGHTS[100:1100]
    assert (reader.fetched, reader.requests) == (BLOCK, 1)
    assert reader.read(len(WEIGHTS) - 3, 100) == WEIGHTS[-3:]
    assert reader.read(len(WEIGHTS), 1) == b""
    assert reader.read(BLOCK - 1, 2) == WEIGHTS[BLOCK - 1 : BLOCK + 1]
    # The address of the content network is used again, so the hub was asked once.
    assert sum("/resolve/" in s.path for s in hub.asked()) == 1
    reader.close()


def test_a_reader_that_reads_on_asks_for_more_at_once(make, hub):
    source = make()
    reader = open_remote(source.hub, source.entries(parse_ref(f"hf:{NAME}#model.safetensors"))[0].ref)
    got = b"".join(reader.read(at, 4096) for at in range(0, len(WEIGHTS), 4096))
    assert got == WEIGHTS
    assert reader.fetched == len(WEIGHTS)
    assert reader.requests <= 8
    assert all(
        int(s.range.split("-")[1]) - int(s.range[6:].split("-")[0]) < LARGEST for s in hub.asked("cdn")
    )


def test_an_address_of_the_content_network_that_ended_is_asked_for_again(make, hub):
    source = make()
    reader = open_remote(source.hub, source.entries(parse_ref(f"hf:{NAME}#model.safetensors"))[0].ref)
    reader.read(0, 1)
    hub.signature += 1
    assert reader.read(10 * BLOCK, 4) == WEIGHTS[10 * BLOCK : 10 * BLOCK + 4]


@pytest.mark.parametrize("lie", ["ignore", "other", "total", "short", "no-header"])
def test_a_reader_takes_no_other_part_than_it_asked_for(make, hub, lie):
    source = make()
    reader = open_remote(source.hub, source.entries(parse_ref(f"hf:{NAME}#model.safetensors"))[0].ref)
    hub.lies.range = lie
    with pytest.raises((RangeUnusableError, IntegrityError, OfflineError)):
        reader.read(3 * BLOCK, 10)


def test_a_small_file_is_read_from_a_server_without_ranges(make, hub):
    hub.lies.range = "ignore"
    source = make()
    reader = open_remote(source.hub, source.entries(parse_ref(f"hf:{NAME}#README.md"))[0].ref)
    assert reader.read(0, 3) == CARD[:3]


def test_an_origin_names_the_commit_and_the_hubs_own_number(make, hub):
    hub.repos[NAME].number = "65f0a1b2c3d4e5f601234567"
    found = make().origin(parse_ref(f"hf:{NAME}"))
    assert (found.moving, found.tag, found.owner) == (True, False, "acme 65f0a1b2c3d4e5f601234567")
    assert str(found.exact) == f"hf:{NAME}/{main_of(hub)}"
    again = make().origin(found.exact)
    assert (again.moving, again.exact, again.owner) == (False, found.exact, found.owner)
    pinned = make().origin(parse_ref(f"hf:{NAME}@{main_of(hub)}#config.json"))
    assert (pinned.moving, str(pinned.exact)) == (False, f"hf:{NAME}@{main_of(hub)}#config.json")


def test_an_origin_tells_a_tag_from_a_branch(make, hub):
    hub.repos[NAME].commit(FILES, ref="v1")
    hub.repos[NAME].commit(FILES, ref="dev")
    hub.repos[NAME].tags = {"v1"}
    assert [make().origin(parse_ref(f"hf:{NAME}@{r}")).tag for r in ("v1", "dev", "main")] == [
        True,
        False,
        False,
    ]
    hub.lies.no_refs = True
    assert not make().origin(parse_ref(f"hf:{NAME}@v1")).tag


def test_an_owner_that_cannot_be_is_none(make, hub):
    hub.repos[NAME].number, hub.repos[NAME].author = "\x1b[2J", ["acme"]
    assert make().origin(parse_ref(f"hf:{NAME}")).owner == ""


def test_a_hub_that_answers_for_another_commit_is_not_believed(make, hub):
    other = "0" * 40
    hub.repos[NAME].refs[other] = main_of(hub)
    with pytest.raises(IntegrityError, match="another commit"):
        make().origin(parse_ref(f"hf:{NAME}@{other}"))


def test_an_origin_of_what_is_not_there(make, hub):
    for text in ("hf:acme/nope", f"hf:{NAME}@nope", f"hf:{NAME}@{'1' * 40}"):
        with pytest.raises((NotFoundError, UnknownAnswerError)):
            make().origin(parse_ref(text))
