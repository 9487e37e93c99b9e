import hashlib
import json

import pytest
from tests.sources.file_server import FileServer
from tests.sources.kaggle_server import HANDLE, serve_model

from weigh.core.errors import (
    IntegrityError,
    MalformedError,
    NotFoundError,
    RefusedError,
    UnknownAnswerError,
    UsageError,
)
from weigh.core.ref import parse_ref
from weigh.sources.host_http import HostHttp
from weigh.sources.kaggle import KaggleSource
from weigh.sources.kaggle_settings import KaggleSettings, read_kaggle_settings
from weigh.sources.source import Locked

FILES = {"model.pt": bytes(range(256)) * 40, "config.json": b"{}", "sub/with space.txt": b"x"}


@pytest.fixture
def site(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FileServer() as server:
        yield server


@pytest.fixture
def storage():
    with FileServer() as server:
        yield server


@pytest.fixture
def make(site, storage, sink, recorder):
    opened = []

    def build(authorization=""):
        settings = KaggleSettings(site.root, authorization)
        http = HostHttp(settings.login, allowed_private_hosts=frozenset({site.place, storage.place}))
        http.pause = lambda _: None
        opened.append(http)
        return KaggleSource(http=http, settings=settings, events=recorder, sink=sink)

    yield build
    for http in opened:
        http.close()


def test_files_of_a_version(site, storage, make, sink):
    serve_model(site, storage, FILES, page=2)
    source = make()
    entries = source.entries(parse_ref(f"kaggle:{HANDLE}/1"))
    assert [e.path for e in entries] == sorted(FILES)
    for entry in entries:
        again = parse_ref(str(entry.ref))
        assert source.fetch(again, sink).sha256 == hashlib.sha256(FILES[entry.path]).hexdigest()
    assert {s.path.split("?")[0] for s in storage.seen} == {f"/v1/{p}".replace(" ", "%20") for p in FILES}


def test_without_a_version_the_current_one_is_found_and_named(site, storage, make):
    serve_model(site, storage, FILES)
    source = make()
    entries = source.entries(parse_ref(f"kaggle:{HANDLE}#sub"))
    assert [str(e.ref) for e in entries] == [f"kaggle:{HANDLE}/2#sub/with space.txt"]
    origin = source.origin(parse_ref(f"kaggle:{HANDLE}"))
    assert (str(origin.exact), origin.moving) == (f"kaggle:{HANDLE}/2", True)
    assert (origin.owner, origin.declared_version) == ("acme 77", "2")
    assert not source.origin(parse_ref(f"kaggle:{HANDLE}/1")).moving
    assert source.licence(parse_ref(f"kaggle:{HANDLE}")) == "Apache 2.0"


def test_the_login_goes_to_kaggle_and_not_to_its_storage(site, storage, make, sink):
    serve_model(site, storage, FILES)
    source = make("Bearer kgat_secret")
    source.fetch(source.entries(parse_ref(f"kaggle:{HANDLE}/1"))[0].ref, sink)
    assert {s.authorization for s in site.seen} == {"Bearer kgat_secret"}
    assert {s.authorization for s in storage.seen} == {""}


def test_the_md5_of_the_storage_is_checked(site, storage, make, sink):
    serve_model(site, storage, FILES)
    storage.files["/v1/model.pt"] = FILES["model.pt"][:-1] + b"?"
    with pytest.raises(IntegrityError, match="X-Goog-Hash"):
        make().fetch(parse_ref(f"kaggle:{HANDLE}/1#model.pt"), sink)
    assert sink.blobs() == []


def test_another_size_than_listed_is_refused(site, storage, make, sink):
    serve_model(site, storage, FILES)
    storage.files["/v1/model.pt"] = b"short"
    with pytest.raises(IntegrityError, match="promised"):
        make().fetch(parse_ref(f"kaggle:{HANDLE}/1#model.pt"), sink)


def test_what_is_locked_needs_no_list(site, storage, make, sink):
    serve_model(site, storage, FILES)
    data = FILES["model.pt"]
    locked = Locked("", "", len(data), hashlib.sha256(data).hexdigest())
    assert make().fetch(parse_ref(f"kaggle:{HANDLE}/1#model.pt"), sink, locked=locked).promised
    assert all("/download/" in s.path for s in site.seen)


@pytest.mark.parametrize(
    "name", ["a/b/c", "a/b/c/d/e", "a/b/c/d/0", "a/b/c/d/1/2", "a/../c/d", "a/b/c/d e", "-a/b/c/d"]
)
def test_what_is_no_handle(make, name):
    with pytest.raises(UsageError, match="OWNER/MODEL/FRAMEWORK/VARIATION"):
        make().entries(parse_ref(f"kaggle:{name}"))


def test_errors_say_what_is_wrong(site, storage, make):
    with pytest.raises(NotFoundError, match="Kaggle has no") as told:
        make().entries(parse_ref(f"kaggle:{HANDLE}"))
    assert "KAGGLE_USERNAME" in told.value.hint
    site.logins[f"/api/v1/models/{HANDLE}/get"] = "Bearer other"
    with pytest.raises(UnknownAnswerError) as refused:
        make("Bearer kgat_secret").entries(parse_ref(f"kaggle:{HANDLE}"))
    assert "kgat_secret" not in str(refused.value)
    serve_model(site, storage, FILES, handle="a/b/c/d")
    with pytest.raises(NotFoundError, match="no 'nope'"):
        make().entries(parse_ref("kaggle:a/b/c/d/1#nope"))


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"versionNumber": 0}', b'{"versionNumber": "x"}'])
def test_answers_that_are_none(site, make, body):
    site.put(f"/api/v1/models/{HANDLE}/get", body)
    with pytest.raises(MalformedError):
        make().entries(parse_ref(f"kaggle:{HANDLE}"))


