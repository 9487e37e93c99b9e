"""Models that the objects of a Kubernetes manifest serve: arguments, environment, KServe's addresses.

Source: the Kubernetes API reference (Container), KServe's documentation of storage URIs.
"""

import re

from weigh.core.usage import FileUses, Role
from weigh.project.discover.compose import read_started
from weigh.project.discover.dockerfile import note_image
from weigh.project.discover.entries import Entry, Keys, Table
from weigh.project.discover.naming import name_in
from weigh.project.discover.shell import Scope, note_variable
from weigh.project.discover.shell_programs import program_of_image
from weigh.project.discover.shell_words import Value, plain_word, values_of
from weigh.project.discover.sightings import Seen, Sightings


def read_kubernetes(data: bytes, path: str, role: Role) -> FileUses:
    """The models of a manifest's containers and inference services. Never raises.

    Args:
        data: its bytes.
        path: relative POSIX path.
        role: what the file is for.
    """
    from weigh.project.discover.configuration import read_configuration

    return read_configuration(data, path, role)


def is_kubernetes(table: Table) -> bool:
    """Whether the entries of a file are those of Kubernetes objects."""
    return {"apiVersion", "kind"} <= table.top()


def read_kubernetes_entries(table: Table, found: Sightings) -> None:
    """Note the models of the containers of a manifest."""
    containers: dict[tuple[int, Keys], dict[str, list[Entry]]] = {}
    for entry in table.entries:
        at = _container(entry.keys)
        if at:
            part = str(entry.keys[at]) if len(entry.keys) > at else ""
            containers.setdefault((entry.document, entry.keys[:at]), {}).setdefault(part, []).append(entry)
        if entry.key in {"storageUri", "modelUri", "model_uri", "modelURI"}:
            ref = _served(entry.value)
            if ref:
                found.use(entry.line, ref, Seen(f"kubernetes.{entry.key}", entry.value))
    for parts in containers.values():
        _one(parts, found)


_STORES = ("s3://", "gs://", "az://")


def _served(address: str) -> str:
    """The ref of an address that an inference service is told to serve, "" for one that names none here."""
    kind, _, body = address.partition("://")
    if address.startswith(_STORES) and body.strip("/") and not re.search(r"[\s{}$<>*#]", body):
        return f"{kind}:{body.strip('/')}"
    named = name_in(address, sure=True)
    return named.ref if named is not None else ""


def _container(keys: Keys) -> int:
    """How many keys lead to the container that an entry belongs to; 0 where it belongs to none."""
    for at, key in enumerate(keys):
        if key in {"containers", "initContainers"} and at + 1 < len(keys) and isinstance(keys[at + 1], int):
            return at + 2
    return 0


def _one(parts: dict[str, list[Entry]], found: Sightings) -> None:
    scope: Scope = {}
    names: dict[Keys, str] = {e.keys[:-1]: e.value for e in parts.get("env", []) if e.keys[-1] == "name"}
    for entry in parts.get("env", []):
        name = names.get(entry.keys[:-1])
        if name and entry.keys[-1] == "value":
            values: list[Value] = values_of(plain_word(entry.value, entry.line), scope)
            scope.setdefault(name, []).extend(values)
            note_variable(name, values, found, loader="kubernetes.env")
    image = next(iter(parts.get("image", [])), None)
    if image is not None:
        note_image(image.value, image.line, found)
    started = parts.get("command", []) + parts.get("args", [])
    if started:
        program = program_of_image(image.value) if image is not None else ""
        read_started(started, program, found, scope)
