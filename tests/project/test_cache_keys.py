from pathlib import Path

import pytest

from weigh.core.errors import UsageError
from weigh.project.cache_keys import cache_keys
from weigh.project.lock import LockedFile
from weigh.project.manifest import parse_manifest

COMMIT = "c" * 40


def keys(declared, *files):
    """`family:key` of a model declared as `declared` with files (path, ref)."""
    text = f"[models.m]\n{declared}\n"
    declaration = parse_manifest(Path("/p/models.toml"), text.encode()).models["m"]
    lines = [LockedFile("models.m", path, ref, 1, "a" * 64) for path, ref in files]
    return [f"{place.family}:{place.key}" for place in cache_keys(declaration, lines)]


@pytest.mark.parametrize(
    ("ref", "path", "file", "wanted"),
    [
        ("hf:org/m", "a.bin", f"hf:org/m/{COMMIT}#a.bin", "hf:org/m@main"),
        ("hf:org/m@v1", "a.bin", f"hf:org/m@v1/{COMMIT}#a.bin", "hf:org/m@v1"),
        (f"hf:org/m@{COMMIT}", "a.bin", f"hf:org/m@{COMMIT}#a.bin", f"hf:org/m@{COMMIT}"),
        ("hf:datasets/org/d", "a.bin", f"hf:datasets/org/d/{COMMIT}#a.bin", "hf:datasets/org/d@main"),
        ("torchhub:o/r", "repo/hubconf.py", f"torchhub:o/r:{COMMIT}#hubconf.py", "torch-hub:o/r:main"),
        ("torchhub:o/r:v1#e", "repo/a.py", f"torchhub:o/r:{COMMIT}#a.py", "torch-hub:o/r:v1"),
        ("https://h.org/m-0a.pth", "m-0a.pth", "https://h.org/m-0a.pth", "torch-checkpoint:m-0a.pth"),
        ("https://h.org/w/m.h5", "m.h5", "https://h.org/w/m.h5", "keras:models/m.h5"),
        ("https://h.org/w/m.onnx", "m.onnx", "https://h.org/w/m.onnx", "path:m"),
        ("https://h.org/p.zip#m.pt", "m.pt", "https://h.org/p.zip#m.pt", "path:m"),
        ("tfhub:https://tfhub.dev/g/m/1", "saved_model.pb", "tfhub:https://tfhub.dev/g/m/1#saved_model.pb",
         "tfhub:https://tfhub.dev/g/m/1"),
        ("kaggle:o/m/keras/v/2", "a.h5", "kaggle:o/m/keras/v/2#a.h5", "kaggle:o/m/keras/v/2"),
        ("catalogue:torchvision/r@X", "r.pth", "catalogue:torchvision/r@X", "torch-checkpoint:r.pth"),
        ("catalogue:timm/r", "m.bin", f"catalogue:timm/r#hf:timm/r/{COMMIT}#m.bin", "hf:timm/r@main"),
        ("catalogue:keras/ResNet50", "r.h5", "catalogue:keras/ResNet50", "keras:models/r.h5"),
        ("pypi:m==1#a", "a.onnx", "pypi:m==1/m.whl#a/a.onnx", "path:m"),
    ],
)  # fmt: skip
def test_where_a_file_goes_follows_from_what_it_came_from(ref, path, file, wanted):
    assert keys(f'ref = "{ref}"', (path, file)) == [wanted]


def test_a_model_of_several_kinds_goes_to_several_caches():
    declared = 'ref = "torchhub:o/r"'
    files = [
        ("repo/a.py", "torchhub:o/r:x#repo/a.py"),
        ("checkpoints/w.pth", "torchhub:o/r:x#https://h.org/w.pth"),
    ]
    assert keys(declared, *files) == ["torch-checkpoint:w.pth", "torch-hub:o/r:main"]


def test_an_alias_is_one_more_name_in_the_hub_s_cache():
    line = ("a", f"hf:google-bert/bert@main/{COMMIT}#a")
    declared = 'ref = "hf:google-bert/bert@main"\naliases = ["bert", "not a name"]'
    assert keys(declared, line) == ["hf:bert@main", "hf:google-bert/bert@main"]


def test_the_manifest_overrules():
    line = ("r.pth", "pypi:m==1/m.whl#r.pth")
    assert keys('ref = "pypi:m==1#r.pth"\nas = ["torch-checkpoint", "hf:org/m"]', line) == [
        "hf:org/m@main",
        "torch-checkpoint:r.pth",
    ]
    with pytest.raises(UsageError, match="without a name"):
        keys('ref = "pypi:m==1#r.pth"\nas = ["hf"]', line)


@pytest.mark.parametrize(
    "text", ["disk:x", "hf:../../x", "path:/etc", "torch-checkpoint:a/../../b", "tfhub:https://../x"]
)
def test_a_place_outside_of_a_cache_is_refused(text):
    with pytest.raises(UsageError):
        keys(f'ref = "pypi:m==1#r.pth"\nas = ["{text}"]', ("r.pth", "pypi:m==1/m.whl#r.pth"))


def test_data_goes_to_no_folder_of_models():
    text = b'[data.d]\nfiles = [{ from = "pypi:d==1#r.csv", to = "r.csv" }]\n'
    declaration = parse_manifest(Path("/p/models.toml"), text).data["d"]
    assert (
        cache_keys(declaration, [LockedFile("data.d", "r.csv", "pypi:d==1/d.whl#r.csv", 1, "a" * 64)]) == ()
    )
