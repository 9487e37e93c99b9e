import shutil
import zipfile
from pathlib import Path

import pytest

from weigh.core.errors import IntegrityError, NotFoundError, UsageError
from weigh.core.events import Silent
from weigh.core.ref import ArtifactRef, RefKind
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.project.lock import Lock
from weigh.project.manifest import read_manifest
from weigh.project.resolve import ad_hoc, anchored, matches, resolve
from weigh.sources.file import FileSource
from weigh.store.blobs import Blobs


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model/1_Pooling").mkdir(parents=True)
    (tmp_path / "model/config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "model/1_Pooling/config.json").write_text('{"a": 1}', encoding="utf-8")
    (tmp_path / "model/weights.bin").write_bytes(b"weights")
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as pack:
        pack.writestr("inside/data.tsv", "a\tb\n")
    (tmp_path / "models.toml").write_text(
        """
[models.m]
files = [
  { from = "file:model", only = ["config.json", "1_Pooling/config.json"] },
  { from = "file:model/weights.bin", to = "model.bin" },
]
[data.d]
files = [{ from = "file:pack.zip#inside/data.tsv", to = "data.tsv" }]
""",
        encoding="utf-8",
    )
    return tmp_path


def source_of(_kind):
    return FileSource(events=Silent())


def locked(found):
    return Lock({(f.section, f.path): f for f in found.files})


@pytest.fixture
def declared(folder):
    return read_manifest(folder / "models.toml")


def test_a_composed_model_is_one_snapshot(declared, tmp_path):
    found = resolve(declared.models["m"], Lock(), source_of, Blobs(tmp_path / "store"))
    assert [f.path for f in found.snapshot.files] == ["1_Pooling/config.json", "config.json", "model.bin"]
    assert not found.locked


def test_no_path_of_this_machine_gets_into_the_lock(declared, tmp_path):
    found = resolve(declared.models["m"], Lock(), source_of, Blobs(tmp_path / "store"))
    assert not any(str(tmp_path) in f.ref for f in found.files)


@pytest.mark.parametrize("name", ["m", "d"])
def test_the_lock_gives_the_same_snapshot_in_an_empty_store(declared, tmp_path, name):
    declaration = {**declared.models, **declared.data}[name]
    first = resolve(declaration, Lock(), source_of, Blobs(tmp_path / "store"))
    again = resolve(declaration, locked(first), source_of, Blobs(tmp_path / "other"))
    assert again.snapshot.digest == first.snapshot.digest
    assert again.locked
    assert matches(declaration, first.files)


def test_what_the_store_has_is_not_fetched_again(declared, tmp_path):
    blobs = Blobs(tmp_path / "store")
    first = resolve(declared.models["m"], Lock(), source_of, blobs)
    shutil.rmtree(tmp_path / "model")
    assert resolve(declared.models["m"], locked(first), source_of, blobs).snapshot == first.snapshot


def test_changed_bytes_under_a_lock_are_an_error_and_never_visible(declared, tmp_path):
    first = resolve(declared.models["m"], Lock(), source_of, Blobs(tmp_path / "store"))
    (tmp_path / "model/weights.bin").write_bytes(b"WEIGHTS")
    other = Blobs(tmp_path / "other")
    with pytest.raises(IntegrityError):
        resolve(declared.models["m"], locked(first), source_of, other)
    assert not any(blob.size == 7 for blob in other.ls())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"config.json", "1_Pooling/config.json"', '"config.json"'),
        ('to = "model.bin"', 'to = "other.bin"'),
        ('"file:model/weights.bin"', '"file:model/config.json"'),
        ('  { from = "file:model/weights.bin", to = "model.bin" },\n', ""),
    ],
)
def test_a_lock_that_does_not_fit_the_manifest_is_refused(declared, tmp_path, old, new):
    first = resolve(declared.models["m"], Lock(), source_of, Blobs(tmp_path / "store"))
    path = tmp_path / "models.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    changed = read_manifest(path).models["m"]
    assert not matches(changed, first.files)
    with pytest.raises(UsageError, match=r"models\.lock does not match"):
        resolve(changed, locked(first), source_of, Blobs(tmp_path / "store"))


def test_a_wanted_file_that_is_not_there_is_named(declared, tmp_path):
    path = tmp_path / "models.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"config.json", ', '"missing.json", ', 1), "utf-8"
    )
    with pytest.raises(NotFoundError, match=r"missing\.json"):
        resolve(read_manifest(path).models["m"], Lock(), source_of, Blobs(tmp_path / "store"))


def test_a_path_given_instead_of_a_name_is_its_own_declaration(folder):
    declaration = ad_hoc("model", section="models.model", folder=folder)
    found = resolve(declaration, Lock(), source_of, Blobs(folder / "store"))
    assert len(found.snapshot.files) == 3


def test_a_path_that_does_not_exist_says_what_could_be_given(tmp_path):
    with pytest.raises(NotFoundError, match="there is no"):
        ad_hoc("nowhere", section="models.nowhere", folder=tmp_path)


def test_the_snapshot_does_not_tell_where_its_files_came_from(declared, tmp_path):
    found = resolve(declared.data["d"], Lock(), source_of, Blobs(tmp_path / "store"))
    only = found.snapshot.files[0]
    assert Snapshot.of([SnapshotFile("data.tsv", only.size, only.sha256)]).digest == found.snapshot.digest


def test_a_file_edited_since_it_was_locked_is_never_silently_left_aside(declared, tmp_path):
    blobs = Blobs(tmp_path / "store")
    first = resolve(declared.models["m"], Lock(), source_of, blobs)
    (tmp_path / "model/weights.bin").write_bytes(b"WEIGHTS")
    with pytest.raises(UsageError, match="not the file that was locked"):
        resolve(declared.models["m"], locked(first), source_of, blobs)


def test_a_report_in_the_folder_is_no_part_of_the_model(folder):
    (folder / "model/weigh-report").mkdir()
    (folder / "model/weigh-report/report.html").write_text("x", encoding="utf-8")
    found = resolve(
        ad_hoc("model", section="models.model", folder=folder), Lock(), source_of, Blobs(folder / "s")
    )
    assert not any("weigh-report" in f.path for f in found.snapshot.files)


@pytest.mark.parametrize("name", ["{here}/../secret", "../secret", "a/../../secret", "/etc/hosts", "link/x"])
@pytest.mark.parametrize("relative", [False, True])
def test_a_lock_never_names_a_file_outside_its_folder(tmp_path, monkeypatch, name, relative):
    project = tmp_path / "project"
    project.mkdir()
    (project / "link").symlink_to(tmp_path)
    monkeypatch.chdir(project)
    folder = Path() if relative else project
    ref = ArtifactRef(RefKind.FILE, name.format(here=project))
    with pytest.raises(UsageError, match="outside its own folder"):
        anchored(ref, folder)


@pytest.mark.parametrize("name", ["model/a.bin", "model/../model/a.bin", "{here}/model/a.bin"])
@pytest.mark.parametrize("relative", [False, True])
def test_a_file_of_the_folder_is_found_however_it_is_named(tmp_path, monkeypatch, name, relative):
    monkeypatch.chdir(tmp_path)
    folder = Path() if relative else tmp_path
    found = anchored(ArtifactRef(RefKind.FILE, name.format(here=tmp_path)), folder)
    assert found.name == str(folder / "model/a.bin")
