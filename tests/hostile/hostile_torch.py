"""Torch checkpoints, honest and hostile, put together byte by byte. Inert: nothing here is ever unpickled."""

import io
import struct
import tarfile
import zipfile

LEGACY_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


# The few opcodes of a pickle that a checkpoint needs.


def name(module: str, attribute: str) -> bytes:
    return b"c" + module.encode() + b"\n" + attribute.encode() + b"\n"


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def number(value: int) -> bytes:
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    raw = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def group(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def mapping(pairs: dict[str, bytes]) -> bytes:
    return b"}(" + b"".join(text(key) + value for key, value in pairs.items()) + b"u"


def listing(*items: bytes) -> bytes:
    return b"](" + b"".join(items) + b"e"


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + group(*arguments) + b"R"


def stream(value: bytes, protocol: int = 2) -> bytes:
    return bytes([0x80, protocol]) + value + b"."


EMPTY = name("collections", "OrderedDict") + b")R"
GADGET = call(name("os", "system"), text("true"))


def storage(
    key: str = "0",
    count: int = 6,
    *,
    kind: str = "FloatStorage",
    location: str = "cpu",
    word: str = "storage",
    extra: tuple[bytes, ...] = (),
) -> bytes:
    parts = (text(word), name("torch", kind), text(key), text(location), number(count), *extra)
    return group(*parts) + b"Q"


def tensor(
    of: bytes, shape: tuple[int, ...] = (2, 3), strides: tuple[int, ...] = (3, 1), offset: int = 0
) -> bytes:
    sizes, steps = (group(*map(number, numbers)) for numbers in (shape, strides))
    return call(name("torch._utils", "_rebuild_tensor_v2"), of, number(offset), sizes, steps, b"\x89", EMPTY)


def tensor3(of: bytes, dtype: str, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    sizes, steps = (group(*map(number, numbers)) for numbers in (shape, strides))
    rebuild = name("torch._utils", "_rebuild_tensor_v3")
    return call(rebuild, of, number(0), sizes, steps, b"\x89", EMPTY, name("torch", dtype))


def zipped(members: dict[str, bytes], *, folder: str = "archive/", method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for member, data in members.items():
            archive.writestr(zipfile.ZipInfo(folder + member, (1980, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


FLOATS = struct.pack("<6f", *range(6))
ORDER = {"byteorder": b"little"}


def checkpoint(value: bytes, storages: dict[str, bytes] | None = None, **more: bytes) -> bytes:
    kept = {"0": FLOATS} if storages is None else storages
    data = {f"data/{key}": raw for key, raw in kept.items()}
    renamed = {key.replace("__", "/").replace("_dot_", "."): raw for key, raw in more.items()}
    return zipped({"data.pkl": stream(value), **ORDER, **data, "version": b"3\n", **renamed})


def legacy(
    value: bytes,
    storages: dict[str, tuple[int, bytes]] | None = None,
    *,
    keys: bytes | None = None,
    magic: bytes = LEGACY_MAGIC,
    version: int = 1001,
    tail: bytes = b"",
) -> bytes:
    kept = {"0": (6, FLOATS)} if storages is None else storages
    facts = mapping({"protocol_version": number(1001), "little_endian": b"\x88"})
    listed = listing(*(text(key) for key in kept)) if keys is None else keys
    raw = b"".join(struct.pack("<q", count) + data for count, data in kept.values())
    return magic + stream(number(version)) + stream(facts) + stream(value) + stream(listed) + raw + tail


def old_storage(key: str = "0", count: int = 6, kind: str = "FloatStorage", view: bytes = b"N") -> bytes:
    return storage(key, count, kind=kind, extra=(view,))


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, data in members.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def old_tar(
    *, value: bytes = b"", shape: tuple[int, ...] = (2, 3), strides: tuple[int, ...] = (3, 1), first: int = 0
) -> bytes:
    row = group(number(11), text("cpu"), name("torch", "FloatStorage"))
    storages = stream(number(1)) + stream(row) + struct.pack("<q", 6) + FLOATS + stream(b"]")
    described = struct.pack(f"<q{2 * len(shape) + 1}q", len(shape), *shape, *strides, first)
    entry = stream(group(number(7), number(11), name("torch", "FloatTensor")))
    tensors = stream(number(1)) + entry + described
    root = value or mapping({"w": text("7") + b"Q"})
    facts = stream(mapping({"protocol_version": number(1000)}))
    return tarred({"sys_info": facts, "pickle": stream(root), "storages": storages, "tensors": tensors})


WEIGHTS = mapping({"w": tensor(storage())})


def script(source: str) -> bytes:
    module = mapping({"w": tensor(storage())})
    root = name("__torch__", "Net") + b")\x81" + module + b"b"
    return zipped(
        {
            "data.pkl": stream(root),
            "code/__torch__.py": source.encode(),
            "constants.pkl": stream(b")"),
            "data/0": FLOATS,
            "version": b"3\n",
            **ORDER,
        }
    )


NET = """class Net(Module):
  __parameters__ = ["w", ]
  w : Tensor
  def forward(self: __torch__.Net, x: Tensor) -> Tensor:
    _0 = torch.add(torch.mul(x, self.w), 1.0e-05)
    # torch.save is only named here
    print("torch.save(x)")
    return ops.quantized.linear(_0, annotate(List[int], []))
"""

SOUND: dict[str, bytes] = {
    "state-dict": checkpoint(WEIGHTS),
    "packed": zipped(
        {"data.pkl": stream(WEIGHTS), "data/0": FLOATS, "version": b"3\n"}, method=zipfile.ZIP_DEFLATED
    ),
    "transposed-and-tied": checkpoint(
        mapping(
            {
                "a": tensor(storage()),
                "t": tensor(storage(), (3, 2), (1, 3)),
                "row": tensor(storage(), (3,), (1,), 3),
            }
        )
    ),
    "cuda": checkpoint(mapping({"w": tensor(storage(location="cuda:0"))})),
    "big-endian": zipped(
        {
            "data.pkl": stream(WEIGHTS),
            "byteorder": b"big",
            "data/0": struct.pack(">6f", *range(6)),
            "version": b"3\n",
        }
    ),
    "nested": checkpoint(
        mapping({"model": WEIGHTS, "epoch": number(3), "steps": listing(number(1), text("x"), b"N")})
    ),
    "float8": checkpoint(
        mapping({"w": tensor3(storage(kind="UntypedStorage", count=4), "float8_e4m3fn", (4,), (1,))}),
        {"0": b"\0\1\2\3"},
    ),
    "parameter": checkpoint(
        mapping({"p": call(name("torch._utils", "_rebuild_parameter"), tensor(storage()), b"\x88", EMPTY)})
    ),
    "no-elements": checkpoint(mapping({"e": tensor(storage("0", 0), (0, 3), (3, 1))}), {"0": b""}),
    "script": script(NET),
    "legacy": legacy(mapping({"w": tensor(old_storage())})),
    "legacy-view": legacy(
        mapping({"w": tensor(old_storage(view=group(text("1"), number(2), number(4))), (2, 2), (2, 1))})
    ),
    "legacy-twice": legacy(mapping({"w": tensor(old_storage())})) * 2,
    "legacy-python-2": legacy(
        call(name("collections", "OrderedDict"), listing(listing(text("w"), tensor(old_storage()))))
    ),
    "tar": old_tar(),
}
"""Name → a file that torch's own writers make."""

CASES: dict[str, tuple[bytes, str]] = {
    "storage-longer-than-said": (checkpoint(WEIGHTS, {"0": FLOATS + bytes(4)}), "WGH-TO001"),
    "storage-shorter-than-said": (checkpoint(WEIGHTS, {"0": FLOATS[:20]}), "WGH-TO001"),
    "storage-empty": (checkpoint(WEIGHTS, {"0": b""}), "WGH-TO001"),
    "storage-said-huge": (checkpoint(mapping({"w": tensor(storage(count=2**40))})), "WGH-TO001"),
    "legacy-count-differs": (
        legacy(mapping({"w": tensor(old_storage())}), {"0": (5, FLOATS[:20])}),
        "WGH-TO001",
    ),
    "legacy-count-negative": (
        legacy(mapping({"w": tensor(old_storage())}), {"0": (-1, FLOATS)}),
        "WGH-TO001",
    ),
    "legacy-count-huge": (legacy(mapping({"w": tensor(old_storage())}), {"0": (2**61, FLOATS)}), "WGH-TO001"),
    "tensor-beyond-storage": (checkpoint(mapping({"w": tensor(storage(), (3, 3))})), "WGH-TO002"),
    "tensor-offset-beyond": (checkpoint(mapping({"w": tensor(storage(), offset=1)})), "WGH-TO002"),
    "tensor-offset-negative": (checkpoint(mapping({"w": tensor(storage(), offset=-4)})), "WGH-TO002"),
    "tensor-stride-huge": (checkpoint(mapping({"w": tensor(storage(), (2, 3), (2**40, 1))})), "WGH-TO002"),
    "tensor-stride-negative": (checkpoint(mapping({"w": tensor(storage(), (2, 3), (-3, 1))})), "WGH-TO002"),
    "tensor-size-negative": (checkpoint(mapping({"w": tensor(storage(), (-2, 3))})), "WGH-TO002"),
    "tensor-strides-missing": (checkpoint(mapping({"w": tensor(storage(), (2, 3), (1,))})), "WGH-TO002"),
    "tensor-100-dimensions": (
        checkpoint(mapping({"w": tensor(storage(), (1,) * 100, (1,) * 100)})),
        "WGH-TO002",
    ),
    "parameter-beyond-storage": (
        checkpoint(
            mapping(
                {
                    "p": call(
                        name("torch._utils", "_rebuild_parameter"),
                        tensor(storage(), (9,), (1,)),
                        b"\x88",
                        EMPTY,
                    )
                }
            )
        ),
        "WGH-TO002",
    ),
    "wider-type-beyond-storage": (
        checkpoint(
            mapping({"w": tensor3(storage(kind="UntypedStorage", count=4), "float64", (4,), (1,))}),
            {"0": bytes(4)},
        ),
        "WGH-TO002",
    ),
    "legacy-tensor-beyond": (legacy(mapping({"w": tensor(old_storage(), (7,), (1,))})), "WGH-TO002"),
    "legacy-view-beyond": (
        legacy(mapping({"w": tensor(old_storage(view=group(text("1"), number(4), number(4))), (2,), (1,))})),
        "WGH-TO002",
    ),
    "tar-tensor-beyond": (old_tar(shape=(9, 9)), "WGH-TO002"),
    "tar-tensor-negative": (old_tar(first=-9), "WGH-TO002"),
    "storage-missing": (checkpoint(WEIGHTS, {}), "WGH-TO003"),
    "storage-unused": (checkpoint(WEIGHTS, {"0": FLOATS, "1": FLOATS}), "WGH-TO004"),
    "persistent-text": (checkpoint(mapping({"w": text("secret") + b"Q"})), "WGH-TO005"),
    "persistent-other-word": (checkpoint(mapping({"w": tensor(storage(word="module"))})), "WGH-TO005"),
    "persistent-call": (checkpoint(mapping({"w": group(text("storage"), EMPTY) + b"Q"})), "WGH-TO005"),
    "persistent-unknown-class": (
        checkpoint(mapping({"w": tensor(storage(kind="EvilStorage"))})),
        "WGH-TO005",
    ),
    "two-pickles-by-case": (
        zipped({"data.pkl": stream(WEIGHTS), "DATA.PKL": stream(WEIGHTS), "data/0": FLOATS}),
        "WGH-TO006",
    ),
    "two-storages-by-case": (
        zipped({"data.pkl": stream(WEIGHTS), "data/0": FLOATS, "Data/0": FLOATS}),
        "WGH-TO006",
    ),
    "storage-of-two-sizes": (
        checkpoint(mapping({"a": tensor(storage()), "b": tensor(storage(count=7), (7,), (1,))})),
        "WGH-TO007",
    ),
    "script-saves": (script(NET + '    torch.save(x, "/tmp/x")\n'), "WGH-TO008"),
    "script-saves-in-pieces": (script(NET + '    torch . \\\n  save (x, "/tmp/x")\n'), "WGH-TO008"),
    "script-saves-by-ops": (script(NET + '    ops.aten.save(x, "/tmp/x")\n'), "WGH-TO008"),
    "script-maps-a-file": (script(NET + '    torch.from_file("/etc/passwd")\n'), "WGH-TO008"),
    "script-reads-a-file": (script(NET + '    ops.image.read_file("/etc/passwd")\n'), "WGH-TO008"),
    "script-writes-a-file": (script(NET + '    ops.image.write_file("/tmp/x", x)\n'), "WGH-TO008"),
    "script-calls-python": (script(NET + "    ops.prim.PythonOp(x)\n"), "WGH-TO008"),
    "script-calls-remote": (script(NET + '    rpc_sync("w", f, [])\n'), "WGH-TO008"),
    "script-sends": (script(NET + "    ops.c10d.send([x], g, 0, 0)\n"), "WGH-TO008"),
    "script-custom-operator": (script(NET + "    ops.mine.run(x)\n"), "WGH-TO009"),
    "script-renames-torch": (script(NET + "    t = torch\n    t.save(x)\n"), "WGH-TO009"),
    "script-zero-bytes": (script(NET + "\0"), "WGH-TO010"),
    "legacy-wrong-version": (legacy(mapping({"w": tensor(old_storage())}), version=7), "WGH-TO011"),
    "legacy-ends-early": (LEGACY_MAGIC + stream(number(1001)), "WGH-TO011"),
    "legacy-key-unknown": (
        legacy(mapping({"w": tensor(old_storage())}), keys=listing(text("0"), text("9"))),
        "WGH-TO012",
    ),
    "legacy-keys-twice": (
        legacy(mapping({"w": tensor(old_storage())}), keys=listing(text("0"), text("0"))),
        "WGH-TO012",
    ),
    "legacy-keys-a-number": (legacy(mapping({"w": tensor(old_storage())}), keys=number(3)), "WGH-TO012"),
    "legacy-tail": (legacy(mapping({"w": tensor(old_storage())}), tail=b"\x01\xff" * 40), "WGH-TO013"),
    "legacy-tail-pickle": (legacy(mapping({"w": tensor(old_storage())}), tail=stream(GADGET)), "WGH-TO014"),
    "legacy-tail-executable": (
        legacy(mapping({"w": tensor(old_storage())}), tail=b"\x7fELF" + bytes(80)),
        "WGH-TO014",
    ),
    "byte-order-other": (
        zipped({"data.pkl": stream(WEIGHTS), "byteorder": b"mixed", "data/0": FLOATS}),
        "WGH-TO015",
    ),
    "version-no-number": (
        zipped({"data.pkl": stream(WEIGHTS), "version": b"x", "data/0": FLOATS}),
        "WGH-TO015",
    ),
    "legacy-cut": (legacy(mapping({"w": tensor(old_storage())}))[:-4], "WGH-TO016"),
    "storage-count-overflows": (checkpoint(mapping({"w": tensor(storage(count=2**62))})), "WGH-TO017"),
    "storage-count-negative": (checkpoint(mapping({"w": tensor(storage(count=-1))})), "WGH-TO017"),
    "shape-overflows": (checkpoint(mapping({"w": tensor(storage(), (2**40, 2**40), (0, 0))})), "WGH-TO017"),
    "package": (checkpoint(WEIGHTS, _dot_data__extern_modules=b"sys\n"), "WGH-TO018"),
    "export-no-json": (
        zipped({"archive_format": b"pt2", "data/weights/model_weights_config.json": b"{"}),
        "WGH-TO019",
    ),
    "tar-without-tensors": (
        tarred(
            {"sys_info": stream(b"}"), "pickle": stream(b"}"), "storages": stream(number(0)) + stream(b"]")}
        ),
        "WGH-TO020",
    ),
    "tar-unknown-id": (old_tar(value=text("8") + b"Q"), "WGH-TO020"),
}
"""Name → the file and the rule it breaks."""

GADGETS: dict[str, bytes] = {
    "zip": checkpoint(mapping({"w": tensor(storage()), "x": GADGET})),
    "zip-constants": zipped(
        {"data.pkl": stream(WEIGHTS), "data/0": FLOATS, "constants.pkl": stream(GADGET), "version": b"3"}
    ),
    "zip-second-pickle": checkpoint(WEIGHTS, extra_dot_pkl=stream(GADGET)),
    "zip-script-debug": zipped(
        {"data.pkl": stream(WEIGHTS), "data/0": FLOATS, "code/a.py.debug_pkl": stream(GADGET)}
    ),
    "zip-in-persistent-id": checkpoint(mapping({"w": group(text("storage"), GADGET) + b"Q"})),
    "zip-in-storage-key": checkpoint(WEIGHTS + b"0" + GADGET),
    "legacy-object": legacy(mapping({"w": tensor(old_storage()), "x": GADGET})),
    "legacy-first": stream(GADGET) + legacy(WEIGHTS),
    "legacy-system-facts": LEGACY_MAGIC + stream(number(1001)) + stream(GADGET) + stream(b"}") + stream(b"]"),
    "legacy-keys": legacy(mapping({"w": tensor(old_storage())}), keys=GADGET),
    "legacy-cut-after": LEGACY_MAGIC + stream(number(1001)) + stream(b"}") + b"\x80\x02" + GADGET,
    "legacy-module-source": legacy(group(text("module"), GADGET, text("a.py"), text("x")) + b"Q"),
    "tar-pickle": old_tar(value=GADGET),
    "tar-storages": tarred(
        {"sys_info": stream(b"}"), "pickle": stream(b"}"), "storages": stream(GADGET), "tensors": b""}
    ),
}
"""Name → a checkpoint with a call that no checkpoint needs; the callables' rules judge it."""

NAMES: dict[str, str] = {}
