"""Hostile TF.js models. Inert JSON."""

import json

import hostile_keras


def weight(name="w", shape=(2, 3), dtype="float32", **more):
    return {"name": name, "shape": list(shape), "dtype": dtype, **more}


def model(*weights, paths=("group1-shard1of1.bin",), topology=None, **more):
    return json.dumps(
        {
            "format": "layers-model",
            "generatedBy": "keras v2.9.0",
            "modelTopology": {"model_config": hostile_keras.HONEST["sequential-2"]}
            if topology is None
            else topology,
            "weightsManifest": [{"paths": list(paths), "weights": list(weights)}],
            **more,
        }
    ).encode()


def graph(*ops):
    return {"node": [{"name": f"n{i}", "op": op, "input": ["x"]} for i, op in enumerate(ops)]}


LAMBDA = {"model_config": hostile_keras.CONFIGS["lambda-2"][0]}

CASES = {
    "path-parent": (model(weight(), paths=["../../etc/passwd"]), "WGH-SM011"),
    "path-absolute": (model(weight(), paths=["/etc/passwd"]), "WGH-SM011"),
    "path-address": (model(weight(), paths=["https://x.example/w.bin"]), "WGH-SM011"),
    "path-file-address": (model(weight(), paths=["file:///etc/passwd"]), "WGH-SM011"),
    "path-drive": (model(weight(), paths=["C:\\x.bin"]), "WGH-SM011"),
    "read-file": (model(topology=graph("Const", "ReadFile")), "WGH-SM001"),
    "read-file-in-function": (
        model(topology={"node": [], "library": {"function": [{"nodeDef": graph("WriteFile")["node"]}]}}),
        "WGH-SM001",
    ),
    "custom": (model(topology=graph("Mine>Op")), "WGH-SM005"),
    "lambda": (model(topology=LAMBDA), "WGH-KE001"),
    "lambda-in-text": (model(topology=json.dumps(LAMBDA)), "WGH-KE001"),
    "foreign": (model(topology=hostile_keras.CONFIGS["os-system"][0]), "WGH-KE002"),
    "no-list": (json.dumps({"weightsManifest": 1, "modelTopology": {}}).encode(), "WGH-SM012"),
    "no-paths": (json.dumps({"weightsManifest": [{"weights": []}]}).encode(), "WGH-SM012"),
    "no-shape": (model({"name": "w", "dtype": "float32"}), "WGH-SM012"),
    "negative": (model(weight(shape=(-1, 3))), "WGH-SM012"),
    "overflow": (model(weight(shape=(2**40, 2**40))), "WGH-SM013"),
    "key-twice": (b'{"modelTopology":{},"modelTopology":{}}', "WGH-KE009"),
    "cut": (model(weight())[:-4], "WGH-KE010"),
}
"""Name → a `model.json` and the rule it breaks."""
DAMAGED = frozenset({"WGH-SM012", "WGH-KE010"})
REVIEW = frozenset({"WGH-SM005"})

SOUND = {
    "layers": model(weight(), weight("b", (3,))),
    "shards": model(weight(), paths=["group1-shard1of2.bin", "group1-shard2of2.bin"]),
    "quantised": model(weight(quantization={"dtype": "uint8", "scale": 0.1, "min": 0})),
    "graph": model(weight(), topology=graph("Const", "MatMul"), format="graph-model"),
    "no-weights": json.dumps({"modelTopology": {"model_config": {}}}).encode(),
}
NAMES = dict.fromkeys((*CASES, *SOUND), "web/model.json")
