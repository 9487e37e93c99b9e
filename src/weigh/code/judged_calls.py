"""What a call of a function of the table means, given what is known of its arguments."""

import re
from collections.abc import Iterator, Mapping

from weigh.code.constants import HOLE, Tag, Value, tags_of
from weigh.code.effects import EffectKind, When
from weigh.code.shell_commands import CommandWord, judge_command
from weigh.code.sinks import Sink

Judged = tuple[EffectKind, str]
Keywords = Mapping[str, Value]

HIDDEN = frozenset({Tag.DECODED, Tag.DISGUISED})
STOLEN = frozenset({Tag.ENVIRONMENT, Tag.SECRET})

STARTUP_FILE = re.compile(
    r"(?:^|[\\/~{}])(?:\.bashrc|\.bash_profile|\.bash_login|\.profile|\.zshrc|\.zprofile|\.zshenv|\.login|\.cshrc"
    r"|\.ssh[\\/]+(?:authorized_keys|config|rc)|\.pythonrc(?:\.py)?|\.vimrc|\.gitconfig|\.config[\\/]+autostart[\\/].*"
    r"|sitecustomize\.py|usercustomize\.py|LaunchAgents[\\/].*"
    r"|LaunchDaemons[\\/].*|Start Menu[\\/].*Startup.*"
    r"|\.config[\\/]+systemd[\\/].*|crontabs?[\\/].*)$"
    r"|^[\\/]+etc[\\/]+(?:cron|passwd|shadow|sudoers|profile|rc\.local|ld\.so\.preload|init\.d|systemd|hosts)"
    r"|site-packages[\\/].*\.pth$|^/var/spool/cron|dist-packages[\\/].*\.pth$",
    re.IGNORECASE,
)
"""Files that a system, a shell or an interpreter runs or trusts when it starts."""

SECRET_FILE = re.compile(
    r"\.ssh[\\/]|id_(?:rsa|ed25519|ecdsa|dsa)\b|\.aws[\\/]+credentials|\.netrc\b|\.pgpass|\.git-credentials|\.kube[\\/]+config"
    r"|\.docker[\\/]+config\.json|\.gnupg|^/etc/(?:passwd|shadow)"
    r"|\.config/gcloud|(?:Login Data|Cookies|cookies\.sqlite|logins\.json)$"
    r"|\.pypirc|\.npmrc|\.bash_history|\.zsh_history|wallet\.dat|\.huggingface[\\/]+token|huggingface[\\/]+token$|/proc/self/environ"
    r"|\.electrum|\.bitcoin|keychain-db|(?:^|[\\/])\.env$|\.azure[\\/]",
    re.IGNORECASE,
)
"""Files that hold keys, passwords and tokens."""

MACHINE = re.compile(
    r"VirtualAlloc|VirtualProtect|RtlMoveMemory|WriteProcessMemory|CreateRemoteThread|CreateThread|NtAllocate|mprotect"
    r"|QueueUserAPC|memfd_create",
)
"""Functions of operating systems that turn bytes into running code."""

_ROOT = re.compile(
    r"(?:/|~/?|[A-Za-z]:[\\/]*|/(?:home|etc|usr|var|root|boot|bin|lib)/?|\{\}HOME\}?|\$HOME/?|%USERPROFILE%)"
)
_SUSPECT_HOST = re.compile(
    r"\.(?:onion|ngrok(?:-free)?\.(?:io|app|dev)|oast\.\w+|burpcollaborator\.net|interact\.sh|requestbin\.\w+|pipedream\.net)\b"
    r"|webhook\.site|discord(?:app)?\.com/api/webhooks|api\.telegram\.org/bot|pastebin\.com/raw|transfer\.sh|dnslog\.|serveo\.net"
    r"|://\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?/",
    re.IGNORECASE,
)
"""Addresses that stolen things are sent to. Honest code names a host."""


