import hashlib

import pytest
from tests.sources.archive_making import demo_wheel
from tests.sources.file_server import FileServer

from weigh.core.errors import IntegrityError, NotFoundError, OfflineError, RefusedError, UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.sources.https import HttpsSource
from weigh.sources.remote_files import named_hash
from weigh.sources.source import Locked
from weigh.system.http import Http

DATA = bytes(range(256)) * 4096
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def site(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FileServer() as server:
        yield server


@pytest.fixture
def source(site, sink, recorder):
    with Http(allowed_private_hosts=frozenset({site.place}), pause=lambda _: None) as http:
        yield HttpsSource(http=http, events=recorder, sink=sink)


def ref(url, *members):
    return ArtifactRef(RefKind.HTTPS, url, members=members)


def test_a_file_is_listed_with_its_size_and_measured(site, source, sink):
    url = site.put("/w/model.bin", DATA)
    (entry,) = source.entries(ref(url))
    assert (entry.path, entry.size, entry.sha256) == ("model.bin", len(DATA), "")
    fetched = source.fetch(entry.ref, sink)
    assert (fetched.sha256, fetched.size, fetched.promised) == (SHA, len(DATA), False)
    assert fetched.transferred == len(DATA)


def test_a_name_that_carries_a_hash_is_held_to_it(site, source, sink):
    good = site.put(f"/net-{SHA[:8]}.pth", DATA)
    assert source.fetch(ref(good), sink).promised
    bad = site.put("/net-deadbeef.pth", DATA)
    with pytest.raises(IntegrityError, match="the name of the file says deadbeef") as told:
        source.fetch(ref(bad), sink)
    assert SHA in told.value.why
    assert sink.blobs() == [SHA]


@pytest.mark.parametrize(
    ("name", "found"),
    [("resnet50-0676ba61.pth", "0676ba61"), ("model-v2.pt", ""), ("x-20240131.pt", ""), ("a.pt", "")],
)
def test_what_counts_as_a_hash_in_a_name(name, found):
    assert named_hash(name) == found


def test_the_lock_is_what_counts(site, source, sink):
    url = site.put("/model.bin", DATA[:-1] + b"?")
    with pytest.raises(IntegrityError):
        source.fetch(ref(url), sink, locked=Locked("model.bin", "", len(DATA), SHA))
    assert sink.blobs() == []
    assert sink.partials() == []


def test_an_interrupted_fetch_goes_on_with_the_same_entity_tag(site, source, sink):
    url = site.put("/model.bin", DATA, tag='"one"')
    site.lies.drops, site.lies.drop_after = 9, 300_000
    site.lies.ranges = "ignore"
    with pytest.raises(OfflineError):
        source.fetch(ref(url), sink)
    assert len(sink.partials()) == 1
    site.lies.drops, site.lies.ranges = 0, ""
    fetched = source.fetch(ref(url), sink)
    assert fetched.sha256 == SHA
    assert 0 < fetched.transferred < len(DATA)
    assert site.seen[-1].if_range == '"one"'


def test_bytes_of_two_versions_are_never_put_together(site, source, sink):
    url = site.put("/model.bin", b"x" * len(DATA), tag='"one"')
    site.lies.drops, site.lies.drop_after, site.lies.ranges = 9, 300_000, "ignore"
    with pytest.raises(OfflineError):
        source.fetch(ref(url), sink)
    site.lies.drops, site.lies.ranges = 0, ""
    site.put("/model.bin", DATA, tag='"two"')
    assert source.fetch(ref(url), sink).sha256 == SHA


def test_without_a_strong_tag_it_starts_again(site, source, sink):
    url = site.put("/model.bin", DATA, tag='W/"weak"')
    site.lies.drops, site.lies.drop_after, site.lies.ranges = 9, 300_000, "ignore"
    with pytest.raises((OfflineError, IntegrityError)):
        source.fetch(ref(url), sink)
    site.lies.drops = 0
    assert source.fetch(ref(url), sink).transferred == len(DATA)


def test_with_a_lock_what_is_left_is_used_whatever_the_server_says(site, source, sink):
    url = site.put("/model.bin", DATA)
    site.lies.drops, site.lies.drop_after, site.lies.ranges = 9, 300_000, "ignore"
    locked = Locked("model.bin", "", len(DATA), SHA)
    with pytest.raises(OfflineError):
        source.fetch(ref(url), sink, locked=locked)
    site.lies.drops, site.lies.ranges = 0, "other"
    # A server that sends another part than was asked for is not gone on with.
    assert source.fetch(ref(url), sink, locked=locked).transferred == len(DATA)


@pytest.mark.parametrize("lie", [{"length": 5}, {"encoding": "gzip"}])
def test_a_server_that_lies_is_told(site, source, sink, lie):
    url = site.put("/model.bin", DATA)
    for name, value in lie.items():
        setattr(site.lies, name, value)
    with pytest.raises((IntegrityError, OfflineError)):
        source.fetch(ref(url), sink)
    assert sink.blobs() == []


def test_another_size_than_the_lock_says_is_refused_before_a_byte_is_kept(site, source, sink):
    url = site.put("/model.bin", DATA)
    with pytest.raises(IntegrityError, match="promised"):
        source.fetch(ref(url), sink, locked=Locked("model.bin", "", 5, "0" * 64))


def test_members_of_an_archive_are_read_out_of_it(site, source, sink):
    wheel, members = demo_wheel()
    url = site.put("/demo.zip", wheel)
    entries = source.entries(ref(url, "demo_model"))
    assert entries
    for entry in entries:
        fetched = source.fetch(entry.ref, sink)
        data = members[entry.ref.members[0]]
        assert fetched.sha256 == hashlib.sha256(data).hexdigest()
        assert fetched.file_sha256 == hashlib.sha256(wheel).hexdigest()
    assert sum(s.path == "/demo.zip" for s in site.seen) == 1


def test_redirects_are_bounded_and_never_leave_https(site, source, sink):
    site.redirects["/a"] = "/b"
    site.redirects["/b"] = "/a"
    with pytest.raises(RefusedError, match="redirects"):
        source.fetch(ref(site.root + "/a"), sink)


def test_private_addresses_are_refused(sink, recorder):
    with Http() as http, pytest.raises(RefusedError, match=r"private|plain http"):
        HttpsSource(http=http, events=recorder, sink=sink).entries(parse_ref("https://127.0.0.1:9/m.pt"))


def test_passwords_and_nameless_addresses_are_refused(source):
    with pytest.raises(UsageError, match="password") as told:
        source.entries(parse_ref("https://me:secret@host/m.pt"))
    assert "secret" not in str(told.value)
    with pytest.raises(UsageError, match="name of a file"):
        source.entries(parse_ref("https://host/"))


def test_nothing_there(site, source):
    with pytest.raises(NotFoundError):
        source.entries(ref(site.root + "/none.pt"))


def test_an_address_can_always_mean_something_else_tomorrow(source):
    origin = source.origin(parse_ref("https://host/v1.0/m.pt"))
    assert origin.moving
    assert origin.owner == "host"


def test_cost_is_the_whole_file_until_it_is_there(site, source, sink):
    url = site.put("/model.bin", DATA)
    assert source.cost(ref(url), {}).bytes_needed == len(DATA)
    source.fetch(ref(url), sink)
    assert source.cost(ref(url), {ref(url): Locked("", "", len(DATA), SHA)}).method == "present"
