"""Hostile pickles, as bytes put together opcode by opcode. Inert: nothing here is ever unpickled.

Every payload is `true` or prints a word. CASES name a rule of the stream; CALLABLES the callables that must
come out of the machine; both together are what a scanner must not miss.
"""

import base64
import struct
import zlib

P4 = b"\x80\x04"


def text(value: str) -> bytes:
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw if len(raw) < 256 else b"X" + struct.pack("<I", len(raw)) + raw


def raw(value: bytes) -> bytes:
    return (
        b"C" + bytes([len(value)]) + value
        if len(value) < 256
        else b"B" + struct.pack("<I", len(value)) + value
    )


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def stacked(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + b"(" + b"".join(arguments) + b"tR"


SYSTEM = named("os", "system")
TRUE = text("true")
EVIL = b"cos\nsystem\n(S'true'\ntR."
INNER = P4 + call(stacked("os", "system"), TRUE) + b"."
SOURCE = "import os; os.system('true')"
INSTANCE = named("collections", "Thing") + b")\x81"


def levels(depth: int, width: int) -> bytes:
    """Tuples of tuples that each stand `width` times in the next."""
    return (
        b"N"
        + b"".join(b"2" * (width - 1) + (b"\x86" if width == 2 else b"\x87") for _ in range(depth))
        + b"."
    )


def lists(depth: int, width: int) -> bytes:
    stream = b"]q\x00(" + b"K\x01" * width + b"e"
    for level in range(1, depth):
        stream += b"]q" + bytes([level]) + b"(" + (b"h" + bytes([level - 1])) * width + b"e"
    return b"(" + stream + b"t."


CALLABLES: dict[str, tuple[bytes, str]] = {
    "reduce": (EVIL, "os.system"),
    "reduce-binary": (P4 + call(SYSTEM, TRUE) + b".", "os.system"),
    "reduce-tuple1": (P4 + SYSTEM + TRUE + b"\x85R.", "os.system"),
    "stack-global": (INNER, "os.system"),
    "stack-global-without-proto": (INNER[2:], "os.system"),
    "stack-global-binunicode": (P4 + b"X\x02\0\0\0osX\x06\0\0\0system\x93" + TRUE + b"\x85R.", "os.system"),
    "stack-global-binunicode8": (
        P4 + b"\x8d" + struct.pack("<Q", 2) + b"os" + text("system") + b"\x93" + TRUE + b"\x85R.",
        "os.system",
    ),
    "stack-global-unicode-line": (P4 + b"Vos\nVsystem\n\x93" + TRUE + b"\x85R.", "os.system"),
    "stack-global-unicode-escapes": (P4 + b"V\\u006fs\nVsys\\u0074em\n\x93" + TRUE + b"\x85R.", "os.system"),
    "stack-global-string": (P4 + b"S'os'\nS'system'\n\x93" + TRUE + b"\x85R.", "os.system"),
    "stack-global-string-escapes": (P4 + b"S'\\x6fs'\nS'\\163ystem'\n\x93" + TRUE + b"\x85R.", "os.system"),
    "stack-global-binstring": (P4 + b"U\x02osT\x06\0\0\0system\x93" + TRUE + b"\x85R.", "os.system"),
    "stack-global-from-memo": (
        P4 + text("system") + b"\x94" + text("os") + b"\x940" + b"0h\x01h\x00\x93" + TRUE + b"\x85R.",
        "os.system",
    ),
    "stack-global-from-far-memo": (
        P4 + text("system") + b"r\xff\0\0\x000" + text("os") + b"j\xff\0\0\0\x93" + TRUE + b"\x85R.",
        "os.system",
    ),
    "stack-global-memo-overwritten": (
        P4
        + text("join")
        + b"q\x000"
        + text("system")
        + b"q\x000"
        + text("os")
        + b"h\x00\x93"
        + TRUE
        + b"\x85R.",
        "os.system",
    ),
    "stack-global-text-memo": (
        P4 + text("system") + b"p7\n0" + text("os") + b"g7\n\x93" + TRUE + b"\x85R.",
        "os.system",
    ),
    "stack-global-dup": (P4 + text("pty") + b"2\x93.", "pty.pty"),
    "stack-global-popped-between": (
        P4 + text("os") + b"N0" + b"(K\x01K\x021" + text("system") + b"\x93" + TRUE + b"\x85R.",
        "os.system",
    ),
    "inst": (b"(S'true'\nios\nsystem\n.", "os.system"),
    "inst-without-arguments": (b"(ios\nabort\n.", "os.abort"),
    "obj": (b"(" + SYSTEM + b"S'true'\no.", "os.system"),
    "obj-binary": (P4 + b"(" + stacked("os", "system") + TRUE + b"o.", "os.system"),
    "newobj": (P4 + stacked("subprocess", "Popen") + TRUE + b"\x85\x81.", "subprocess.Popen.__new__"),
    "newobj-ex": (
        P4 + stacked("subprocess", "Popen") + TRUE + b"\x85}" + text("shell") + b"\x88s\x92.",
        "subprocess.Popen.__new__",
    ),
    "build": (P4 + INSTANCE + b"}" + text("a") + TRUE + b"sb.", "collections.Thing"),
    "nt-system": (named("nt", "system") + TRUE + b"\x85R.", "nt.system"),
    "posix-system": (named("posix", "system") + TRUE + b"\x85R.", "posix.system"),
    "builtin-eval": (P4 + call(stacked("builtins", "eval"), text("1+1")) + b".", "builtins.eval"),
    "python2-builtin": (b"c__builtin__\neval\n(S'1+1'\ntR.", "__builtin__.eval"),
    "getattr-then-call": (
        P4 + call(stacked("builtins", "getattr"), stacked("os", "path"), text("join")) + b")R.",
        "os.path.join",
    ),
    "getattr-chain": (
        P4
        + call(
            stacked("builtins", "getattr"),
            call(stacked("builtins", "getattr"), stacked("torch", "serialization"), text("os")),
            text("system"),
        )
        + TRUE
        + b"\x85R.",
        "torch.serialization.os.system",
    ),
    "import-then-call": (
        P4 + call(stacked("importlib", "import_module"), text("os")) + b")R.",
        "importlib.import_module()",
    ),
    "call-of-a-call": (
        P4 + call(stacked("operator", "attrgetter"), text("system")) + stacked("os", "path") + b"\x85R.",
        "operator.attrgetter()",
    ),
    "dotted-name": (
        P4 + stacked("numpy", "testing._private.utils.runstring") + TRUE + b"\x85R.",
        "numpy.testing._private.utils.runstring",
    ),
    "before-an-error": (P4 + call(stacked("os", "system"), TRUE) + b"\xff.", "os.system"),
    "before-a-missing-stop": (P4 + call(stacked("os", "system"), TRUE), "os.system"),
    "before-an-underflow": (P4 + call(stacked("os", "system"), TRUE) + b"0000000.", "os.system"),
    "before-a-lost-memo": (P4 + call(stacked("os", "system"), TRUE) + b"h\x63.", "os.system"),
    "before-a-long-literal": (P4 + call(stacked("os", "system"), TRUE) + b"X\xff\xff\0\0abc", "os.system"),
    "before-a-bad-number": (P4 + call(stacked("os", "system"), TRUE) + b"Ixyz\n.", "os.system"),
    "before-bad-utf8": (P4 + call(stacked("os", "system"), TRUE) + b"\x8c\x02\xff\xfe.", "os.system"),
    "after-pop": (P4 + call(stacked("os", "system"), TRUE) + b"0}.", "os.system"),
    "second-stream": (P4 + b"}." + INNER, "os.system"),
    "second-stream-of-old-protocol": (P4 + b"}." + EVIL, "os.system"),
    "third-stream-after-data": (P4 + b"K\x01." + b"N." + EVIL, "os.system"),
    "set-item-on-module": (P4 + stacked("sys", "modules") + text("os") + TRUE + b"s.", "sys.modules"),
    "set-items-on-module": (P4 + stacked("sys", "modules") + b"(" + text("os") + TRUE + b"u.", "sys.modules"),
    "append-to-path": (P4 + stacked("sys", "path") + TRUE + b"a.", "sys.path"),
    "appends-to-path": (P4 + stacked("sys", "path") + b"(" + TRUE + b"e.", "sys.path"),
    "additems-to-global": (P4 + stacked("sys", "builtins") + b"(" + TRUE + b"\x90.", "sys.builtins"),
    "set-item-on-tensor": (
        P4 + call(stacked("torch._utils", "_rebuild_tensor_v2"), b"K\x00") + b"K\x00K\x01s.",
        "torch._utils._rebuild_tensor_v2",
    ),
    "build-on-class": (
        P4 + stacked("collections", "OrderedDict") + b"}" + text("a") + b"Nsb.",
        "collections.OrderedDict",
    ),
    "extension-registered": (
        P4
        + call(stacked("copyreg", "add_extension"), text("os"), text("system"), b"K\x05")
        + b"0\x82\x05"
        + TRUE
        + b"\x85R.",
        "os.system",
    ),
    "frame-too-long": (P4 + b"\x95" + struct.pack("<Q", 10_000) + INNER[2:], "os.system"),
    "frame-too-short": (P4 + b"\x95" + struct.pack("<Q", 3) + INNER[2:], "os.system"),
    "two-protos": (P4 + b"\x80\x02" + INNER[2:], "os.system"),
    "carriage-returns": (b"cos\r\nsystem\r\n(S'true'\r\ntR.", "os.system"),
    "hidden-by-volume": (
        P4
        + b"".join(call(stacked("os", "getenv"), text(f"v{n}")) + b"0" for n in range(2000))
        + call(stacked("os", "system"), TRUE)
        + b".",
        "os.system",
    ),
    "after-much-data": (P4 + b"](" + b"K\x01" * 400_000 + b"e0" + INNER[2:], "os.system"),
    "after-much-memo": (
        P4
        + b"]("
        + b"".join(text(f"{n:06}") + b"\x94" for n in range(180_000))
        + b"e0"
        + text("os")
        + b"\x94"
        + text("system")
        + b"\x940"
        + b"0"
        + b"j"
        + struct.pack("<I", 180_000)
        + b"j"
        + struct.pack("<I", 180_001)
        + b"\x93"
        + TRUE
        + b"\x85R.",
        "os.system",
    ),
    "behind-a-long-literal": (
        P4 + b"B" + struct.pack("<I", 700_000) + bytes(700_000) + b"0" + INNER[2:],
        "os.system",
    ),
    "names-across-a-window": (P4 + b"C\x05hello0" * 37_448 + INNER[2:], "os.system"),
}
"""Name → the file, and a callable that must be listed."""


def array(elements: int, data: bytes) -> bytes:
    """A numpy array of float32 that says it has so many elements."""
    dtype = call(stacked("numpy", "dtype"), text("f4"), b"\x89", b"\x88")
    made = call(
        stacked("numpy.core.multiarray", "_reconstruct"), stacked("numpy", "ndarray"), b"K\0\x85", raw(b"b")
    )
    return made + b"(K\x01K" + bytes([elements]) + b"\x85" + dtype + b"\x89" + raw(data) + b"tb"


CASES: dict[str, tuple[bytes, str]] = {
    "array-larger-than-its-bytes": (P4 + array(100, bytes(8)) + b".", "WGH-PK025"),
    "array-smaller-than-its-bytes": (P4 + array(1, bytes(8)) + b".", "WGH-PK025"),
    "no-stop": (P4 + b"K\x01", "WGH-PK001"),
    "ends-inside-a-line": (b"cos\nsys", "WGH-PK001"),
    "ends-inside-an-opcode": (P4 + b"J\x01", "WGH-PK001"),
    "no-opcode": (P4 + b"K\x01\xfe.", "WGH-PK002"),
    "stop-on-nothing": (P4 + b".", "WGH-PK003"),
    "reduce-on-nothing": (P4 + b"R.", "WGH-PK003"),
    "tuple-without-mark": (P4 + b"t.", "WGH-PK003"),
    "odd-dict": (P4 + b"}(K\x01u.", "WGH-PK003"),
    "call-of-a-number": (P4 + b"K\x01)R.", "WGH-PK003"),
    "call-of-a-list": (P4 + b"])R.", "WGH-PK003"),
    "items-into-a-number": (P4 + stacked("a", "B") + b"0K\x01(K\x01e.", "WGH-PK003"),
    "memo-never-made": (P4 + b"h\x05.", "WGH-PK004"),
    "memo-never-made-text": (b"g5\n.", "WGH-PK004"),
    "literal-of-2-to-the-60": (P4 + b"\x8e" + struct.pack("<Q", 2**60) + b"abc.", "WGH-PK005"),
    "text-of-2-to-the-63": (P4 + b"\x8d" + struct.pack("<Q", 2**63) + b"abc.", "WGH-PK005"),
    "bytearray-of-2-to-the-50": (P4 + b"\x96" + struct.pack("<Q", 2**50) + b"abc.", "WGH-PK005"),
    "frame-of-2-to-the-60": (P4 + b"\x95" + struct.pack("<Q", 2**60) + b"N.", "WGH-PK005"),
    "negative-string": (P4 + b"T\xff\xff\xff\xff.", "WGH-PK005"),
    "literal-beyond-file": (P4 + b"B\xff\xff\0\0abc.", "WGH-PK006"),
    "integer-beyond-file": (P4 + b"\x8b\xff\xff\0\0abc.", "WGH-PK006"),
    "integer-of-negative-size": (P4 + b"\x8b\xff\xff\xff\xffabc.", "WGH-PK006"),
    "text-not-utf8": (P4 + b"\x8c\x02\xff\xfe.", "WGH-PK007"),
    "memo-number-huge": (P4 + b"Nr\xff\xff\xff\x7f.", "WGH-PK008"),
    "float-none": (b"Fxyz\n.", "WGH-PK009"),
    "string-without-quotes": (b"Sabc\n.", "WGH-PK009"),
    "string-half-quoted": (b"S'abc\n.", "WGH-PK009"),
    "name-with-carriage-return": (b"cos\r\nsystem\r\n(S'true'\ntR.", "WGH-PK010"),
    "name-with-spaces": (b"c os\nsystem\n(S'true'\ntR.", "WGH-PK010"),
    "name-not-utf8": (b"cos\nsys\xfftem\n.", "WGH-PK010"),
    "protocol-9": (b"\x80\x09N.", "WGH-PK011"),
    "source-to-a-call": (P4 + call(stacked("thing", "Thing"), text(SOURCE)) + b".", "WGH-PK012"),
    "long-source-to-a-call": (
        P4 + call(stacked("thing", "Thing"), text("#" * 400 + "\n" + SOURCE)) + b".",
        "WGH-PK012",
    ),
    "source-as-bytes-to-a-call": (
        P4 + call(stacked("thing", "Thing"), raw(SOURCE.encode())) + b".",
        "WGH-PK012",
    ),
    "state-sets-setstate": (
        P4 + INSTANCE + b"}" + text("__setstate__") + SYSTEM + b"sb" + TRUE + b"b.",
        "WGH-PK013",
    ),
    "state-sets-class": (P4 + INSTANCE + b"N}" + text("__class__") + SYSTEM + b"s\x86b.", "WGH-PK013"),
    "state-sets-reduce": (P4 + INSTANCE + b"}(" + text("__reduce_ex__") + SYSTEM + b"ub.", "WGH-PK013"),
    "state-of-a-global": (
        P4 + stacked("collections", "OrderedDict") + b"}" + text("a") + b"Nsb.",
        "WGH-PK014",
    ),
    "item-of-a-global": (P4 + stacked("sys", "modules") + text("os") + b"Ns.", "WGH-PK014"),
    "append-to-a-global": (P4 + stacked("sys", "path") + TRUE + b"a.", "WGH-PK014"),
    "extension-1": (P4 + b"\x82\x01)R.", "WGH-PK015"),
    "extension-2": (P4 + b"\x83\x01\x01)R.", "WGH-PK015"),
    "extension-4": (P4 + b"\x84\x01\0\0\x01)R.", "WGH-PK015"),
    "laughs-tuples": (P4 + levels(60, 2), "WGH-PK016"),
    "laughs-wide-tuples": (P4 + levels(40, 3), "WGH-PK016"),
    "laughs-lists": (P4 + lists(16, 10), "WGH-PK016"),
    "laughs-not-so-loud": (P4 + lists(11, 10), "WGH-PK019"),
    "digits": (b"I" + b"9" * 5000 + b"\n.", "WGH-PK017"),
    "long-digits": (b"L" + b"9" * 5000 + b"L\n.", "WGH-PK017"),
    "frame-leaves-the-file": (P4 + b"\x95" + struct.pack("<Q", 999) + b"N.", "WGH-PK018"),
    "frame-in-a-frame": (
        P4 + b"\x95" + struct.pack("<Q", 12) + b"\x95" + struct.pack("<Q", 2) + b"N.",
        "WGH-PK018",
    ),
    "dotted-name-in-protocol-2": (b"\x80\x02cos\npath.join\n.", "WGH-PK020"),
    "proto-twice": (P4 + b"\x80\x04N.", "WGH-PK021"),
    "name-computed": (
        P4 + text("os") + call(stacked("str", "lower"), text("SYSTEM")) + b"\x93.",
        "WGH-PK022",
    ),
    "name-a-number": (P4 + text("os") + b"K\x01\x93.", "WGH-PK022"),
    "persistent-text": (b"Pexample\n.", "WGH-PK023"),
    "persistent-tuple": (P4 + text("x") + b"\x85Q.", "WGH-PK023"),
    "buffer-from-outside": (b"\x80\x05\x97.", "WGH-PK024"),
    "trailing-bytes": (P4 + b"N." + b"\xfe" * 40, "WGH-PK026"),
    "trailing-zip": (P4 + b"N." + b"PK\x03\x04" + bytes(40), "WGH-PK026"),
    "compiled-code": (P4 + raw(b"\xe3" + bytes(16) + b"\x02\0\0\0@\0\0\0") + b".", "WGH-PK027"),
    "compiled-code-in-base64": (
        P4 + raw(base64.b64encode(b"\xe3" + bytes(16) + b"\x02\0\0\0@\0\0\0")) + b".",
        "WGH-PK027",
    ),
    "source-in-base64": (P4 + text(base64.b64encode(SOURCE.encode()).decode()) + b".", "WGH-PK028"),
    "source-in-hex": (P4 + text(SOURCE.encode().hex()) + b".", "WGH-PK028"),
}
"""Name → the file, and the rule that must fire."""

NESTED: dict[str, bytes] = {
    "bytes": P4 + raw(INNER) + b".",
    "text": P4 + text(EVIL.decode()) + b".",
    "bytearray": b"\x80\x05\x96" + struct.pack("<Q", len(INNER)) + INNER + b".",
    "string": b"U" + bytes([len(INNER)]) + INNER + b".",
    "string-line": b"S" + repr(INNER)[1:].encode() + b"\n.",
    "unicode-line": b"V" + EVIL.decode().encode("unicode_escape").replace(b"\\n", b"\\u000a") + b"\n.",
    "base64": P4 + raw(base64.b64encode(INNER)) + b".",
    "base64-text": P4 + text(base64.b64encode(INNER).decode()) + b".",
    "hex": P4 + text(INNER.hex()) + b".",
    "twice": P4 + raw(P4 + raw(INNER) + b".") + b".",
    "in-a-harmless-call": P4 + call(stacked("collections", "OrderedDict"), b"(" + raw(INNER) + b"l") + b".",
    "long": P4 + raw(P4 + raw(bytes(100_000)) + b"0" + INNER[2:]) + b".",
}
"""Files that hold a pickle which calls `os.system`, in one of their literals."""

SOUND: dict[str, bytes] = {
    "nothing": b"N.",
    "numbers": P4 + b"](K\x01M\x01\x02J\xff\xff\xff\xffG" + struct.pack(">d", 1.5) + b"e.",
    "old-protocol": b"(dp0\nS'a'\np1\nI1\nsS'b'\np2\n(lp3\nF2.5\naI01\naNas.",
    "ordered": P4 + stacked("collections", "OrderedDict") + b")R(" + text("a") + b"K\x01u.",
    "array": P4 + array(2, bytes(8)) + b".",
    "two-streams": b"N." + P4 + b"}.",
    "zero-bytes-after": P4 + b"}." + bytes(64),
}
"""Files that break no rule."""

COMPRESSED: dict[str, bytes] = {"zlib": P4 + raw(zlib.compress(INNER)) + b"."}
"""The same, compressed."""


WIDE = b"h\x01(" + b"h\0" * 60 + b"tR0"
"""A call that is given the same wide value sixty times."""


def flooded(flood: str, payload: str) -> bytes:
    """A payload behind more than any reader follows; made when asked for, since it is large."""
    return P4 + _FLOODS[flood]() + _PAYLOADS[payload] + b"."


_FLOODS = {
    "names": lambda: b"".join(b"cm%d\nf\n0" % n for n in range(101_000)),
    "values": lambda: b"N" * 4_300_000,
    "line": lambda: b"V" + b"x" * 6_000_000 + b"\n0",
    "two-streams": lambda: b"N" * 4_300_000 + b"." + P4,
    "work": lambda: b"(" + (b"(" + b"K\x01" * 15 + b"l") * 15 + b"tq\0cA\nf\nq\x010" + WIDE * 700,
}
_PAYLOADS = {
    "stacked": call(stacked("os", "system"), TRUE),
    "named": SYSTEM + TRUE + b"\x85R",
    "inst": b"(S'true'\nios\nsystem\n",
    "memo": text("os")
    + b"r\xff\xff\xff\x00"
    + b"0"
    + b"j\xff\xff\xff\x00"
    + text("system")
    + b"\x93"
    + TRUE
    + b"\x85R",
    "new": stacked("subprocess", "Popen") + TRUE + b"\x85\x81",
}
FLOODED = [
    ("names", "stacked"),
    ("values", "memo"),
    ("line", "inst"),
    ("two-streams", "new"),
    ("work", "named"),
]
