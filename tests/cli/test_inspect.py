import json

import hostile_onnx
import hostile_safetensors
import pytest


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "a.safetensors").write_bytes(hostile_safetensors.SOUND)
    (folder / "b.onnx").write_bytes(hostile_onnx.SOUND)
    return folder


def test_what_is_inside_is_told_and_how_little_was_read(weigh, models):
    large = bytes(5_000_000)
    header = b'{"w":{"dtype":"U8","shape":[5000000],"data_offsets":[0,5000000]}}'
    (models / "large.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + large)
    ended = weigh("inspect", "models/large.safetensors", "--json")
    found = json.loads(ended.out)
    assert ended.code == 0
    assert found["bytes"] == 8 + len(header) + len(large)
    assert found["bytes_read"] < 100_000
    (tensor,) = found["files"][0]["tensors"]
    assert (tensor["name"], tensor["dtype"], tensor["shape"]) == ("w", "U8", [5_000_000])
    assert tensor["offset"] == 8 + len(header)


def test_the_screen_names_files_tensors_and_the_word(weigh, models):
    out = weigh("inspect", "models").out
    assert "a.safetensors" in out
    assert "b.onnx" in out
    assert "nothing was run" in out
    assert "safety    2 clean" in out


def test_inspecting_a_malicious_file_says_so_and_is_no_failure(weigh, models):
    data, _ = hostile_onnx.CASES["external-absolute"]
    (models / "b.onnx").write_bytes(data)
    ended = weigh("inspect", "models")
    assert ended.code == 0
    assert "1 malicious" in ended.out


@pytest.mark.parametrize("target", ["nowhere", "models/none.onnx"])
def test_nothing_there(weigh, models, target):
    assert weigh("inspect", target).code == 2


def test_a_ref_is_inspected(weigh, models):
    found = json.loads(weigh("inspect", f"file:{models}", "--json").out)
    assert {file["path"] for file in found["files"]} == {"a.safetensors", "b.onnx"}
