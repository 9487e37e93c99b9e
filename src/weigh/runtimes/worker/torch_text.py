"""Adapter for text models in safetensors: torch and transformers, inside the sandbox.

The architecture comes from the library's own table by the name that config.json gives; no file of the
model is imported, no `from_pretrained` is called, and code that a repository brings is never run. The
values are float32 whatever the file keeps, so that a processor without half precision answers the same.
"""

import inspect
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

# Set before the import: the library asks for them once.
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
# Compilers are neither wanted nor able to make their folders in the sandbox.
os.environ |= {"TORCHDYNAMO_DISABLE": "1", "TORCHINDUCTOR_CACHE_DIR": os.environ.get("TMPDIR", "")}
os.environ |= {"USE_TF": "0", "USE_FLAX": "0", "TRANSFORMERS_VERBOSITY": "error"}

import torch
import transformers

from weigh.runtimes.spec import CLASSIFICATION, TextModelSpec
from weigh.runtimes.wire import Channel, Frame
from weigh.runtimes.worker.encoder import TextEncoder
from weigh.runtimes.worker.files import UnfitError, check_file, read_checked
from weigh.runtimes.worker.pooling import Array
from weigh.runtimes.worker.text_serving import serve_texts
from weigh.runtimes.worker.torch_weights import fill

LIBRARIES = ("torch", "transformers", "tokenizers", "numpy")

MAX_CONFIG = 8 << 20
"""Bytes of a config.json; those with a hundred thousand labels have about five million."""

_FED = ("input_ids", "attention_mask", "token_type_ids")

# Keys of config.json that ask for code, for other weights, or for a form of the weights not read here.
_CODE = ("auto_map", "custom_pipelines")
_OTHER_FORM = ("quantization_config", "compression_config")


def serve(channel: Channel) -> None:
    """Answer requests until the parent closes the pipe."""
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    serve_texts(channel, _open)


@dataclass(frozen=True, slots=True)
class _Input:
    name: str
    type: str = "tensor(int64)"
    shape: list[Any] = field(default_factory=lambda: [None, None])


class TorchSession:
    """A model in torch that is asked like a graph.

    Args:
        model: filled and set to answer.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model
        takes = inspect.signature(model.forward).parameters
        self._inputs = [_Input(name) for name in _FED if name in takes]

    def get_inputs(self) -> list[Any]:
        """What it wants to be fed."""
        return list(self._inputs)

    def run(self, output_names: list[str], input_feed: dict[str, Array]) -> list[Any]:
        """The named outputs for one batch."""
        with torch.inference_mode():
            given = {
                name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in input_feed.items()
            }
            answer = self._model(**given, return_dict=True)
        return [answer[name].float().numpy() for name in output_names]


def _open(spec: TextModelSpec, request: Frame) -> TextEncoder:
    fields = request.fields
    limit = fields["limit"]
    tokenizer = read_checked(fields["tokenizer"], spec.tokenizer_sha256, which="tokenizer", limit=limit)
    config = read_checked(fields["model"], spec.model_sha256, which="configuration", limit=MAX_CONFIG)
    files = [Path(fields["folder"]) / name for name, _ in spec.external]
    for path, (name, sha256) in zip(files, spec.external, strict=True):
        check_file(path, sha256, which=f"weights {name!r}")
    size = sum(path.stat().st_size for path in files)
    if size > limit:
        raise UnfitError("size", f"the weights have {size} bytes, {limit} may be read into memory")
    model = build(config, whole=spec.task == CLASSIFICATION)
    prefix = str(getattr(model, "base_model_prefix", ""))
    fill(model, files, prefix=prefix, whole=spec.task == CLASSIFICATION)
    return TextEncoder(TorchSession(model), tokenizer.decode("utf-8"), spec, fields["threads"])


def build(config: bytes, *, whole: bool) -> torch.nn.Module:
    """The architecture that a config.json names, its values of no meaning yet.

    Args:
        config: the file.
        whole: with its head for classes, else the encoder alone.

    Raises:
        UnfitError: the library has no such architecture, or the file asks for what is never done.
    """
    declared = _object(config)
    kind = declared.get("model_type")
    if not isinstance(kind, str) or kind not in transformers.CONFIG_MAPPING:
        raise UnfitError("model", f"the library has no architecture called {str(kind)[:80]!r}")
    if any(declared.get(key) for key in _OTHER_FORM):
        raise UnfitError("model", "its weights are quantised in a form this version does not read")
    if whole and declared.get("problem_type") not in {None, "single_label_classification"}:
        raise UnfitError("model", f"it answers {declared['problem_type']!r}, not one class a text")
    kept = {key: value for key, value in declared.items() if key not in {*_CODE, "torch_dtype", "dtype"}}
    settings = transformers.CONFIG_MAPPING[kind].from_dict(kept)
    table = transformers.AutoModelForSequenceClassification if whole else transformers.AutoModel
    made = table.from_config(settings, attn_implementation="eager")
    model: torch.nn.Module = made.float().eval()
    return model


def _object(config: bytes) -> Mapping[str, Any]:
    try:
        declared = json.loads(config)
    except (ValueError, RecursionError) as error:
        raise UnfitError("model", "its config.json is not JSON") from error
    if not isinstance(declared, dict):
        raise UnfitError("model", "its config.json is not an object")
    return declared
