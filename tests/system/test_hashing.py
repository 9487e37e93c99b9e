import hashlib

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from weigh.system.hashing import CHUNK, chunks, sha256_file


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7])
def test_digest_and_size_are_those_of_the_content(tmp_path, size):
    data = bytes(i * 31 % 251 for i in range(997)) * (size // 997 + 1)
    data = data[:size]
    path = tmp_path / "f"
    path.write_bytes(data)
    assert sha256_file(path) == (hashlib.sha256(data).hexdigest(), size)
    assert all(len(chunk) <= CHUNK for chunk in chunks(path))
    assert b"".join(chunks(path)) == data


@given(data=st.binary(min_size=1, max_size=300), where=st.integers(0, 10**6), bit=st.integers(0, 7))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_flipped_bit_changes_the_digest(tmp_path, data, where, bit):
    path = tmp_path / "f"
    path.write_bytes(data)
    before = sha256_file(path)
    changed = bytearray(data)
    changed[where % len(data)] ^= 1 << bit
    path.write_bytes(changed)
    assert sha256_file(path)[0] != before[0]


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        sha256_file(tmp_path / "none")
