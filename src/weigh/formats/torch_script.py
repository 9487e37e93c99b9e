"""TorchScript source: which operators it uses, found without understanding the rest of it.

Source: torch/csrc/jit/frontend/lexer.cpp (tokens), torch/csrc/jit/serialization/import_source.cpp: `torch.x`
is the operator `aten::x`, `ops.space.x` the operator `space::x`. The text is split into names, dots and the
rest; blanks, line ends and comments between them mean nothing, as to the loader.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from weigh.core.facts import OperatorUse
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted

FILE_RULE = "WGH-TO008"
CUSTOM_RULE = "WGH-TO009"
UNREADABLE_RULE = "WGH-TO010"

MAX_SOURCE = 16 * 1024 * 1024
"""Bytes of one source file; the largest published ones have some 2 MB."""
MAX_KINDS = 5_000
"""Different operators counted in one archive; torch itself has fewer than 4,000."""

_TOKEN = re.compile(
    r"""(?P<text>'''.*?'''|\"\"\".*?\"\"\"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
    r"""|(?P<skip>[ \t\r\n\f\\]+|\#[^\n]*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<other>.)""",
    re.DOTALL,
)
_DANGEROUS = frozenset({"save", "from_file", "load", "PythonOp", "read_file", "write_file"})
"""Operators that read or write files, reach other machines, or leave the interpreter for Python."""
_KEYWORDS = frozenset({"rpc_async", "rpc_sync", "rpc_remote"})
_PLAIN_SPACES = frozenset(
    {"aten", "prim", "prims", "quantized", "prepacked", "_quantized", "sparse", "static"}
)
_KNOWN_SPACES = frozenset(
    {"torchvision", "torchaudio", "torchtext", "image", "mkldnn", "onednn", "fb", "xnnpack"}
)
"""Operators of libraries beside torch: the loader needs those, they do no more than compute."""
_REMOTE_SPACES = frozenset({"rpc", "c10d", "c10d_functional", "_c10d_functional", "dist_autograd"})


@dataclass(slots=True)
class ScriptCode:
    """What all source files of an archive use."""

    uses: dict[tuple[str, str], int] = field(default_factory=dict)

    def operators(self) -> tuple[OperatorUse, ...]:
        """By namespace and name."""
        return tuple(OperatorUse(space, name, n) for (space, name), n in sorted(self.uses.items()))


def read_script(reader: RangeReader, path: str, code: ScriptCode, found: AnomalyList) -> bool:
    """Note the operators of one source file; whether it was looked at as a whole.

    Args:
        reader: the file's bytes.
        path: of the file, for details.
        code: counts them.
        found: notes those that reach out of the interpreter.
    """
    raw = reader.read(0, MAX_SOURCE)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        found.add(UNREADABLE_RULE, f"{quoted(path)} is not UTF-8")
        text = raw.decode("utf-8", "replace")
    if "\0" in text:
        found.add(UNREADABLE_RULE, f"{quoted(path)} holds zero bytes")
    for chain in _chains(text):
        _note(chain, path, code, found)
    return reader.size <= MAX_SOURCE


def _chains(text: str) -> Iterator[tuple[str, ...]]:
    """Names joined by dots; one that continues an expression, as `f(x).save`, begins with an empty name."""
    parts: list[str] = []
    dot = False
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "skip":
            continue
        if kind == "name" and dot:
            parts.append(token[0])
            dot = False
            continue
        if kind == "other" and token[0] == "." and not dot:
            parts, dot = parts or [""], True
            continue
        if parts:
            yield tuple(parts)
        parts, dot = ([token[0]] if kind == "name" else []), False
    if parts:
        yield tuple(parts)


def _note(chain: tuple[str, ...], path: str, code: ScriptCode, found: AnomalyList) -> None:
    root = chain[0]
    if root in _KEYWORDS:
        found.add(FILE_RULE, f"{quoted(path)} calls {root}")
        return
    if root not in {"torch", "ops"}:
        return
    if len(chain) < (2 if root == "torch" else 3):
        found.add(CUSTOM_RULE, f"{quoted(path)} uses {root} under another name")
        return
    if chain[:2] == ("torch", "jit") or chain[:2] == ("torch", "classes"):
        return
    space, name = ("aten", chain[1]) if root == "torch" else (chain[1], chain[2])
    if len(code.uses) < MAX_KINDS or (space, name) in code.uses:
        code.uses[space, name] = code.uses.get((space, name), 0) + 1
    if name in _DANGEROUS or space in _REMOTE_SPACES:
        found.add(FILE_RULE, f"{quoted(path)} uses the operator {quoted(f'{space}::{name}')}")
    elif space not in _PLAIN_SPACES | _KNOWN_SPACES:
        found.add(CUSTOM_RULE, f"{quoted(path)} uses the operator {quoted(f'{space}::{name}')}")
