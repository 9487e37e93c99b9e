"""Models that shell text fetches, serves or passes on: scripts, Makefiles, `RUN` and `run:` lines.

A command that is known to load a model is a call, and is reported as unresolved when its model
cannot be found out. Of any other command a flag such as `--model_name_or_path` counts when its value looks
like a model's name.
"""

import re
from collections.abc import Iterable, Sequence

from weigh.code.word_lists import words
from weigh.core.usage import Certainty, FileUses, Role
from weigh.project.discover.model_keys import is_model_key, is_other_key, plain_key
from weigh.project.discover.naming import name_in
from weigh.project.discover.shell_programs import Spec, positionals, spec_of
from weigh.project.discover.shell_words import (
    MAX_ALTERNATIVES,
    Command,
    Value,
    Variable,
    Word,
    plain_word,
    shell_commands,
    values_of,
)
from weigh.project.discover.sightings import Seen, Sightings

MAX_BYTES = 4 * 1024 * 1024

Scope = dict[str, list[Value]]
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)\+?=")
_MAKE_LINE = re.compile(
    r"^(?:export\s+|override\s+)?([A-Za-z_][\w.-]*)\s*(?:\?|:{1,3}|\+)?=[ \t]*(.*)$", re.MULTILINE
)
_MAKE_NAMES = re.compile(r"(?:gnu)?makefile(?:\..*)?|.*\.(?:mk|mak|just)|\.?justfile", re.IGNORECASE)
_DECLARE = frozenset({"export", "local", "declare", "readonly", "typeset", "set", "setenv"})
_KEYWORDS = words(
    """
    if then elif else do while until ! { } time time -p exec command builtin nohup case
    """
)
_WRAPPERS = {
    "sudo": 0, "env": 0, "uvx": 0, "npx": 0, "bunx": 0, "stdbuf": 0, "xargs": 0, "eval": 0, "timeout": 1, "nice": 0,  # noqa: E501 - reads best in one piece
    "retry": 0, "yes": 0, "ionice": 0, "gosu": 1, "tini": 0, "dumb-init": 0, "screen": 0, "srun": 0, "proxychains": 0,  # noqa: E501 - reads best in one piece
}  # fmt: skip
_RUNNERS = words(
    """
    uv poetry pipenv pdm hatch pipx rye conda micromamba mamba pixi
    """
)
_SHELLS = frozenset(["sh", "bash", "zsh", "dash", "ash", "ssh"])
_PYTHON = re.compile(r"(?:\S*/)?(?:python|pypy)[\d.]*(?:\.exe)?|ipython")


def read_shell(data: bytes, path: str, role: Role) -> FileUses:
    """The models that a script, Makefile or Justfile names. Never raises.

    Args:
        data: its bytes.
        path: relative POSIX path; its name tells a Makefile from a script.
        role: what the file is for.
    """
    found = Sightings(path, role)
    if len(data) > MAX_BYTES:
        found.unread(f"shell text is read up to {MAX_BYTES} bytes")
        return found.result()
    text = data.decode("utf-8", errors="replace")
    scope: Scope = {}
    if _MAKE_NAMES.fullmatch(path.rpartition("/")[2]):
        text = _without_make(text, scope, found)
    shell_uses(text, found, scope=scope)
    return found.result()


def _without_make(text: str, scope: Scope, found: Sightings) -> str:
    """Take the assignments of make out of a text, and the marks before its recipes."""
    for match in _MAKE_LINE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        value = re.sub(r"\s+#.*$", "", match[2]).strip().strip("\"'")
        _assign(match[1], plain_word(value, line), scope, found)
    rows = [
        "" if _MAKE_LINE.match(row) else re.sub(r"^\s+[@+-]+|^[\w./%-][^:=\s]*(?: [^:=]*)?:(?!=).*$", "", row)
        for row in text.split("\n")
    ]
    return "\n".join(rows)


def shell_uses(
    text: str, found: Sightings, *, line: int = 1, scope: Scope | None = None, depth: int = 0
) -> None:
    """Note the models of a shell text.

    Args:
        text: of one or more commands.
        found: where they are noted.
        line: of the first line of the text in the file.
        scope: variables that are known before; those that the text sets are added.
        depth: of shells within shells.
    """
    known: Scope = {} if scope is None else scope
    commands = list(shell_commands(text, line=line))
    for command in commands:
        _assignments(command, known, found)
    for command in commands:
        _command(command, known, found, depth)


def read_words(words: Iterable[tuple[str, int]], found: Sightings, *, scope: Scope | None = None) -> None:
    """Note the models of one command that is given as a list of arguments with their lines."""
    command = Command([plain_word(text, line) for text, line in words])
    if len(command.words) > 2 and command.words[0].literal.rpartition("/")[2] in _SHELLS:
        last = command.words[-1]
        shell_uses(last.raw, found, line=last.line, scope=scope)
        return
    _command(command, {} if scope is None else scope, found, 0)


