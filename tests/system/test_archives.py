import bz2
import contextlib
import gzip
import io
import lzma
import struct
import tarfile
import zipfile

import pytest
from hypothesis import given, settings, strategies as st
from tests.sources.archive_making import noise, tarred, zipped

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, RefusedError, WeighError
from weigh.system import archives
from weigh.system.archives import (
    FileRanges,
    Member,
    MemberKind,
    is_archive,
    members,
    nested_members,
    open_member,
    open_nested,
    open_nested_in,
    zip_members,
)

LIMIT = 1 << 30
NAMES = st.text(st.sampled_from("abc./-é"), min_size=1, max_size=12).filter(
    lambda n: all(part not in {"", ".", ".."} for part in n.split("/"))
)
PACKERS = {
    "zip": zipped,
    "stored": lambda m: zipped(m, method=zipfile.ZIP_STORED),
    "streamed": lambda m: zipped(m, streamed=True),
    "tar": lambda m: tarred(m, mode="w:"),
    "gzip": lambda m: tarred(m, mode="w:gz"),
    "bzip2": lambda m: tarred(m, mode="w:bz2"),
    "xz": lambda m: tarred(m, mode="w:xz"),
}


def written(folder, data, name="archive"):
    path = folder / name
    path.write_bytes(data)
    return path


def read(path, name, limit=LIMIT):
    with open_member(path, name, limit) as chunks:
        return b"".join(chunks)


@pytest.mark.parametrize("kind", PACKERS)
def test_every_kind_lists_and_reads_alike(tmp_path, kind):
    content = {"b/large.bin": noise(700_000), "a.txt": b"text", "b/empty": b"", "zeros": bytes(3_000_000)}
    path = written(tmp_path, PACKERS[kind](content), "no.suffix")
    assert is_archive(path)
    assert members(path) == tuple(Member(n, len(d)) for n, d in sorted(content.items()))
    for name, data in content.items():
        assert read(path, name) == data


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(NAMES, st.binary(max_size=300), max_size=5),
    st.sampled_from(sorted(PACKERS)),
)
def test_what_was_packed_is_what_is_read(tmp_path_factory, content, kind):
    path = written(tmp_path_factory.mktemp("a"), PACKERS[kind](content))
    if content or kind != "tar":
        assert {m.path for m in members(path)} == set(content)
    for name, data in content.items():
        assert read(path, name) == data


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_damaged_archives_are_refused_or_read_but_never_break(tmp_path_factory, data):
    kind = data.draw(st.sampled_from(sorted(PACKERS)))
    raw = bytearray(PACKERS[kind]({"a.txt": b"hello" * 40, "dir/b.bin": noise(200)}))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    path = written(tmp_path_factory.mktemp("d"), bytes(raw[:cut] if data.draw(st.booleans()) else raw))
    with contextlib.suppress(WeighError):
        for member in members(path):
            if member.kind is MemberKind.FILE:
                assert len(read(path, member.path, 10_000)) <= 10_000


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../up", "a/../../up", "C:/x", "a\\b", "a//b", "a\nb", "./../x"]
)
@pytest.mark.parametrize("packer", [tarred, zipped])
def test_a_name_that_leaves_the_folder_refuses_the_whole_archive(tmp_path, name, packer):
    path = written(tmp_path, packer({"good": b"1", name: b"2"}))
    with pytest.raises(MalformedError, match="archive") as told:
        members(path)
    assert told.value.rule == "archive-path"


def test_a_tar_name_that_is_no_text_is_refused(tmp_path):
    raw = tarred({"caf_": b"1"}, mode="w:").replace(b"caf_", b"caf\xff")
    fixed = bytearray(raw)
    fixed[148:156] = b" " * 8
    fixed[148:156] = b"%06o\0 " % sum(fixed[:512])
    with pytest.raises(MalformedError):
        members(written(tmp_path, bytes(fixed)))


def test_a_leading_dot_is_forgiven(tmp_path):
    path = written(tmp_path, tarred({"./a/b": b"1"}))
    assert [m.path for m in members(path)] == ["a/b"]
    assert read(path, "a/b") == b"1"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_listed_and_never_read(tmp_path, kind):
    path = written(tmp_path, tarred({"a": b"1"}, links=[("evil", "a", kind)]))
    link = kind in {tarfile.SYMTYPE, tarfile.LNKTYPE}
    assert members(path)[1].kind is (MemberKind.LINK if link else MemberKind.SPECIAL)
    with pytest.raises(RefusedError, match="will not read"):
        read(path, "evil")


