"""Archives made in code, honest and hostile."""

import io
import tarfile
import zipfile


def zipped(members, *, method=zipfile.ZIP_DEFLATED, comment=b"", streamed=False):
    """A zip of name → bytes. `streamed` writes data descriptors instead of sizes in local headers."""
    out = io.BytesIO()
    target = Unseekable(out) if streamed else out
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.comment = comment
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


class Unseekable(io.RawIOBase):
    """Makes zipfile write data descriptors."""

    def __init__(self, inner):
        self._inner = inner

    def writable(self):
        return True

    def write(self, data):
        return self._inner.write(data)


def tarred(members, *, mode="w:gz", links=()):
    """A tar of (name, bytes) pairs or a dict, then (name, target, type) links."""
    out = io.BytesIO()
    pairs = members.items() if isinstance(members, dict) else members
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in pairs:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target, kind in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return out.getvalue()


def noise(size, seed=1):
    """Bytes that do not compress, the same ones each time."""
    import random

    return random.Random(seed).randbytes(size)


def demo_wheel(*, streamed=False, method=zipfile.ZIP_DEFLATED):
    """A model wheel with a large member in front of the small one that tests read."""
    members = {
        "demo_model/weights.bin": noise(300_000),
        "demo_model/model/tokenizer.json": b'{"version": "1.0"}' * 500,
        "demo_model/model/config.json": b'{"hidden_size": 384}',
        "demo_model/nested.tar.gz": tarred({"inner/rows.tsv": b"1\t0.5\tgood\n" * 50}),
        "demo_model-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: demo-model\nVersion: 1.0\n",
        "demo_model-1.0.dist-info/RECORD": b"",
    }
    return zipped(members, streamed=streamed, method=method), members
