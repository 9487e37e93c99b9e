"""What may lie where programs load models: nothing malicious, nothing that the policy forbids."""

import re

import pytest
from hostile_pickle import EVIL
from tests.project.materialise.project_scene import NOISE, WEIGHTS, Scene

POLICY = """
name = "ours"

[[require]]
id = "loading-runs-no-code"
check = "security"
max_severity = "low"
"""
WAIVER = """
[[waive]]
requirement = "loading-runs-no-code"
subject = "sha256:{}"
reason = "read by hand"
approver = "Ada"
expires = {}
"""


@pytest.fixture
def scene(tmp_path):
    scene = Scene(tmp_path)
    scene.model("good", {"config.json": b"{}", "model.safetensors": WEIGHTS}, [("path", "good")])
    starts = b"import subprocess\n\n\ndef tiny():\n    return subprocess.run(['nvidia-smi'], check=False)\n"
    return scene.model("odd", {"repo/hubconf.py": starts}, [("torch-hub", "acme/odd:v1")])


def placed(scene, name):
    return any(path.is_file() for path in scene.place.rglob(name))


def test_a_malicious_model_is_never_placed_and_the_rest_is(scene):
    scene.model("bad", {"weights.bin": NOISE, "model.pkl": EVIL}, [("path", "bad")])
    code, out, err = scene.weigh("sync", "--frozen")
    assert code == 1, out + err
    assert "models.bad may not be loaded here" in err
    assert "model.pkl is malicious" in err
    assert placed(scene, "model.safetensors")
    assert not placed(scene, "model.pkl")
    # Nor does another sync come past it; a program runs on what was admitted.
    assert scene.weigh("sync", "--frozen")[0] == 1
    assert not placed(scene, "model.pkl")
    assert scene.weigh("run", "--", "test", "-e", ".weigh/models/bad")[0] == 1


def test_a_policy_that_comes_later_takes_a_model_away(scene):
    scene.sync()
    assert placed(scene, "hubconf.py")
    (scene.project / "policy.toml").write_text(POLICY)
    code, _, err = scene.weigh("run", "--", "touch", "ran")
    assert (code, "weigh sync" in err) == (125, True)
    assert not (scene.project / "ran").exists()
    code, _, err = scene.weigh("sync", "--frozen")
    assert code == 1
    assert "models.odd may not be loaded here" in err
    assert "policy.toml, line loading-runs-no-code" in err
    assert not placed(scene, "hubconf.py")
    assert placed(scene, "model.safetensors")
    (scene.project / "policy.toml").unlink()
    scene.sync()
    assert placed(scene, "hubconf.py")
    assert scene.weigh("run", "--", "true")[0] == 0


@pytest.mark.parametrize(("expires", "goes"), [("2999-01-31", True), ("2020-01-31", False)])
def test_who_waives_a_line_goes_on_until_the_waiver_ends(scene, expires, goes):
    (scene.project / "policy.toml").write_text(POLICY)
    _, _, err = scene.weigh("sync", "--frozen")
    subject = re.search(r"a waiver for sha256:([0-9a-f]{64})", err)[1]
    (scene.project / "policy.toml").write_text(POLICY + WAIVER.format(subject, expires))
    code, _, err = scene.weigh("sync", "--frozen")
    assert (code == 0) is goes, err
    assert placed(scene, "hubconf.py") is goes


def test_a_policy_that_cannot_tell_is_no_pass(scene):
    scene.model("unread", {"model.pt2z": b"\x28\xb5\x2f\xfd" + NOISE}, [("path", "unread")])
    (scene.project / "policy.toml").write_text(POLICY)
    code, _, err = scene.weigh("sync", "--frozen", "unread")
    assert code == 1, err
    assert "not read completely" in err
    assert not placed(scene, "model.pt2z")


def test_a_policy_that_cannot_be_read_places_nothing_new(scene):
    (scene.project / "policy.toml").write_text("name = ")
    code, _, err = scene.weigh("sync", "--frozen")
    assert (code, "policy.toml" in err) == (2, True), err
    assert not placed(scene, "hubconf.py")
