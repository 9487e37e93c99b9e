"""Models that a Dockerfile builds in or starts with. Source: Docker's documentation, Dockerfile reference."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.usage import Certainty, FileUses, Role
from weigh.project.discover.flow_entries import flow_entries
from weigh.project.discover.model_names import is_weights_path, is_weights_url, ref_of_url
from weigh.project.discover.shell import Scope, note_variable, read_words, shell_uses
from weigh.project.discover.shell_programs import program_of_image
from weigh.project.discover.shell_words import Value, plain_word, shell_commands, values_of
from weigh.project.discover.sightings import Seen, Sightings

MAX_BYTES = 1024 * 1024
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)$", re.DOTALL)
_HERE = re.compile(r"<<-?['\"]?(\w+)['\"]?")
_MODEL_IMAGE = re.compile(
    r"(?:nvcr\.io/nim/[\w./-]+|ai/[\w.-]+|[\w.-]+/[\w./-]*modelcar[\w./-]*)(?::[\w.-]+)?(?:@sha256:\w+)?"
)


@dataclass(frozen=True, slots=True)
class _Instruction:
    word: str
    rest: str
    line: int


def read_dockerfile(data: bytes, path: str, role: Role) -> FileUses:
    """The models that a Dockerfile fetches, copies, sets in variables or serves. Never raises.

    Args:
        data: its bytes.
        path: relative POSIX path.
        role: what the file is for.
    """
    found = Sightings(path, role)
    if len(data) > MAX_BYTES:
        found.unread(f"a Dockerfile is read up to {MAX_BYTES} bytes")
        return found.result()
    scope: Scope = {}
    image = ""
    entrypoint: list[tuple[str, int]] = []
    for step in _instructions(data.decode("utf-8-sig", errors="replace")):
        if step.word == "FROM":
            image, entrypoint = step.rest.split()[0] if step.rest.split() else "", []
            note_image(image, step.line, found)
        elif step.word in {"ENV", "ARG"}:
            _variables(step, scope, found)
        elif step.word == "RUN":
            body = re.sub(r"^(?:--\w+=\S+\s+(?:\\\n\s*)?)+", _blank, step.rest)
            shell_uses(_run(body), found, line=step.line, scope=scope)
        elif step.word in {"COPY", "ADD"}:
            _copied(step, scope, found)
        elif step.word in {"CMD", "ENTRYPOINT"}:
            words = _arguments(step)
            entrypoint = words if step.word == "ENTRYPOINT" else entrypoint
            started = words if step.word == "ENTRYPOINT" else [*entrypoint, *words]
            if words:
                program = program_of_image(image)
                front = [(program, step.line)] if program and started[0][0].startswith("-") else []
                read_words([*front, *started], found, scope=scope)
            else:
                shell_uses(step.rest, found, line=step.line, scope=scope)
    return found.result()


def _blank(match: re.Match[str]) -> str:
    """Line ends of a removed text, so that later lines keep their numbers."""
    return "\\\n" * match[0].count("\n")


def _run(body: str) -> str:
    """The shell text of RUN: a here-document without a command, or a list of arguments, is unpacked."""
    first, _, rest = body.partition("\n")
    mark = _HERE.fullmatch(first.strip())
    if mark is not None:
        return "\n" + re.sub(rf"^\s*{re.escape(mark[1])}\s*$", "", rest, flags=re.MULTILINE)
    if body.lstrip().startswith("["):
        return " ".join(entry.value for entry in flow_entries(body.strip()))
    return body


def _instructions(text: str) -> Iterator[_Instruction]:
    """The instructions with their continued lines; comments between continued lines are left out."""
    lines = text.split("\n")
    escape = "`" if re.match(r"#\s*escape\s*=\s*`", text) else "\\"
    at = 0
    while at < len(lines):
        start = at
        row = lines[at].rstrip("\r ")
        at += 1
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        parts = [row]
        while parts[-1].endswith(escape) and at < len(lines):
            row = lines[at].rstrip("\r ")
            at += 1
            comment = row.lstrip().startswith("#") or not row.strip()
            parts.append("\\" if comment else row)
        here = (
            _HERE.search(parts[-1]) if re.match(r"\s*(?:RUN|COPY|ADD)\b", parts[0], re.IGNORECASE) else None
        )
        while here is not None and at < len(lines):
            parts.append(lines[at].rstrip("\r"))
            at += 1
            if parts[-1].strip() == here[1]:
                break
        joined = "\n".join(p[:-1] + "\\" if p.endswith("`") and escape == "`" else p for p in parts)
        if match := _INSTRUCTION.match(joined):
            # `ONBUILD RUN …` is what a later build does
            word, rest = match[1].upper(), match[2]
            inner = _INSTRUCTION.match(rest) if word == "ONBUILD" else None
            yield (
                _Instruction(inner[1].upper(), inner[2], start + 1)
                if inner
                else _Instruction(word, rest, start + 1)
            )


def note_image(image: str, line: int, found: Sightings) -> None:
    """Note a container image that is a model, or brings one."""
    if _MODEL_IMAGE.fullmatch(image):
        host = "" if "." in image.partition("/")[0] else "docker.io/"
        found.use(line, f"oci:{host}{image}", Seen("container.image", image))


def _variables(step: _Instruction, scope: Scope, found: Sightings) -> None:
    """Read `KEY=VALUE …` or the old `KEY VALUE`."""
    old = re.match(r"([A-Za-z_]\w*)[ \t]+([^=\s].*)$", step.rest)
    text = f'{old[1]}="{old[2]}"' if old and step.word == "ENV" and "=" not in old[1] else step.rest
    for command in shell_commands(text, line=step.line):
        for word in command.words:
            name, joined, _ = word.literal.partition("=")
            if not joined or not re.fullmatch(r"[A-Za-z_][\w.-]*", name):
                continue
            value = plain_word(word.raw.partition("=")[2].strip("\"'"), word.line)
            values = [Value(v.text, _how(step.word, v), v.line, v.known) for v in values_of(value, scope)]
            scope.setdefault(name, []).extend(v for v in values if v.known and v.text)
            note_variable(name, values, found, loader=f"docker.{step.word.lower()}")


def _how(word: str, value: Value) -> tuple[str, ...]:
    if value.how != ("literal",):
        return value.how
    return ("default",) if word == "ARG" else ("environment",)


def _arguments(step: _Instruction) -> list[tuple[str, int]]:
    if not step.rest.lstrip().startswith("["):
        return []
    entries = list(flow_entries(step.rest.replace("\\\n", " \n"), line=step.line))
    return [(entry.value, entry.line) for entry in entries]


def _copied(step: _Instruction, scope: Scope, found: Sightings) -> None:
    """Note weights that come from the tree, another image or an address."""
    words = [word for command in shell_commands(step.rest, line=step.line) for word in command.words]
    if step.rest.lstrip().startswith("["):
        words = [plain_word(text, line) for text, line in _arguments(step)]
    stage = any(word.literal.startswith("--from") for word in words)
    sources = [word for word in words if not word.literal.startswith("--")][:-1]
    for word in sources:
        for value in values_of(word, scope):
            if not value.known:
                continue
            seen = Seen(f"docker.{step.word.lower()}", word.raw, value.how, Certainty.CALL, where=value.line)
            if is_weights_url(value.text):
                found.use(step.line, ref_of_url(value.text), seen)
            elif is_weights_path(value.text) and not stage and "*" not in value.text:
                found.use(step.line, f"file:{value.text.removeprefix('./')}", seen)
