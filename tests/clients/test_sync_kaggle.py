"""kagglehub, unmodified, loads a locked version offline; a handle without a version it cannot pin."""

import os

from tests.clients.client_programs import hub_client, loads
from tests.project.materialise.project_scene import Scene, every_family

PROGRAM = """
import os
import kagglehub
place = kagglehub.model_download("acme/tiny/pyTorch/base{version}")
print(sorted(os.listdir(place)), kagglehub.model_download("acme/tiny/pyTorch/base/2", path="config.json"))
"""


def test_a_locked_version_is_found_offline(tmp_path):
    scene = every_family(Scene(tmp_path))
    assert "names no version" in scene.sync()
    said = loads(
        scene,
        os.sys.executable,
        PROGRAM.format(version="/2"),
        environment={"PYTHONPATH": hub_client("kaggle")},
    )
    assert said.startswith("['config.json', 'weights.bin']")
    assert scene.weigh("verify")[0] == 0


def test_a_handle_without_a_version_is_kept_from_the_network(tmp_path):
    scene = every_family(Scene(tmp_path))
    scene.sync()
    env = scene.environment(PYTHONPATH=hub_client("kaggle"))
    process = scene.start("run", "--", os.sys.executable, "-c", PROGRAM.format(version=""), env=env)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "kept away from api.kaggle.com" in err
