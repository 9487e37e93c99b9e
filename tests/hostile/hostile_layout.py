"""Hostile JSON and front matter for the Hugging Face layout. Inert."""

JSON_CASES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "WGH-J001"),
    "not-utf8": (b'{"a": "\xff"}', "WGH-J001"),
    "utf16": ("﻿{}".encode("utf-16"), "WGH-J001"),
    "byte-order-mark": (b"\xef\xbb\xbf{}", "WGH-J001"),
    "unclosed": (b'{"a": [1, 2', "WGH-J001"),
    "two-values": (b"{} {}", "WGH-J001"),
    "number-of-10000-digits": (b'{"a": ' + b"9" * 10_000 + b"}", "WGH-J001"),
    "key-twice": (b'{"auto_map": {}, "auto_map": {"AutoModel": "evil.Evil"}}', "WGH-J002"),
    "key-twice-inside": (b'{"a": [{"b": 1, "b": 2}]}', "WGH-J002"),
    "deep": (b"[" * 100 + b"]" * 100, "WGH-J003"),
    "very-deep": (b"[" * 200_000, "WGH-J003"),
    "very-deep-objects": (b'{"a":' * 50_000, "WGH-J003"),
}
"""Name → bytes and the rule they break."""

UNREAD_FRONT_MATTER: dict[str, str] = {
    "anchor": "license: &x mit",
    "alias": "license: *x",
    "tag": "license: !!python/object/apply:os.system ['true']",
    "merge": "license:\n  <<: *x",
    "key-twice": "license: mit\nlicense: apache-2.0",
    "key-twice-inside": "license:\n  a: 1\n  a: 2",
    "tab": "license:\n\tmit: 1",
    "unclosed-list": "license: [mit",
    "unclosed-quote": 'license: "mit',
    "deep": "license: " + "[" * 100 + "]" * 100,
    "deep-block": "license:\n" + "\n".join(" " * i + "a:" for i in range(1, 60)),
    "complex-key": "? license\n: mit",
    "directive": "%YAML 1.2",
    "after-quote": "license: 'mit' evil",
    "strange-escape": 'license: "\\x41"',
}
"""Name → front matter of which a part must be stated as unread, and nothing may be guessed."""
