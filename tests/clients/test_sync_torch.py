"""torch.hub, unmodified, loads a locked repository and its checkpoint offline, with and without a ref."""

import subprocess

import pytest
from tests.clients.client_programs import client_python, loads
from tests.project.materialise.project_scene import Scene

pytestmark = pytest.mark.clients

HUBCONF = b"""
dependencies = ["torch"]
import torch
from lib.net import width

def tiny(pretrained=True):
    net = torch.nn.Linear(width, 1)
    if pretrained:
        address = "https://download.pytorch.org/models/tiny-0a1b2c3d.pth"
        net.load_state_dict(torch.hub.load_state_dict_from_url(address, weights_only=True))
    return net
"""
LOAD = """
import torch
for name in ("acme/vision:v1.0", "acme/vision"):
    net = torch.hub.load(name, "tiny")
    assert float(net.bias) == 7.0
print("torch", torch.__version__)
"""


@pytest.fixture
def scene(tmp_path):
    python = client_python("torch")
    weights = tmp_path / "weights.pth"
    made = "import sys, torch as t; t.save(dict(weight=t.zeros(1, 3), bias=t.full((1,), 7.0)), sys.argv[1])"
    subprocess.run([python, "-c", made, str(weights)], check=True)
    scene = Scene(tmp_path)
    files = {
        "repo/hubconf.py": HUBCONF, "repo/lib/net.py": b"width = 3\n", "repo/lib/__init__.py": b"",
        "checkpoints/tiny-0a1b2c3d.pth": weights.read_bytes(),
    }  # fmt: skip
    places = [("torch-hub", "acme/vision:v1.0"), ("torch-checkpoint", "tiny-0a1b2c3d.pth")]
    scene.model("vision", files, places)
    scene.sync()
    return scene


def test_repository_and_checkpoint_are_found_with_and_without_a_ref(scene):
    print("\n", loads(scene, client_python("torch"), LOAD))
    # What Python compiled on the way is gone again: a compiled copy of code is believed without a look.
    assert scene.weigh("verify")[0] == 0


def test_another_repository_is_named_with_what_to_do(scene):
    program = "import torch\ntorch.hub.load('acme/other', 'net')\n"
    (scene.project / "load.py").write_text(program, encoding="utf-8")
    process = scene.start("run", "--", client_python("torch"), "load.py")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "torchhub:acme/other, which models.lock does not hold" in err, err[-2000:]
