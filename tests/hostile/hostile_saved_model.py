"""Hostile SavedModels, encoded by hand from the protobuf definitions. Inert: no graph is ever run."""

import json

import hostile_keras


def varint(number):
    out = b""
    number &= 2**64 - 1
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def attr(key, value):
    return field(5, field(1, key) + field(2, value))


def node(name, op, *inputs, attrs=b""):
    return field(1, field(1, name) + field(2, op) + b"".join(field(3, i) for i in inputs) + attrs)


def text(name, value):
    tensor = field(1, 7) + field(8, value)
    return node(name, "Const", attrs=attr("value", field(8, tensor)) + attr("dtype", field(6, 7)))


def function(name, *nodes):
    body = b"".join(field(3, _inner(n)) for n in nodes)
    return field(1, field(1, field(1, name)) + body)


def _inner(entry):
    """The message inside a field."""
    at = 1
    while entry[at] >= 0x80:
        at += 1
    return entry[at + 1 :]


def model(*nodes, functions=(), saver="save/Const:0", assets=(), objects=b"", version="2.15.0"):
    graph = b"".join(nodes) + (field(2, b"".join(functions)) if functions else b"")
    meta = field(1, field(4, "serve") + field(5, version)) + field(2, graph) + field(3, field(1, saver))
    shape = field(2, field(1, -1)) + field(2, field(1, 4))
    info = field(1, "x:0") + field(2, 1) + field(3, shape)
    port = field(1, field(1, "x") + field(2, info))
    meta += field(5, field(1, "serving_default") + field(2, port))
    for tensor, name in assets:
        meta += field(6, field(1, field(1, tensor)) + field(2, name))
    return field(1, 1) + field(2, meta + (field(7, objects) if objects else b""))


def metadata(config):
    return field(4, field(1, "_tf_keras_layer") + field(3, json.dumps(config)))


def keras_metadata(*configs):
    return b"".join(
        field(1, field(2, 1) + field(3, "root") + field(4, "_tf_keras_model") + field(5, json.dumps(c)))
        for c in configs
    )


def call(op, *inputs, f):
    return node("call", op, *inputs, attrs=attr("f", field(10, field(1, f))))


def debug(op, key, *addresses):
    listed = field(1, b"".join(field(2, a) for a in addresses))
    return node("d", op, "x", attrs=attr(key, listed if key == "debug_urls" else field(2, addresses[0])))


X = node("x", "Placeholder")
SAVE = function(
    "__inference__traced_save_1",
    text("parts", "_temp/part"),
    node("match", "StaticRegexFullMatch", "file_prefix"),
    node("select", "Select", "match:output:0", "parts:output:0", "parts:output:0"),
    node("join", "StringJoin", "file_prefix", "select:output:0"),
    node("shard", "ShardedFilename", "join:output:0"),
    node("save", "SaveV2", "shard:filename:0"),
    node("merge", "MergeV2Checkpoints", "shard:filename:0", "file_prefix"),
    node("restore", "RestoreV2", "file_prefix"),
)
OLD_SAVE = (
    text("save/Const", "model"),
    text("save/part", "_temp_0123/part"),
    node("save/join", "StringJoin", "save/Const", "save/part"),
    node("save/SaveV2", "SaveV2", "save/join"),
    node("save/RestoreV2", "RestoreV2", "save/Const"),
)
LAMBDA = {"class_name": "Lambda", "config": hostile_keras.lambda2([hostile_keras.CODE])["config"]}

