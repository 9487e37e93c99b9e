import hashlib
import os

import pytest
from tests.sources.archive_making import demo_wheel, tarred, zipped

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, RefusedError, UsageError
from weigh.core.events import Progress
from weigh.core.ref import parse_ref
from weigh.sources.file import FileSource
from weigh.sources.source import Locked


def sha(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def source(recorder):
    return FileSource(events=recorder)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "model"
    (root / "1_Pooling").mkdir(parents=True)
    (root / "config.json").write_bytes(b"{}")
    (root / "1_Pooling" / "config.json").write_bytes(b'{"a": 1}')
    (root / "model.onnx").write_bytes(b"weights")
    (root / ".git").mkdir()
    (root / ".git" / "HEAD").write_bytes(b"ref")
    return root


def test_a_folder_lists_all_its_files_sorted_and_each_can_be_fetched(source, folder, sink):
    entries = source.entries(parse_ref(f"file:{folder}"))
    assert [e.path for e in entries] == ["1_Pooling/config.json", "config.json", "model.onnx"]
    for entry in entries:
        fetched = source.fetch(parse_ref(str(entry.ref)), sink)
        assert sink.path(fetched.sha256).read_bytes() == (folder / entry.path).read_bytes()
        assert (fetched.method, fetched.transferred, fetched.size) == ("local", 0, entry.size)


def test_relative_paths_stay_relative_in_refs(source, folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert [str(e.ref) for e in source.entries(parse_ref("./model"))] == [
        "file:./model/1_Pooling/config.json",
        "file:./model/config.json",
        "file:./model/model.onnx",
    ]


def test_a_single_file_is_one_entry_by_its_own_name(source, folder, sink, recorder):
    (entry,) = source.entries(parse_ref(str(folder / "model.onnx")))
    assert (entry.path, entry.size) == ("model.onnx", 7)
    source.fetch(entry.ref, sink, locked=Locked("", "", 7, sha(b"weights")))
    assert recorder.of(Progress) == [Progress("fetch", 7, 7, "bytes")]
    assert source.fetch(entry.ref, sink, locked=Locked("", "", 7, sha(b"weights"))).method == "present"


def test_members_of_an_archive_and_of_a_mirrored_wheel_are_reached(source, tmp_path, sink):
    wheel, members = demo_wheel()
    (tmp_path / "demo.whl").write_bytes(wheel)
    for text in (f"file:{tmp_path}/demo.whl#demo_model/model", f"file:{tmp_path}#demo.whl!/demo_model/model"):
        entries = source.entries(parse_ref(text))
        assert [e.path for e in entries] == ["config.json", "tokenizer.json"]
        fetched = source.fetch(parse_ref(str(entries[1].ref)), sink)
        assert sink.path(fetched.sha256).read_bytes() == members["demo_model/model/tokenizer.json"]
        assert (fetched.file, fetched.file_sha256) == ("demo.whl", sha(wheel))


def test_nested_archives_are_descended(source, tmp_path, sink):
    inner = zipped({"deep/file.txt": b"found"})
    (tmp_path / "outer.tgz").write_bytes(tarred({"top/inner.zip": inner}))
    (entry,) = source.entries(parse_ref(f"file:{tmp_path}/outer.tgz#top/inner.zip!/deep/file.txt"))
    assert source.fetch(entry.ref, sink).sha256 == sha(b"found")


def test_a_folder_inside_a_folder_can_be_named_as_a_member(source, folder):
    (entry,) = source.entries(parse_ref(f"file:{folder}#1_Pooling"))
    assert entry.path == "config.json"
    assert str(entry.ref) == f"file:{folder}/1_Pooling/config.json"


def test_a_name_with_the_member_sign_survives_the_way_through_a_lock(source, tmp_path, sink):
    (tmp_path / "m" / "sub").mkdir(parents=True)
    (tmp_path / "m" / "sub" / "a#b.txt").write_bytes(b"odd")
    (entry,) = source.entries(parse_ref(f"file:{tmp_path}/m"))
    assert source.fetch(parse_ref(str(entry.ref)), sink).sha256 == sha(b"odd")


def test_a_changed_file_does_not_match_its_lock(source, folder, sink):
    ref = parse_ref(f"file:{folder}/model.onnx")
    with pytest.raises(IntegrityError, match=r"model\.onnx is not what was promised") as told:
        source.fetch(ref, sink, locked=Locked("", "", 7, sha(b"other!!")))
    assert told.value.hint
    assert sink.blobs() == []


def test_links_that_leave_the_folder_are_refused(source, folder, tmp_path):
    (tmp_path / "secret").write_bytes(b"s")
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(RefusedError, match="link") as told:
        source.entries(parse_ref(f"file:{folder}"))
    assert told.value.hint
    with pytest.raises(RefusedError):
        source.entries(parse_ref(f"file:{folder}#link"))


def test_links_that_stay_are_read_and_links_to_folders_are_not_followed(source, folder):
    (folder / "alias.json").symlink_to("config.json")
    assert "alias.json" in [e.path for e in source.entries(parse_ref(f"file:{folder}"))]
    (folder / "loop").symlink_to(".")
    with pytest.raises(RefusedError, match="will not follow"):
        source.entries(parse_ref(f"file:{folder}"))


def test_pipes_are_refused_without_waiting_on_them(source, folder):
    os.mkfifo(folder / "pipe")
    with pytest.raises(RefusedError, match="will not read"):
        source.entries(parse_ref(f"file:{folder}"))


def test_a_missing_path_or_member_and_a_plain_file_with_members_are_told_apart(source, folder):
    with pytest.raises(NotFoundError, match="no file or folder"):
        source.entries(parse_ref(f"file:{folder}/absent"))
    with pytest.raises(NotFoundError, match="no file or folder"):
        source.entries(parse_ref(f"file:{folder}#absent"))
    with pytest.raises(UsageError, match="folder, not an archive"):
        source.entries(parse_ref(f"file:{folder}#1_Pooling!/x"))
    with pytest.raises(MalformedError, match="no archive"):
        source.entries(parse_ref(f"file:{folder}/model.onnx#x"))


def test_a_link_inside_an_archive_is_refused_when_it_lies_in_what_was_named(source, tmp_path):
    import tarfile

    (tmp_path / "a.tgz").write_bytes(
        tarred({"m/a": b"a", "n/b": b"b"}, links=[("m/evil", "/etc/passwd", tarfile.SYMTYPE)])
    )
    with pytest.raises(RefusedError, match="m/evil"):
        source.entries(parse_ref(f"file:{tmp_path}/a.tgz#m"))
    assert [e.path for e in source.entries(parse_ref(f"file:{tmp_path}/a.tgz#n"))] == ["b"]


def test_cost_of_local_files_is_no_transfer(source, folder):
    cost = source.cost(parse_ref(f"file:{folder}"), {})
    assert (cost.bytes_needed, cost.bytes_whole, cost.method) == (0, 17, "local")


def test_an_origin_is_the_ref_itself_and_moves(source, folder):
    ref = parse_ref(f"file:{folder}")
    found = source.origin(ref)
    assert (found.exact, found.moving, found.owner) == (ref, True, "")
    with pytest.raises(NotFoundError):
        source.origin(parse_ref(f"file:{folder}/absent"))