def test_a_link_in_a_zip_is_listed_and_never_read(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("evil")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    path = written(tmp_path, out.getvalue())
    assert members(path) == (Member("evil", 11, MemberKind.LINK),)
    with pytest.raises(RefusedError, match="will not read"):
        read(path, "evil")


def test_a_name_that_stands_twice_is_refused(tmp_path):
    path = written(tmp_path, tarred([("a", b"1"), ("b", b"2"), ("./a", b"3")]))
    with pytest.raises(MalformedError, match="refused") as told:
        members(path)
    assert "twice" in told.value.why
    with pytest.raises(MalformedError):
        read(path, "a")
    renamed = zipped({"a": b"1", "b": b"2"}, method=zipfile.ZIP_STORED).replace(b"b", b"a")
    with pytest.raises(MalformedError, match="malformed"):
        members(written(tmp_path, renamed))


def test_more_than_expected_is_an_integrity_error(tmp_path):
    for packer in PACKERS.values():
        path = written(tmp_path, packer({"a": b"12345"}))
        assert read(path, "a", 5) == b"12345"
        with pytest.raises(IntegrityError, match="will not unpack") as told:
            read(path, "a", 4)
        assert "5 bytes" in told.value.why


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_tar_bomb_is_stopped_by_its_ratio(tmp_path, pack, monkeypatch):
    monkeypatch.setattr(archives, "_RATIO_FREE", 1_000_000)
    monkeypatch.setattr(archives, "MAX_RATIO", 50)
    path = written(tmp_path, pack(tarred({"zeros": bytes(5_000_000)}, mode="w:")))
    with pytest.raises(MalformedError, match="refused") as told:
        read(path, "zeros")
    assert told.value.rule == "archive-bomb"
    with pytest.raises(MalformedError):
        members(path)


def test_a_huge_extended_header_is_refused_before_it_is_read(tmp_path):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 50_000_000
    raw = info.tobuf(tarfile.GNU_FORMAT) + bytes(50_000_000)
    with pytest.raises(MalformedError) as told:
        members(written(tmp_path, gzip.compress(raw, 1)))
    assert told.value.rule == "tar-header"


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 10)
    path = written(tmp_path, tarred({str(n): b"" for n in range(11)}))
    with pytest.raises(MalformedError) as told:
        members(path)
    assert "more than 10" in told.value.why


