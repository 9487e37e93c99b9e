"""Every rule of the security check, by id."""

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType

from weigh.checks.security.rule import Rule
from weigh.checks.security.rules import (
    archives,
    boosters,
    callables,
    coreml,
    executable,
    gguf,
    hdf5,
    json,
    keras,
    media,
    msgpack,
    nemo,
    numpy,
    onnx,
    pickle,
    python,
    repository,
    safetensors,
    saved_model,
    skops,
    templates,
    tflite,
    tokenizer,
    torch,
    typing,
    word_vectors,
    xml,
)
from weigh.core.finding import Confidence, Severity

TABLES = (
    archives,
    boosters,
    callables,
    coreml,
    executable,
    gguf,
    hdf5,
    json,
    keras,
    media,
    msgpack,
    nemo,
    numpy,
    onnx,
    pickle,
    python,
    repository,
    safetensors,
    saved_model,
    skops,
    templates,
    tflite,
    tokenizer,
    torch,
    typing,
    word_vectors,
    xml,
)

RULES: Mapping[str, Rule] = MappingProxyType(
    dict(chain.from_iterable(table.RULES.items() for table in TABLES))
)
"""By id; what each looks for stands on its format's docs page."""

UNLISTED = Rule(
    Severity.HIGH,
    Confidence.LOW,
    "the reader reported a rule this table does not know",
    "what it stands for is not known",
    "report this as a defect of weigh",
)