CASES = {
    "read-file": (model(text("p", "/etc/passwd"), node("r", "ReadFile", "p")), "WGH-SM001"),
    "read-file-argument": (model(X, functions=[function("f", node("r", "ReadFile", "path"))]), "WGH-SM001"),
    "write-file": (model(text("p", "/tmp/x"), text("c", "x"), node("w", "WriteFile", "p", "c")), "WGH-SM001"),
    "matching-files": (model(text("p", "/home/*"), node("r", "MatchingFiles", "p")), "WGH-SM001"),
    "py-func": (model(X, node("r", "PyFunc", "x")), "WGH-SM001"),
    "py-func-stateless": (model(X, node("r", "PyFuncStateless", "x")), "WGH-SM001"),
    "eager-py-func": (model(X, functions=[function("f", node("r", "EagerPyFunc", "x"))]), "WGH-SM001"),
    "remote": (model(X, node("r", "RemoteFusedGraphExecute", "x")), "WGH-SM001"),
    "rpc": (model(X, node("r", "RpcCall", "x")), "WGH-SM001"),
    "whole-file": (model(X, node("r", "WholeFileReaderV2")), "WGH-SM001"),
    "save-fixed": (model(text("p", "/root/.bashrc"), node("s", "SaveV2", "p")), "WGH-SM002"),
    "save-fixed-beside": (model(text("p", "out"), node("s", "SaveV2", "p")), "WGH-SM002"),
    "save-joined": (
        model(
            X,
            functions=[
                function(
                    "f",
                    text("p", "../../x"),
                    node("j", "StringJoin", "a", "p:output:0"),
                    node("s", "SaveV2", "j:o:0"),
                )
            ],
        ),
        "WGH-SM002",
    ),
    "restore-fixed": (model(text("p", "/etc/x"), node("s", "RestoreV2", "p")), "WGH-SM002"),
    "merge-fixed": (model(text("p", "/etc/x"), node("s", "MergeV2Checkpoints", "p", "p")), "WGH-SM002"),
    "merge-to": (
        model(
            X,
            functions=[
                function("f", text("p", "/etc/x"), node("s", "MergeV2Checkpoints", "a", "p:output:0"))
            ],
        ),
        "WGH-SM002",
    ),
    "old-save": (model(text("p", "gs://bucket/x"), node("s", "Save", "p")), "WGH-SM002"),
    "table": (
        model(text("p", "/etc/passwd"), node("t", "InitializeTableFromTextFileV2", "x", "p")),
        "WGH-SM002",
    ),
    "dataset": (model(text("p", "/etc/passwd"), node("t", "TextLineDataset", "p")), "WGH-SM002"),
    "called-with-a-path": (
        model(
            text("p", "/etc/cron.d/x"),
            call("StatefulPartitionedCall", "p", f="__inference__traced_save_1"),
            functions=[SAVE],
        ),
        "WGH-SM002",
    ),
    "debug-file": (model(X, debug("DebugIdentityV2", "debug_urls", "file:///tmp/x")), "WGH-SM003"),
    "debug-grpc": (model(X, debug("DebugIdentity", "debug_urls", "grpc://10.0.0.1:1")), "WGH-SM003"),
    "print-file": (model(X, debug("PrintV2", "output_stream", "file:///tmp/x")), "WGH-SM003"),
    "dataset-beside": (model(text("p", "data.txt"), node("t", "TextLineDataset", "p")), "WGH-SM004"),
    "reader": (model(X, node("t", "TextLineReader")), "WGH-SM004"),
    "leftover": (
        model(text("p", "/x/bert.ckpt"), node("checkpoint_initializer_1", "RestoreV2", "p")),
        "WGH-SM004",
    ),
    "custom": (model(X, node("t", "Addons>Gelu", "x")), "WGH-SM005"),
    "asset-parent": (model(X, assets=[("a:0", "../../etc/passwd")]), "WGH-SM006"),
    "asset-absolute": (model(X, assets=[("a:0", "/etc/passwd")]), "WGH-SM006"),
    "cut": (model(X)[:-5], "WGH-SM007"),
    "empty": (b"\x08\x01", "WGH-SM007"),
    "wire-type": (model(X) + b"\x0f", "WGH-SM007"),
    "keras-lambda": (model(X, objects=field(1, metadata(LAMBDA))), "WGH-KE001"),
    "keras-os": (model(X, objects=field(1, metadata(hostile_keras.obj("system", {}, "os")))), "WGH-KE002"),
}
"""Name → a `saved_model.pb` and the rule it breaks."""
METADATA_CASES = {
    "lambda": (keras_metadata(LAMBDA), "WGH-KE001"),
    "lambda-later": (keras_metadata({"class_name": "Dense", "config": {}}, LAMBDA), "WGH-KE001"),
    "cut": (keras_metadata(LAMBDA)[:-9], "WGH-SM007"),
    "empty": (b"\x10\x01", "WGH-SM007"),
}
DAMAGED = frozenset({"WGH-SM007", "WGH-SM009"})
REVIEW = frozenset({"WGH-SM004", "WGH-SM005"})

SOUND = {
    "plain": model(X, node("y", "MatMul", "x", "x")),
    "saver-2": model(X, functions=[SAVE]),
    "saver-2-called": model(
        X,
        text("dir", "_temp"),
        call("StatefulPartitionedCall", "x", f="__inference__traced_save_1"),
        functions=[SAVE],
    ),
    "saver-1": model(X, *OLD_SAVE, version="1.15.0"),
    "asset": model(
        text("asset", "/srv/me/vocab.txt"),
        node("t", "InitializeTableFromTextFileV2", "h", "asset"),
        assets=[("asset:0", "vocab.txt")],
    ),
    "print": model(X, debug("PrintV2", "output_stream", "stderr")),
    "keras": model(
        X,
        objects=field(1, metadata(hostile_keras.HONEST["functional-2"]))
        + field(1, metadata({"class_name": "MyModel", "config": {}})),
    ),
}
SOUND_METADATA = keras_metadata(*hostile_keras.HONEST.values(), {"class_name": "MyOwnLayer", "config": {}})
NAMES = dict.fromkeys((*CASES, *SOUND), "saved_model.pb")


def block(*pairs):
    body = b"".join(varint(0) + varint(len(k)) + varint(len(v)) + k + v for k, v in pairs)
    return body + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")


def table(*pairs):
    """A sorted table with one block of entries, as the index of variables is."""
    entries = block(*pairs)
    inner = entries + bytes(5)
    index = block((b"~", varint(0) + varint(len(entries))))
    footer = varint(0) + varint(0) + varint(len(inner)) + varint(len(index))
    return inner + index + bytes(5) + footer.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


def place(shape, offset, size, dtype=1, shard=0):
    dims = b"".join(field(2, field(1, d)) for d in shape)
    return field(1, dtype) + field(2, dims) + field(3, shard) + field(4, offset) + field(5, size)


SHARDS = (b"", field(1, 1))
SOUND_INDEX = table(SHARDS, (b"a", place((2, 3), 0, 24)), (b"b", place((), 24, 8, 9)))
INDEX_CASES = {
    "short": (b"x", "WGH-SM009"),
    "no-magic": (SOUND_INDEX[:-1] + b"\0", "WGH-SM009"),
    "size": (table(SHARDS, (b"a", place((2, 3), 0, 20))), "WGH-SM009"),
    "overlap": (table(SHARDS, (b"a", place((2,), 0, 8)), (b"b", place((2,), 4, 8))), "WGH-SM010"),
    "absurd-offset": (table(SHARDS, (b"a", place((2,), 2**60, 8))), "WGH-SM010"),
    "absurd-shape": (table(SHARDS, (b"a", place((2**40, 2**40), 0, 8))), "WGH-SM010"),
    "negative-offset": (table(SHARDS, (b"a", place((2,), -8, 8))), "WGH-SM010"),
    "another-shard": (table(SHARDS, (b"a", place((2,), 0, 8, shard=7))), "WGH-SM010"),
}
"""Name → a `variables.index` and the rule it breaks."""
