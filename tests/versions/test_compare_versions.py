"""Versions of a history compared where they lie: equal payloads are known to be equal without being read."""

import numpy as np
import pytest
from tests.store.compare.model_files import matrix, safetensors

from weigh.core.errors import NotFoundError
from weigh.core.model_diff import Turn
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file
from weigh.store.compare.comparing import compare_tensors
from weigh.store.compare.whole import compare_models
from weigh.store.packs.adding import add_file
from weigh.store.packs.objects import Objects
from weigh.versions.commit import Commit
from weigh.versions.compare_versions import folder_side, version_side
from weigh.versions.history import History, put_commit, put_tree
from weigh.versions.tree import Tree, TreeFile


def commit(history, files, parents=()):
    """Keep files as a version, as the commit verb does."""
    with history.objects.writing() as writer:
        kept = []
        for path, data in files.items():
            reader = BytesReader(data)
            facts = read_file(reader, path)
            added = add_file(
                history.objects, writer, reader, path=path, tensors=facts.all_tensors(), form=facts.format
            )
            kept.append(TreeFile(path, added.id.hex(), added.sha256, added.size))
        tree = put_tree(writer, Tree(tuple(kept)))
        return put_commit(writer, Commit(tree, tuple(parents), "a <a@b.c>", 1, "x"))


@pytest.fixture
def history(tmp_path):
    with Objects(tmp_path / "store") as objects:
        yield History(tmp_path / "versions" / "m", objects)


BASE = {f"layer.{i}.weight": matrix(i, 40, 50) for i in range(4)}


def test_only_changed_payloads_are_read(history):
    changed = {**BASE, "layer.2.weight": BASE["layer.2.weight"] + np.float32(0.001)}
    one = commit(history, {"m.safetensors": safetensors(BASE), "config.json": b'{"a": 1}'})
    two = commit(history, {"m.safetensors": safetensors(changed), "config.json": b'{"a": 2}'}, [one])
    old, new = version_side(history, one), version_side(history, two)
    found = compare_tensors(old, new)
    assert [t.name for t in found.tensors] == ["layer.2.weight"]
    assert found.same_tensors == 3
    assert found.read == 2 * 40 * 50 * 4
    assert [v.key for v in compare_models(old, new).values] == ["a"]


def test_a_new_name_is_known_without_reading(history):
    one = commit(history, {"m.safetensors": safetensors(BASE)})
    two = commit(history, {"m.safetensors": safetensors({f"x.{n}": t for n, t in BASE.items()})})
    found = compare_tensors(version_side(history, one), version_side(history, two))
    assert {t.turn for t in found.tensors} == {Turn.RENAMED}
    assert found.read == 0


def test_a_version_and_the_folder(history, tmp_path):
    one = commit(history, {"m.safetensors": safetensors(BASE), "config.json": b"{}"})
    (tmp_path / "m.safetensors").write_bytes(safetensors({**BASE, "layer.0.weight": matrix(9, 40, 50)}))
    (tmp_path / "config.json").write_bytes(b"{}")
    found = compare_models(version_side(history, one), folder_side(tmp_path, history.tree_of(one)))
    assert [(t.name, t.turn) for t in found.tensors] == [("layer.0.weight", Turn.CHANGED)]
    assert [f.path for f in found.files] == ["m.safetensors"]


def test_values_read_from_packs_are_those_of_the_file(history):
    one = commit(history, {"m.safetensors": safetensors(BASE)})
    side = version_side(history, one)
    data = safetensors(BASE)
    with side.reading("m.safetensors") as reader:
        assert reader.size == len(data)
        for begin, length in ((0, len(data)), (7, 100), (len(data) - 3, 50), (len(data), 5), (300, 9000)):
            assert reader.read(begin, length) == data[begin : begin + length]


def test_one_file_of_a_version(history):
    one = commit(history, {"a/m.safetensors": safetensors(BASE), "b.json": b"{}"})
    assert list(version_side(history, one, below="a").files) == ["a/m.safetensors"]
    with pytest.raises(NotFoundError):
        version_side(history, one, below="c")
