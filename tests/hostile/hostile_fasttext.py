# ruff: noqa: E501 - one hostile file a line
"""Hostile fastText models. Inert: only counts and sizes lie."""

import struct

ARGS = {
    "dim": 2, "ws": 5, "epoch": 5, "min_count": 1, "neg": 5, "word_ngrams": 1, "loss": 3, "model": 3,
    "bucket": 2, "minn": 0, "maxn": 0, "lr_update_rate": 100,
}  # fmt: skip
WORDS = [(b"one", 3, 0), (b"two", 2, 0), (b"__label__a", 4, 1)]


def head(version: int = 12, **changed: int) -> bytes:
    return struct.pack("<ii12id", 793712314, version, *(ARGS | changed).values(), 1e-4)


def dictionary(
    words: list[tuple[bytes, int, int]] = WORDS, size: int | None = None, nwords: int | None = None,
    nlabels: int | None = None, kept: int = -1, pairs: list[tuple[int, int]] | None = None,
) -> bytes:  # fmt: skip
    counts = [sum(w[2] == kind for w in words) for kind in (0, 1)]
    data = struct.pack(
        "<iiiqq",
        len(words) if size is None else size,
        counts[0] if nwords is None else nwords,
        counts[1] if nlabels is None else nlabels,
        9,
        kept,
    )
    data += b"".join(w + b"\0" + struct.pack("<qb", n, kind) for w, n, kind in words)
    return data + b"".join(struct.pack("<ii", *pair) for pair in pairs or [])


def dense(rows: int, columns: int = 2, payload: int | None = None) -> bytes:
    return (
        b"\0" + struct.pack("<qq", rows, columns) + bytes(rows * columns * 4 if payload is None else payload)
    )


def quantiser(dim: int, parts: int, width: int, last: int, payload: int | None = None) -> bytes:
    return struct.pack("<4i", dim, parts, width, last) + bytes(dim * 1024 if payload is None else payload)


