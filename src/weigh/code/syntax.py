"""Python source to a syntax tree: bounded, and never compiled, let alone run."""

import io
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

MAX_SOURCE = 1024 * 1024
"""Characters of source that are parsed."""
MAX_TOKENS = 140_000
"""Words, signs and lines of source that are parsed: each takes up to a kilobyte of memory in the tree."""
MAX_TREE_DEPTH = 90
"""Statements and expressions inside one another that are followed; bounds our own recursion."""
MAX_BRACKETS = 150
"""Open brackets at any place; CPython's tokenizer stops at 200."""

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_TOKEN = re.compile(r"\w+|[^\w\s]|\n")
_TRANSFORMING = frozenset(
    [
        "utf-7",
        "unicode-escape",
        "raw-unicode-escape",
        "rot13",
        "rot-13",
        "hex",
        "base64",
        "bz2",
        "zlib",
        "uu",
        "quopri",
        "punycode",
        "idna",
        "mbcs",
        "undefined",
    ]
)
"""Encodings under which the bytes a reader sees are not the code that runs."""
_CHARSETS = re.compile(
    r"utf-?8(-sig)?|utf-(16|32)(-[lb]e)?|(us-)?ascii|latin-?\d*|iso-?(ir-)?\d*-?8859-?\d*|cp\d{3,5}|windows-\d{3,5}|koi8-[rut]"
    r"|gb(k|2312|18030)|big5(hkscs)?|(shift-?jis|sjis|s-jis)(-2004|x0213)?|euc-?(jp|kr|cn|tw)|mac-?\w*|hz|iso2022-?\w*|johab|tis-620"
)
"""Encodings that only say which letters the bytes are."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A source as far as it could be parsed.

    Attributes:
        tree: None where it could not be.
        text: as far as it could be decoded.
        trouble: why there is no tree.
        hidden: its encoding hides the code from whoever reads the file.
    """

    tree: "ast.Module | None"
    text: str
    trouble: str = ""
    hidden: bool = False


def parse_source(data: bytes) -> Parsed:
    """The syntax tree of a source file. Never raises for what it holds."""
    encoding = declared_encoding(data)
    if encoding in _TRANSFORMING:
        shown = _transformed(data[: 2 * MAX_SOURCE], encoding)
        return replace(parse_text(shown), trouble=f"it declares the encoding {encoding!a}", hidden=True)
    if not _CHARSETS.fullmatch(encoding):
        return Parsed(None, data.decode("latin-1"), f"it declares the encoding {encoding[:40]!a}")
    name = "utf-8-sig" if encoding.startswith(("utf", "us-", "ascii")) else encoding
    try:
        text = data.decode(name)
    except (UnicodeDecodeError, LookupError) as error:
        place = f"byte {error.start}" if isinstance(error, UnicodeDecodeError) else "the file"
        return replace(parse_text(data.decode("latin-1")), trouble=f"{place} is no {encoding}")
    return parse_text(text)


def _transformed(data: bytes, encoding: str) -> str:
    """The code under an encoding that hides it, as far as it is one that is undone here."""
    if encoding in {"utf-7", "unicode-escape", "raw-unicode-escape"}:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return data.decode(encoding, "replace")
    if encoding in {"rot13", "rot-13"}:
        import codecs

        return codecs.decode(data.decode("latin-1"), "rot13")
    return data.decode("latin-1")


def parse_text(text: str) -> Parsed:
    """The syntax tree of decoded source."""
    import ast
    import warnings

    if len(text) > MAX_SOURCE:
        return Parsed(None, text, f"it has {len(text)} characters, at most {MAX_SOURCE} are parsed")
    if "\0" in text:
        return replace(parse_text(text[: text.index("\0")]), text=text, trouble="it holds zero bytes")
    if sum(1 for _ in _TOKEN.finditer(text)) > MAX_TOKENS:
        return Parsed(None, text, f"it has more than {MAX_TOKENS} words and signs")
    if _too_many_brackets(text):
        return Parsed(None, text, f"more than {MAX_BRACKETS} brackets are open at once")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Parsed(ast.parse(text), text)
    except SyntaxError as error:
        return Parsed(None, text, f"it is not Python this version reads: {error.msg} in line {error.lineno}")
    except (RecursionError, MemoryError, ValueError, OverflowError) as error:
        return Parsed(None, text, f"it cannot be parsed: {type(error).__name__}")


def declared_encoding(data: bytes) -> str:
    """The encoding a source declares in its first two lines (PEP 263), `utf-8` where it declares none."""
    lines = io.BytesIO(data[:2048]).readlines()[:2]
    for line in lines:
        found = _COOKIE.match(line)
        if found:
            return found[1].decode("ascii").lower().replace("_", "-")
        if line.strip() and not line.lstrip().startswith(b"#"):
            break
    return "utf-8"


def _too_many_brackets(text: str) -> bool:
    """A bound that holds whatever the tokenizer does; brackets in strings count too, so it is generous."""
    depth = 0
    for found in re.finditer(r"[\[({\])}]", text):
        depth = depth + 1 if found[0] in "[({" else max(0, depth - 1)
        if depth > MAX_BRACKETS * 20:
            return True
    return False
