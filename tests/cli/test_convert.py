import json
import struct

import hostile_numpy as arrays
import hostile_torch as made
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings, strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file

from weigh.cli.convert import convert as command
from weigh.core.errors import ExitCode, MalformedError, NotFoundError, RefusedError, UsageError
from weigh.jobs.convert import convert, shared_groups


@pytest.fixture
def put(tmp_path):
    def write(data, name="model.pt"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments], standalone_mode=False)


SIX = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize(
    "name", ["state-dict", "packed", "cuda", "big-endian", "legacy", "legacy-python-2", "tar"]
)
def test_every_layout_gives_the_same_bytes(put, tmp_path, name):
    out = tmp_path / "out.safetensors"
    done = convert(put(made.SOUND[name]), out)
    assert (done.tensors, done.nbytes) == (1, 24)
    assert (done.swapped == ("w",)) == (name == "big-endian")
    np.testing.assert_array_equal(load_file(out)["w"], SIX)
    with safe_open(out, "np") as opened:
        assert opened.metadata() == {"format": "pt"}


def test_views_are_refused_unless_they_may_be_written_twice(put, tmp_path):
    source, out = put(made.SOUND["transposed-and-tied"]), tmp_path / "out.safetensors"
    with pytest.raises(RefusedError, match="share bytes") as refused:
        convert(source, out)
    assert "a = t = row" in refused.value.why
    assert not out.exists()
    done = convert(source, out, duplicate_shared=True)
    assert done.shared == (("a", "t", "row"),)
    got = load_file(out)
    np.testing.assert_array_equal(got["t"], SIX.T)
    np.testing.assert_array_equal(got["row"], SIX[1])


def test_a_part_is_taken_by_its_name_and_leaves_are_listed(put, tmp_path):
    out = tmp_path / "out.safetensors"
    done = convert(put(made.SOUND["nested"]), out, under="model")
    assert list(load_file(out)) == ["w"]
    assert ("epoch", "3") in done.left_out
    with pytest.raises(UsageError, match="under 'other'"):
        convert(put(made.SOUND["nested"]), tmp_path / "b.safetensors", under="other")


def test_arrays_of_numpy_are_converted(put, tmp_path):
    out = tmp_path / "out.safetensors"
    data = made.zipped(
        {f"{n}.npy": arrays.SOUND[n] for n in ("floats", "column-major", "big-endian", "record")},
        folder="",
        method=8,
    )
    done = convert(put(data, "x.npz"), out)
    got = load_file(out)
    np.testing.assert_array_equal(got["floats"], SIX)
    np.testing.assert_array_equal(got["column-major"], np.arange(6, dtype="f4").reshape(2, 3, order="F"))
    np.testing.assert_array_equal(got["big-endian"], np.frombuffer(arrays.FLOATS, ">f4").reshape(2, 3))
    assert [name for name, _ in done.left_out] == ["record"]
    with safe_open(out, "np") as opened:
        assert opened.metadata() is None


@pytest.mark.parametrize("data", [made.GADGETS["zip"], made.GADGETS["legacy-object"]])
def test_a_malicious_file_is_refused_and_nothing_is_written(put, tmp_path, data):
    with pytest.raises(RefusedError, match="malicious"):
        convert(put(data), tmp_path / "out.safetensors")
    assert [p.name for p in tmp_path.iterdir()] == ["model.pt"]


def test_a_damaged_file_is_an_error(put, tmp_path):
    with pytest.raises(MalformedError, match="damaged"):
        convert(put(made.SOUND["legacy"][:-3]), tmp_path / "out.safetensors")


def test_names_that_do_not_fit(put, tmp_path):
    source, out = put(made.SOUND["state-dict"]), tmp_path / "out.safetensors"
    with pytest.raises(UsageError, match="does not end in"):
        convert(source, tmp_path / "out.bin")
    with pytest.raises(NotFoundError):
        convert(tmp_path / "no.pt", out)
    with pytest.raises(UsageError, match="no checkpoint"):
        convert(put(b"hello", "a.txt"), out)
    out.write_bytes(b"mine")
    with pytest.raises(UsageError, match="is there already"):
        convert(source, out)
    assert out.read_bytes() == b"mine"
    convert(source, out, force=True)
    assert "w" in load_file(out)


def test_nothing_is_unpickled(put, tmp_path, monkeypatch):
    import pickle

    def never(*arguments, **keywords):
        raise AssertionError("unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, never)
    assert convert(put(made.SOUND["state-dict"]), tmp_path / "out.safetensors").tensors == 1


def test_the_command_says_what_it_did(put, tmp_path):
    out = tmp_path / "out.safetensors"
    ended = run(put(made.SOUND["nested"]), out)
    assert ended.return_value == ExitCode.FINE
    assert "1 tensors · 24 bytes" in ended.output
    assert "epoch (3)" in ended.output


def test_the_command_prints_json(put, tmp_path):
    ended = run(
        put(made.SOUND["transposed-and-tied"]), tmp_path / "o.safetensors", "--duplicate-shared", "--json"
    )
    said = json.loads(ended.output)
    assert (said["tensors"], said["shared"], said["word"]) == (3, [["a", "t", "row"]], "clean")


def test_a_hostile_name_is_escaped(put, tmp_path):
    data = made.checkpoint(made.mapping({"w": made.tensor(made.storage()), "\x1b[31mred": made.number(1)}))
    assert "\x1b" not in run(put(data), tmp_path / "out.safetensors").output


shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


@settings(max_examples=30, deadline=None)
@given(shapes, st.data())
def test_any_view_is_gathered_as_numpy_would(tmp_path_factory, shape, data):
    strides = tuple(data.draw(st.integers(0, 5)) for _ in shape)
    first = data.draw(st.integers(0, 3))
    width, kind = data.draw(
        st.sampled_from([(1, "ByteStorage"), (2, "HalfStorage"), (4, "FloatStorage"), (8, "LongStorage")])
    )
    count = first + 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    values = np.arange(count, dtype=f"<u{width}")
    folder = tmp_path_factory.mktemp("view")
    source = folder / "m.pt"
    view = made.tensor(made.storage(count=count, kind=kind), shape, strides, first)
    source.write_bytes(made.checkpoint(made.mapping({"w": view}), {"0": values.tobytes()}))
    convert(source, folder / "out.safetensors")
    steps = [s * width for s in strides]
    want = np.lib.stride_tricks.as_strided(values[first:], shape, steps)
    got = load_file(folder / "out.safetensors")["w"]
    assert got.tobytes() == np.ascontiguousarray(want).tobytes()
    assert got.shape == shape


def test_tensors_beside_each_other_share_nothing(put, tmp_path):
    halves = {
        "a": made.tensor(made.storage(), (3,), (1,)),
        "b": made.tensor(made.storage(), (3,), (1,), 3),
    }
    done = convert(put(made.checkpoint(made.mapping(halves))), tmp_path / "out.safetensors")
    assert done.shared == ()
    assert shared_groups([]) == ()
    assert struct.unpack("<3f", load_file(tmp_path / "out.safetensors")["b"].tobytes()) == (3.0, 4.0, 5.0)
