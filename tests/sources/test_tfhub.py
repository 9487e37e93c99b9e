import hashlib
import io
import tarfile

import pytest
from tests.sources.file_server import FileServer

from weigh.core.errors import MalformedError, NotFoundError, RefusedError, UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.sources.source import Locked
from weigh.sources.tfhub import TfHubSource
from weigh.system.http import Http

FILES = {"saved_model.pb": b"graph" * 100, "variables/variables.index": b"index", "assets/vocab.txt": b"a\nb"}


def packed(files, **links):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for path, data in files.items():
            info = tarfile.TarInfo(f"./{path}" if not path.startswith(("/", "..")) else path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for path, target in links.items():
            info = tarfile.TarInfo(path)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return made.getvalue()


@pytest.fixture
def site(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FileServer() as server:
        yield server


@pytest.fixture
def source(site, sink, recorder):
    with Http(allowed_private_hosts=frozenset({site.place})) as http:
        yield TfHubSource(http=http, events=recorder, sink=sink)


def serve(site, data):
    site.redirects["/google/tiny/1?tf-hub-format=compressed"] = "/kaggle/tiny.tar.gz?sig=1"
    site.put("/kaggle/tiny.tar.gz", data)
    return ArtifactRef(RefKind.TFHUB, f"{site.root}/google/tiny/1")


def test_members_of_the_archive_behind_a_handle(site, source, sink):
    ref = serve(site, packed(FILES))
    entries = source.entries(ref)
    assert [e.path for e in entries] == sorted(FILES)
    for entry in entries:
        again = parse_ref(str(entry.ref))
        fetched = source.fetch(again, sink)
        assert fetched.sha256 == hashlib.sha256(FILES[entry.path]).hexdigest()
    assert sum("tiny.tar.gz" in s.path for s in site.seen) == 1
    assert [e.path for e in source.entries(ref.member("variables"))] == ["variables.index"]


def test_an_archive_packed_anew_keeps_what_is_locked(site, source, sink):
    ref = serve(site, packed(dict(reversed(FILES.items()))))
    data = FILES["saved_model.pb"]
    locked = Locked("", "0" * 64, len(data), hashlib.sha256(data).hexdigest())
    assert source.fetch(ref.member("saved_model.pb"), sink, locked=locked).sha256 == locked.sha256


@pytest.mark.parametrize(
    "name", ["https://tfhub.dev/google/tiny", "https://tfhub.dev/google/tiny/latest", "https://tfhub.dev/"]
)
def test_a_handle_without_a_version_names_the_fix(source, name):
    with pytest.raises(UsageError, match="names no version") as told:
        source.entries(parse_ref(f"tfhub:{name}"))
    assert told.value.hint.endswith("/1")


@pytest.mark.parametrize("name", ["google/tiny/1", "https://me:secret@tfhub.dev/x/1", "ftp://x/1"])
def test_what_is_no_handle(source, name):
    with pytest.raises(UsageError, match="cannot read the handle") as told:
        source.entries(parse_ref(f"tfhub:{name}"))
    assert "secret" not in str(told.value)


def test_a_member_that_leaves_the_folder_is_refused(site, source):
    with pytest.raises(MalformedError):
        source.entries(serve(site, packed({"../../evil": b"x"})))


def test_links_are_never_read(site, source, sink):
    ref = serve(site, packed(FILES, link="/etc/passwd"))
    assert [e.path for e in source.entries(ref)] == sorted(FILES)
    with pytest.raises(RefusedError):
        source.entries(ref.member("link"))


def test_no_archive_and_an_empty_one(site, source):
    with pytest.raises(MalformedError):
        source.entries(serve(site, b"<html>sign in</html>"))


def test_an_empty_archive(site, source):
    with pytest.raises(NotFoundError, match="empty"):
        source.entries(serve(site, packed({})))


def test_origin_and_cost(site, source, sink):
    ref = serve(site, packed(FILES))
    origin = source.origin(ref)
    assert (origin.moving, origin.owner, origin.declared_version) == (False, "google", "1")
    assert source.cost(ref, {}).bytes_needed == len(site.files["/kaggle/tiny.tar.gz"])
