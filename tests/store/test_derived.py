import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.store.crash_subjects import Collector

from weigh.core.digest import sha256_hex
from weigh.store.blobs import Blobs
from weigh.store.derived import Derived


@pytest.fixture
def watcher():
    return Collector()


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path)


@pytest.fixture
def derived(tmp_path, blobs, watcher):
    return Derived(tmp_path, blobs, events=watcher)


def overwrite(path, data):
    path.chmod(0o644)
    path.write_bytes(data)


def index_line(root):
    (path,) = (root / "derived").glob("*/*.json")
    return path


@given(key=st.text(max_size=30), data=st.binary(max_size=200))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_put_under_a_key_is_got(derived, key, data):
    try:
        key.encode()
    except UnicodeEncodeError:
        return
    assert derived.put(key, data) == sha256_hex(data)
    assert derived.get(key) == data


def test_an_unknown_key_is_a_miss(derived, watcher):
    assert derived.get("nothing") is None
    assert derived.get_arrays("nothing") is None
    assert list(derived.ls()) == []
    assert watcher.events == []


def test_a_key_may_be_put_again(derived):
    derived.put("k", b"one")
    derived.put("k", b"two")
    assert derived.get("k") == b"two"


def test_the_index_says_what_is_there(derived):
    derived.put("k", b"one")
    derived.put("l", b"two!")
    assert sorted((i.key, i.sha256, i.size) for i in derived.ls()) == [
        ("k", sha256_hex(b"one"), 3),
        ("l", sha256_hex(b"two!"), 4),
    ]


@pytest.mark.parametrize("damage", [b"One", b"one more", b"on", b""])
def test_a_corrupt_value_is_a_miss_set_aside_and_told(derived, blobs, watcher, damage):
    sha256 = derived.put("k", b"one")
    overwrite(blobs.path(sha256), damage)
    assert derived.get("k") is None
    assert [p.read_bytes() for p in blobs.quarantine.iterdir()] == [damage]
    assert "corrupt" in watcher.events[0].text
    derived.put("k", b"one")
    assert derived.get("k") == b"one"


def test_a_lost_value_is_a_miss(derived, blobs):
    blobs.remove(derived.put("k", b"one"))
    assert derived.get("k") is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"key":"k"}',
        b'{"key":"k","sha256":"../../x","size":3}',
        b'{"key":"k","sha256":"' + b"0" * 64 + b'","size":-1}',
        b'{"key":"other","sha256":"' + b"0" * 64 + b'","size":3}',
        b"[" * 100_000,
        b" " * ((1 << 20) + 2),
    ],
)
def test_a_corrupt_index_line_is_a_miss_set_aside_and_told(derived, blobs, watcher, tmp_path, line):
    derived.put("k", b"one")
    overwrite(index_line(tmp_path), line)
    assert derived.get("k") is None
    assert len(list(blobs.quarantine.iterdir())) == 1
    assert len(watcher.events) == 1
    derived.put("k", b"one")
    assert derived.get("k") == b"one"


@given(where=st.integers(0, 10**6), bit=st.integers(0, 7))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_flipped_bit_in_the_index_never_gives_another_value(derived, tmp_path, where, bit):
    derived.put("k", b"one")
    path = index_line(tmp_path)
    line = bytearray(path.read_bytes())
    line[where % len(line)] ^= 1 << bit
    overwrite(path, line)
    assert derived.get("k") in {None, b"one"}


def test_a_value_moved_under_another_key_is_not_served(derived, tmp_path):
    derived.put("k", b"one")
    first = index_line(tmp_path)
    stolen = first.read_bytes()
    derived.put("l", b"two")
    second = next(p for p in (tmp_path / "derived").glob("*/*.json") if p != first)
    overwrite(second, stolen)
    assert derived.get("l") is None


def test_arrays_and_texts_come_back_by_key(derived):
    derived.put_arrays("k", {"coef": np.eye(3), "classes": np.array([3, 1])}, {"kind": "logistic"})
    arrays, metadata = derived.get_arrays("k")
    assert np.array_equal(arrays["coef"], np.eye(3))
    assert arrays["classes"].tolist() == [3, 1]
    assert metadata == {"kind": "logistic"}


def test_a_value_that_holds_no_arrays_is_a_miss_and_told(derived, watcher):
    derived.put("k", b"not arrays")
    assert derived.get_arrays("k") is None
    assert len(watcher.events) == 1


def test_the_index_is_readable_json(derived, tmp_path):
    derived.put("k", b"one")
    assert json.loads(index_line(tmp_path).read_bytes()) == {
        "key": "k",
        "sha256": sha256_hex(b"one"),
        "size": 3,
    }


def test_a_key_too_long_to_be_read_back_is_refused(derived):
    with pytest.raises(ValueError, match="too long"):
        derived.put("k" * (1 << 20), b"")