def judge_call(  # noqa: C901, PLR0912 - one case a sink
    sink: Sink, name: str, function: Value, args: list[Value], keywords: Keywords, when: When
) -> Iterator[Judged]:
    """What a call does that a reader should know of.

    Args:
        sink: of the table.
        name: canonical dotted name.
        function: the value called; its tags tell how it was reached.
        args: positional arguments.
        keywords: named arguments.
        when: the call happens.
    """
    every = [*args, *keywords.values()]
    tags = tags_of(*every)
    if sink in _STRONG and function.tags & HIDDEN:
        yield EffectKind.DISGUISED, f"{name}, which it reaches by a detour"
    match sink:
        case Sink.SHELL:
            yield from _shell(name, args, keywords, tags, when)
        case Sink.EVALUATE | Sink.COMPILE | Sink.FUNCTION:
            yield from _evaluate(sink, name, args, tags)
        case Sink.UNPICKLE | Sink.UNMARSHAL:
            yield from _load(sink, name, args, keywords, tags, when)
        case Sink.FETCH | Sink.FETCH_TO:
            yield from _send(name, args, keywords, when)
        case Sink.SOCKET:
            if name == "socket.gethostbyname" and tags & {Tag.HOST, *STOLEN}:
                yield EffectKind.SENDS_SECRETS, f"{name} of a name made of what it found on the machine"
            yield EffectKind.USES_NETWORK, name
        case Sink.NATIVE:
            yield from _native(name, args, tags)
        case Sink.DELETE:
            yield from _delete(name, args, when)
        case Sink.OPEN | Sink.COPY:
            yield from _write(sink, name, args, keywords, when)
        case Sink.HANDLES:
            if Tag.SOCKET in tags:
                yield EffectKind.REMOTE_SHELL, "os.dup2 of a network connection"
        case Sink.IMPORT:
            if not args or not args[0].known or Tag.PARTIAL in args[0].tags:
                yield EffectKind.IMPORTS_COMPUTED, name
        case Sink.TRACE:
            yield EffectKind.CHANGES_INTERPRETER, name
        case Sink.DECODE | Sink.HOST:
            return


_STRONG = frozenset(
    {
        Sink.SHELL,
        Sink.EVALUATE,
        Sink.UNPICKLE,
        Sink.UNMARSHAL,
        Sink.NATIVE,
        Sink.SOCKET,
        Sink.FETCH,
        Sink.FUNCTION,
    }
)


def command_of(args: list[Value], keywords: Keywords) -> str:
    """The command line of a call, with holes where it is not known."""
    given = [*args, *(keywords[k] for k in ("args", "cmd", "command", "executable") if k in keywords)]
    words: list[str] = []
    for value in given[:12]:
        if value.items is not None:
            words += [_word(item) for item in value.items[:100]]
        elif value.text is not None and value.text not in words:
            words.append(value.text)
        elif value.text is None:
            words.append(HOLE)
    return " ".join(words)


def _word(value: Value) -> str:
    return value.text if value.text is not None else HOLE


def _shell(
    name: str, args: list[Value], keywords: Keywords, tags: frozenset[Tag], when: When
) -> Iterator[Judged]:
    command = command_of(args, keywords)
    word, words = judge_command(command)
    told = f"{name}: {command[:300]}"
    if any(Tag.SOCKET in keywords[k].tags for k in ("stdin", "stdout", "stderr") if k in keywords):
        yield EffectKind.REMOTE_SHELL, f"{name} with a network connection"
    elif Tag.NETWORK in tags:
        yield EffectKind.RUNS_DOWNLOADED, f"{name} of what comes from the network"
    if Tag.DECODED in tags:
        yield EffectKind.RUNS_DECODED, told
    if word is CommandWord.ATTACK:
        yield EffectKind.RUNS_COMMAND, f"{told} ({words})"
    elif word is CommandWord.SUSPECT and when is not When.CALL:
        yield EffectKind.RUNS_COMMAND, told
    else:
        yield EffectKind.STARTS_PROGRAM, told


def _evaluate(sink: Sink, name: str, args: list[Value], tags: frozenset[Tag]) -> Iterator[Judged]:
    first = args[0] if args else Value()
    if sink is Sink.COMPILE:
        return
    if Tag.NETWORK in tags:
        yield EffectKind.RUNS_DOWNLOADED, f"{name} of what comes from the network"
    elif tags & {Tag.DECODED, Tag.CODE} and (sink is Sink.EVALUATE or Tag.CODE in tags):
        yield EffectKind.RUNS_DECODED, f"{name} of what it decodes"
    elif sink is Sink.EVALUATE and not (first.known and isinstance(first.constant, str)):
        yield EffectKind.EVALUATES, name
    elif sink is Sink.EVALUATE and (name in _RUNNERS or Tag.PARTIAL in first.tags):
        yield EffectKind.EVALUATES, f"{name}: {first.text or ''}"[:200]


