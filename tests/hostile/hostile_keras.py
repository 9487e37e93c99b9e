"""Hostile Keras configurations and archives. Inert: the code objects are a few bytes that nothing loads."""

import base64
import io
import json
import zipfile

# the first bytes of a marshalled code object, and nothing behind them
CODE = base64.b64encode(b"\xe3" + (1).to_bytes(4, "little") + bytes(80)).decode() + "\n"
OLD_CODE = base64.b64encode(b"c" + (1).to_bytes(4, "little") + bytes(80)).decode() + "\n"


def obj(name, config=None, module="keras.layers", registered=None, **more):
    return {
        "module": module,
        "class_name": name,
        "config": config or {},
        "registered_name": registered,
        **more,
    }


def old(name, config=None):
    return {"class_name": name, "config": config or {}}


def sequential(*layers):
    return obj("Sequential", {"name": "s", "layers": list(layers)}, "keras")


def sequential2(*layers):
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}}


def function(module, name):
    return obj("function", name, module, "function")


DENSE = obj(
    "Dense",
    {
        "name": "d",
        "units": 2,
        "activation": "relu",
        "dtype": obj("DTypePolicy", {"name": "float32"}, "keras"),
        "kernel_initializer": obj("GlorotUniform", {"seed": None}, "keras.initializers"),
    },
    build_config={"input_shape": [None, 3]},
)
LAMBDA = {"class_name": "__lambda__", "config": {"value": CODE}}


def lambda2(function, kind="lambda", **more):
    return old(
        "Lambda", {"name": "l", "function": function, "function_type": kind, "module": "__main__", **more}
    )


