"""Models that shell text fetches, serves or passes on: scripts, Makefiles, `RUN` and `run:` lines.

A command that is known to load a model is a call, and is reported as unresolved when its model
cannot be found out. Of any other command a flag such as `--model_name_or_path` counts when its value looks
like a model's name.
"""

import re
from collections import ChainMap
from collections.abc import Iterable, MutableMapping, Sequence

from weigh.code.word_lists import words
from weigh.core.usage import Certainty, FileUses, Role
from weigh.project.discover.model_keys import is_model_key, is_other_key
from weigh.project.discover.naming import name_in
from weigh.project.discover.shell_calls import note_call, note_flags
from weigh.project.discover.shell_programs import spec_of
from weigh.project.discover.shell_words import (
    MAX_ALTERNATIVES,
    Command,
    Value,
    Word,
    plain_word,
    shell_commands,
    values_of,
    without_front,
)
from weigh.project.discover.sightings import Seen, Sightings

MAX_BYTES = 4 * 1024 * 1024

Scope = MutableMapping[str, list[Value]]
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
    **dict.fromkeys(
        ("sudo", "env", "uvx", "npx", "bunx", "stdbuf", "xargs", "eval", "nice", "retry", "yes"), 0
    ),
    **dict.fromkeys(("ionice", "tini", "dumb-init", "screen", "srun", "proxychains"), 0),
    **dict.fromkeys(("timeout", "gosu"), 1),
}
"""Commands that start the command behind them, and how many arguments of their own stand before it."""
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
        word = plain_word(value, line)
        note_variable(match[1], values_of(word, scope), found)
        _assign(match[1], [word], scope)
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
    main, bodies = _functions(text, line)
    functions: Calls = {name: [] for name, _, _ in bodies}
    _run(main, line, known, found, depth, functions)
    # a function mostly calls those that are defined before it
    for name, body, first in reversed(bodies) if depth < 4 else ():
        scope_of_body: Scope = ChainMap(_positional(functions[name]), known)
        _run(body, first, scope_of_body, found, depth + 1, functions)


Calls = dict[str, list[list[list[Value]]]]
"""For each function of a script, the values of the arguments of each of its calls."""


def _run(text: str, line: int, known: Scope, found: Sightings, depth: int, functions: Calls) -> None:
    """Follow the commands of a text in their order.

    What is set outside of a branch or loop holds from there on; what is set in one is a further value. A
    name that is used before it is set may have any value that the text gives it.
    """
    commands = list(shell_commands(text, line=line))
    fronts = [list(command.words[:2]) for command in commands]
    settings = [_settings(command) for command in commands]
    for rows in settings:
        for name, given in rows:
            _assign(name, given, known)
    now: Scope = {}
    level = 0
    for command, front, rows in zip(commands, fronts, settings, strict=True):
        first = front[0].literal if front else ""
        scope: Scope = ChainMap(now, known)
        for name, given in rows:
            values = [value for word in given for value in values_of(word, scope)]
            note_variable(name, values, found)
            held = [Value(v.text, _how(v), v.line) for v in values if v.known and v.text]
            now[name] = list(dict.fromkeys([*(now.get(name, []) if level else []), *held]))
            if level and not now[name]:
                del now[name]
        if command.words and command.words[0].literal in functions:
            handed = [values_of(word, scope) for word in command.words[1:10]]
            functions[command.words[0].literal].append(handed)
        _command(command, scope, found, depth)
        level = max(0, level + _LEVELS.get(first, 0))


_LEVELS = {
    **dict.fromkeys(("if", "for", "while", "until", "case", "select"), 1),
    **dict.fromkeys(("fi", "done", "esac"), -1),
}
_FUNCTION = re.compile(
    r"^([ \t]*)(?:function[ \t]+([\w.-]+)(?:[ \t]*\(\))?|([A-Za-z_][\w.-]*)[ \t]*\(\))[ \t]*\n?[ \t]*\{",
    re.MULTILINE,
)
MAX_FUNCTIONS = 500