def _assignments(command: Command, scope: Scope, found: Sightings) -> None:
    """Note what a command sets, and take it off the front of the command."""
    words = command.words
    first = words[0].literal if words else ""
    if first == "for" and len(words) > 3 and words[2].literal == "in":
        values = [value for word in words[3:] for value in values_of(word, scope)]
        scope.setdefault(words[1].literal, []).extend(
            Value(v.text, ("loop",), v.line, v.known) for v in values[:MAX_ALTERNATIVES]
        )
        words.clear()
        return
    if first in _DECLARE:
        del words[0]
        while words and words[0].literal.startswith("-"):
            del words[0]
    while words and (match := _ASSIGNED.match(words[0].literal)):
        word = words.pop(0)
        _assign(match[1], _tail(word, match.end()), scope, found)
    if first in _DECLARE:
        words.clear()


def _tail(word: Word, size: int) -> Word:
    """A word without its first characters, which are literal."""
    parts: list[str | Variable] = []
    for part in word.parts:
        if isinstance(part, str) and size:
            cut = min(size, len(part))
            size -= cut
            part = part[cut:]  # noqa: PLW2901 - reads best in one piece
            if not part:
                continue
        parts.append(part)
    return Word(tuple(parts) or ("",), word.line, word.raw)


def _assign(name: str, word: Word, scope: Scope, found: Sightings) -> None:
    values = values_of(word, scope)
    # an unknown value adds nothing to the values that are known
    known = [Value(v.text, _how(v), v.line) for v in values if v.known and v.text]
    if known or name not in scope:
        held = scope.setdefault(name, [])
        held.extend(v for v in known if v not in held)
    note_variable(name, values, found)


def _how(value: Value) -> tuple[str, ...]:
    return ("constant",) if value.how == ("literal",) else value.how


def note_variable(
    name: str, values: Sequence[Value], found: Sightings, *, loader: str = "environment"
) -> None:
    """Note a model that a variable is set to, when its name says that it names one."""
    if is_other_key(name):
        return
    sure = is_model_key(name)
    for value in values:
        named = name_in(value.text, sure=sure) if value.known else None
        if named is not None:
            how = named.how if named.how != ("literal",) else value.how
            certainty = Certainty.KEY if sure else named.certainty
            seen = Seen(loader, f"{name}={value.text}", how, certainty, alternatives=len(values))
            found.use(value.line, named.ref, seen)


def _command(command: Command, scope: Scope, found: Sightings, depth: int) -> None:
    words = _unwrapped(command.words)
    if not words:
        return
    program = words[0].literal.rpartition("/")[2]
    if command.here and depth < 3:
        _here(command, program, scope, found, depth)
    if program in _SHELLS:
        inner = next((w for i, w in enumerate(words) if i and words[i - 1].literal.endswith("c")), None)
        if inner is not None and depth < 3:
            shell_uses(inner.literal, found, line=inner.line, scope=scope, depth=depth + 1)
        return
    if _PYTHON.fullmatch(words[0].literal) and len(words) > 2 and words[1].literal == "-c":
        from weigh.project.discover.inline_python import inline_python

        inline_python(words[2].literal, found, line=words[2].line)
        return
    spec, rest = spec_of(words)
    if spec is not None:
        _call(spec, words, rest, scope, found)
    _flags(words, scope, found, claimed=spec is not None)


def _unwrapped(words: list[Word]) -> list[Word]:
    """The words of the command that wrappers such as `sudo` or `uv run` start in the end."""
    at = 0
    while at < len(words):
        text = words[at].literal.lstrip("!@").rpartition("/")[2] if at == 0 else words[at].literal
        if text in _KEYWORDS or (at and _ASSIGNED.match(text)):
            at += 1
        elif text in _WRAPPERS:
            at += 1
            while at < len(words) and words[at].literal.startswith("-"):
                at += 1
            at += _WRAPPERS[text]
        elif text in _RUNNERS and at + 1 < len(words) and words[at + 1].literal in {"run", "exec", "tool"}:
            at += 2
            while at < len(words) and words[at].literal.startswith("-"):
                takes_value = words[at].literal in {
                    "-n",
                    "--name",
                    "-p",
                    "--prefix",
                    "--with",
                    "--extra",
                    "--group",
                }
                at += 2 if takes_value else 1
        else:
            break
    rest = words[at:]
    if rest and rest[0].literal.startswith(("!", "@")) and len(rest[0].literal) > 1:
        rest[0] = _tail(rest[0], 1)
    return rest


def _here(command: Command, program: str, scope: Scope, found: Sightings, depth: int) -> None:
    """Read a here-document by what it is fed to."""
    if _PYTHON.fullmatch(program):
        from weigh.project.discover.inline_python import inline_python

        inline_python(command.here, found, line=command.here_line)
    elif program in _SHELLS:
        shell_uses(command.here, found, line=command.here_line, scope=scope, depth=depth + 1)
    elif re.match(r"\s*FROM\s+\S+\s*$", command.here.partition("\n")[0], re.IGNORECASE):
        from weigh.project.discover.ollama_modelfile import modelfile_uses

        modelfile_uses(command.here, found, line=command.here_line)