CONFIGS = {
    "lambda-3": (sequential(obj("Lambda", {"function": LAMBDA})), "WGH-KE001"),
    "lambda-3-deep": (sequential(sequential(sequential(obj("Lambda", {"function": LAMBDA})))), "WGH-KE001"),
    "lambda-3-activation": (sequential(obj("Dense", {"activation": LAMBDA})), "WGH-KE001"),
    "lambda-3-loss": (sequential(DENSE) | {"compile_config": {"loss": LAMBDA}}, "WGH-KE001"),
    "lambda-3-plain-list": (sequential(obj("Lambda", {"function": [CODE, None, None]})), "WGH-KE001"),
    "lambda-2": (sequential2(lambda2([CODE, None, None])), "WGH-KE001"),
    "lambda-2-tuple": (
        sequential2(lambda2({"class_name": "__tuple__", "items": [CODE, None, None]})),
        "WGH-KE001",
    ),
    "lambda-2-old-python": (sequential2(lambda2([OLD_CODE, None, None])), "WGH-KE001"),
    "lambda-2-output-shape": (
        sequential2(lambda2("f", "function", output_shape=[CODE], output_shape_type="lambda")),
        "WGH-KE001",
    ),
    "lambda-2-other-bytes": (sequential2(lambda2(["YWJjZGVm", None, None])), "WGH-KE001"),
    "lambda-2-raw": (sequential2(lambda2("print(1)", "raw")), "WGH-KE001"),
    "lambda-registered": (
        sequential2(old("Custom>Lambda", {"function": [CODE], "function_type": "lambda"})),
        "WGH-KE001",
    ),
    "code-under-another-name": (sequential2(old("Dense", {"notes": CODE})), "WGH-KE001"),
    "os-system": (sequential(obj("system", {"command": "true"}, "os", "system")), "WGH-KE002"),
    "subprocess": (sequential(obj("Popen", {"args": ["true"]}, "subprocess", "Popen")), "WGH-KE002"),
    "subprocess-run": (sequential(obj("run", {"args": ["true"]}, "subprocess")), "WGH-KE002"),
    "builtins-eval": (sequential(obj("eval", {}, "builtins")), "WGH-KE002"),
    "function-exec": (sequential(obj("Dense", {"activation": function("builtins", "exec")})), "WGH-KE002"),
    "function-os": (sequential(obj("Dense", {"activation": function("os", "system")})), "WGH-KE002"),
    "importlib": (sequential(obj("import_module", {}, "importlib")), "WGH-KE002"),
    "runpy": (sequential(obj("run_path", {}, "runpy")), "WGH-KE002"),
    "pickle": (sequential(obj("loads", {}, "pickle")), "WGH-KE002"),
    "numpy-load": (sequential(obj("load", {}, "numpy")), "WGH-KE002"),
    "torch-load": (sequential(obj("load", {}, "torch")), "WGH-KE002"),
    "pip-main": (sequential(obj("main", {}, "pip")), "WGH-KE002"),
    "through-a-library": (sequential(obj("system", {}, "torch.os")), "WGH-KE002"),
    "typespec-os": (
        {
            "class_name": "__typespec__",
            "spec_name": "system",
            "module": "os",
            "config": ["true"],
            "registered_name": None,
        },
        "WGH-KE002",
    ),
    "loss-os": (sequential(DENSE) | {"compile_config": {"loss": function("posix", "system")}}, "WGH-KE002"),
    "lambda-names-os": (
        sequential2(old("Lambda", {"function": "system", "function_type": "function", "module": "os"})),
        "WGH-KE002",
    ),
    "get-file": (sequential(obj("get_file", {"origin": "http://x"}, "keras.utils")), "WGH-KE003"),
    "get-file-src": (sequential(obj("get_file", {}, "keras.src.utils.file_utils")), "WGH-KE003"),
    "get-file-function": (
        sequential(obj("Dense", {"activation": function("keras.utils", "get_file")})),
        "WGH-KE003",
    ),
    "unlock": (sequential(obj("enable_unsafe_deserialization", {}, "keras.config")), "WGH-KE003"),
    "unlock-function": (sequential(function("keras.config", "enable_unsafe_deserialization")), "WGH-KE003"),
    "load-model": (sequential(obj("load_model", {}, "keras.models")), "WGH-KE003"),
    "load-model-src": (sequential(obj("load_model", {}, "keras.src.saving.saving_api")), "WGH-KE003"),
    "load-img": (sequential(obj("load_img", {}, "keras.preprocessing.image")), "WGH-KE003"),
    "func-load": (sequential(function("keras.src.utils.python_utils", "func_load")), "WGH-KE003"),
    "dotted-class": (sequential(obj("os.system", {}, "keras.layers")), "WGH-KE003"),
    "tf-keras-get-file": (sequential(obj("get_file", {}, "tensorflow.keras.utils")), "WGH-KE003"),
    "torch-module": (
        sequential(obj("TorchModuleWrapper", {"module": "UEsDBA=="}, "keras.layers")),
        "WGH-KE004",
    ),
    "torch-module-src": (
        sequential(obj("TorchModuleWrapper", {}, "keras.src.utils.torch_utils")),
        "WGH-KE004",
    ),
    "tfsm": (sequential(obj("TFSMLayer", {"filepath": "/tmp/evil"})), "WGH-KE005"),
    "tfsm-beside": (sequential(obj("TFSMLayer", {"filepath": "saved"})), "WGH-KE005"),
    "vocabulary": (sequential(obj("StringLookup", {"vocabulary": "/etc/passwd"})), "WGH-KE006"),
    "vocabulary-parent": (
        sequential(obj("TextVectorization", {"vocabulary": "../../etc/passwd"})),
        "WGH-KE006",
    ),
    "vocabulary-address": (
        sequential(obj("IntegerLookup", {"vocabulary": "http://169.254.169.254/x"})),
        "WGH-KE006",
    ),
    "vocabulary-cloud": (sequential(obj("StringLookup", {"vocabulary": "gs://bucket/x"})), "WGH-KE006"),
    "vocabulary-old": (sequential2(old("StringLookup", {"vocabulary": "C:\\secret.txt"})), "WGH-KE006"),
    "weights-of-idf": (
        sequential(obj("TextVectorization", {"idf_weights": "file:///etc/passwd"})),
        "WGH-KE006",
    ),
    "registered": (sequential(obj("Mine", {}, "my.layers", "Custom>Mine")), "WGH-KE007"),
    "registered-as-keras": (sequential(obj("Dense", {}, "keras.layers", "evil>Dense")), "WGH-KE007"),
    "unknown-module": (sequential(obj("Mine", {}, "my_layers")), "WGH-KE007"),
    "unknown-class": (sequential2(old("FixedDropout")), "WGH-KE007"),
    "unknown-function": (sequential(obj("Dense", {"activation": function("builtins", "mine")})), "WGH-KE007"),
    "callback": (sequential(obj("RemoteMonitor", {"root": "x"}, "keras.callbacks")), "WGH-KE007"),
    "lambda-named": (sequential2(lambda2("scale", "function")), "WGH-KE008"),
    "tf-op-read": (
        sequential2(old("TFOpLambda", {"name": "tf.io.read_file", "function": "io.read_file"})),
        "WGH-KE012",
    ),
    "tf-op-py": (sequential2(old("TFOpLambda", {"name": "x", "function": "py_function"})), "WGH-KE012"),
    "tf-op-raw": (
        sequential2(old("TFOpLambda", {"name": "x", "function": "raw_ops.WriteFile"})),
        "WGH-KE012",
    ),
    "tf-layer": (
        sequential2(old("TensorFlowOpLayer", {"node_def": 'name: "x"\nop: "WriteFile"\n'})),
        "WGH-KE012",
    ),
    "vocabulary-beside": (sequential(obj("StringLookup", {"vocabulary": "vocab.txt"})), "WGH-KE013"),
    "hub": (sequential2(old("KerasLayer", {"handle": "module"})), "WGH-KE013"),
}
"""Name → a configuration and the rule it breaks."""

