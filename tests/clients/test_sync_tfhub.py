"""tensorflow_hub, unmodified, loads a locked SavedModel offline by its handle."""

import os

import pytest
from tests.clients.client_programs import loads, tensorflow_python
from tests.project.materialise.project_scene import Scene

pytestmark = pytest.mark.clients

PACKAGED = "pypi:basic-pitch==0.4.0#basic_pitch/saved_models/icassp_2022/nmp"
HANDLE = "https://tfhub.dev/spotify/basic-pitch/1"
LOAD = f"""
import warnings
warnings.simplefilter("ignore")
import tensorflow as tf
import tensorflow_hub as hub
place = hub.resolve({HANDLE!r})
model = hub.load({HANDLE!r})
print("tensorflow-hub", hub.__version__, "tensorflow", tf.__version__, sorted(model.signatures))
"""


def test_a_saved_model_is_found_by_its_handle(tmp_path, packaged):
    python = tensorflow_python()
    folder = packaged(PACKAGED)
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    scene = Scene(tmp_path).model("pitch", files, [("tfhub", HANDLE)])
    scene.sync()
    said = loads(scene, python, LOAD, environment={"TF_CPP_MIN_LOG_LEVEL": "3"})
    print("\n", said)
    assert "serving_default" in said
    assert scene.weigh("verify")[0] == 0
    assert os.listdir(scene.place / "cache" / "tfhub")
