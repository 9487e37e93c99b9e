"""CycloneDX 1.6: the locked models as components of the kind `machine-learning-model`, with their files.

Specification: ECMA-424, first edition; schema bom-1.6. What is not here: model cards, data sets,
dependencies of the code, licences as expressions that were checked (a declared licence stands as a name),
signatures, and a serial number or time stamp, so that the same lock gives the same bytes.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from weigh.core.errors import UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.project.lock import Lock, LockedModel

MOST_NAME = 500


def cyclonedx(lock: Lock, *, tool: str) -> str:
    """The bill of materials as JSON; `tool` is the version of weigh that makes it."""
    sections = sorted(s for s in {key[0] for key in lock.files} if s.startswith("models."))
    components = [_model(section, lock) for section in sections]
    edges = [{"ref": c["bom-ref"], "dependsOn": sorted(_bases(lock, c["bom-ref"]))} for c in components]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"tools": {"components": [{"type": "application", "name": "weigh", "version": tool}]}},
        "components": components,
        "dependencies": edges,
    }
    return json.dumps(document, ensure_ascii=True, indent=2) + "\n"


def _model(section: str, lock: Lock) -> dict[str, Any]:
    model = lock.models.get(section, LockedModel(section))
    component: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": section,
        "name": section.removeprefix("models.")[:MOST_NAME],
    }
    refs = [ref for text in model.exact if (ref := _parsed(text)) is not None]
    if version := next((ref.file or ref.revision for ref in refs if ref.file or ref.revision), ""):
        component["version"] = version
    if purl := next((p for ref in refs if (p := _purl(ref))), ""):
        component["purl"] = purl
    if model.licence:
        component["licenses"] = [{"license": {"name": model.licence, "acknowledgement": "declared"}}]
    if model.tree:
        component["properties"] = [{"name": "weigh:tree", "value": f"sha256:{model.tree}"}]
    component["components"] = [
        {
            "type": "file",
            "bom-ref": f"{section}#{file.path}",
            "name": file.path,
            "hashes": [{"alg": "SHA-256", "content": file.sha256}],
            "properties": [{"name": "weigh:size", "value": str(file.size)}],
        }
        for file in lock.section(section)
    ]
    return component


def _bases(lock: Lock, section: str) -> Iterator[str]:
    """Other locked models that this one says it was made of."""
    model = lock.models.get(section)
    wanted = {(r.kind, r.name) for edge in model.base if (r := _parsed(edge.ref))} if model else set()
    for name, other in lock.models.items():
        found = {(r.kind, r.name) for text in other.exact if (r := _parsed(text))}
        if name != section and name.startswith("models.") and wanted & found:
            yield name


def _parsed(text: str) -> ArtifactRef | None:
    try:
        return parse_ref(text)
    except UsageError:
        return None


def _purl(ref: ArtifactRef) -> str:
    """The package URL (types `huggingface` and `pypi` of the purl specification), "" for other kinds."""
    if ref.kind is RefKind.HF and ref.file and not ref.name.startswith("datasets/"):
        return f"pkg:huggingface/{quote(ref.name, safe='/')}@{ref.file}"
    if ref.kind is RefKind.PYPI and ref.revision:
        return f"pkg:pypi/{quote(ref.name.lower().replace('_', '-'), safe='')}@{quote(ref.revision, safe='')}"
    return ""
