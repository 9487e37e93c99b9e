"""A bundle gives back what went in, whatever that was."""

from hypothesis import given, settings, strategies as st

from weigh.project.bundle import read_bundle, unpack_bundle, write_bundle
from weigh.project.lock import Lock, LockedFile
from weigh.store.blobs import Blobs


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(max_size=1500), max_size=5))
def test_a_bundle_gives_back_what_went_in(tmp_path_factory, contents):
    folder = tmp_path_factory.mktemp("bundle")
    blobs, other = Blobs(folder / "one"), Blobs(folder / "two")
    files = [
        LockedFile("models.a", f"f{i}", f"hf:o/n#f{i}", len(data), blobs.put(data))
        for i, data in enumerate(contents)
    ]
    lock = Lock.of(files)
    written = write_bundle(folder / "a.tar", lock, blobs)
    assert written.files == len(set(contents))
    inside, members = read_bundle(folder / "a.tar")
    assert inside.files == lock.files
    assert len(members) == len(set(contents))
    unpack_bundle(folder / "a.tar", other)
    assert [other.read(f.sha256, 2000) for f in files] == contents
    write_bundle(folder / "b.tar", inside, other)
    assert (folder / "a.tar").read_bytes() == (folder / "b.tar").read_bytes()
