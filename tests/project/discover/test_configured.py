"""Values that a program takes out of the project's configurations."""

import pytest

from weigh.code.alternatives import Alternatives, FileValue
from weigh.project.discover.configured import MOST_BYTES, Configurations

MAIN = b'model:\n  encoder:\n    name: acme/encoder\n  scale: "${oc.env:SCALE}"\n  head: null\n'


def asked(files: dict[str, bytes | None], file: str, *keys: str) -> list[tuple[object, str, int]]:
    """The values, and where they stand."""
    held = Configurations({path: lambda data=data: data for path, data in files.items()})
    found = held.values(FileValue(file, keys, "why"))
    return [(one.value, one.spot.path, one.spot.line) for one in found]


def test_a_configuration_that_is_handed_in_is_looked_for_everywhere():
    found = asked({"conf/main.yaml": MAIN, "b.json": b'{"name": "x"}'}, "", "model", "encoder", "name")
    assert found == [("acme/encoder", "conf/main.yaml", 3)]


def test_a_group_is_a_folder():
    files = {"conf/encoder/a.yaml": b"name: acme/a\n", "conf/other/b.yaml": b"name: acme/b\n"}
    assert asked(files, "", "encoder", "name") == [("acme/a", "conf/encoder/a.yaml", 1)]


def test_a_file_that_is_opened_by_name_is_the_only_one():
    files = {"a/c.yaml": b"name: acme/a\n", "d.yaml": b"name: acme/d\n"}
    assert asked(files, "c.yaml", "name") == [("acme/a", "a/c.yaml", 1)]
    assert asked(files, "./d.yaml", "name") == [("acme/d", "d.yaml", 1)]
    assert asked(files, "e.yaml", "name") == []


@pytest.mark.parametrize(
    "keys",
    [("name",), ("model", "scale"), ("model", "head"), ("encoder", "name"), ("model", "encoder"), ()],
    ids=["a single key tells too little", "placeholder", "null", "part of a way", "a map", "no key"],
)
def test_other_keys_give_nothing(keys):
    assert asked({"main.yaml": MAIN}, "", *keys) == []


def test_files_that_cannot_be_read_or_are_large_or_binary_are_passed_over():
    files = {"a.yaml": None, "b.yaml": b"\0" + MAIN, "c.yaml": MAIN + b"#" * MOST_BYTES, "d.yaml": b"\xff{["}
    assert asked(files, "", "model", "encoder", "name") == []


def test_files_are_read_once_and_only_when_asked():
    reads = []
    held = Configurations({"main.yaml": lambda: reads.append(1) or MAIN})
    assert held.filled(Alternatives()).complete
    assert reads == []
    value = FileValue("", ("model", "encoder", "name"), "why")
    for _ in range(2):
        found = held.filled(Alternatives((), complete=False, why="why", files=(value,)))
        assert (found.texts, found.complete) == (("acme/encoder",), True)
    assert reads == [1]


def test_another_reason_stays():
    held = Configurations({"main.yaml": lambda: MAIN})
    value = FileValue("", ("model", "encoder", "name"), "why")
    found = held.filled(Alternatives((), complete=False, why="another", files=(value,)))
    assert (found.texts, found.why) == (("acme/encoder",), "another")
