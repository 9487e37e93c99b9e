"""Hostile word2vec files. Inert: only counts lie."""

import struct


def binary(words: list[bytes], columns: int = 3, rows: int | None = None, feed: bytes = b"") -> bytes:
    head = b"%d %d\n" % (len(words) if rows is None else rows, columns)
    return head + b"".join(w + b" " + struct.pack(f"<{columns}f", *[0.1] * columns) + feed for w in words)


def text(lines: list[str], rows: int | None = None, columns: int = 2) -> bytes:
    return "".join(
        f"{line}\n" for line in [f"{len(lines) if rows is None else rows} {columns}", *lines]
    ).encode()


SOUND = {
    "gensim": binary([b"a", b"b\xc3\xa9", b"c_d"]),
    "original": binary([b"</s>", b"b", b"c"], feed=b"\n"),
    "one-column": binary([b"a", b"b"], columns=1),
    "text": text(["a 0.1 -2e-3", "b 1 2", "1.5 nan 3"]),
    "text-with-final-spaces": text(["a 0.1 0.2 ", "b 1 2 "]),
    "a-table-and-no-vectors": b"12 3\nthis is a note that begins with two numbers\n",
}
CASES: dict[str, tuple[bytes, str]] = {
    "cut": (binary([b"a", b"b"])[:-3], "WGH-WV001"),
    "rows-more-than-bytes": (binary([b"a", b"b"], rows=4000), "WGH-WV001"),
    "word-without-end": (b"1 3\n" + b"\x01" + b"y" * 200_000, "WGH-WV001"),
    "rows-absurd": (
        binary([b"a", b"b"], rows=10**10 - 1, columns=3).replace(b" 3\n", b" 999999\n", 1),
        "WGH-WV002",
    ),
    "bytes-after": (binary([b"a", b"b"]) + b"\x80\x04K\x01.", "WGH-WV003"),
    "rows-hidden": (binary([b"a", b"b", b"c"], rows=2), "WGH-WV003"),
    "zip-after": (binary([b"a", b"b"]) + b"PK\x03\x04" + bytes(26), "WGH-WV003"),
    "words-empty": (binary([b"", b""]), "WGH-WV005"),
    "text-rows-missing": (text(["a 1 2"], rows=5), "WGH-WV009"),
    "text-rows-more": (text(["a 1 2", "b 1 2", "c 1 2"], rows=1), "WGH-WV009"),
    "text-values-missing": (text(["a 1 2", "b 1"]), "WGH-WV009"),
    "text-no-numbers": (text(["a 1 2", "b import os"]), "WGH-WV005"),
}
"""Name → the file and the rule it breaks."""
NAMES = dict.fromkeys((*CASES, *SOUND), "vectors.bin")
