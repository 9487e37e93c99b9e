"""config.json and its relatives: what JSON files of a Hugging Face layout say, point to and would call."""

import re
from collections.abc import Iterator
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.facts import Anomaly, Basis, CallableUse, Coverage, ExternalReference, Fact, FileFacts, Use
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, malformed, quoted
from weigh.formats.coreml_manifest import is_manifest, manifest_anomalies
from weigh.formats.json_code import code_anomalies
from weigh.formats.json_text import MAX_JSON, read_json

FORMAT = "json"
MAX_TEMPLATE = 1024 * 1024
MAX_TEMPLATES = 100
MAX_KEYS = 1_000
MAX_EXTERNAL = 200
MAX_WEIGHTS = 200_000
"""Tensors of an index that are kept as a fact."""
LONG_TEMPLATE = "WGH-J022"
TEMPLATE_NAME = "WGH-J021"
_STANDARD_MODULES = re.compile(r"sentence_transformers(\.[A-Za-z_][A-Za-z0-9_]*)+")
_OWN_PARENTS = re.compile(
    r"(?:transformers|transformers_modules|sentence_transformers|diffusers|peft|torch|timm|__main__)(?:\..*)?"
)
_PIPELINE_LIBRARIES = frozenset(
    {
        "diffusers",
        "transformers",
        "onnxruntime",
        "flax",
        "jax",
        "stable_diffusion",
        "stable_diffusion_safe",
        "optimum",
    }
)


def read_json_config(reader: RangeReader, path: str) -> FileFacts:
    """The facts of one JSON file. Never raises for what the file holds.

    Its top-level keys; Jinja templates (chat templates); the classes that a loader would import because the
    file names them (`auto_map` at any depth, own modules of sentence-transformers, parent libraries of
    adapters, components of pipelines); paths and addresses it points to; and values that make a loader run
    code.
    """
    if reader.size > MAX_JSON:
        return FileFacts(path, FORMAT, Coverage.PARTIAL, f"JSON is read up to {MAX_JSON} bytes")
    try:
        value = read_json(reader)
    except MalformedError as error:
        return malformed(path, FORMAT, error)
    found = AnomalyList()
    for anomaly in code_anomalies(value, path.rpartition("/")[2]):
        found.add(anomaly.rule, anomaly.detail)
    if is_manifest(value):
        for anomaly in manifest_anomalies(value):
            found.add(anomaly.rule, anomaly.detail)
    callables = list(_callables(value))
    templates = tuple(_templates(value, found))
    for anomaly in (*_judged_templates(templates), *_judged_layers(value, callables)):
        found.add(anomaly.rule, anomaly.detail)
    keys = sorted(value)[:MAX_KEYS] if isinstance(value, dict) else []
    facts = [Fact("json.keys", keys, Basis.DETECTED, path)] if keys else []
    weights = _weight_map(value)
    if weights:
        facts.append(Fact("json.weight_map", weights, Basis.DECLARED, path))
    cut = any(len(t) >= MAX_TEMPLATE for t in templates)
    return FileFacts(
        path,
        FORMAT,
        Coverage.PARTIAL if cut else Coverage.COMPLETE,
        f"a template is longer than {MAX_TEMPLATE} characters" if cut else "",
        callables=tuple(callables),
        templates=templates,
        external=tuple(_external(value))[:MAX_EXTERNAL],
        metadata=tuple(facts),
        anomalies=found.as_tuple(),
    )


def _templates(value: Any, found: AnomalyList) -> Iterator[str]:
    """`chat_template` is one template, a list of named ones, or an object of them."""
    if not isinstance(value, dict):
        return
    stated = value.get("chat_template")
    named = stated if isinstance(stated, list) else [stated]
    if isinstance(stated, dict):
        named = [{"name": name, "template": text} for name, text in stated.items()]
    for entry in named[:MAX_TEMPLATES]:
        text = entry.get("template") if isinstance(entry, dict) else entry
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str) and re.search(r"[/\\\0]|^\.{1,2}$", name):
            found.add(TEMPLATE_NAME, f"the template name {quoted(name)} is a path")
        if isinstance(text, str):
            yield text[:MAX_TEMPLATE]
    if len(named) > MAX_TEMPLATES:
        found.add(LONG_TEMPLATE, f"{len(named)} templates, {MAX_TEMPLATES} are looked at")


