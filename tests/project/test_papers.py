"""A model out of a package brings the package's papers; locks from before that still work."""

import zipfile

import pytest

from weigh.core.errors import IntegrityError, UsageError
from weigh.core.events import Silent
from weigh.core.ref import RefKind
from weigh.project.lock import Lock, format_lock, read_lock
from weigh.project.manifest import read_manifest
from weigh.project.papers import is_paper
from weigh.project.resolve import matches, resolve
from weigh.sources.file import FileSource
from weigh.sources.pypi import PypiSource
from weigh.sources.table import open_http
from weigh.store.blobs import Blobs
from weigh.system.pip_configuration import PipConfiguration

INFO = "demo_model-1.0.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: demo-model\nVersion: 1.0\nLicense: MIT\n"
MANIFEST = """
[models.m]
files = [
  { from = "pypi:demo-model==1.0#demo_model/config.json", to = "config.json" },
  { from = "pypi:demo-model==1.0#demo_model/weights.bin", to = "weights.bin" },
]
[data.d]
files = [{ from = "pypi:demo-model==1.0#demo_model/rows.csv", to = "rows.csv" }]
"""
PAPERS = ["papers/demo-model-1.0/METADATA", "papers/demo-model-1.0/licenses/LICENSE"]


def wheel(path, *, licence=b"MIT License\n", members=()):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo_model/config.json", "{}")
        archive.writestr("demo_model/weights.bin", b"\1" * 50)
        archive.writestr("demo_model/rows.csv", "a,b\n1,2\n")
        archive.writestr(f"{INFO}/METADATA", METADATA)
        archive.writestr(f"{INFO}/licenses/LICENSE", licence)
        for name, data in members:
            archive.writestr(name, data)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "links").mkdir()
    wheel(tmp_path / "links/demo_model-1.0-py3-none-any.whl")
    (tmp_path / "models.toml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


@pytest.fixture
def bring(folder):
    """Resolve a declaration out of the local links, in a store of its own."""
    clients = []

    def make(name="m", lock=None, store="store"):
        manifest = read_manifest(folder / "models.toml")
        declaration = {**manifest.models, **manifest.data}[name]
        blobs = Blobs(folder / store)
        configuration = PipConfiguration(no_index=True, find_links=(str(folder / "links"),))
        http = open_http(configuration, offline=True)
        clients.append(http)
        pypi = PypiSource(http=http, configuration=configuration, events=Silent(), sink=blobs)
        files = FileSource(events=Silent())
        sources = {RefKind.PYPI: pypi, RefKind.FILE: files}
        return declaration, resolve(declaration, lock or Lock(), sources.__getitem__, blobs)

    yield make
    for http in clients:
        http.close()


def locked(found):
    return Lock({(f.section, f.path): f for f in found.files})


def paths(found):
    return [f.path for f in found.snapshot.files]


def test_a_model_brings_the_papers_of_its_package_once(bring):
    declaration, found = bring()
    assert paths(found) == ["config.json", *PAPERS, "weights.bin"]
    assert [f.path for f in found.files if is_paper(declaration, f)] == PAPERS


def test_data_brings_no_papers(bring):
    assert paths(bring("d")[1]) == ["rows.csv"]


def test_the_lock_gives_the_same_papers_in_an_empty_store(bring, folder):
    declaration, first = bring()
    (folder / "models.lock").write_text(format_lock(Lock.of(first.files)), encoding="utf-8")
    again = bring(lock=read_lock(folder / "models.lock"), store="other")[1]
    assert again.snapshot.digest == first.snapshot.digest
    assert again.locked
    assert matches(declaration, first.files)


def test_a_lock_without_papers_is_used_as_it_is_but_locking_again_adds_them(bring):
    declaration, first = bring()
    old = [f for f in first.files if not is_paper(declaration, f)]
    lock = Lock({(f.section, f.path): f for f in old})
    assert paths(bring(lock=lock)[1]) == ["config.json", "weights.bin"]
    assert not matches(declaration, tuple(old))


def test_a_locked_paper_of_another_package_does_not_fit_the_manifest(bring):
    declaration, first = bring()
    paper = next(f for f in first.files if is_paper(declaration, f))
    foreign = type(paper)(
        paper.section,
        paper.path.replace("demo-model", "other"),
        paper.ref.replace("demo-model", "other"),
        paper.size,
        paper.sha256,
        paper.distribution,
        paper.distribution_sha256,
    )
    assert not is_paper(declaration, foreign)
    with pytest.raises(UsageError, match=r"models\.lock does not match"):
        bring(lock=Lock({(f.section, f.path): f for f in (*first.files, foreign)}))


def test_a_paper_that_changed_under_its_lock_is_an_error(bring, folder):
    first = bring()[1]
    wheel(folder / "links/demo_model-1.0-py3-none-any.whl", licence=b"Other terms\n")
    with pytest.raises(IntegrityError):
        bring(lock=locked(first), store="other")


@pytest.mark.parametrize("licence", [b"\xff\xfeL\0", b"#!/bin/sh\nrm\n", b"MIT\0"])
def test_a_paper_that_is_no_text_is_left_out(bring, folder, licence):
    wheel(folder / "links/demo_model-1.0-py3-none-any.whl", licence=licence)
    assert paths(bring()[1]) == ["config.json", PAPERS[0], "weights.bin"]


PDF = (
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    b"2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
)


def test_papers_come_along_whatever_their_ending(bring, folder):
    held = {
        "LICENSE": b"See the others.\n",
        "LICENSE.APACHE": b"Apache\n",
        "licenses/LICENSE.BSD": b"BSD\n",
        "licenses/COPYING.LIB": b"LGPL\n",
        "LICENSE.html": b"<p>MIT</p>\n",
        "licenses/MODEL_LICENSE.pdf": PDF,
        "licenses/USE_POLICY.md": b"# Policy\n" + b"no weapons\n" * 200_000,
        "licenses/sub/LICENSE.txt": b"MIT\n",
    }
    members = [(f"{INFO}/{name}", data) for name, data in held.items()]
    wheel(folder / "links/demo_model-1.0-py3-none-any.whl", members=members)
    found = {path.removeprefix("papers/demo-model-1.0/") for path in paths(bring()[1])}
    assert {*held, "METADATA", "licenses/LICENSE"} <= found


def test_a_file_that_was_asked_for_stays_what_was_asked_for(bring, folder):
    text = MANIFEST.replace('to = "config.json"', f'to = "{PAPERS[0]}"')
    (folder / "models.toml").write_text(text, encoding="utf-8")
    declaration, found = bring()
    own = found.snapshot.file(PAPERS[0])
    assert own.size == 2
    assert [f.path for f in found.files if is_paper(declaration, f)] == PAPERS[1:]