def test_a_truncated_tar_is_damaged(tmp_path):
    raw = tarred({"a": noise(200_000)})
    path = written(tmp_path, raw[: len(raw) // 2])
    with pytest.raises(MalformedError):
        read(path, "a")


@pytest.mark.parametrize(
    "raw", [b"", b"x", b"hello" * 200, gzip.compress(b"no tar", mtime=0), b"PK\x03\x04" + bytes(50)]
)
def test_other_files_are_no_archives(tmp_path, raw):
    with pytest.raises(MalformedError):
        read(written(tmp_path, raw), "a")


def test_a_missing_member_is_not_found(tmp_path):
    for packer in PACKERS.values():
        with pytest.raises(NotFoundError, match="'absent'"):
            read(written(tmp_path, packer({"a": b"1", "dir/x": b""})), "absent")


# Nested archives


def test_archives_inside_archives_are_reached_from_disk_and_from_a_stream(tmp_path):
    deep = {"rows.tsv": b"1\t2\n" * 1000}
    raw = zipped({"one.tar.gz": tarred({"x/two.zip": zipped(deep)})})
    path = written(tmp_path, raw)
    names = ("one.tar.gz", "x/two.zip", "rows.tsv")
    assert nested_members(path, names[:-1]) == (Member("rows.tsv", 4000),)
    with open_nested(path, names, LIMIT) as chunks:
        assert b"".join(chunks) == deep["rows.tsv"]
    with open_nested_in(iter([raw[:100], raw[100:]]), names, LIMIT) as chunks:
        assert b"".join(chunks) == deep["rows.tsv"]


def test_an_inner_file_that_is_no_archive_is_malformed(tmp_path):
    path = written(tmp_path, zipped({"a.zip": b"plain"}))
    with pytest.raises(MalformedError, match="no archive"):
        nested_members(path, ("a.zip",))


# Zip rules


def central(raw):
    return raw.index(b"PK\x01\x02")


def patched(raw, offset, form, *values):
    out = bytearray(raw)
    struct.pack_into(form, out, offset, *values)
    return bytes(out)


def test_a_comment_at_the_end_is_allowed_even_when_it_is_long(tmp_path):
    for comment in (b"hi", b"x" * 60_000, b"PK\x05\x06" + b"y" * 30):
        path = written(tmp_path, zipped({"a": b"1"}, comment=comment))
        assert read(path, "a") == b"1"


def test_a_zip64_archive_is_read(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open("big", "w", force_zip64=True) as file:
        file.write(b"12345")
    path = written(tmp_path, out.getvalue())
    assert read(path, "big") == b"12345"


def test_zip64_end_records_are_read_and_checked(tmp_path):
    raw = zipped({"a": b"1"}, method=zipfile.ZIP_STORED)
    start = central(raw)
    end = raw.rindex(b"PK\x05\x06")
    count, size = 1, end - start
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    last = patched(raw[end:], 8, "<2H2L", 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    good = raw[:end] + end64 + locator + last
    assert read(written(tmp_path, good), "a") == b"1"
    for offset, value in ((end + len(end64) + 8, end + 1), (end + 40, 1 << 60), (end + 24, 1 << 60)):
        with pytest.raises(MalformedError):
            members(written(tmp_path, patched(good, offset, "<Q", value)))


@pytest.mark.parametrize(
    ("what", "offset", "form", "value"),
    [
        ("encrypted", 8, "<H", 1),
        ("another method", 10, "<H", 12),
        ("crc", 16, "<L", 1),
        ("packed size", 20, "<L", 1 << 30),
        ("size too dense for deflate", 24, "<L", 1 << 30),
        ("size", 24, "<L", 501),
        ("smaller size", 24, "<L", 10),
        ("name length", 28, "<H", 60_000),
        ("extra length", 30, "<H", 60_000),
        ("disk", 34, "<H", 3),
        ("header offset", 42, "<L", 7),
        ("header offset outside", 42, "<L", 1 << 31),
    ],
)
def test_a_directory_that_lies_is_refused(tmp_path, what, offset, form, value):
    raw = zipped({"a.txt": b"hello" * 100})
    path = written(tmp_path, patched(raw, central(raw) + offset, form, value))
    kinds = (RefusedError,) if what in {"encrypted", "another method"} else (MalformedError,)
    with pytest.raises(kinds) as told:
        read(path, "a.txt")
    assert told.value.why


@pytest.mark.parametrize("offset", [0, 6, 8, 14, 18, 22, 26, 30])
def test_a_local_header_that_tells_another_story_is_refused(tmp_path, offset):
    raw = zipped({"a.txt": b"hello" * 100})
    changed = bytearray(raw)
    changed[offset] ^= 1
    with pytest.raises(MalformedError) as told:
        read(written(tmp_path, bytes(changed)), "a.txt")
    assert told.value.offset is not None


def test_members_that_share_bytes_are_refused(tmp_path):
    raw = zipped({"a": b"1" * 50, "b": b"2" * 50}, method=zipfile.ZIP_STORED)
    second = raw.index(b"PK\x01\x02", central(raw) + 1)
    path = written(tmp_path, patched(raw, second + 42, "<L", 0))
    with pytest.raises(MalformedError) as told:
        members(path)
    assert "overlaps" in told.value.why


@pytest.mark.parametrize(
    ("offset", "form", "value"), [(10, "<H", 2), (12, "<L", 5), (16, "<L", 1), (4, "<H", 1)]
)
def test_an_end_record_that_lies_is_refused(tmp_path, offset, form, value):
    raw = zipped({"a": b"1"})
    path = written(tmp_path, patched(raw, raw.rindex(b"PK\x05\x06") + offset, form, value))
    with pytest.raises(MalformedError):
        members(path)


def test_bytes_before_the_first_member_are_refused(tmp_path):
    with pytest.raises(MalformedError):
        members(written(tmp_path, b"PK\x03\x04 stub" + zipped({"a": b"1"})))


def test_data_after_the_end_of_a_deflate_stream_is_refused(tmp_path):
    raw = zipped({"a": b"hello" * 100})
    start, end = central(raw), raw.rindex(b"PK\x05\x06")
    packed = struct.unpack_from("<L", raw, start + 20)[0]
    longer = raw[:start] + b"hidden" + raw[start:]
    longer = patched(longer, start + 6 + 20, "<L", packed + 6)
    longer = patched(longer, 18, "<L", packed + 6)
    longer = patched(longer, end + 6 + 16, "<L", start + 6)
    assert [m.path for m in members(written(tmp_path, longer))] == ["a"]
    with pytest.raises(MalformedError):
        read(written(tmp_path, longer), "a")


def test_a_zip_can_be_listed_through_any_reader():
    raw = zipped({"b": b"2", "a/": b"", "a/c": b"3"})
    assert [m.path for m in zip_members(FileRanges(io.BytesIO(raw)))] == ["a/c", "b"]