def _functions(text: str, line: int) -> tuple[str, list[tuple[str, str, int]]]:
    """A text without the functions that it defines, and for each its name, its body and the line of it."""
    found: list[tuple[str, str, int]] = []
    kept: list[str] = []
    open_ended: set[str] = set()
    at = 0
    for match in _FUNCTION.finditer(text):
        if match.start() < at or len(found) >= MAX_FUNCTIONS:
            continue
        row = text.find("\n", match.end())
        closing = text.rfind("}", match.end(), row if row >= 0 else len(text))
        if closing < 0:
            closing = -1 if match[1] in open_ended else text.find(f"\n{match[1]}}}", match.end())
            if closing < 0:
                # no later one closes either, so nothing is searched twice
                open_ended.add(match[1])
                continue
            closing += 1 + len(match[1])
        kept += [text[at : match.start()], "\n" * text.count("\n", match.start(), closing)]
        first = line + text.count("\n", 0, match.end())
        found.append((match[2] or match[3], text[match.end() : closing], first))
        at = closing + 1
    return "".join([*kept, text[at:]]), found


def _positional(calls: list[list[list[Value]]]) -> dict[str, list[Value]]:
    """What `$1`, `$2` … and `$@` stand for in a function."""
    scope: dict[str, list[Value]] = {}
    for call in calls[:MAX_ALTERNATIVES]:
        for number, values in enumerate(call, 1):
            passed = [Value(v.text, ("wrapper",), v.line, v.known) for v in values]
            for name in (str(number), "@", "*"):
                held = scope.setdefault(name, [])
                held += [value for value in passed if value not in held]
    return scope


def read_words(words: Iterable[tuple[str, int]], found: Sightings, *, scope: Scope | None = None) -> None:
    """Note the models of one command that is given as a list of arguments with their lines."""
    command = Command([plain_word(text, line) for text, line in words])
    if len(command.words) > 2 and command.words[0].literal.rpartition("/")[2] in _SHELLS:
        last = command.words[-1]
        shell_uses(last.raw, found, line=last.line, scope=scope)
        return
    _command(command, {} if scope is None else scope, found, 0)


_STARTING = frozenset({"then", "else", "do", "{"})


def _settings(command: Command) -> list[tuple[str, list[Word]]]:
    """What a command sets, taken off the front of the command: each name and the words of its values."""
    words = command.words
    while words and words[0].literal in _STARTING:
        del words[0]
    first = words[0].literal if words else ""
    if first == "for" and len(words) > 3 and words[2].literal == "in":
        rows = [(words[1].literal, words[3 : 3 + MAX_ALTERNATIVES])]
        words.clear()
        return rows
    if first in _DECLARE:
        del words[0]
        while words and words[0].literal.startswith("-"):
            del words[0]
    rows = []
    while words and (match := _ASSIGNED.match(words[0].literal)):
        given = without_front(words.pop(0), match.end())
        if rows and rows[-1][0] == match[1]:
            rows[-1][1].append(given)  # a further item of an array
        else:
            rows.append((match[1], [given]))
    if first in _DECLARE:
        words.clear()
    return rows


def _assign(name: str, words: Sequence[Word], scope: Scope) -> None:
    """Add the values that are known to those that a name may have."""
    values = [value for word in words for value in values_of(word, scope)]
    known = [Value(v.text, _how(v), v.line) for v in values if v.known and v.text]
    if known or name not in scope:
        held = list(scope.get(name, ()))
        scope[name] = held + [value for value in known if value not in held]


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
        named = name_in(value.text, sure=sure, key=name) if value.known else None
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
        note_call(spec, words, rest, scope, found)
    note_flags(words, scope, found, claimed=spec is not None)


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
        rest[0] = without_front(rest[0], 1)
    return rest


_BUILDERS = frozenset({"docker", "podman", "buildah", "nerdctl"})
_OF_IMAGE = re.compile(r"^\s*(?:RUN|COPY|ADD|WORKDIR|ENTRYPOINT|CMD|ENV|EXPOSE)\s", re.MULTILINE)
"""Instructions that a Dockerfile has and a Modelfile has not; both begin with FROM."""


def _here(command: Command, program: str, scope: Scope, found: Sightings, depth: int) -> None:
    """Read a here-document by what it is fed to."""
    if _PYTHON.fullmatch(program):
        from weigh.project.discover.inline_python import inline_python

        inline_python(command.here, found, line=command.here_line)
    elif program in _SHELLS:
        shell_uses(command.here, found, line=command.here_line, scope=scope, depth=depth + 1)
    elif re.match(r"\s*FROM\s+\S+\s*$", command.here.partition("\n")[0], re.IGNORECASE) and not (
        program in _BUILDERS or _OF_IMAGE.search(command.here)
    ):
        from weigh.project.discover.ollama_modelfile import modelfile_uses

        modelfile_uses(command.here, found, line=command.here_line)
