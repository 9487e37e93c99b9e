"""Weight files that lie in the tree."""

import json
import struct

import pytest

from weigh.core.usage import Certainty, Role
from weigh.project.discover.weight_files import read_weight_files


def _safetensors():
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0\0\0\0"


def refs(read, text, path):
    return [use.ref for use in read(text.encode(), path, Role.RUNTIME).uses]


def test_weights_are_told_by_their_content():
    (use,) = read_weight_files(_safetensors(), "w/a.safetensors", Role.RUNTIME).uses
    assert (use.ref, use.certainty) == ("file:w/a.safetensors", Certainty.LOOKS)


@pytest.mark.parametrize("path", ["w/a.pt", "w/a.bin", "w/a.gguf"])
def test_pointers_of_git_lfs_are_weights(path):
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'b' * 64}\nsize 12\n"
    assert refs(read_weight_files, pointer, path) == [f"file:{path}"]


def test_pointers_of_other_files_are_not():
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'b' * 64}\nsize 12\n"
    assert refs(read_weight_files, pointer, "pictures/a.png") == []


@pytest.mark.parametrize(
    ("path", "text"), [("firmware.bin", "text of another kind"), ("a.npz", ""), ("a.pkl", "x")]
)
def test_other_content_is_none(path, text):
    assert refs(read_weight_files, text, path) == []