HONEST = {
    "sequential-3": sequential(
        obj("InputLayer", {"batch_shape": [None, 3], "dtype": "float32"}),
        DENSE,
        obj("Dropout", {"rate": 0.5, "seed": 1}),
        obj("BatchNormalization", {"gamma_initializer": obj("Ones", {}, "keras.initializers")}),
        obj("StringLookup", {"vocabulary": ["a", "b"]}),
        obj("TextVectorization", {"vocabulary": None, "standardize": "lower_and_strip_punctuation"}),
    )
    | {
        "compile_config": {
            "optimizer": obj(
                "Adam",
                {
                    "learning_rate": obj(
                        "CosineDecay", {"initial_learning_rate": 0.1}, "keras.optimizers.schedules"
                    )
                },
                "keras.optimizers",
            ),
            "loss": obj("MeanSquaredError", {}, "keras.losses"),
            "metrics": [
                "accuracy",
                obj("AUC", {}, "keras.metrics"),
                function("builtins", "mean_squared_error"),
            ],
        }
    },
    "functional-3": obj(
        "Functional",
        {
            "layers": [
                DENSE
                | {
                    "name": "d",
                    "inbound_nodes": [
                        {
                            "args": [
                                {
                                    "class_name": "__keras_tensor__",
                                    "config": {
                                        "shape": [None, 3],
                                        "dtype": "float32",
                                        "keras_history": ["i", 0, 0],
                                    },
                                }
                            ],
                            "kwargs": {},
                        }
                    ],
                },
                obj("Add", {}, "keras.src.ops.numpy", "Add"),
                {"class_name": "__numpy__", "config": {"value": [1.0], "dtype": "float32"}},
            ],
            "input_layers": [["i", 0, 0]],
        },
        "keras.src.models.functional",
        "Functional",
    ),
    "hub": obj(
        "GPT2CausalLM",
        {
            "backbone": obj(
                "GPT2Backbone", {}, "keras_hub.src.models.gpt2.gpt2_backbone", "keras_hub>GPT2Backbone"
            )
        },
        "keras_hub.src.models.gpt2.gpt2_causal_lm",
        "keras_hub>GPT2CausalLM",
    ),
    "sequential-2": sequential2(
        old("InputLayer", {"batch_input_shape": [None, 3]}),
        old(
            "Dense",
            {
                "units": 2,
                "activation": "softmax",
                "kernel_initializer": old("VarianceScaling", {"seed": None}),
                "bias_regularizer": old("L2", {"l2": 0.01}),
            },
        ),
        old("TFOpLambda", {"name": "tf.math.add", "function": "math.add"}),
        old("TimeDistributed", {"layer": old("Dense", {"units": 1})}),
        old("Bidirectional", {"layer": old("LSTM", {"units": 1})}),
    ),
    "optimiser-of-a-backend": sequential(DENSE)
    | {"compile_config": {"optimizer": obj("Adam", {}, "keras.src.backend.torch.optimizers.torch_adam")}},
    "functional-2": {
        "class_name": "Functional",
        "config": {"layers": [old("Conv2D"), old("ReLU")]},
        "keras_version": "2.4.0",
    },
}
"""Configurations as Keras writes them."""


def archive(config, members=None):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        text = config if config is None or isinstance(config, str) else json.dumps(config)
        parts = {
            "metadata.json": json.dumps({"keras_version": "3.9.0", "date_saved": "2025-01-01@00:00:00"}),
            "config.json": text,
            **(members or {}),
        }
        for name, data in parts.items():
            if data is not None:
                zipped.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return stream.getvalue()


CASES = {
    **{name: (archive(config), rule) for name, (config, rule) in CONFIGS.items()},
    "key-twice": (archive('{"class_name":"Sequential","class_name":"Model","config":{}}'), "WGH-KE009"),
    "no-json": (archive('{"class_name": '), "WGH-KE010"),
    "no-config": (archive(None), "WGH-KE011"),
    "config-of-a-thousand-levels": (
        archive('{"class_name":"Model","config":' + '{"a":' * 900 + json.dumps(LAMBDA) + "}" * 900 + "}"),
        "WGH-KE001",
    ),
}
"""Name → a `.keras` file and the rule it breaks."""
REVIEW = frozenset({"WGH-KE007", "WGH-KE008", "WGH-KE011", "WGH-KE013"})
DAMAGED = frozenset({"WGH-KE010"})

SOUND = {name: archive(config) for name, config in HONEST.items()}
NAMES = dict.fromkeys((*CASES, *SOUND), "model.keras")
