"""Hostile GGUF files, one for each rule and way, and sound ones of every version and byte order. Inert."""

import struct
from collections.abc import Iterable

U8, I8, U16, I16, U32, I32, F32, BOOL, TEXT, LIST, U64, I64, F64 = range(13)
FORMS = {
    U8: "B",
    I8: "b",
    U16: "H",
    I16: "h",
    U32: "I",
    I32: "i",
    F32: "f",
    BOOL: "?",
    U64: "Q",
    I64: "q",
    F64: "d",
}
CHAT = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}{% endfor %}"
ESCAPE = "{{ cycler.__init__.__globals__.os.popen('true').read() }}"


class Maker:
    """Writes a header in one version and byte order."""

    def __init__(self, version: int = 3, *, big: bool = False) -> None:
        self.version, self.order = version, ">" if big else "<"
        self.count = self.order + ("I" if version == 1 else "Q")

    def pack(self, form: str, *values: float) -> bytes:
        return struct.pack(self.order + form, *values)

    def length(self, value: int) -> bytes:
        return struct.pack(self.count, value)

    def text(self, value: str | bytes) -> bytes:
        data = value.encode() if isinstance(value, str) else value
        return self.length(len(data)) + data

    def value(self, kind: int, value: object) -> bytes:
        if kind == TEXT:
            return self.text(value)
        if kind == LIST:
            inner, items = value
            return (
                self.pack("I", inner)
                + self.length(len(items))
                + b"".join(self.value(inner, i) for i in items)
            )
        return self.pack(FORMS[kind], value)

    def pair(self, key: str, kind: int, value: object) -> bytes:
        return self.text(key) + self.pack("I", kind) + self.value(kind, value)

    def entry(self, name: str | bytes, dims: Iterable[int], kind: int, offset: int) -> bytes:
        sizes = list(dims)
        form = "I" if self.version == 1 else "Q"
        return (
            self.text(name)
            + self.pack("I", len(sizes))
            + b"".join(self.pack(form, d) for d in sizes)
            + self.pack("I", kind)
            + self.pack("Q", offset)
        )

    def file(
        self,
        pairs: Iterable[bytes] = (),
        entries: Iterable[bytes] = (),
        data: bytes = b"",
        *,
        n_pairs: int | None = None,
        n_entries: int | None = None,
        alignment: int = 32,
    ) -> bytes:
        pairs, entries = list(pairs), list(entries)
        head = b"GGUF" + self.pack("I", self.version)
        head += self.length(len(entries) if n_entries is None else n_entries)
        head += self.length(len(pairs) if n_pairs is None else n_pairs)
        head += b"".join(pairs) + b"".join(entries)
        return head + bytes(-len(head) % alignment) + data if entries or data else head


M = Maker()
ARCH = M.pair("general.architecture", TEXT, "llama")


def one(
    dims: Iterable[int] = (8, 1),
    kind: int = 0,
    offset: int = 0,
    data: bytes = bytes(32),
    name: str | bytes = "w",
) -> bytes:
    return M.file([ARCH], [M.entry(name, dims, kind, offset)], data)


def template(text: str, key: str = "tokenizer.chat_template") -> bytes:
    return M.file([ARCH, M.pair(key, TEXT, text)])


def sound(maker: Maker) -> bytes:
    pairs = [
        maker.pair("general.architecture", TEXT, "llama"),
        maker.pair("general.license", TEXT, "mit"),
        maker.pair("a.u8", U8, 1),
        maker.pair("a.i8", I8, -1),
        maker.pair("a.u16", U16, 1),
        maker.pair("a.i16", I16, -1),
        maker.pair("a.u32", U32, 1),
        maker.pair("a.i32", I32, -1),
        maker.pair("a.f32", F32, float("nan")),
        maker.pair("a.bool", BOOL, True),
        maker.pair("a.u64", U64, 2**64 - 1),
        maker.pair("a.i64", I64, -1),
        maker.pair("a.f64", F64, 0.5),
        maker.pair("a.list", LIST, (I32, range(100))),
        maker.pair("a.lists", LIST, (LIST, [(U8, [1]), (TEXT, ["x"])])),
        maker.pair("tokenizer.ggml.tokens", LIST, (TEXT, [f"t{i}" for i in range(90)])),
        maker.pair("tokenizer.ggml.scores", LIST, (F32, [0.0] * 90)),
        maker.pair("tokenizer.chat_template", TEXT, CHAT),
    ]
    entries = [
        maker.entry("a", (3, 2), 0, 0),
        maker.entry("b", (32, 2), 2, 32),
        maker.entry("c", (256,), 12, 96),
        maker.entry("d", (5,), 1, 256),
    ]
    return maker.file(pairs, entries, bytes(256 + 10))


