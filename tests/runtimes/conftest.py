import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from weigh.core.clearance import Clearance
from weigh.core.events import Silent
from weigh.runtimes.open import WorkerLimits, open_text_model
from weigh.runtimes.spec import TextModelSpec

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "film", "phone", "a", "not", "very", "day"]
WIDTH = 8


def tokenizer_json(**changes):
    special = [
        {"id": i, "content": w, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": True} for i, w in enumerate(WORDS[:4])
    ]  # fmt: skip
    return json.dumps(
        {
            "version": "1.0",
            # a file that pads and cuts as it likes: the spec must win
            "truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
            "padding": {
                "strategy": {"Fixed": 4}, "direction": "Left", "pad_to_multiple_of": None, "pad_id": 0,
                "pad_type_id": 0, "pad_token": "[PAD]",
            },
            "added_tokens": special,
            "normalizer": {"type": "Lowercase"},
            "pre_tokenizer": {"type": "Whitespace"},
            "post_processor": {
                "type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2],
            },
            "decoder": None,
            "model": {
                "type": "WordLevel", "vocab": {w: i for i, w in enumerate(WORDS)}, "unk_token": "[UNK]",
            },
            **changes,
        }
    )  # fmt: skip


def graph(nodes, outputs, initializers, *, inputs=("input_ids", "attention_mask"), dims=("batch", "tokens")):
    values = [helper.make_tensor_value_info(name, TensorProto.INT64, list(dims)) for name in inputs]
    out = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs]
    made = helper.make_graph(nodes, "tiny", values, out, initializer=initializers)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def table(seed=0, columns=WIDTH):
    values = np.random.default_rng(seed).normal(size=(len(WORDS), columns)).astype(np.float32)
    return numpy_helper.from_array(values, f"table{seed}"), values


def token_model(**options):
    """Looks each token up: last_hidden_state [batch, tokens, 8]."""
    weights, _ = table()
    nodes = [
        helper.make_node("Gather", ["table0", "input_ids"], ["found"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["found", "wide"], ["last_hidden_state"]),
    ]
    last = numpy_helper.from_array(np.array([2], np.int64), "last")
    return graph(nodes, [("last_hidden_state", ["batch", "tokens", WIDTH])], [weights, last], **options)


def class_model(classes=3):
    """Mean of looked-up rows as class scores: logits [batch, classes]."""
    weights, _ = table(1, columns=classes)
    nodes = [
        helper.make_node("Gather", ["table1", "input_ids"], ["found"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["found", "wide"], ["seen"]),
        helper.make_node("ReduceSum", ["seen", "middle"], ["logits"], keepdims=0),
    ]
    extra = [
        numpy_helper.from_array(np.array([2], np.int64), "last"),
        numpy_helper.from_array(np.array([1], np.int64), "middle"),
    ]
    return graph(nodes, [("logits", ["batch", classes])], [weights, *extra])


def quantised_model():
    """Scales by the largest value in the whole batch: an answer depends on the texts beside it."""
    weights, _ = table(2)
    matrix = np.random.default_rng(3).integers(-90, 90, (WIDTH, WIDTH)).astype(np.int8)
    nodes = [
        helper.make_node("Gather", ["table2", "input_ids"], ["found"]),
        helper.make_node("DynamicQuantizeLinear", ["found"], ["quantised", "scale", "zero"]),
        helper.make_node("MatMulInteger", ["quantised", "matrix", "zero"], ["product"]),
        helper.make_node("Cast", ["product"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["wide", "scale"], ["last_hidden_state"]),
    ]
    extra = [numpy_helper.from_array(matrix, "matrix")]
    outputs = [("last_hidden_state", ["batch", "tokens", WIDTH])]
    return graph(nodes, outputs, [weights, *extra], inputs=("input_ids", "attention_mask"))


@dataclass
class Kit:
    """A folder of blobs named by their digest, and a spec that names them."""

    folder: Path
    spec: TextModelSpec = None
    shas: set[str] = field(default_factory=set)

    def put(self, data):
        if isinstance(data, str):
            data = data.encode()
        sha256 = hashlib.sha256(data).hexdigest()
        (self.folder / sha256).write_bytes(data)
        self.shas.add(sha256)
        return sha256

    def path(self, sha256):
        return self.folder / sha256

    def plan(self, model, **changes):
        data = model if isinstance(model, bytes) else model.SerializeToString()
        self.spec = TextModelSpec(
            model_sha256=self.put(data),
            tokenizer_sha256=self.put(tokenizer_json()),
            external=(),
            task="embedding",
            pooling="mean",
            normalise=False,
            max_length=16,
            labels=(),
            output="last_hidden_state",
        )
        self.spec = replace(self.spec, **changes)
        return self

    def open(self, *, limits=None, events=None, threads=1, clearance=None):
        return open_text_model(
            self.spec,
            self.path,
            clearance or Clearance(frozenset(self.shas)),
            limits=limits or WorkerLimits(wall_seconds=60, idle_seconds=30),
            events=events or Silent(),
            threads=threads,
        )


@pytest.fixture
def kit(tmp_path):
    folder = tmp_path / "blobs"
    folder.mkdir()
    return Kit(folder)


@pytest.fixture
def build():
    """The tiny models."""

    class Build:
        tokens = staticmethod(token_model)
        classes = staticmethod(class_model)
        quantised = staticmethod(quantised_model)
        graph = staticmethod(graph)
        tokenizer = staticmethod(tokenizer_json)
        words = WORDS
        table = staticmethod(lambda seed=0, **k: table(seed, **k)[1])

        @staticmethod
        def external(folder, name="weights.bin"):
            """(model bytes, data bytes) with the table kept outside the file."""
            path = folder / "split.onnx"
            model = token_model()
            onnx.save_model(
                model, path, save_as_external_data=True, location=name, size_threshold=100,
                convert_attribute=False,
            )  # fmt: skip
            return path.read_bytes(), (folder / name).read_bytes()

    return Build


@pytest.fixture
def adapters():
    return Path(__file__).parent / "adapters"


@pytest.fixture
def private_temp(tmp_path, monkeypatch):
    """Where workers' private folders appear; empty again when nothing was left over."""
    import tempfile

    folder = tmp_path / "private"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_left_behind():
    before = children()
    yield
    assert children() <= before


def children():
    """Child processes of this one, zombies included."""
    found = set()
    for task in os.listdir("/proc/self/task"):
        try:
            text = Path(f"/proc/self/task/{task}/children").read_text()
        except OSError:
            continue
        found |= {int(pid) for pid in text.split()}
    return found
