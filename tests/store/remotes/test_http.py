"""A remote that a web server hands out."""

from contextlib import ExitStack

import pytest
from tests.sources.loopback import Answer, Loopback

from weigh.core.errors import NotFoundError, RefusedError, WeighError
from weigh.store.remotes.address import Reaching, checked_address, open_remote
from weigh.store.remotes.layout import PACKS, REFS, dump_listing, pack_name
from weigh.system.credentials import Credentials, Login

PACK = "ab" * 32
DATA = bytes(range(256)) * 10
LISTING = dump_listing({pack_name(PACK): len(DATA)}, {"refs/heads/main": "cd" * 32})


class Server(Loopback):
    def __init__(self):
        super().__init__(self.answer)
        self.files = {"/r/listing.json": LISTING, f"/r/{pack_name(PACK)}": DATA}
        self.change = lambda answer, asked: answer

    def answer(self, asked):
        found = self.files.get(asked.path)
        return self.change(Answer(found), asked) if found is not None else Answer(b"", 404)


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def reach():
    with ExitStack() as opened:

        def reach(server, credentials=None):
            remote = open_remote(f"{server.url}/r", Reaching({}, credentials or Credentials()))
            opened.callback(remote.close)
            return remote

        yield reach


def test_refs_packs_and_parts_are_read(server, reach):
    remote = reach(server)
    assert list(remote.names(PACKS)) == [(pack_name(PACK), len(DATA))]
    assert list(remote.names(REFS)) == [("refs/heads/main", 65)]
    assert remote.get("refs/heads/main", 100).data == b"cd" * 32 + b"\n"
    assert list(remote.parts(pack_name(PACK), [(0, 5), (100, 2560)])) == [DATA[:5], DATA[100:]]


def test_a_server_without_ranges_is_read_from_the_beginning(server, reach):
    server.change = lambda answer, asked: Answer(answer.body, headers={"Content-Range": ""})
    assert list(reach(server).parts(pack_name(PACK), [(3, 5), (100, 101)])) == [DATA[3:5], DATA[100:101]]


@pytest.mark.parametrize(
    "headers", [{"Content-Range": "bytes 4-8/2560"}, {"Content-Range": "bytes 3-90/2560"}]
)
def test_other_parts_than_asked_for_are_named(server, reach, headers):
    server.change = lambda answer, asked: (
        Answer(answer.body[3:8], 206, headers) if "range" in asked.headers else answer
    )
    with pytest.raises(WeighError, match="cannot be read in parts"):
        list(reach(server).parts(pack_name(PACK), [(3, 8)]))


def test_a_part_that_is_cut_off_is_named(server, reach):
    server.files[f"/r/{pack_name(PACK)}"] = DATA[:50]
    with pytest.raises(WeighError):
        list(reach(server).parts(pack_name(PACK), [(40, 80)]))


def test_there_is_nothing_to_write_to(server, reach, tmp_path):
    remote = reach(server)
    (tmp_path / "x").write_bytes(b"x")
    for write in (
        lambda: remote.put("packs/x", b""),
        lambda: remote.swap("refs/heads/main", None, b""),
        lambda: remote.put_file("packs/x", tmp_path / "x"),
    ):
        with pytest.raises(RefusedError, match="cannot write"):
            write()


def test_a_place_without_a_listing_is_no_remote(server, reach):
    del server.files["/r/listing.json"]
    with pytest.raises(NotFoundError, match="there is no remote"):
        list(reach(server).names(REFS))


@pytest.mark.parametrize(
    "listing",
    [
        b"", b"[]", b"{}", dump_listing({"packs/../../x.pack": 1}, {}),
        dump_listing({}, {"refs/heads/../x": ""}),
        b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_hostile_listing_is_refused(server, reach, listing):
    server.files["/r/listing.json"] = listing
    with pytest.raises(WeighError, match=r"damaged|lists what no remote holds"):
        list(reach(server).names(REFS))


def test_a_login_goes_to_its_host_and_no_further(server, reach):
    with Server() as other:
        server.change = lambda answer, asked: Answer(b"", 302, {"Location": f"{other.url}/r/listing.json"})
        credentials = Credentials({server.host: Login("", "hush"), other.host: Login()})
        list(reach(server, credentials).names(REFS))
        assert [asked.login for asked in server.seen] == ["Bearer hush"]
        assert [asked.login for asked in other.seen] == [""]


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("s3://acme/team/models/", "s3:acme/team/models"),
        ("gs:acme", "gs:acme"),
        ("az:box/x", "az:box/x"),
        ("https://models.example.org/team/", "https://models.example.org/team"),
        ("../share", "/srv/share"),
        ("file:///mnt/share", "/mnt/share"),
    ],
)
def test_addresses_are_kept_in_full(typed, full, tmp_path):
    from pathlib import Path

    assert checked_address(typed, Path("/srv/me")) == full


@pytest.mark.parametrize(
    "typed",
    [
        "", "https://me:hush@host/x", "http://models.example.org/x", "https://host/x?token=hush", "ssh://host/x",
        "s3:acme/../x", "git@host:x\n",
    ],
)  # fmt: skip
def test_addresses_that_are_none_or_hold_secrets_are_refused(typed, tmp_path):
    with pytest.raises(WeighError) as caught:
        checked_address(typed, tmp_path)
    assert "hush" not in str(caught.value)
