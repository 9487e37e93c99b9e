"""An inspection as JSON: schema `weigh/inspect/1`."""

import json
from typing import Any

from weigh.core.facts import Fact, FileFacts
from weigh.core.inspection import InspectedFile, Inspection
from weigh.core.symbol import Symbol
from weigh.core.tensor import TensorInfo
from weigh.render.escape import json_text

SCHEMA = "weigh/inspect/1"


def to_json(found: Inspection) -> str:
    """Everything that was seen. Safe to print on a terminal."""
    document = {
        "schema": SCHEMA,
        "name": found.name,
        "revision": found.revision,
        "word": found.word.value,
        "bytes": found.size,
        "bytes_read": found.read,
        "remote": found.remote,
        "facts": [_fact(fact) for fact in found.facts],
        "files": [_file(file) for file in found.files],
    }
    return json_text(json.dumps(document, ensure_ascii=True, indent=1, default=str)) + "\n"


def _file(file: InspectedFile) -> dict[str, Any]:
    return {
        "size": file.size,
        "word": file.word.value,
        "findings": [f"{f.rule} {f.where}: {f.message}" for f in file.findings],
        **_facts(file.facts),
    }


def _facts(facts: FileFacts) -> dict[str, Any]:
    told: dict[str, Any] = {
        "path": facts.path,
        "format": facts.format,
        "coverage": facts.coverage.value,
        "reason": facts.reason,
        "tensors": [_tensor(tensor) for tensor in facts.tensors],
        "operators": [[use.domain, use.name, use.count] for use in facts.operators],
        "callables": [
            {
                "module": use.module,
                "name": use.name,
                "how": use.how.value,
                "offset": use.offset,
                "count": use.count,
                "arguments": [_symbol(symbol) for symbol in use.arguments],
            }
            for use in facts.callables
        ],
        "templates": list(facts.templates),
        "external": [{"target": ref.target, "reason": ref.reason} for ref in facts.external],
        "metadata": [_fact(fact) for fact in facts.metadata],
        "members": [_facts(member) for member in facts.members],
    }
    return {key: value for key, value in told.items() if value not in ("", [])}


def _tensor(tensor: TensorInfo) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": tensor.name,
        "dtype": tensor.dtype,
        "shape": list(tensor.shape),
        "file": tensor.file,
    }
    told |= {"offset": tensor.offset, "nbytes": tensor.nbytes}
    more = {"encoding": tensor.encoding, "strides": list(tensor.strides)}
    return told | {key: value for key, value in more.items() if value}


def _symbol(symbol: Symbol) -> dict[str, Any]:
    told = {"kind": symbol.kind.value, "text": symbol.text, "items": [_symbol(item) for item in symbol.items]}
    return {key: value for key, value in told.items() if value}


def _fact(fact: Fact) -> dict[str, Any]:
    return {"name": fact.name, "value": fact.value, "basis": fact.basis.value, "where": fact.where}