def nested_lists(depth: int) -> bytes:
    inner = M.pack("I", U8) + M.length(0)
    for _ in range(depth):
        inner = M.pack("I", LIST) + M.length(1) + inner
    return M.file([M.text("a") + M.pack("I", LIST) + inner])


SOUND: dict[str, bytes] = {
    **{f"v{v}{'-big' if b else ''}": sound(Maker(v, big=b)) for v in (1, 2, 3) for b in (False, True)},
    "nothing": M.file(),
    "vocabulary-only": M.file([M.pair("tokenizer.ggml.tokens", LIST, (TEXT, ["a", "b"]))]),
    "aligned-to-64": M.file(
        [M.pair("general.alignment", U32, 64)],
        [M.entry("a", (1,), 0, 0), M.entry("b", (1,), 0, 64)],
        bytes(68),
        alignment=64,
    ),
    "padded-end": one(data=bytes(64)),
    "scalar": one((), 0, 0, bytes(4)),
    "templates": M.file(
        [
            M.pair("tokenizer.chat_templates", LIST, (TEXT, ["tool_use"])),
            M.pair("tokenizer.chat_template.tool_use", TEXT, CHAT),
        ]
    ),
    "split": M.file([M.pair("split.no", U16, 0), M.pair("split.count", U16, 3)]),
}

