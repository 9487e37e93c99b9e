"""Scalars of YAML, JSON, TOML, INI and .env files, with their keys and lines."""

import pytest

from weigh.project.discover.entries import Table
from weigh.project.discover.flow_entries import flow_entries
from weigh.project.discover.table_entries import env_entries, ini_entries, toml_entries
from weigh.project.discover.yaml_entries import yaml_entries


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (yaml_entries, "a:\n  b:\n    - x\n    - c: y\n"),
        (flow_entries, '{"a": {\n"b": [\n"x",\n{"c": "y"}]}}'),
    ],
)
def test_keys_and_lines(read, text):
    assert [(entry.keys, entry.value, entry.line) for entry in read(text)] == [
        (("a", "b", 0), "x", 3),
        (("a", "b", 1, "c"), "y", 4),
    ]


def test_toml():
    found = {
        entry.keys: (entry.value, entry.line)
        for entry in toml_entries('a = "x"\n[b.c]\nd = ["y"]\n[[e]]\nf = 1\n')
    }
    assert found["a",] == ("x", 1)
    assert found["b", "c", "d", 0] == ("y", 3)


def test_ini_and_env():
    assert [(e.keys, e.value) for e in ini_entries("[a]\nb = x ; said\n# no\nc: y\n")] == [
        (("a", "b"), "x"),
        (("a", "c"), "y"),
    ]
    found = [(e.keys, e.value, e.line) for e in env_entries("# no\nexport A='x y'\nB=z # said\n")]
    assert found == [(("A",), "x y", 2), (("B",), "z", 3)]


def test_yaml_of_several_documents_blocks_and_flows():
    text = "a: |\n  one\n  two\n---\nb: {c: [x, 'y']}\n"
    found = list(yaml_entries(text))
    assert found[0].block
    assert found[0].value.split() == ["one", "two"]
    assert [(e.keys, e.value, e.document) for e in found[1:]] == [
        (("b", "c", 0), "x", 1),
        (("b", "c", 1), "y", 1),
    ]


def test_what_stands_beside_and_below():
    table = Table(yaml_entries("a:\n  b: x\n  c: y\nd: z\n"))
    first = table.entries[0]
    assert set(table.beside(first)) == {"b", "c"}
    assert [entry.value for entry in table.below(0, ("a",))] == ["x", "y"]
    assert table.top() == {"a", "d"}