def _call(spec: Spec, words: list[Word], rest: list[Word], scope: Scope, found: Sightings) -> None:
    """Note what a command that is known to load models loads."""
    if spec.skip_when and any(flag in " ".join(word.literal for word in rest) for flag in spec.skip_when):
        return
    arguments = _model_arguments(spec, rest)
    revision = next((v.text for w in _flag_values(rest, spec.revision) for v in values_of(w, scope)), "")
    files = positionals(rest, spec)[1:] if spec.files else []
    line = words[0].line
    strict = spec.required and spec.only_if is None
    if not arguments and strict and not _asks_only(rest):
        found.unresolved(line, spec.loader, " ".join(w.raw for w in words), "it names no model")
    for word in arguments:
        values = values_of(word, scope)
        refs = [(value, spec.ref(value.text) if value.known else "") for value in values]
        for value, ref in refs:
            if ref:
                if (
                    len(files) == 1
                    and ref.startswith("hf:")
                    and "#" not in ref
                    and files[0].literal
                    and _whole(files[0])
                ):
                    ref += "#" + files[0].literal  # noqa: PLW2901 - reads best in one piece
                seen = Seen(
                    spec.loader, word.raw, value.how, Certainty.CALL, revision, value.line, len(values),
                    remote_code=any(w.literal.startswith(("--trust-remote-code", "--trust_remote_code")) for w in rest),  # noqa: E501 - reads best in one piece
                )  # fmt: skip
                found.use(line, ref, seen)
            elif not value.known and spec.required and (strict or spec.only_if_found(value.text)):
                found.unresolved(line, spec.loader, word.raw, _why(word), partial=value.text)
            elif value.known and strict:
                found.unresolved(line, spec.loader, word.raw, "it has not the form of a model's name")


def _asks_only(words: list[Word]) -> bool:
    return any(word.literal in {"--help", "-h", "--version"} for word in words)


def _whole(word: Word) -> bool:
    return all(isinstance(part, str) for part in word.parts) and not re.search(r"[*#\s?]", word.literal)


def _why(word: Word) -> str:
    names = [part.name for part in word.parts if isinstance(part, Variable)]
    if not names or not names[0]:
        return "the output of another command"
    if names[0].isdigit() or names[0] in "@*":
        return "an argument of the script"
    return f"the variable {names[0]} is set nowhere in this file"


def _model_arguments(spec: Spec, rest: list[Word]) -> list[Word]:
    if spec.flags:
        found = _flag_values(rest, spec.flags)
        if found or not spec.positional:
            return found
    if not spec.positional:
        return []
    every = positionals(rest, spec)
    return every if spec.every else every[:1]


def _flag_values(words: list[Word], flags: frozenset[str]) -> list[Word]:
    """The values of some flags, written `--flag value` or `--flag=value`."""
    found: list[Word] = []
    for index, word in enumerate(words):
        name, joined, _ = word.literal.partition("=")
        if name not in flags:
            continue
        if joined:
            found.append(_tail(word, len(name) + 1))
        elif index + 1 < len(words) and not words[index + 1].literal.startswith("-"):
            found.append(words[index + 1])
    return found


_PAIR = re.compile(r"\+{0,2}([A-Za-z_][\w./-]*)=")
_WITH_VALUE = frozenset({"-e", "--env", "--build-arg", "-D", "--set", "--set-string", "-v"})


def _flags(words: list[Word], scope: Scope, found: Sightings, *, claimed: bool) -> None:
    """Note models behind flags such as `--model`, and behind `key=value` words, of any command."""
    for index, word in enumerate(words[1:], 1):
        text = word.literal
        if text.startswith("-") and not claimed:
            name, joined, _ = text.partition("=")
            value = (
                _tail(word, len(name) + 1) if joined else words[index + 1] if index + 1 < len(words) else None
            )
            plain = plain_key(name)
            if (
                value is not None
                and name.startswith("--")
                and is_model_key(plain)
                and not is_other_key(plain)
            ):
                _flag(name, value, words, scope, found)
        elif (pair := _PAIR.match(text)) and not (claimed and words[index - 1].literal not in _WITH_VALUE):
            key = re.split(r"[./]", pair[1])[-1]
            if is_model_key(key) or re.search(r"(?:^|[./])(?:model|llm)[./](?:name|path|id)$", pair[1]):
                _flag(key, _tail(word, pair.end()), words, scope, found)


def _flag(name: str, word: Word, words: list[Word], scope: Scope, found: Sightings) -> None:
    values = values_of(word, scope)
    stem = plain_key(name)
    revisions = frozenset(
        f"{dash}{text}"
        for dash in ("--",)
        for text in ("revision", "model_revision", "model-revision", f"{stem}_revision", f"{stem}-revision")
    )
    revision = next(
        (v.text for w in _flag_values(words, revisions) for v in values_of(w, scope) if v.known), ""
    )
    for value in values:
        named = name_in(value.text, sure=True) if value.known else None
        if named is not None:
            seen = Seen(
                "flag", f"{name} {word.raw}", value.how, Certainty.KEY, revision, value.line, len(values)
            )
            found.use(words[0].line, named.ref, seen)
