"""Laws of comparing locks, and what is told of tensors that moved between files."""

import hashlib
import json
import struct

from hypothesis import given, settings, strategies as st

from weigh.core.change import ChangeKind
from weigh.project.content_diff import StoredContents
from weigh.project.lock import Lock, LockedFile, LockedModel
from weigh.project.lock_diff import compare_locks
from weigh.store.blobs import Blobs

TURNED = {
    ChangeKind.ADDED: ChangeKind.REMOVED,
    ChangeKind.REMOVED: ChangeKind.ADDED,
    ChangeKind.CHANGED: ChangeKind.CHANGED,
}

_names = st.sampled_from(["models.a", "models.b", "data.c"])
_digests = st.integers(0, 2).map(lambda n: f"{n}" * 64)
_files = st.builds(
    LockedFile, _names, st.sampled_from(["x", "y/z", "w.py"]), st.sampled_from(["hf:o/n#x", "hf:o/m#x"]),
    st.integers(0, 9), _digests,
)  # fmt: skip
_models = st.builds(
    LockedModel, _names, licence=st.sampled_from(["", "mit", "other"]), signer=st.sampled_from(["", "me"])
)
_locks = st.builds(Lock.of, st.lists(_files, max_size=5), st.lists(_models, max_size=3))


def compared(old, new):
    return compare_locks(old, new, ("old", "new"), lambda change, code: change)


@given(_locks)
def test_a_lock_does_not_differ_from_itself(lock):
    found = compared(lock, lock)
    assert not found.differs
    assert found.same == len({key[0] for key in lock.files} | set(lock.models))


@given(_locks, _locks)
def test_the_other_way_round_is_the_opposite(one, two):
    there, back = compared(one, two), compared(two, one)
    assert [m.section for m in there.models] == [m.section for m in back.models]
    for a, b in zip(there.models, back.models, strict=True):
        assert a.kind is TURNED[b.kind]
        assert [(f.path, TURNED[f.kind]) for f in a.files] == [(f.path, f.kind) for f in b.files]
        assert [(s.what, s.new, s.old) for s in a.statements] == [
            (s.what, s.old, s.new) for s in b.statements
        ]


@given(_locks, _locks)
def test_what_is_not_told_is_the_same(one, two):
    changed = {model.section for model in compared(one, two).models}
    for section in {key[0] for key in (*one.files, *two.files)} - changed:
        assert one.section(section) == two.section(section)


def safetensors(tensors):
    header, body = {}, b""
    for name, data in tensors.items():
        header[name] = {
            "dtype": "U8",
            "shape": [len(data)],
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def lock_of(blobs, files):
    return Lock.of(
        LockedFile("models.a", path, f"hf:o/n#{path}", len(data), blobs.put(data))
        for path, data in files.items()
    )


def inside(blobs, old, new):
    found = compare_locks(
        lock_of(blobs, old), lock_of(blobs, new), ("old", "new"), StoredContents(blobs).inside
    )
    return found.models[0]


def test_tensors_that_moved_to_another_file_are_the_same(tmp_path):
    blobs = Blobs(tmp_path)
    old = {"model.safetensors": safetensors({"a": b"aa", "b": b"bb"})}
    new = {
        "model-00001-of-00002.safetensors": safetensors({"a": b"aa"}),
        "model-00002-of-00002.safetensors": safetensors({"b": b"bB"}),
    }
    model = inside(blobs, old, new)
    assert [(t.name, t.kind.value) for t in model.tensors] == [("b", "values")]
    assert model.same_tensors == 1


def test_tensors_of_one_name_in_two_files_are_told_apart(tmp_path):
    blobs = Blobs(tmp_path)
    old = {"e.safetensors": safetensors({"w": b"1"}), "d.safetensors": safetensors({"w": b"2"})}
    new = {"e.safetensors": safetensors({"w": b"3"}), "d.safetensors": safetensors({"w": b"2", "x": b"4"})}
    model = inside(blobs, old, new)
    assert [(t.file, t.name, t.kind.value) for t in model.tensors] == [
        ("d.safetensors", "x", "added"),
        ("e.safetensors", "w", "values"),
    ]
    assert model.same_tensors == 1


def test_a_key_with_a_dot_cannot_hide_another(tmp_path):
    old = {"c.json": b'{"a.b": 1, "a": {"b": 2}}'}
    new = {"c.json": b'{"a.b": 9, "a": {"b": 2}}'}
    model = inside(Blobs(tmp_path), old, new)
    assert [(v.key, v.old, v.new) for v in model.values] == [('"a.b"', "1", "9")]


def test_damage_is_unknown_and_no_error(tmp_path):
    old = {"c.json": b"{}", "m.safetensors": safetensors({"a": b"a"}), "n.py": b"x\n"}
    new = {"c.json": b"{" * 90, "m.safetensors": b"\xff" * 40, "n.py": b"\xff\xfe\x00"}
    model = inside(Blobs(tmp_path), old, new)
    assert any("c.json" in line for line in model.unknown)
    assert any("m.safetensors" in line for line in model.unknown)
    assert not any(t.kind.value == "values" for t in model.tensors)
    assert [code.path for code in model.code] == ["n.py"]


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), st.binary(max_size=6), min_size=1, max_size=5))
def test_a_tensor_differs_exactly_when_its_bytes_do(tmp_path_factory, tensors):
    blobs = Blobs(tmp_path_factory.mktemp("blobs"))
    changed = {name: data[:-1] + bytes([data[-1] ^ 1]) for name, data in tensors.items() if data}
    new = {**tensors, **dict(list(changed.items())[:2]), "new": b"n"}
    model = inside(blobs, {"m.safetensors": safetensors(tensors)}, {"m.safetensors": safetensors(new)})
    wanted = {name for name in tensors if tensors[name] != new[name]}
    assert {t.name for t in model.tensors if t.kind.value == "values"} == wanted
    assert model.same_tensors == len(tensors) - len(wanted)


def test_a_long_value_that_changed_is_still_told(tmp_path):
    old = {"c.json": json.dumps({"a": "x" * 500 + "1"}).encode()}
    new = {"c.json": json.dumps({"a": "x" * 500 + "2"}).encode()}
    values = inside(Blobs(tmp_path), old, new).values
    assert len(values) == 1
    assert len(values[0].old) < 200
    assert hashlib.sha256(json.dumps("x" * 500 + "1").encode()).hexdigest()[:16] in values[0].old


def test_what_a_new_model_does_not_state_is_no_change():
    file = LockedFile("models.a", "x", "hf:o/n#x", 1, "0" * 64)
    (told,) = compared(Lock(), Lock.of([file], [LockedModel("models.a", licence="mit")])).models
    assert [(s.what, s.old, s.new) for s in told.statements] == [("licence", "", "mit")]