CASES: dict[str, tuple[bytes, str]] = {
    "description-with-code": (template("import os; os.system('true')", "general.description"), "WGH-GG024"),
    "only-magic": (b"GGUF", "WGH-GG001"),
    "version-0": (b"GGUF" + bytes(20), "WGH-GG001"),
    "version-huge": (b"GGUF" + b"\xff\xff\x01\x02" + bytes(20), "WGH-GG001"),
    "pairs-of-2-to-the-63": (M.file([ARCH], n_pairs=2**63), "WGH-GG002"),
    "pairs-of-2-to-the-64": (M.file([ARCH], n_pairs=2**64 - 1), "WGH-GG002"),
    "pairs-of-2-to-the-32": (M.file([ARCH], n_pairs=2**32 - 1), "WGH-GG002"),
    "tensors-of-2-to-the-61": (M.file([ARCH], n_entries=2**61), "WGH-GG002"),
    "tensors-of-a-million": (M.file([ARCH], n_entries=10**6), "WGH-GG002"),
    "cut-after-counts": (sound(M)[:24], "WGH-GG003"),
    "cut-in-header": (sound(M)[:200], "WGH-GG003"),
    "one-pair-too-many": (M.file([ARCH], n_pairs=2), "WGH-GG003"),
    "key-of-2-to-the-64": (M.file([b"\xff" * 8 + b"a"]), "WGH-GG004"),
    "text-of-2-to-the-63": (M.file([M.text("a") + M.pack("IQ", TEXT, 2**63)]), "WGH-GG004"),
    "list-of-2-to-the-62": (M.file([M.text("a") + M.pack("IIQ", LIST, F64, 2**62)]), "WGH-GG004"),
    "list-of-texts-of-2-to-the-40": (M.file([M.text("a") + M.pack("IIQ", LIST, TEXT, 2**40)]), "WGH-GG004"),
    "text-in-list-huge": (
        M.file([M.text("a") + M.pack("IIQ", LIST, TEXT, 100) + M.length(2**60) + bytes(2000)]),
        "WGH-GG004",
    ),
    "value-type-255": (M.file([M.text("a") + M.pack("II", 255, 0)]), "WGH-GG005"),
    "list-of-type-255": (M.file([M.text("a") + M.pack("IIQ", LIST, 255, 1)]), "WGH-GG005"),
    "lists-in-lists": (nested_lists(5), "WGH-GG005"),
    "lists-very-deep": (nested_lists(5000), "WGH-GG005"),
    "key-twice": (M.file([ARCH, ARCH]), "WGH-GG006"),
    "template-twice": (
        M.file(
            [M.pair("tokenizer.chat_template", TEXT, CHAT), M.pair("tokenizer.chat_template", TEXT, ESCAPE)]
        ),
        "WGH-GG006",
    ),
    "key-too-long": (M.file([M.pair("a" * 70_000, U8, 1)]), "WGH-GG007"),
    "name-too-long": (one(name="n" * 300), "WGH-GG007"),
    **{
        f"alignment-{n}": (M.file([M.pair("general.alignment", U32, n)]), "WGH-GG008")
        for n in (0, 3, 33, 2**31)
    },
    "alignment-a-text": (M.file([M.pair("general.alignment", TEXT, "32")]), "WGH-GG008"),
    "five-dimensions": (one((1, 1, 1, 1, 8)), "WGH-GG009"),
    "dimensions-of-2-to-the-32": (
        M.file([ARCH], [M.text("w") + M.pack("I", 2**32 - 1) + bytes(64)]),
        "WGH-GG009",
    ),
    "elements-overflow": (one((2**32, 2**32)), "WGH-GG010"),
    "elements-overflow-to-small": (one((2**62, 4, 1, 2)), "WGH-GG010"),
    "size-negative": (one((2**63, 1)), "WGH-GG010"),
    "size-of-terabytes": (one((2**40, 1)), "WGH-GG010"),
    "cut-in-tensors": (sound(M)[:-20], "WGH-GG011"),
    "beyond-the-end": (one(offset=1024), "WGH-GG012"),
    "offset-of-2-to-the-63": (one(offset=2**63), "WGH-GG012"),
    "offset-wraps": (one(offset=2**64 - 32), "WGH-GG012"),
    "second-far-away": (
        M.file([ARCH], [M.entry("a", (8,), 0, 0), M.entry("b", (8,), 0, 10**9)], bytes(64)),
        "WGH-GG012",
    ),
    "overlap": (
        M.file([ARCH], [M.entry("a", (16,), 0, 0), M.entry("b", (8,), 0, 32)], bytes(64)),
        "WGH-GG013",
    ),
    "same-place": (
        M.file([ARCH], [M.entry("a", (8,), 0, 0), M.entry("b", (8,), 0, 0)], bytes(32)),
        "WGH-GG013",
    ),
    "misaligned": (one(offset=4, data=bytes(64)), "WGH-GG014"),
    "name-twice": (
        M.file([ARCH], [M.entry("a", (8,), 0, 0), M.entry("a", (8,), 0, 32)], bytes(64)),
        "WGH-GG015",
    ),
    "type-of-2-to-the-31": (one(kind=2**31), "WGH-GG016"),
    "type-negative": (one(kind=2**32 - 1), "WGH-GG016"),
    "half-a-block": (one((33,), 2), "WGH-GG017"),
    "no-elements": (one((0, 8)), "WGH-GG018"),
    "bytes-after": (one(data=bytes(32) + b"hidden" * 20), "WGH-GG019"),
    "gap": (M.file([ARCH], [M.entry("a", (8,), 0, 0), M.entry("b", (8,), 0, 96)], b"x" * 128), "WGH-GG019"),
    "program-after": (one(data=bytes(32) + b"\x7fELF" + bytes(90)), "WGH-GG020"),
    "pickle-in-gap": (
        M.file(
            [ARCH],
            [M.entry("a", (8,), 0, 0), M.entry("b", (8,), 0, 96)],
            bytes(32) + b"\x80\x04K\x01." + bytes(91),
        ),
        "WGH-GG020",
    ),
    "terminal-codes": (M.file([M.pair("general.name", TEXT, "\x1b[2Jclean")]), "WGH-GG021"),
    "control-in-key": (M.file([M.pair("general.\x07name", TEXT, "a")]), "WGH-GG021"),
    "scores-too-few": (
        M.file(
            [
                M.pair("tokenizer.ggml.tokens", LIST, (TEXT, ["a", "b", "c"])),
                M.pair("tokenizer.ggml.scores", LIST, (F32, [0.5])),
            ]
        ),
        "WGH-GG022",
    ),
    "part-beyond": (M.file([M.pair("split.no", U16, 3), M.pair("split.count", U16, 3)]), "WGH-GG023"),
    "template-escapes": (template(ESCAPE), "WGH-JT001"),
    "named-template-escapes": (template(ESCAPE, "tokenizer.chat_template.tool_use"), "WGH-JT001"),
    "template-in-list": (
        M.file([M.pair("tokenizer.chat_template", LIST, (TEXT, [CHAT, ESCAPE]))]),
        "WGH-JT001",
    ),
    "template-before-damage": (
        M.file([M.pair("tokenizer.chat_template", TEXT, ESCAPE)], n_pairs=9),
        "WGH-JT001",
    ),
    "template-too-long": (template("x" * (1 << 20) + "y"), "WGH-JT006"),
}
"""Name → the file and the rule it breaks."""

NAMES: dict[str, str] = {}
ERRORS = frozenset({"WGH-GG001", "WGH-GG003", "WGH-GG011", "WGH-GG014", "WGH-GG017"})
"""Rules that damage explains."""
REVIEWS = frozenset({"WGH-GG018", "WGH-GG019", "WGH-GG021", "WGH-GG023", "WGH-JT006"})
"""Rules a person has to look at."""
