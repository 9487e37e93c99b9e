"""One sync, and unmodified clients of the hub load the locked commit offline, by name alone."""

import os

import pytest
from tests.clients.client_programs import client_python, hub_client, loads
from tests.clients.conftest import MINILM
from tests.project.materialise.project_scene import COMMIT, Scene, every_family

RELEASES = ("0.36", "1", "2")
LOAD = f"""
from pathlib import Path
import huggingface_hub as hub
place = hub.snapshot_download("acme/tiny")
assert place == hub.snapshot_download("acme/tiny", revision="v1")
assert place == hub.snapshot_download("acme/tiny", revision="{COMMIT}")
assert Path(hub.hf_hub_download("acme/tiny", "onnx/model.onnx")).read_bytes() == b"graph"
found = hub.scan_cache_dir()
assert not found.warnings, found.warnings
[repository] = found.repos
assert sorted(repository.refs) == ["main", "v1"] and repository.nb_files == 3
print(hub.__version__)
"""
MISSING = """
import huggingface_hub as hub
hub.{call}
"""


@pytest.fixture
def scene(tmp_path):
    return every_family(Scene(tmp_path))


@pytest.mark.parametrize("release", RELEASES)
def test_a_locked_repository_is_found_offline_by_every_release(scene, release):
    scene.sync()
    said = loads(scene, os.sys.executable, LOAD, environment={"PYTHONPATH": hub_client(release)})
    assert said.startswith(release)
    code, out, _ = scene.weigh("verify")
    assert code == 0, out


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    "call", ['snapshot_download("acme/missing")', 'hf_hub_download("acme/missing", "config.json")']
)
def test_a_model_that_is_not_locked_is_named_with_what_to_do(scene, release, call):
    scene.sync()
    env = scene.environment(PYTHONPATH=hub_client(release))
    program = MISSING.format(call=call)
    process = scene.start("run", "--", os.sys.executable, "-c", program, env=env)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the program asked for hf:acme/missing, which models.lock does not hold" in err
    assert "try   weigh add hf:acme/missing && weigh sync" in err


@pytest.mark.parametrize("release", RELEASES)
def test_what_was_removed_no_longer_loads(scene, release):
    scene.sync()
    scene.remove("encoder")
    env = scene.environment(PYTHONPATH=hub_client(release))
    program = 'import huggingface_hub as hub; hub.snapshot_download("acme/tiny")'
    code, _, err = scene.weigh("run", "--", os.sys.executable, "-c", program, env=env)
    assert (code, "weigh sync --prune" in err) == (125, True)
    scene.sync("--prune")
    process = scene.start("run", "--", os.sys.executable, "-c", program, env=env)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "hf:acme/tiny, which models.lock does not hold" in err


@pytest.mark.clients
def test_transformers_and_sentence_transformers_get_the_locked_commit(tmp_path, hub, packaged):
    python = client_python("transformers")
    name = "sentence-transformers/all-MiniLM-L6-v2"
    folder = packaged(MINILM)
    repo = hub.folder(name, folder)
    commit = repo.refs["main"]
    files = dict(repo.commits[commit].files)
    repo.commit({**files, "config.json": b'{"broken": true}'})
    scene = Scene(tmp_path)
    scene.model(
        "minilm", files, [("hf", name)], requested=(f"hf:{name}",), exact=(f"hf:{name}/{commit}",),
        ref=lambda path: f"hf:{name}/{commit}#{path}",
    )  # fmt: skip
    scene.sync(env=scene.environment(HF_ENDPOINT=hub.endpoint))
    program = f"""
from transformers import AutoModel, AutoTokenizer, pipeline
name = {name!r}
model, words = AutoModel.from_pretrained(name), AutoTokenizer.from_pretrained(name)
assert model(**words("a test", return_tensors="pt")).last_hidden_state.shape[-1] == 384
assert len(pipeline("feature-extraction", model=name)("a test")[0][0]) == 384
from transformers.utils import cached_file
assert {commit!r} in cached_file(name, "config.json")
import transformers
print("transformers", transformers.__version__)
"""
    print("\n", loads(scene, python, program))
    client_python("sentence_transformers")
    program = """
from sentence_transformers import SentenceTransformer
import sentence_transformers
assert SentenceTransformer("all-MiniLM-L6-v2").encode(["a test"]).shape == (1, 384)
print("sentence-transformers", sentence_transformers.__version__)
"""
    print(loads(scene, python, program))
    assert scene.weigh("verify")[0] == 0
    program = "import transformers\ntransformers.AutoModel.from_pretrained('acme/no')\n"
    (scene.project / "load.py").write_text(program, encoding="utf-8")
    process = scene.start("run", "--", python, "load.py")
    _, err = process.communicate(timeout=120)
    assert "hf:acme/no, which models.lock does not hold" in err, err[-2000:]
    process = scene.start("run", "--", python, "-c", program)
    assert "it does not say which" in process.communicate(timeout=120)[1]
