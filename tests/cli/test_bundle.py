"""`weigh bundle` and `weigh unbundle`: the same bytes again, and nothing that was not meant."""

import hashlib
import io
import json
import os
import subprocess
import tarfile

import pytest
from tests.cli.locked_project import local_hub, locked_project, new_commands  # noqa: F401 - fixtures

from weigh.core.canonical import dumps
from weigh.project.bundle import header


@pytest.fixture
def bundle(weigh, project, tmp_path):
    out = tmp_path / "out.tar"
    ended = weigh("bundle", str(out), "--project", str(project))
    assert ended.code == 0, ended.err
    return out


@pytest.fixture
def elsewhere(monkeypatch, tmp_path, bundle):
    """Another machine: an empty store, no network."""
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "other"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    return tmp_path / "other"


def blobs_in(home):
    return sorted(p.name for p in home.rglob("blobs/sha256/*/*") if p.is_file())


def test_the_same_lock_gives_the_same_bytes(weigh, project, bundle, tmp_path):
    again = tmp_path / "again.tar"
    weigh("bundle", str(again), "--project", str(project))
    assert again.read_bytes() == bundle.read_bytes()


def test_ordinary_tar_programs_read_it(bundle):
    with tarfile.open(bundle) as archive:
        names = archive.getnames()
        assert names[:2] == ["manifest.json", "models.lock"]
        assert names[2:] == sorted(names[2:])
        for name in names[2:]:
            assert hashlib.sha256(archive.extractfile(name).read()).hexdigest() == name.rpartition("/")[2]
    listed = subprocess.run(["tar", "-tf", bundle], capture_output=True, text=True, check=True)
    assert listed.stdout.split() == names


def test_another_machine_has_the_models_without_network(weigh, project, bundle, elsewhere):
    ended = weigh("unbundle", str(bundle), "--project", str(project), "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out) == {
        "files": 4,
        "bytes": json.loads(ended.out)["bytes"],
        "agreed": True,
        "wrote": False,
    }
    assert len(blobs_in(elsewhere)) == 4
    assert weigh("lock", "--check", "--offline", "--project", str(project)).code == 0


def test_the_lock_is_written_only_when_asked(weigh, bundle, elsewhere, tmp_path, project):
    new = tmp_path / "new"
    new.mkdir()
    assert weigh("unbundle", str(bundle), "--project", str(new)).code == 0
    assert not (new / "models.lock").exists()
    assert weigh("unbundle", str(bundle), "--project", str(new), "--write-lock").code == 0
    assert b"acme/encoder" in (new / "models.lock").read_bytes()


def test_a_lock_here_that_disagrees_refuses_the_bundle(weigh, project, hub, bundle, elsewhere):
    other = (project / "models.lock").read_text(encoding="utf-8").replace("version = 2", "version = 1")
    kept = [b for b in other.split("\n\n") if b.startswith(("[[file]]", "#"))]
    kept[1] = kept[1].replace('sha256 = "', 'sha256 = "0000')[:-5] + '"'
    (project / "models.lock").write_text("\n\n".join(kept) + "\n", encoding="utf-8")
    ended = weigh("unbundle", str(bundle), "--project", str(project))
    assert ended.code == 1, ended.err
    assert "disagree on models.encoder" in ended.err
    assert blobs_in(elsewhere) == []


def test_any_flipped_bit_is_noticed(weigh, bundle, elsewhere, tmp_path):
    whole = bundle.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 61)):
        broken = tmp_path / "broken.tar"
        broken.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        ended = weigh("unbundle", str(broken))
        assert ended.code == 1, (at, ended.out)
    with tarfile.open(bundle) as archive:
        right = {name.rpartition("/")[2] for name in archive.getnames()[2:]}
    assert set(blobs_in(elsewhere)) <= right


@pytest.mark.parametrize("size", [0, 100, 511, 512, 700, 4096, -1, -512, -1024])
def test_a_cut_bundle_is_refused(weigh, bundle, elsewhere, tmp_path, size):
    broken = tmp_path / "broken.tar"
    broken.write_bytes(bundle.read_bytes()[:size])
    ended = weigh("unbundle", str(broken))
    assert ended.code == 1
    assert "not a bundle" in ended.err
    assert blobs_in(elsewhere) == []


def test_something_behind_it_is_refused(weigh, bundle, elsewhere, tmp_path):
    broken = tmp_path / "broken.tar"
    broken.write_bytes(bundle.read_bytes() + bytes(512))
    assert weigh("unbundle", str(broken)).code == 1


def tar_of(*members):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for info, body in members:
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return data.getvalue()


