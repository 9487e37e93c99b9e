"""Models that a compose file serves or passes to its services.

Source: compose-spec, and Docker's documentation of the top-level element `models`.
"""

from weigh.core.usage import FileUses, Role
from weigh.project.discover.dockerfile import note_image
from weigh.project.discover.entries import Entry, Keys, Table
from weigh.project.discover.model_names import ollama_ref
from weigh.project.discover.shell import Scope, note_variable, read_words, shell_uses
from weigh.project.discover.shell_programs import program_of_image
from weigh.project.discover.shell_words import plain_word, values_of
from weigh.project.discover.sightings import Seen, Sightings


def read_compose(data: bytes, path: str, role: Role) -> FileUses:
    """The models of a compose file: environment, commands and `models`. Never raises.

    Args:
        data: its bytes.
        path: relative POSIX path.
        role: what the file is for.
    """
    from weigh.project.discover.configuration import read_configuration

    return read_configuration(data, path, role)


def is_compose(table: Table) -> bool:
    """Whether the entries of a file are those of a compose file."""
    return "services" in table.top() and any(
        len(e.keys) > 2
        and e.keys[0] == "services"
        and e.keys[2] in {"image", "build", "command", "environment"}
        for e in table.entries
    )


def read_compose_entries(table: Table, found: Sightings) -> None:
    """Note the models of the services of a compose file."""
    services = dict.fromkeys(e.keys[1] for e in table.entries if e.keys[0] == "services" and len(e.keys) > 2)
    for service in services:
        _service(table, ("services", service), found)
    for entry in table.entries:
        if is_runner(entry):
            _runner(entry, found)


def is_runner(entry: Entry) -> bool:
    """Whether an entry names a model for Docker's model runner."""
    return entry.key == "model" and (entry.keys[0] == "models" or "provider" in entry.keys)


def _runner(entry: Entry, found: Sightings) -> None:
    """Note a model of Docker's model runner: an image of a registry, or a repository of the hub."""
    if not ollama_ref(entry.value):
        return
    hub = entry.value.startswith(("hf.co/", "huggingface.co/"))
    host = "" if "." in entry.value.partition("/")[0] else "docker.io/"
    ref = ollama_ref(entry.value) if hub else f"oci:{host}{entry.value}"
    found.use(entry.line, ref, Seen("compose.models", entry.value))


def _service(table: Table, keys: Keys, found: Sightings) -> None:
    depth = len(keys)
    scope: Scope = {}
    parts: dict[str, list[Entry]] = {}
    for entry in table.below(0, keys):
        parts.setdefault(str(entry.keys[depth]), []).append(entry)
    for entry in parts.get("environment", []) + [e for e in parts.get("build", []) if "args" in e.keys]:
        note_pair(entry, scope, found)
    image = next((e for e in parts.get("image", [])), None)
    if image is not None:
        note_image(image.value, image.line, found)
    program = program_of_image(image.value) if image is not None else ""
    started = parts.get("entrypoint", []) + parts.get("command", [])
    if started:
        read_started(started, program, found, scope)


def read_started(entries: list[Entry], program: str, found: Sightings, scope: Scope) -> None:
    """Read the command of a container, given as text or as a list of arguments.

    Args:
        entries: of its entrypoint and command, in order.
        program: that the image starts with these arguments, "" when that is not known.
        found: where uses are noted.
        scope: variables of the container.
    """
    for entry in entries:
        if not isinstance(entry.keys[-1], int) or entry.block:
            front = f"{program} " if program and entry.value.lstrip().startswith("-") else ""
            shell_uses(front + entry.value, found, line=entry.line, scope=scope)
    words = [(e.value, e.line) for e in entries if isinstance(e.keys[-1], int) and not e.block]
    words = [(part, line) for text, line in words for part in _split(text, len(words))]
    if words:
        front_word = [(program, words[0][1])] if program and words[0][0].startswith("-") else []
        read_words([*front_word, *words], found, scope=scope)


def _split(text: str, count: int) -> list[str]:
    """The words of an argument; `--model org/name` is often written as one item of a list."""
    if text.startswith("--") and " " in text and "\n" not in text:
        return text.split()
    return [text] if count else []


def note_pair(entry: Entry, scope: Scope, found: Sightings, *, loader: str = "compose.environment") -> None:
    """Note a variable that an entry sets, as `KEY: value` or as `- KEY=value`."""
    if isinstance(entry.keys[-1], int):
        name, joined, text = entry.value.partition("=")
        if not joined:
            return
    else:
        name, text = str(entry.keys[-1]), entry.value
    values = values_of(plain_word(text, entry.line), scope)
    scope.setdefault(name, []).extend(value for value in values if value.known)
    note_variable(name, values, found, loader=loader)
