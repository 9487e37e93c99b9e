"""What compiled code does, told by the names and constants of its code objects alone.

Weaker than a syntax tree: which argument meets which function is not known. So a code object is an attack
only
when it both names a dangerous function and holds what only attackers write.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from weigh.code.effects import Effect, EffectKind, When
from weigh.code.judged_calls import MACHINE, SECRET_FILE, STARTUP_FILE
from weigh.code.shell_commands import CommandWord, judge_command

_SHELL = frozenset(
    {
        "system",
        "popen",
        "spawn",
        "execv",
        "execve",
        "execvp",
        "execl",
        "startfile",
        "posix_spawn",
        "getoutput",
    }
)
_PROCESSES = frozenset({"Popen", "check_output", "check_call", "getstatusoutput", "call", "run"})
_EVALUATES = frozenset({"exec", "eval"})
_DECODES = frozenset(
    {
        "b64decode",
        "b32decode",
        "b85decode",
        "a85decode",
        "decompress",
        "fromhex",
        "unhexlify",
        "decodebytes",
        "decrypt",
    }
)
_NETWORK = frozenset(
    {"urlopen", "urlretrieve", "requests", "socket", "httpx", "aiohttp", "urllib3", "HTTPSConnection"}
)
_LOADS = frozenset({"pickle", "marshal", "cloudpickle", "dill", "joblib"})
_COMMAND = re.compile(r"[\w./\\~-]+(?:\s+\S.*)?", re.DOTALL)


class Compiled(Protocol):
    """One code object."""

    @property
    def name(self) -> str:
        """Of the function."""
        ...

    @property
    def names(self) -> list[str]:
        """Names it uses."""
        ...

    @property
    def constants(self) -> list[str | bytes]:
        """Texts and bytes it holds."""
        ...

    @property
    def depth(self) -> int:
        """Code objects around it."""
        ...


def effects_of_names(codes: Iterable[Compiled]) -> Iterator[Effect]:
    """The effects of all code objects, each with the number of its code object in place of a line."""
    for number, code in enumerate(codes, 1):
        when = When.IMPORT if code.depth == 0 else When.CALL
        for kind, detail in dict(_of_one(code, when)).items():
            yield Effect(kind, number, detail, when)


def _of_one(  # noqa: C901 - one line a kind of effect
    code: Compiled, when: When
) -> Iterator[tuple[EffectKind, str]]:
    names = frozenset(code.names)
    texts = [c if isinstance(c, str) else c.decode("latin-1") for c in code.constants]
    shell = (names & _SHELL and names & {"os", "posix", "nt", "pty", "commands", "subprocess"}) or (
        names & _PROCESSES and "subprocess" in names
    )
    if names & _EVALUATES and (names & _DECODES or {"marshal", "loads"} <= names):
        yield EffectKind.RUNS_DECODED, f"exec or eval, and {_first(names & (_DECODES | {'loads'}))}"
    elif names & _EVALUATES and names & _NETWORK:
        yield EffectKind.RUNS_DOWNLOADED, f"exec or eval, and {_first(names & _NETWORK)}"
    elif "exec" in names:  # `eval` is also a method of every torch module
        yield EffectKind.EVALUATES, "exec"
    if shell:
        yield from _shell(texts, names, when)
    if {"socket", "dup2"} <= names:
        yield EffectKind.REMOTE_SHELL, "socket and dup2"
    elif names & _NETWORK:
        steals = (
            "environ" in names
            and names & {"post", "urlopen", "Request", "sendall", "send"}
            and names & {"dict", "items", "dumps"}
        )
        yield (EffectKind.SENDS_SECRETS if steals else EffectKind.USES_NETWORK), _first(names & _NETWORK)
    if names & _LOADS and names & {"load", "loads"}:
        yield EffectKind.LOADS_OBJECTS, _first(names & _LOADS)
    if any(MACHINE.search(n) for n in names):
        yield EffectKind.MACHINE_CODE, _first({n for n in names if MACHINE.search(n)})
    if "__subclasses__" in names and names & {"__class__", "__base__", "__bases__", "__mro__"}:
        yield EffectKind.DISGUISED, "__subclasses__"
    if "open" in names:
        for text in texts:
            if STARTUP_FILE.search(text) and {"write"} & names:
                yield EffectKind.PERSISTS, text[:160]
            elif SECRET_FILE.search(text) and len(text) < 200:
                yield EffectKind.READS_SECRETS, text[:160]


def _shell(texts: list[str], names: frozenset[str], when: When) -> Iterator[tuple[EffectKind, str]]:
    for text in texts:
        word, words = judge_command(text)
        if word is CommandWord.ATTACK:
            yield EffectKind.RUNS_COMMAND, f"{text[:160]} ({words})"
            return
    commands = [t for t in texts if _COMMAND.fullmatch(t) and judge_command(t)[0] is CommandWord.SUSPECT]
    if when is When.IMPORT and names & _SHELL and commands:
        yield EffectKind.RUNS_COMMAND, f"{_first(names & _SHELL)}, and {commands[0][:160]}"
    else:
        yield EffectKind.STARTS_PROGRAM, _first(names & (_SHELL | _PROCESSES))


def _first(names: "frozenset[str] | set[str]") -> str:
    return min(names, default="")
