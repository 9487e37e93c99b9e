"""Hostile ONNX files, one for each rule, written with a protobuf writer of ten lines. Inert."""

from collections.abc import Iterable


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def fields(number: int, values: Iterable[int | str | bytes]) -> bytes:
    return b"".join(field(number, value) for value in values)


def tensor(
    name: str, dims: Iterable[int], raw: bytes | None = None, *, kind: int = 1, extra: bytes = b""
) -> bytes:
    data = b"" if raw is None else field(9, raw)
    return fields(1, dims) + field(2, kind) + field(8, name) + data + extra


def external(name: str, pairs: dict[str, str], dims: Iterable[int] = (1,)) -> bytes:
    entries = fields(13, [field(1, key) + field(2, value) for key, value in pairs.items()])
    return tensor(name, dims, extra=entries + field(14, 1))


def node(kind: str, *, output: str = "y", domain: str = "", attributes: Iterable[bytes] = ()) -> bytes:
    named = field(7, domain) if domain else b""
    return field(1, "x") + field(2, output) + field(4, kind) + fields(5, attributes) + named


def attribute(name: str, *, t: bytes | None = None, g: bytes | None = None, extra: bytes = b"") -> bytes:
    value = (b"" if t is None else field(5, t)) + (b"" if g is None else field(6, g))
    return field(1, name) + value + extra


def graph(*, nodes: Iterable[bytes] = (), initializers: Iterable[bytes] = (), extra: bytes = b"") -> bytes:
    return fields(1, nodes) + field(2, "g") + fields(5, initializers) + extra


def model(content: bytes, *, extra: bytes = b"", ir: int = 8, opset: int = 17) -> bytes:
    operator_set = field(2, opset)
    return field(1, ir) + field(7, content) + field(8, operator_set) + extra


def nested(levels: int) -> bytes:
    content = graph()
    for _ in range(levels):
        content = graph(nodes=[node("If", attributes=[attribute("then_branch", g=content)])])
    return model(content)


ERRORS = frozenset({"WGH-O002", "WGH-O003", "WGH-O008"})
"""Rules that damage explains."""
REVIEWS = frozenset({"WGH-O004", "WGH-O006", "WGH-O010", "WGH-O016"})
"""Rules a person has to look at."""
NAMES: dict[str, str] = {}


def _one(initializer: bytes) -> bytes:
    return model(graph(initializers=[initializer]))


SOUND = model(
    graph(
        nodes=[
            node("Constant", output="c", attributes=[attribute("value", t=tensor("", [2], bytes(8)))]),
            node("Relu"),
        ],
        initializers=[tensor("w", [2, 2], bytes(16))],
    )
)

