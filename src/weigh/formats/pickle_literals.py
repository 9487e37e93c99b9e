"""Literals inside a stream that are more than data: files, compressed or encoded ones, and source code.

A payload can hide in a literal that an innocent-looking call then loads. What looks like a file is read as
one; text that looks like source is a finding where a call is given it.
"""

import binascii
import re
import zlib
from collections.abc import Iterator

SHORTEST = 16
"""Bytes of a literal that is looked at; a working payload needs more."""
MOST_DECODED = 4 * 1024**2
"""Bytes of one encoded literal that are decoded to be looked at."""

FIRST = frozenset(
    b"\x80\x1f\x78\xe3\x63\x04\xfdPB7c(i]}gHeUQ01578IXa)\x8c\x8d\x94\x28\x50\x93\x7f\x89NLMZKVf46ZY \n"
)
"""Bytes that something worth a look begins with; most literals are passed over by this alone."""

_FILES: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("pickle", re.compile(rb"\x80[\x00-\x05][\x00-\xff]")),
    ("pickle", re.compile(rb"[(\]})]{0,8}[ci][A-Za-z_][\w.]{0,80}\r?\n[A-Za-z_][\w.]{0,80}\r?\n")),
    (
        "pickle",
        re.compile(rb"[(\]})]{0,8}(?:\x8c[\x01-\x60]|X[\x01-\x60]\0\0\0)[A-Za-z_][\w.]{1,95}[\x94\x8cqX]"),
    ),
    ("pickle", re.compile(rb"\((?:lp|dp|[STVUX])[^\n]{0,200}\n")),
    ("zip", re.compile(rb"PK\x03\x04")),
    ("zip", re.compile(rb"PK\x05\x06")),
    ("gzip", re.compile(rb"\x1f\x8b\x08")),
    ("zlib", re.compile(rb"\x78[\x01\x5e\x9c\xda]")),
    ("bzip2", re.compile(rb"BZh[1-9]1AY&SY")),
    ("xz", re.compile(rb"\xfd7zXZ\0")),
    ("7z", re.compile(rb"7z\xbc\xaf\x27\x1c")),
    ("npy", re.compile(rb"\x93NUMPY")),
    ("executable", re.compile(rb"\x7fELF[\x01\x02][\x01\x02]|MZ[\x00-\xff]{2}[\x00-\x20]\0")),
    ("marshal", re.compile(rb"[\xe3\x63]\0\0\0\0[\0-\x20]\0\0\0[\0-\x40]\0\0\0")),
)
_MODES: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    # base64 of: \x80 2-5, gzip, zlib, PK, "import", "exec", "eval", "__", "cos\n", "c__b", "cpos", "cbui"
    (
        "base64",
        re.compile(
            rb"\s*(?:gA[I-V]|H4sI|eJ[wxy]|eN[oqrp]|UEsD|aW1wb3J0|ZXhlYy|ZXZhbC|X19|Y29zC|Y19f|Y3Bvc|Y2J1a|f0VMR"
            rb"|4wAAAA)"
            rb"[A-Za-z0-9+/=_\-\s]{12}"
        ),
    ),
    (
        "hex",
        re.compile(
            rb"(?i)(?:800[2-5]|1f8b08|789c|504b0304|696d706f7274|65786563|636f730a|635f5f62|e3000000)[0-9a-f]{24}"
        ),
    ),
)

SOURCE_MARKS = (
    b"__import__", b"import os", b"import sub", b"import soc", b"exec(", b"eval(", b"compile(", b"os.system",
    b"os.popen", b"subprocess", b"b64decode", b"/bin/", b"import base64",
    b"pickle.load", b"urlopen", b"requests.", b"import urllib", b"import pty", b"powershell", b"pty.spawn",
    b"socket.", b"shutil.", b"ctypes.", b"urlretrieve", b"os.unlink", b"os.remove", b"os.spawn", b"os.exec",
    b"os.dup2", b"os.putenv", b"sh -i", b"sh -c", b"marshal.load",
    b"__subclasses__", b"__builtins__", b"cmd.exe", b"/dev/tcp",
)  # fmt: skip
"""A window without any of these holds no source worth a look: they are sought at the speed of memory."""
_SOURCE = re.compile(
    r"__import__\s*\(|\bexec\s*\(|\beval\s*\(\s*(?:compile|__|base64|b64|open|input|bytes|zlib|marshal|request)"
    r"|\bos\s*\.\s*(?:system|popen|exec[lv]p?e?|spawn\w*|dup2|unlink|remove|putenv)\s*\("
    r"|\bsubprocess\s*\.\s*\w+\s*\(|\bpty\.spawn\s*\(|\bsocket\.socket\s*\(|\bmarshal\.loads?\s*\("
    r"|\bpickle\.loads?\s*\(|\bb64decode\s*\(|\burlopen\s*\(|\brequests\.(?:get|post)\s*\(|\burlretrieve\s*\("
    r"|\bctypes\.(?:CDLL|cdll|windll|WinDLL)|__subclasses__\s*\(|/dev/tcp/|\b(?:ba)?sh\s+-[ic]\b|\bpowershell(?:\.exe)?\s+-"
    r"|\bcmd(?:\.exe)?\s+/c\b|\bshutil\.(?:rmtree|move|copy\w*)\s*\("
)


def looks_like_file(head: bytes) -> str:
    """What kind of file a literal begins like, "" for plain data.

    Args:
        head: its first bytes, 256 are enough.
    """
    for name, pattern in (*_FILES, *_MODES):
        if pattern.match(head):
            return name
    return ""


def looks_like_source(text: str) -> str:
    """The first piece of text that is Python or shell that acts, "" where there is none."""
    found = _SOURCE.search(text)
    return found.group() if found else ""


def decoded(data: bytes, looks_like: str) -> Iterator[bytes]:
    """The bytes that an encoded or compressed literal stands for, in pieces; nothing where it is broken."""
    try:
        match looks_like:
            case "base64":
                text = re.sub(rb"[^A-Za-z0-9+/_\-]", b"", data[:MOST_DECODED]).translate(_URL_SAFE)
                yield binascii.a2b_base64(text[: len(text) // 4 * 4] + _rest(text))
            case "hex":
                digits = re.match(rb"(?i)(?:[0-9a-f]{2})*", data[:MOST_DECODED])
                yield binascii.a2b_hex(digits.group() if digits else b"")
            case "zlib":
                unpack = zlib.decompressobj()
                yield unpack.decompress(data, MOST_DECODED)
    except (binascii.Error, zlib.error):
        return


_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def _rest(text: bytes) -> bytes:
    tail = text[len(text) // 4 * 4 :]
    return tail + b"=" * (-len(tail) % 4) if len(tail) > 1 else b""
