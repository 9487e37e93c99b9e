"""What the arguments of a call give away: commands, code, addresses, paths.

Used only on calls that nobody vouches for.
"""

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache

from weigh.core.symbol import Symbol, SymbolKind


class Evidence(Enum):
    """What a text looks like, the plainest first."""

    CODE = "Python code"
    COMMAND = "a shell command"
    ADDRESS = "an address on a network"
    PATH = "a path of the file system"


_WORDS = (
    r"(?:curl|wget|nc|ncat|rm|touch|echo|ls|chmod|chown|kill|ping|nslookup|dig|mkfifo|bash|sh|python\d?|perl)"
)
_CODE = (
    r"__\w+__|\bimport\s+\w|\bfrom\s+[\w.]+\s+import\b"
    r"|\b(?:exec|eval|compile|getattr|globals|open|print|input)\s*\("
    r"|\bos\.(?:system|popen|exec|spawn|remove|environ)|\bsubprocess\b|\bsocket\.|\blambda\b[^:]*:"
    r"|\bdef\s+\w+\s*\("
)
_COMMAND = (
    rf"\$\(|(?:`|&&|\|\||[;|&])\s*{_WORDS}\b|/bin/\w|/dev/tcp|/dev/null|\bcmd(?:\.exe)?\s+/c\b|\bpowershell\b"
    rf"|\bcalc\.exe\b|\bsh\s+-c\b|\bbash\s+-|\bpython\d?(?:\.\d+)?\s+-|^\s*{_WORDS}\s+[-\w./~'\"$>]"
    r"|^\s*(?:cat|id|open|start|net|type)\s+[-./~\"'$]"
    r"|^\s*(?:whoami|uname|ifconfig|ipconfig|calc|gnome-calculator|xcalc)\s*$"
)
_ADDRESS = (
    r"\b(?:https?|ftps?|file|ws|wss|ldap|smb|tcp|gopher|dict|ssh|git|s3|gs)://"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b|\blocalhost\b"
)
_PATH = r"^(?:/|~/|~$|\\\\|[A-Za-z]:[\\/])|(?:^|[\\/])\.\.(?:[\\/]|$)|^(?:etc|tmp|proc|dev|home|root)/"
_PATTERNS = (
    (Evidence.CODE, _CODE),
    (Evidence.COMMAND, _COMMAND),
    (Evidence.ADDRESS, _ADDRESS),
    (Evidence.PATH, _PATH),
)
_SAFE_DUNDERS = re.compile(r"__(?:main|torch|name|version|doc|weigh)__")


@lru_cache(maxsize=1)
def _compiled() -> "tuple[tuple[Evidence, re.Pattern[str]], ...]":
    return tuple((kind, re.compile(pattern, re.MULTILINE)) for kind, pattern in _PATTERNS)


def evidence_in(symbols: Iterable[Symbol]) -> tuple[Evidence, str] | None:
    """The plainest evidence in the texts and bytes of some arguments, with the text; None without any."""
    found: dict[Evidence, str] = {}
    for text in _texts(symbols):
        for kind, pattern in _compiled():
            if kind not in found and pattern.search(_SAFE_DUNDERS.sub("", text)):
                found[kind] = text
    return next(((kind, found[kind]) for kind in Evidence if kind in found), None)


def _texts(symbols: Iterable[Symbol]) -> Iterator[str]:
    for symbol in symbols:
        if symbol.kind is SymbolKind.TEXT:
            yield symbol.text
        elif symbol.kind is SymbolKind.BYTES:
            yield bytes.fromhex(symbol.text).decode("latin-1")
        elif symbol.kind is not SymbolKind.PERSISTENT:
            yield from _texts(symbol.items)
