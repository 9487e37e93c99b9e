import hashlib

import pytest
from tests.sources.file_server import FileServer
from tests.sources.github_server import advertisement, archive, serve_repository

from weigh.core.errors import (
    IntegrityError,
    MalformedError,
    NotFoundError,
    RefusedError,
    UnknownAnswerError,
    UsageError,
)
from weigh.core.ref import parse_ref
from weigh.sources.github_refs import read_advertisement
from weigh.sources.host_http import HostHttp
from weigh.sources.source import Locked
from weigh.sources.torchhub import GitHubSettings, TorchHubSource, read_github_settings
from weigh.system.http import Http

NAME = "acme/models"
WEIGHTS = bytes(range(256)) * 100
PREFIX = hashlib.sha256(WEIGHTS).hexdigest()[:8]


@pytest.fixture
def site(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FileServer() as server:
        yield server


@pytest.fixture
def make(site, sink, recorder):
    opened = []

    def build(token=""):
        settings = GitHubSettings(site.root, site.root, token)
        own = frozenset({site.place})
        http = HostHttp(settings.login, allowed_private_hosts=own)
        plain = Http(allowed_private_hosts=own, pause=lambda _: None)
        http.pause = lambda _: None
        opened.extend([http, plain])
        return TorchHubSource(http=http, plain=plain, settings=settings, events=recorder, sink=sink)

    yield build
    for http in opened:
        http.close()


def hubconf(url):
    # A loopback address is plain http, which the reader of hubconf would not take: it is put there below.
    load = f"torch.hub.load_state_dict_from_url('{url}', check_hash=True)"
    return f"import torch\ndef tiny(pretrained=True):\n    return {load}\n"


def files_of(url="https://weights.example.org/tiny.pth"):
    return {
        "hubconf.py": hubconf(url).encode(),
        "LICENSE": b"MIT",
        "lib/net.py": b"class Net: pass\n",
    }


@pytest.fixture
def with_checkpoint(site, monkeypatch):
    """Lets the checkpoint's address be one of the loopback server, as if it were https."""
    name = f"tiny-{PREFIX}.pth"
    site.put(f"/w/{name}", WEIGHTS)
    from weigh.sources import hubconf as module

    far = f"https://weights.example.org/w/{name}"
    real = module._checkpoint

    def nearer(call, url):
        made = real(call, url)
        return type(made)(
            made.url.replace("https://weights.example.org", site.root),
            made.name,
            made.prefix,
            made.path,
            made.line,
        )

    monkeypatch.setattr(module, "_checkpoint", nearer)
    return far


def test_files_and_checkpoints_of_a_commit(site, make, sink, with_checkpoint):
    files = files_of(with_checkpoint)
    commit = serve_repository(site, NAME, files, tags=("v1",))
    source = make()
    entries = source.entries(parse_ref(f"torchhub:{NAME}:v1#tiny"))
    paths = [e.path for e in entries]
    assert paths == [f"checkpoints/tiny-{PREFIX}.pth", "repo/LICENSE", "repo/hubconf.py", "repo/lib/net.py"]
    for entry in entries:
        assert commit in str(entry.ref)
        again = parse_ref(str(entry.ref))
        fetched = source.fetch(again, sink)
        data = WEIGHTS if entry.path.startswith("checkpoints/") else files[entry.path[5:]]
        assert fetched.sha256 == hashlib.sha256(data).hexdigest()
    assert sum("/zip/" in s.path for s in site.seen) == 1
    assert source.unresolved(parse_ref(f"torchhub:{NAME}:v1#tiny")) == ()


def test_a_checkpoint_that_breaks_the_hash_in_its_name_is_refused(site, make, sink, with_checkpoint):
    serve_repository(site, NAME, files_of(with_checkpoint))
    source = make()
    entry = source.entries(parse_ref(f"torchhub:{NAME}"))[0]
    site.files[f"/w/tiny-{PREFIX}.pth"] = WEIGHTS[:-1] + b"?"
    with pytest.raises(IntegrityError, match="repository's code"):
        source.fetch(entry.ref, sink)


def test_what_is_locked_needs_no_list_of_refs(site, make, sink):
    files = files_of()
    commit = serve_repository(site, NAME, files)
    ref = parse_ref(f"torchhub:{NAME}:main/{commit}#repo/LICENSE")
    digest = hashlib.sha256(b"MIT").hexdigest()
    fetched = make().fetch(ref, sink, locked=Locked("", "", 3, digest))
    assert fetched.sha256 == digest
    assert not any("info/refs" in s.path for s in site.seen)


def test_an_archive_packed_anew_changes_nothing_that_is_locked(site, make, sink):
    files = files_of()
    commit = serve_repository(site, NAME, files)
    site.put(f"/{NAME}/zip/{commit}", archive(NAME, commit, files, level=0))
    digest = hashlib.sha256(b"MIT").hexdigest()
    ref = parse_ref(f"torchhub:{NAME}:main/{commit}#repo/LICENSE")
    assert make().fetch(ref, sink, locked=Locked("", "", 3, digest)).sha256 == digest


@pytest.mark.parametrize("lie", [{"comment": "b" * 40}, {"top": f"models-{'b' * 40}"}])
def test_an_archive_of_another_commit_is_refused(site, make, lie):
    serve_repository(site, NAME, files_of(), **lie)
    with pytest.raises(IntegrityError, match="of another commit"):
        make().entries(parse_ref(f"torchhub:{NAME}"))


def test_main_goes_before_master_as_torch_has_it(site, make):
    refs = {"refs/heads/master": "b" * 40, "refs/heads/main": "a" * 40, "refs/heads/dev": "c" * 40}
    site.put(f"/{NAME}.git/info/refs", advertisement(refs, head="c" * 40, default="dev"))
    origin = make().origin(parse_ref(f"torchhub:{NAME}"))
    assert str(origin.exact) == f"torchhub:{NAME}:{'a' * 40}"
    assert origin.moving
    assert origin.owner == "acme"


def test_a_tag_object_is_followed_to_its_commit(site, make):
    refs = {"refs/heads/main": "a" * 40, "refs/tags/v1": "d" * 40}
    site.put(
        f"/{NAME}.git/info/refs",
        advertisement(refs, head="a" * 40, peeled={"refs/tags/v1": "e" * 40}),
    )
    origin = make().origin(parse_ref(f"torchhub:{NAME}:v1"))
    assert origin.exact.revision == "e" * 40
    assert origin.declared_version == "v1"


def test_a_name_that_is_branch_and_tag_at_two_commits_is_not_guessed(site, make):
    refs = {"refs/heads/v1": "a" * 40, "refs/tags/v1": "d" * 40}
    site.put(f"/{NAME}.git/info/refs", advertisement(refs, head="a" * 40))
    with pytest.raises(UsageError, match="branch and a tag"):
        make().origin(parse_ref(f"torchhub:{NAME}:v1"))


def test_a_wrong_revision_lists_those_there_are(site, make):
    serve_repository(site, NAME, files_of(), tags=("v1", "v2"))
    with pytest.raises(NotFoundError, match="no branch or tag 'v9'") as told:
        make().entries(parse_ref(f"torchhub:{NAME}:v9"))
    assert "v1, v2" in told.value.why


@pytest.mark.parametrize("name", ["acme", "acme/../x", "a b/c", "acme/x/y"])
def test_names_that_are_no_repository(make, name):
    with pytest.raises(UsageError, match="OWNER/REPOSITORY"):
        make().entries(parse_ref(f"torchhub:{name}"))


def test_a_repository_that_moved_is_not_followed(site, make):
    serve_repository(site, "new/models", files_of())
    old = f"/{NAME}.git/info/refs"
    site.redirects[old] = f"{site.root}/new/models.git/info/refs"
    with pytest.raises(RefusedError, match="has moved"):
        make().entries(parse_ref(f"torchhub:{NAME}"))


def test_a_path_that_leaves_the_archive_is_refused(site, make):
    serve_repository(site, NAME, files_of() | {"../../evil.py": b"x"})
    with pytest.raises(MalformedError):
        make().entries(parse_ref(f"torchhub:{NAME}"))


def test_the_token_goes_to_github_and_to_no_other_host(site, make, sink, with_checkpoint):
    serve_repository(site, NAME, files_of(with_checkpoint))
    with FileServer() as other:
        source = make("ghp_secret")
        entry = source.entries(parse_ref(f"torchhub:{NAME}"))[0]
        name = f"/w/tiny-{PREFIX}.pth"
        other.put(name, WEIGHTS)
        source._files.http.allowed_private_hosts |= {other.place}
        site.redirects[name] = other.root + name
        source.fetch(entry.ref, sink)
        assert [s.authorization for s in other.seen] == [""]
    refs = [s for s in site.seen if "info/refs" in s.path]
    assert refs[0].authorization.startswith("Basic ")
    assert [s.authorization for s in site.seen if s.path == name] == ["", ""]


def test_a_wrong_token_is_never_shown(site, make):
    site.logins[f"/{NAME}.git/info/refs"] = "Basic other"
    with pytest.raises(UnknownAnswerError) as told:
        make("ghp_secret").entries(parse_ref(f"torchhub:{NAME}"))
    assert "ghp_secret" not in str(told.value)
    assert "ghp_secret" not in repr(read_github_settings({"GITHUB_TOKEN": "ghp_secret"}))
    with pytest.raises(UsageError):
        read_github_settings({"GITHUB_TOKEN": "a b"})


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"zzzz",
        b"001e# service=git-upload-pack\n0000ffff",
        b"001e# service=git-upload-pack\n0000000bhello w",
        b"0003",
    ],
)
def test_what_is_no_list_of_refs(body):
    with pytest.raises(MalformedError):
        read_advertisement(body)


def test_entries_of_one_commit_count_as_one_ref_for_cost(site, make, sink):
    files = files_of()
    commit = serve_repository(site, NAME, files)
    line = parse_ref(f"torchhub:{NAME}:main/{commit}#repo/LICENSE")
    cost = make().cost(parse_ref(f"torchhub:{NAME}:main"), {line: Locked("", "", 3, "0" * 64)})
    assert (cost.bytes_needed, cost.method) == (3, "whole")
