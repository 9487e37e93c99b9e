"""`weigh export`: what is locked, as other programs read it."""

import json

import pytest
from tests.cli.locked_project import first_files, local_hub, locked_project, new_commands  # noqa: F401 - fixtures


def test_a_hub_cache_has_the_commit_as_main(weigh, project, hub, tmp_path):
    ended = weigh("export", str(tmp_path / "cache"), "--format", "hf-cache", "--project", str(project))
    assert ended.code == 0, ended.err
    top = tmp_path / "cache/models--acme--encoder"
    commit = hub.repos["acme/encoder"].refs["main"]
    assert (top / "refs/main").read_text(encoding="ascii") == commit
    for path, data in first_files().items():
        assert (top / "snapshots" / commit / path).read_bytes() == data
    again = weigh("export", str(tmp_path / "cache"), "--format", "hf-cache", "--project", str(project))
    assert again.code == 2


def test_a_bill_of_materials_is_the_same_twice_and_complete(weigh, project, hub, tmp_path):
    texts = []
    for name in ("a.json", "b.json"):
        ended = weigh("export", str(tmp_path / name), "--format", "cyclonedx", "--project", str(project))
        assert ended.code == 0, ended.err
        texts.append((tmp_path / name).read_bytes())
    assert texts[0] == texts[1]
    told = json.loads(texts[0])
    model = told["components"][0]
    commit = hub.repos["acme/encoder"].refs["main"]
    assert (told["bomFormat"], told["specVersion"], model["type"]) == (
        "CycloneDX",
        "1.6",
        "machine-learning-model",
    )
    assert model["purl"] == f"pkg:huggingface/acme/encoder@{commit}"
    assert model["licenses"][0]["license"]["name"] == "apache-2.0"
    assert {c["name"] for c in model["components"]} == set(first_files())


PACKAGED = """\
version = 1

[[file]]
for = "models.a"
path = "model.onnx"
ref = "pypi:acme-model==1.0/acme_model-1.0-py3-none-any.whl#acme/model.onnx"
size = 1
sha256 = "{0}"
distribution = "acme_model-1.0-py3-none-any.whl"
distribution-sha256 = "{1}"

[[file]]
for = "models.b"
path = "x"
ref = "hf:org/na\\u001bme/{2}#x"
size = 1
sha256 = "{0}"
"""


def test_requirements_have_hashes_and_name_the_rest(weigh, commands, tmp_path):
    text = PACKAGED.format("0" * 64, "1" * 64, "a" * 40).replace("\\u001b", "")
    (tmp_path / "models.lock").write_text(text, encoding="utf-8")
    ended = weigh("export", "requirements.txt", "--format", "requirements")
    assert ended.code == 0, ended.err
    lines = (tmp_path / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines[1:3] == ["acme-model==1.0 \\", f"    --hash=sha256:{'1' * 64}"]
    assert lines[4].startswith("#   models.b  hf:org/name/")


@pytest.mark.parametrize("form", ["requirements", "cyclonedx", "hf-cache"])
def test_nothing_locked_is_told(weigh, commands, tmp_path, form):
    assert weigh("export", "out", "--format", form).code == 2
    assert not (tmp_path / "out").exists()


def test_requirements_do_not_count_what_they_leave_out(weigh, project, tmp_path):
    ask = ("export", str(tmp_path / "r.txt"), "--format", "requirements", "--project", str(project))
    ended = weigh(*ask)
    assert "  0 models" in ended.out
    assert "left out: models.encoder" in ended.err
    assert json.loads(weigh(*ask, "--json").out)["left-out"] == ["models.encoder"]