def packed(
    rows: int, columns: int = 2, size: int | None = None, parts: int = 1, norms: bool = False
) -> bytes:
    code = rows * parts if size is None else size
    data = b"\1" + bytes([norms]) + struct.pack("<qqi", rows, columns, code) + bytes(max(0, min(code, 1000)))
    data += quantiser(2, parts, 2 // parts, 2 // parts)
    return data + (bytes(rows) + quantiser(1, 1, 1, 1) if norms else b"")


PLAIN = head() + dictionary() + dense(4) + dense(1)
SOUND = {
    "supervised": PLAIN,
    "skipgram": head(model=2, loss=2) + dictionary(WORDS[:2]) + dense(4) + dense(2),
    "version-11": head(11) + dictionary() + dense(4) + dense(1),
    "quantised": head() + dictionary() + packed(4) + dense(1),
    "quantised-norms-pruned": head(bucket=50)
    + dictionary(kept=2, pairs=[(7, 0), (9, 1)])
    + packed(4, norms=True)
    + dense(1),
    "two-parts": head() + dictionary() + packed(4, parts=2) + packed(1, parts=2),
}
CASES: dict[str, tuple[bytes, str]] = {
    "cut-head": (PLAIN[:20], "WGH-WV001"),
    "cut-words": (PLAIN[:100], "WGH-WV001"),
    "cut-matrix": (PLAIN[:-1], "WGH-WV001"),
    "words-without-end": (head() + dictionary([(b"x" * 200_000, 1, 0)]), "WGH-WV001"),
    "words-more-than-bytes": (head() + dictionary(size=1_000_001, nwords=1_000_000), "WGH-WV001"),
    "rows-absurd": (head() + dictionary() + b"\0" + struct.pack("<qq", 2**60, 2), "WGH-WV002"),
    "rows-negative": (head() + dictionary() + b"\0" + struct.pack("<qq", -1, 2), "WGH-WV002"),
    "columns-absurd": (head() + dictionary() + b"\0" + struct.pack("<qq", 4, 2**40), "WGH-WV002"),
    "product-overflows": (head(dim=2**20) + dictionary() + b"\0" + struct.pack("<qq", 2**44, 2**20), "WGH-WV002"),
    "codes-negative": (head() + dictionary() + packed(4, size=-8), "WGH-WV002"),
    "centres-negative": (head() + dictionary() + b"\1\0" + struct.pack("<qqi", 4, 2, 4) + bytes(4) + quantiser(-5, 1, 2, 2, 0), "WGH-WV002"),
    "kept-absurd": (head() + dictionary(kept=2**60), "WGH-WV002"),
    "bytes-after": (PLAIN + b"\x80\x04K\x01.", "WGH-WV003"),
    "zip-after": (PLAIN + b"PK\x03\x04" + bytes(30), "WGH-WV003"),
    "dim-zero": (head(dim=0) + dictionary() + dense(4, 0) + dense(1, 0), "WGH-WV004"),
    "dim-negative": (head(dim=-4) + dictionary() + dense(4) + dense(1), "WGH-WV004"),
    "bucket-negative": (head(bucket=-2) + dictionary() + dense(4) + dense(1), "WGH-WV004"),
    "loss-unknown": (head(loss=77) + dictionary() + dense(4) + dense(1), "WGH-WV004"),
    "minn-beyond-maxn": (head(minn=9, maxn=3) + dictionary() + dense(4) + dense(1), "WGH-WV004"),
    "entries-negative": (head() + dictionary(size=-3), "WGH-WV004"),
    "words-and-labels-disagree": (head() + dictionary(nwords=900), "WGH-WV004"),
    "kept-negative": (head() + dictionary(kept=-9), "WGH-WV004"),
    "flag-odd": (head() + dictionary() + b"\7" + dense(4)[1:] + dense(1), "WGH-WV004"),
    "kind-odd": (head() + dictionary([(b"a", 1, 0), (b"b", -1, 0), (b"__label__", 1, 1)]) + dense(4) + dense(1), "WGH-WV005"),
    "kinds-disagree": (head() + dictionary([(b"a", 1, 1), (b"b", 1, 1), (b"c", 1, 1)], nwords=2, nlabels=1) + dense(4) + dense(1), "WGH-WV006"),
    "rows-too-few": (head() + dictionary() + dense(1) + dense(1), "WGH-WV006"),
    "rows-too-many": (head() + dictionary() + dense(40) + dense(1), "WGH-WV006"),
    "columns-differ": (head() + dictionary() + dense(4, 3) + dense(1), "WGH-WV006"),
    "output-too-few": (head() + dictionary() + dense(4) + dense(0), "WGH-WV006"),
    "codes-too-few": (head() + dictionary() + packed(4, size=1) + dense(1), "WGH-WV006"),
    "parts-lie": (head() + dictionary() + b"\1\0" + struct.pack("<qqi", 4, 2, 4) + bytes(4) + quantiser(2, 9, 2, 2) + dense(1), "WGH-WV006"),
    "last-part-lies": (head() + dictionary() + b"\1\0" + struct.pack("<qqi", 4, 2, 4) + bytes(4) + quantiser(2, 1, 2, 50) + dense(1), "WGH-WV006"),
    "kept-bucket-beyond": (head(bucket=50) + dictionary(kept=2, pairs=[(7, 0), (9, 5)]) + packed(4) + dense(1), "WGH-WV007"),
    "kept-bucket-negative": (head(bucket=50) + dictionary(kept=2, pairs=[(7, 0), (9, -1)]) + packed(4) + dense(1), "WGH-WV007"),
    "bucket-unknown": (head(bucket=50) + dictionary(kept=1, pairs=[(70, 0)]) + packed(3) + dense(1), "WGH-WV007"),
    "version-99": (head(99) + dictionary() + dense(4) + dense(1), "WGH-WV008"),
}  # fmt: skip
"""Name → the file and the rule it breaks."""
NAMES = dict.fromkeys((*CASES, *SOUND), "model.bin")