def special(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def lying(change, lock=b"version = 2\n"):
    """A bundle whose manifest says what `change` makes of it."""
    files = [{"name": "models.lock", "sha256": hashlib.sha256(lock).hexdigest(), "size": len(lock)}]
    value = {"format": "weigh/bundle/1", "files": files}
    manifest = dumps(change(value) or value)
    parts = [header("manifest.json", len(manifest)), manifest, bytes(-len(manifest) % 512)]
    parts += [header("models.lock", len(lock)), lock, bytes(-len(lock) % 512), bytes(1024)]
    return b"".join(parts)


def add(name, size=0, sha256="0" * 64):
    return lambda value: value["files"].append({"name": name, "sha256": sha256, "size": size})


HOSTILE = {
    "a member above": tar_of((tarfile.TarInfo("../evil"), b"x")),
    "an absolute member": tar_of((tarfile.TarInfo("/etc/evil"), b"x")),
    "a link": tar_of((special("manifest.json", tarfile.SYMTYPE, "/etc/passwd"), b"")),
    "a hard link": tar_of((special("manifest.json", tarfile.LNKTYPE, "../x"), b"")),
    "a device": tar_of((special("manifest.json", tarfile.CHRTYPE), b"")),
    "a claim of 8 GiB": header("manifest.json", 8**11 - 1) + bytes(1024),
    "a claim in base 256": header("manifest.json", 2**60) + bytes(1024),
    "no JSON": header("manifest.json", 1) + b"{" + bytes(511 + 1024),
    "deep JSON": header("manifest.json", 200_192) + b"[" * 200_192 + bytes(1024),
    "a path above": lying(add("../../evil")),
    "a path of its own": lying(add("blobs/sha256/x")),
    "a huge size": lying(add("blobs/sha256/" + "0" * 64, size=2**52)),
    "a negative size": lying(add("blobs/sha256/" + "0" * 64, size=-1)),
    "a truth for a size": lying(add("blobs/sha256/" + "0" * 64, size=True)),
    "a file that no lock names": lying(add("blobs/sha256/" + "0" * 64)),
    "more keys": lying(lambda value: {**value, "more": 1}),
    "another format": lying(lambda value: {**value, "format": "weigh/bundle/9"}),
    "no files": lying(lambda value: {**value, "files": []}),
    "empty": b"",
    "a gzip bomb": b"\x1f\x8b" + bytes(2000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_bundle_is_refused_in_one_sentence(weigh, commands, tmp_path, name):
    path = tmp_path / "hostile.tar"
    path.write_bytes(HOSTILE[name])
    ended = weigh("unbundle", str(path))
    assert ended.code == 1, ended.err
    assert "not a bundle" in ended.err
    assert blobs_in(tmp_path / "home") == []


def test_a_lock_of_a_newer_version_inside_is_refused(weigh, commands, tmp_path):
    path = tmp_path / "newer.tar"
    path.write_bytes(lying(lambda _: None, b"version = 99\n"))
    ended = weigh("unbundle", str(path))
    assert (ended.code, "upgrade weigh" in ended.err) == (2, True)


def test_an_empty_bundle_is_fine(weigh, commands, tmp_path):
    path = tmp_path / "empty.tar"
    path.write_bytes(lying(lambda _: None))
    assert weigh("unbundle", str(path)).code == 0


def test_a_corrupt_stored_file_is_healed_or_told(weigh, project, bundle, tmp_path, monkeypatch):
    place = next(p for p in (tmp_path / "home").rglob("blobs/sha256/*/*") if p.stat().st_size > 100)
    place.chmod(0o644)
    place.write_bytes(place.read_bytes()[:-1] + b"!")
    before = bundle.read_bytes()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    ended = weigh("bundle", str(bundle), "--project", str(project), "--offline")
    assert ended.code == 3
    assert bundle.read_bytes() == before


def test_names_that_are_not_locked_are_told(weigh, project, tmp_path):
    ended = weigh("bundle", str(tmp_path / "x.tar"), "nothing", "--project", str(project))
    assert ended.code == 2
    assert "models.nothing is not in models.lock" in ended.err
    assert not (tmp_path / "x.tar").exists()


@pytest.mark.parametrize("size", [0, 1, 8**11 - 1, 8**11, 2**52])
def test_headers_are_those_of_tar(size):
    info = tarfile.TarInfo.frombuf(header("blobs/sha256/" + "a" * 64, size), "ascii", "strict")
    assert (info.name, info.size, info.mode, info.mtime, info.isreg()) == (
        "blobs/sha256/" + "a" * 64, size, 0o644, 0, True,
    )  # fmt: skip


def test_what_is_no_file_stays_what_it_is(weigh, project, tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "link.tar"
    os.mkfifo(pipe)
    ended = weigh("bundle", str(pipe), "--project", str(project))
    assert ended.code == 2
    assert "is not a file" in ended.err
    assert pipe.is_fifo()
    link.symlink_to(tmp_path / "there.tar")
    assert weigh("bundle", str(link), "--project", str(project)).code == 0
    assert link.is_symlink()
    assert (tmp_path / "there.tar").is_file()


def test_a_project_that_is_not_there_is_not_made(weigh, bundle, tmp_path):
    ended = weigh("unbundle", str(bundle), "--project", str(tmp_path / "typo"), "--write-lock")
    assert ended.code == 2
    assert not (tmp_path / "typo").exists()