def _judged_templates(templates: tuple[str, ...]) -> Iterator[Anomaly]:
    if not templates:
        return
    from weigh.formats.jinja_judge import judge_template

    for text in templates:
        yield from judge_template(text)


def _judged_layers(value: Any, callables: list[CallableUse]) -> tuple[Anomaly, ...]:
    """A Keras model stored as JSON."""
    if not (isinstance(value, dict) and isinstance(value.get("class_name"), str) and "config" in value):
        return ()
    from weigh.formats.keras_config import keras_anomalies

    anomalies, used = keras_anomalies(value)
    callables += used
    return tuple(anomalies)


def _callables(value: Any) -> Iterator[CallableUse]:
    for target in auto_map(value):
        yield _imported(target)
    for kind in _module_types(value):
        if not _STANDARD_MODULES.fullmatch(kind):
            yield _imported(kind)
    if isinstance(value, dict):
        parent = value.get("auto_mapping")
        parent = parent if isinstance(parent, dict) else {}
        library = parent.get("parent_library")
        if isinstance(library, str) and not _OWN_PARENTS.fullmatch(library):
            yield CallableUse(library, str(parent.get("base_model_class", "")), -1, Use.IMPORT)
        yield from _components(value)


def _imported(target: str) -> CallableUse:
    module, _, name = target.rpartition(".")
    return CallableUse(module, name, -1, Use.IMPORT)


def _components(value: dict[str, Any]) -> Iterator[CallableUse]:
    """The `[library, class]` pairs of a diffusers `model_index.json`."""
    if "_diffusers_version" not in value or "_class_name" not in value:
        return
    for name, pair in value.items():
        if name.endswith("_types"):  # kinds of blocks of a network, in a model's own config.json
            continue
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(p, str) for p in pair):
            library = pair[0]
            if library.partition(".")[0] not in _PIPELINE_LIBRARIES and (
                library != name or name == "_class_name"
            ):
                yield CallableUse(library, pair[1], -1, Use.IMPORT)


def auto_map(value: Any, depth: int = 0) -> list[str]:
    """The classes `auto_map` names, at any depth: code that comes with the model, or from elsewhere."""
    if depth > 16 or not isinstance(value, dict):
        return []
    found = value.get("auto_map")
    targets = [found] if isinstance(found, str) else list(found.values()) if isinstance(found, dict) else []
    flat = [t for target in targets for t in (target if isinstance(target, list) else [target])]
    inner = [t for key, item in value.items() if key != "auto_map" for t in auto_map(item, depth + 1)]
    return list(dict.fromkeys([*(t for t in flat if isinstance(t, str)), *inner]))


def _module_types(value: Any) -> Iterator[str]:
    """The `type` of each entry of a sentence-transformers `modules.json`."""
    if not isinstance(value, list):
        return
    for entry in value[:MAX_KEYS]:
        if isinstance(entry, dict) and isinstance(entry.get("type"), str) and "path" in entry:
            yield entry["type"]


def _weight_map(value: Any) -> dict[str, list[str]]:
    """Shard → names of its tensors, of an index of shards."""
    stated = value.get("weight_map") if isinstance(value, dict) else None
    made: dict[str, list[str]] = {}
    if isinstance(stated, dict) and len(stated) <= MAX_WEIGHTS:
        for tensor, shard in stated.items():
            if isinstance(shard, str):
                made.setdefault(shard, []).append(tensor)
    return made


def _external(value: Any) -> Iterator[ExternalReference]:
    """Models and folders a file names as its base or its parts, where they lie outside its own folder."""
    if not isinstance(value, dict):
        return
    for key in (
        "base_model_name_or_path",
        "_name_or_path",
        "tokenizer_file",
        "vocab_file",
        "pretrained_model_name_or_path",
    ):
        target = value.get(key)
        if isinstance(target, str) and re.match(r"[/~\\]|\.\.|[A-Za-z]:[\\/]|[a-z]+://", target):
            yield ExternalReference(target[:1000], key)
