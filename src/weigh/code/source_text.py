"""What source does that cannot be parsed: by its words alone, so that a typing mistake hides nothing."""

import re
from collections.abc import Iterator

from weigh.code.effects import Effect, EffectKind, SourceEffects, When
from weigh.code.shell_commands import find_attack

MOST_TEXT = 4 * 1024 * 1024
_DECODING = (
    r"(?:b(?:64|32|16|85)decode|a85decode|decodebytes|unhexlify|fromhex|decompress|codecs\.decode|rot_?13"
    r"|marshal\.loads)"
)

_STRONG: tuple[tuple[EffectKind, str], ...] = (
    (EffectKind.RUNS_DECODED, rf"\b(?:exec|eval)\b\s*\(?[^\n]{{0,300}}?{_DECODING}"),
    (EffectKind.RUNS_DECODED, rf"\b(?:pickle|marshal)\.loads?\s*\([^\n]{{0,120}}?{_DECODING}"),
    (
        EffectKind.RUNS_DOWNLOADED,
        r"\b(?:exec|eval)\b\s*\(?[^\n]{0,200}?(?:urlopen|requests\.(?:get|post)|httpx\.)",
    ),
    (EffectKind.DISGUISED, r"__import__\s*\(\s*[\"'](?:os|subprocess|pty|socket)[\"']\s*\)\s*\.\s*\w+\s*\("),
    (EffectKind.DISGUISED, r"__subclasses__\s*\(\s*\)"),
    (EffectKind.REMOTE_SHELL, r"\bos\.dup2\s*\(\s*\w+\.fileno"),
    (EffectKind.MACHINE_CODE, r"\b(?:VirtualAlloc|RtlMoveMemory|CreateRemoteThread|WriteProcessMemory)\b"),
    (EffectKind.RUNS_COMMAND, r"^(?:import os\s*;\s*)?os\.(?:system|popen)\s*\(\s*[\"']"),
)
_WEAK: tuple[tuple[EffectKind, str], ...] = (
    (
        EffectKind.STARTS_PROGRAM,
        r"\bos\.(?:system|popen|exec[lv]\w*|spawn\w+)\b|\bsubprocess\.\w+|\bcommands\.getoutput|\bpty\.spawn",
    ),
    (EffectKind.EVALUATES, r"(?<![.\w])(?:exec|eval|execfile)\s*\("),
    (EffectKind.USES_NETWORK, r"\bsocket\.socket|\burllib2?\.\w+|\brequests\.\w+\s*\(|\bhttplib\b"),
    (EffectKind.LOADS_OBJECTS, r"\b(?:c?[pP]ickle|marshal|dill|joblib)\.loads?\b"),
    (EffectKind.NATIVE_CODE, r"\bctypes\.\w+"),
)
_PATTERNS = tuple((kind, re.compile(pattern, re.MULTILINE)) for kind, pattern in (*_STRONG, *_WEAK))


def effects_of_text(text: str) -> SourceEffects:
    """What words of a source tell of it; the first place of each kind."""
    text = text[:MOST_TEXT]
    return SourceEffects(tuple(_found(text)))


def _found(text: str) -> Iterator[Effect]:
    for kind, pattern in _PATTERNS:
        match = pattern.search(text)
        if match:
            yield Effect(kind, text.count("\n", 0, match.start()) + 1, match[0][:200], When.CALL)
    attack = find_attack(text)
    if attack.line:
        yield Effect(EffectKind.RUNS_COMMAND, attack.line, attack.words, When.CALL)
