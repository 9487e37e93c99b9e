"""What every remote that can be written must do, asked of a folder and of an S3 through `obstore`."""

import pytest
from tests.store.remotes.s3_server import S3Server

from weigh.core.errors import ConflictError, IntegrityError, NotFoundError, RefusedError, WeighError
from weigh.core.ref import RefKind
from weigh.store.remotes.folder import FolderRemote
from weigh.store.remotes.layout import MARK, MARK_DATA, PACKS, REFS, Held, pack_name, require_writable

PACK = "ab" * 32


@pytest.fixture
def s3():
    with S3Server() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def remote(request, tmp_path):
    if request.param == "folder":
        (tmp_path / "remote").mkdir()
        yield FolderRemote(tmp_path / "remote")
        return
    objects = pytest.importorskip(
        "weigh.store.remotes.objects", reason="the extra [objects] is not installed"
    )
    pytest.importorskip("obstore", reason="the extra [objects] is not installed")
    with S3Server() as server:
        yield objects.ObjectRemote(RefKind.S3, "acme", "team/models", server.environ(tmp_path))


def test_what_is_put_is_listed_and_read_in_parts(remote, tmp_path):
    data = bytes(range(256)) * 1000
    (tmp_path / "pack").write_bytes(data)
    remote.put_file(pack_name(PACK), tmp_path / "pack")
    remote.put(f"packs/{PACK}.idx", b"index")
    remote.swap("refs/heads/team/main", None, b"a\n")
    assert list(remote.names(PACKS)) == [(f"packs/{PACK}.idx", 5), (pack_name(PACK), len(data))]
    assert list(remote.names(REFS)) == [("refs/heads/team/main", 2)]
    spans = [(0, 10), (10, 11), (255_000, 256_000)]
    assert list(remote.parts(pack_name(PACK), spans)) == [data[a:b] for a, b in spans]
    assert remote.get("refs/heads/team/main", 100).data == b"a\n"
    assert remote.get("refs/heads/other", 100) is None


def test_a_part_behind_the_end_and_a_missing_pack_are_named(remote):
    remote.put(pack_name(PACK), b"0123456789")
    with pytest.raises(WeighError):
        list(remote.parts(pack_name(PACK), [(5, 20)]))
    with pytest.raises(NotFoundError):
        list(remote.parts(pack_name("cd" * 32), [(0, 1)]))


def test_a_small_object_that_is_large_is_refused(remote):
    remote.put(f"packs/{PACK}.idx", b"x" * 1000)
    with pytest.raises(IntegrityError):
        remote.get(f"packs/{PACK}.idx", 999)


def test_a_ref_is_swapped_only_from_what_was_read(remote):
    ref = "refs/heads/main"
    remote.swap(ref, None, b"one\n")
    with pytest.raises(ConflictError, match="moved by somebody else"):
        remote.swap(ref, None, b"two\n")
    first = remote.get(ref, 100)
    remote.swap(ref, first, b"two\n")
    with pytest.raises(ConflictError):
        remote.swap(ref, first, b"three\n")
    assert remote.get(ref, 100).data == b"two\n"


def test_a_place_that_keeps_conditions_is_marked_once(remote):
    require_writable(remote)
    require_writable(remote)
    assert remote.get(MARK, 100).data == MARK_DATA
    with pytest.raises(ConflictError):
        remote.swap(MARK, Held(MARK_DATA, "0" * 32), b"")


def test_a_place_with_something_else_in_it_is_refused(remote):
    remote.put(MARK, b"{}")
    with pytest.raises(RefusedError, match="holds something else"):
        require_writable(remote)


@pytest.fixture
def bucket(s3, tmp_path):
    pytest.importorskip("obstore", reason="the extra [objects] is not installed")
    from weigh.store.remotes.objects import ObjectRemote

    return ObjectRemote(RefKind.S3, "acme", "", s3.environ(tmp_path))


def test_a_store_without_conditional_writes_is_refused(s3, bucket):
    s3.conditional = False
    with pytest.raises(RefusedError, match="ignores the conditions"):
        require_writable(bucket)


def test_a_large_file_goes_in_parts(s3, bucket, tmp_path):
    data = b"".join(n.to_bytes(4, "little") for n in range(2_500_000))
    (tmp_path / "pack").write_bytes(data)
    bucket.put_file(pack_name(PACK), tmp_path / "pack")
    assert s3.objects[pack_name(PACK)] == data
    assert sum("partNumber" in asked.path for asked in s3.seen) == 2
    assert not s3.parts


def test_what_a_bucket_lists_beside_our_names_is_refused(s3, bucket):
    s3.objects["packs/evil.pack"] = b""
    with pytest.raises(WeighError, match="lists what no remote holds"):
        list(bucket.names(PACKS))


def test_a_login_is_wanted_and_not_shown(s3, tmp_path):
    pytest.importorskip("obstore", reason="the extra [objects] is not installed")
    from weigh.store.remotes.objects import ObjectRemote

    environ = s3.environ(tmp_path) | {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "hush-hush"}
    with pytest.raises(WeighError, match="does not let you") as caught:
        ObjectRemote(RefKind.S3, "acme", "", environ).get(MARK, 100)
    assert "hush" not in str(caught.value)


def test_another_part_than_asked_for_is_noticed(s3, bucket):
    s3.objects[pack_name(PACK)] = b"0123456789" * 100
    s3.tamper = lambda key, data: data[:20]
    with pytest.raises(WeighError):
        list(bucket.parts(pack_name(PACK), [(10, 500)]))


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(WeighError, match="is not there"):
        list(FolderRemote(tmp_path / "stick").names(PACKS))