CASES: dict[str, tuple[bytes, str]] = {
    "metadata-with-code": (
        model(graph(), extra=field(14, field(1, "hook") + field(2, "import os; os.system('true')"))),
        "WGH-O017",
    ),
    "external-absolute": (_one(external("w", {"location": "/etc/passwd"})), "WGH-O001"),
    "external-parent": (_one(external("w", {"location": "../secret"})), "WGH-O001"),
    "external-parent-inside": (_one(external("w", {"location": "a/../../secret"})), "WGH-O001"),
    "external-parent-backslash": (_one(external("w", {"location": "a\\..\\..\\secret"})), "WGH-O001"),
    "external-drive": (_one(external("w", {"location": "C:\\secret"})), "WGH-O001"),
    "external-address": (_one(external("w", {"location": "http://localhost/x"})), "WGH-O001"),
    "external-file-address": (_one(external("w", {"location": "file:///etc/passwd"})), "WGH-O001"),
    "external-home": (_one(external("w", {"location": "~/secret"})), "WGH-O001"),
    "external-empty": (_one(external("w", {})), "WGH-O001"),
    "external-folder": (_one(external("w", {"location": "."})), "WGH-O001"),
    "external-zero-byte": (_one(external("w", {"location": "a\0b"})), "WGH-O001"),
    "external-memory-marker": (_one(external("w", {"location": "*/_ORT_MEM_ADDR_/*"})), "WGH-O001"),
    "external-offset-negative": (_one(external("w", {"location": "d", "offset": "-1"})), "WGH-O011"),
    "external-offset-a-word": (_one(external("w", {"location": "d", "offset": "0x10"})), "WGH-O011"),
    "external-length-of-2-to-the-63": (
        _one(external("w", {"location": "d", "offset": "0", "length": str(2**63 - 1)})),
        "WGH-O011",
    ),
    "external-length-huge": (_one(external("w", {"location": "d", "length": "9" * 30})), "WGH-O011"),
    "external-strange-key": (_one(external("w", {"location": "d", "note": "x"})), "WGH-O010"),
    "external-inner-key": (_one(external("w", {"location": "d", "__class__": "x"})), "WGH-O015"),
    "context-elsewhere": (
        model(
            graph(
                nodes=[
                    node(
                        "EPContext",
                        domain="com.microsoft",
                        attributes=[field(1, "ep_cache_context") + field(4, "../../secret.bin")],
                    )
                ]
            )
        ),
        "WGH-O001",
    ),
    "version-absurd": (model(graph(), opset=10**9), "WGH-O016"),
    "ir-version-negative": (model(graph(), ir=-1), "WGH-O016"),
    "external-wrong-length": (_one(external("w", {"location": "d", "length": "5"})), "WGH-O003"),
    "external-not-flagged": (
        _one(tensor("w", [1], bytes(4), extra=field(13, field(1, "location")))),
        "WGH-O003",
    ),
    "raw-too-short": (_one(tensor("w", [1000, 1000], bytes(4))), "WGH-O012"),
    "raw-too-long": (_one(tensor("w", [1], bytes(8))), "WGH-O012"),
    "no-data": (_one(tensor("w", [2])), "WGH-O003"),
    "typed-too-many": (_one(tensor("w", [1], extra=field(4, bytes(8)))), "WGH-O012"),
    "typed-wrong-field": (_one(tensor("w", [1], extra=field(7, b"\1"))), "WGH-O012"),
    "raw-and-typed": (_one(tensor("w", [1], bytes(4), extra=field(4, bytes(4)))), "WGH-O012"),
    "operator-custom": (model(graph(nodes=[node("Evil", domain="evil.corp")])), "WGH-O004"),
    "operator-python": (model(graph(nodes=[node("PyOp")])), "WGH-O013"),
    "operator-extension": (model(graph(nodes=[node("PyCustomOp", domain="ai.onnx.contrib")])), "WGH-O013"),
    "operator-aten": (model(graph(nodes=[node("ATen", domain="org.pytorch.aten")])), "WGH-O004"),
    "operator-in-subgraph": (
        model(
            graph(
                nodes=[
                    node(
                        "If",
                        attributes=[attribute("then_branch", g=graph(nodes=[node("Evil", domain="evil")]))],
                    )
                ]
            )
        ),
        "WGH-O004",
    ),
    "operator-in-function": (
        model(
            graph(), extra=field(25, field(1, "F") + field(10, "own") + field(7, node("Evil", domain="evil")))
        ),
        "WGH-O004",
    ),
    "initializer-twice": (
        model(graph(initializers=[tensor("w", [1], bytes(4)), tensor("w", [1], b"evil")])),
        "WGH-O005",
    ),
    "nested-too-deep": (nested(40), "WGH-O014"),
    "name-too-long": (_one(tensor("w" * 70_000, [1], bytes(4))), "WGH-O006"),
    "dims-negative": (_one(tensor("w", [-1], bytes(4))), "WGH-O007"),
    "dims-overflow": (_one(tensor("w", [2**40, 2**40], bytes(4))), "WGH-O007"),
    "dims-thousands": (_one(tensor("w", [2**62] * 5000, bytes(4))), "WGH-O007"),
    "empty-file": (b"", "WGH-O008"),
    "no-graph": (field(1, 8), "WGH-O008"),
    "group": (model(graph(), extra=b"\x0b\x0c"), "WGH-O008"),
    "field-zero": (model(graph(), extra=b"\x02\x00"), "WGH-O008"),
    "endless-number": (model(graph(), extra=b"\x08" + b"\xff" * 11), "WGH-O008"),
    "length-beyond-message": (field(1, 8) + b"\x3a\x05\x0a\x7f", "WGH-O008"),
    "length-of-2-to-the-63": (field(1, 8) + b"\x3a" + varint(2**63), "WGH-O008"),
    "graph-twice": (model(graph(), extra=field(7, graph())), "WGH-O009"),
    "raw-data-twice": (_one(tensor("w", [1], bytes(4), extra=field(9, b"evil"))), "WGH-O009"),
    "attribute-tensor-twice": (
        model(
            graph(
                nodes=[
                    node(
                        "Constant",
                        attributes=[
                            attribute(
                                "value",
                                t=tensor("", [1], bytes(4)),
                                extra=field(5, tensor("", [1], b"evil")),
                            )
                        ],
                    )
                ]
            )
        ),
        "WGH-O009",
    ),
}
"""Name → the file and the rule it breaks."""