def _load(
    sink: Sink, name: str, args: list[Value], keywords: Keywords, tags: frozenset[Tag], when: When
) -> Iterator[Judged]:
    loader = args[1].name if len(args) > 1 else keywords["Loader"].name if "Loader" in keywords else ""
    if name.startswith("yaml.") and loader.rpartition(".")[2] in {"SafeLoader", "CSafeLoader", "BaseLoader"}:
        return
    if name == "torch.load" and keywords.get("weights_only", Value()).constant is True:
        return
    if Tag.NETWORK in tags and (sink is Sink.UNMARSHAL or when is When.IMPORT):
        yield EffectKind.RUNS_DOWNLOADED, f"{name} of what comes from the network"
    elif Tag.DECODED in tags and args and (args[0].known or sink is Sink.UNMARSHAL):
        yield EffectKind.RUNS_DECODED, f"{name} of what it decodes"
    else:
        yield EffectKind.LOADS_OBJECTS, name


_RUNNERS = frozenset({"runpy.run_path", "runpy.run_module"})
"""Functions that run a file or module, whose text is not in their arguments."""
_ANSWERING = frozenset({"headers", "auth", "cert", "cookies"})


def _send(name: str, args: list[Value], keywords: Keywords, when: When) -> Iterator[Judged]:
    """A request: what leaves the machine with it. Keys in headers are how services are used."""
    sent = [*args, *(value for key, value in keywords.items() if key not in _ANSWERING)]
    tags = tags_of(*sent)
    every = tags_of(*args, *keywords.values())
    address = next((v.text for v in sent if v.text and "/" in v.text), "")
    told = f"{name} {address[:160]}".rstrip()
    if Tag.SECRET in tags or Tag.ENVIRONMENT in every:
        yield EffectKind.SENDS_SECRETS, told
    elif Tag.HOST in every and (when is When.IMPORT or _SUSPECT_HOST.search(address)):
        yield EffectKind.SENDS_SECRETS, f"{told} (who and where the user is)"
    elif _SUSPECT_HOST.search(address) and (
        Tag.DECODED in every or "webhook" in address or "/bot" in address
    ):
        yield EffectKind.SENDS_SECRETS, told
    else:
        yield EffectKind.USES_NETWORK, told


def _native(name: str, args: list[Value], tags: frozenset[Tag]) -> Iterator[Judged]:
    if MACHINE.search(name):
        yield EffectKind.MACHINE_CODE, name
    elif Tag.NETWORK in tags or (Tag.DECODED in tags and name.startswith("ctypes")):
        yield EffectKind.RUNS_DOWNLOADED, f"{name} of what it fetches or decodes"
    else:
        first = args[0].text if args else None
        yield EffectKind.NATIVE_CODE, f"{name} {first or ''}".rstrip()


def _delete(name: str, args: list[Value], when: When) -> Iterator[Judged]:
    path = args[0].text if args else None
    if path is not None and name == "shutil.rmtree" and _ROOT.fullmatch(path):
        yield EffectKind.DESTROYS, f"{name} of {path}"
    elif name == "shutil.rmtree" or when is When.IMPORT:
        yield EffectKind.CHANGES_FILES, f"{name} {path or ''}".rstrip()


def _write(sink: Sink, name: str, args: list[Value], keywords: Keywords, when: When) -> Iterator[Judged]:
    if sink is Sink.COPY:
        target = args[1].text if len(args) > 1 else None
        writes = True
    else:
        target = args[0].text if args else None
        mode = keywords["mode"] if "mode" in keywords else args[1] if len(args) > 1 else Value("r")
        writes = isinstance(mode.constant, str) and any(c in mode.constant for c in "wax+")
        writes = writes or any("O_WRONLY" in a.name or "O_RDWR" in a.name for a in args[1:2])
    if target is None:
        return
    if writes and STARTUP_FILE.search(target):
        yield EffectKind.PERSISTS, f"{name} of {target[:160]}"
    elif not writes and SECRET_FILE.search(target):
        yield EffectKind.READS_SECRETS, f"{name} of {target[:160]}"
    elif writes and when is When.IMPORT and sink is Sink.OPEN:
        yield EffectKind.CHANGES_FILES, f"{name} of {target[:160]} for writing"
