"""What other files say otherwise: configuration, labels, vocabulary, card, interface, code."""

import json

from tests.store.compare.model_files import matrix, safetensors, side

from weigh.core.change import ChangeKind
from weigh.store.compare.contents import compare_lists
from weigh.store.compare.whole import compare_models


def diff(old, new):
    encode = lambda files: {
        p: v if isinstance(v, bytes) else json.dumps(v).encode() for p, v in files.items()
    }
    return compare_models(side("old", encode(old)), side("new", encode(new)))


def test_keys_of_a_configuration():
    found = diff(
        {"config.json": {"hidden": 2, "old": True, "deep": {"a.b": 1}}},
        {"config.json": {"hidden": 3, "new": None, "deep": {"a.b": 2}}},
    )
    assert {(v.key, v.kind, v.old, v.new) for v in found.values} == {
        ("hidden", ChangeKind.CHANGED, "2", "3"),
        ("old", ChangeKind.REMOVED, "true", ""),
        ("new", ChangeKind.ADDED, "", "null"),
        ('deep."a.b"', ChangeKind.CHANGED, "1", "2"),
    }


def test_labels_that_swapped_their_numbers_are_told():
    found = diff(
        {"config.json": {"id2label": {"0": "good", "1": "bad"}}},
        {"config.json": {"id2label": {"0": "bad", "1": "good", "2": "neutral"}}},
    )
    labels = next(c for c in found.lists if c.what == "labels")
    assert (labels.added, labels.removed, labels.moved) == (1, 0, 2)


def test_a_vocabulary_and_its_special_tokens():
    old = {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]}, "added_tokens": []}
    new = {"model": {"type": "BPE", "vocab": {"a": 0, "c": 1, "d": 2}, "merges": [["a", "b"], ["a", "c"]]},
           "added_tokens": [{"id": 3, "content": "<x>"}], "normalizer": {"type": "Lowercase"}}  # fmt: skip
    found = diff({"tokenizer.json": old}, {"tokenizer.json": new})
    told = {c.what: (c.added, c.removed, c.moved) for c in found.lists}
    assert told == {"vocabulary": (2, 1, 0), "merges": (1, 0, 0), "special tokens": (1, 0, 0)}
    assert any(v.key.startswith("normalizer") for v in found.values)
    assert not any(v.key.startswith("model.vocab") for v in found.values)


def test_lines_of_a_vocabulary():
    found = diff({"vocab.txt": b"a\nb\nc\n"}, {"vocab.txt": b"a\nc\nb\nd\n"})
    assert [(c.added, c.removed, c.moved) for c in found.lists] == [(1, 0, 2)]
    assert compare_lists("x", "f", {"a": 0}, {"a": 0}) is None


def test_metadata_of_safetensors_and_the_card():
    card = "---\nlicense: {}\nbase_model: acme/base\n---\n# A model\n"
    weights = {"w": matrix(1, 3)}
    found = diff(
        {"m.safetensors": safetensors(weights, {"format": "pt"}), "README.md": card.format("mit").encode()},
        {
            "m.safetensors": safetensors(weights, {"format": "tf"}),
            "README.md": card.format("gpl-3.0").encode(),
        },
    )
    told = {s.what: (s.old, s.new) for s in found.statements}
    assert told["metadata format of m.safetensors"] == ("pt", "tf")
    assert any("licen" in what and "gpl-3.0" in new for what, (_, new) in told.items())
    assert found.same_tensors == 1


def test_code_that_comes_with_the_model():
    found = diff({"modeling.py": b"a = 1\n"}, {"modeling.py": b"a = 2\n", "new.py": b"import os\n"})
    assert [(c.path, "+a = 2" in c.lines or "+import os" in c.lines) for c in found.code] == [
        ("modeling.py", True),
        ("new.py", True),
    ]


def test_hostile_json_is_said_to_be_unknown():
    found = diff({"config.json": b'{"a": 1}'}, {"config.json": b'{"a": 1, "a": 2}'})
    assert any("config.json" in line for line in found.unknown)
    assert found.files
