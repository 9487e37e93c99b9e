"""Models that an Ollama Modelfile builds on. Source: Ollama's documentation, Modelfile reference."""

import re

from weigh.core.usage import FileUses, Role
from weigh.project.discover.model_names import is_weights_path, ollama_ref
from weigh.project.discover.sightings import Seen, Sightings

MAX_BYTES = 1024 * 1024
_LINE = re.compile(r"\s*(FROM|ADAPTER)\s+(\S.*?)\s*$", re.IGNORECASE)
_TEXT = re.compile(r'"""')


def read_ollama_modelfile(data: bytes, path: str, role: Role) -> FileUses:
    """The models that a Modelfile names in `FROM` and `ADAPTER`. Never raises.

    Args:
        data: its bytes.
        path: relative POSIX path.
        role: what the file is for.
    """
    found = Sightings(path, role)
    if len(data) > MAX_BYTES:
        found.unread(f"a Modelfile is read up to {MAX_BYTES} bytes")
    else:
        modelfile_uses(data.decode("utf-8", errors="replace"), found)
    return found.result()


def modelfile_uses(text: str, found: Sightings, *, line: int = 1) -> None:
    """Note the models of a Modelfile's text, whose first line is some line of a file."""
    inside = False
    for number, row in enumerate(text.split("\n"), line):
        marks = len(_TEXT.findall(row))
        match = None if inside else _LINE.match(row)
        inside ^= marks % 2 == 1
        if match is None:
            continue
        name = match[2].strip("\"'")
        local = name.startswith((".", "/", "~")) or is_weights_path(name)
        ref = f"file:{name.removeprefix('./') or '.'}" if local else ollama_ref(name)
        loader = f"ollama.{match[1].lower()}"
        if ref:
            found.use(number, ref, Seen(loader, match[2]))
        else:
            found.unresolved(number, loader, match[2], "it is no name of a model")