def test_lists_that_cannot_be(site, make):
    path = f"/api/v1/models/{HANDLE}/1/files"
    site.put(path, json.dumps({"files": [{"name": "../x", "size": 1}]}).encode())
    with pytest.raises(RefusedError, match=r"\.\./x"):
        make().entries(parse_ref(f"kaggle:{HANDLE}/1"))
    site.put(path, json.dumps({"files": [{"name": "x"}, {"name": "x"}]}).encode())
    with pytest.raises(MalformedError, match="Kaggle says"):
        make().entries(parse_ref(f"kaggle:{HANDLE}/1"))
    site.put(path, json.dumps({"files": [], "nextPageToken": "t"}).encode())
    with pytest.raises(RefusedError, match="will not read"):
        make().entries(parse_ref(f"kaggle:{HANDLE}/1"))


def test_where_the_login_comes_from(tmp_path):
    home = {"HOME": str(tmp_path)}
    assert read_kaggle_settings(home).authorization == ""
    folder = tmp_path / ".kaggle"
    folder.mkdir()
    (folder / "kaggle.json").write_text('{"username": "u", "key": "k"}')
    assert read_kaggle_settings(home).authorization == "Basic dTpr"
    assert (
        read_kaggle_settings(home | {"KAGGLE_USERNAME": "a", "KAGGLE_KEY": "b"}).authorization == "Basic YTpi"
    )
    (folder / "access_token").write_text("tok\n")
    assert read_kaggle_settings(home).authorization == "Bearer tok"
    assert read_kaggle_settings(home | {"KAGGLE_API_TOKEN": "env"}).authorization == "Bearer env"
    (tmp_path / "t").write_text("from-file")
    named = read_kaggle_settings(home | {"KAGGLE_API_TOKEN": str(tmp_path / "t")})
    assert named.authorization == "Bearer from-file"
    assert "from-file" not in repr(named)


@pytest.mark.parametrize("text", ["{", '{"username": 1}', "[]"])
def test_a_login_file_that_is_none(tmp_path, text):
    (tmp_path / "kaggle.json").write_text(text)
    with pytest.raises(UsageError, match=r"kaggle\.json") as told:
        read_kaggle_settings({"HOME": str(tmp_path), "KAGGLE_CONFIG_DIR": str(tmp_path)})
    assert text not in str(told.value)


def test_a_login_that_no_header_may_carry(tmp_path):
    with pytest.raises(UsageError) as told:
        read_kaggle_settings({"HOME": str(tmp_path), "KAGGLE_API_TOKEN": "a\nb secret"})
    assert "secret" not in str(told.value)
