"""A stored safetensors file as named tensors, each with the id of its payload; for merging."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from weigh.core.facts import Coverage
from weigh.core.tensor import TensorInfo
from weigh.formats.reader import read_exact
from weigh.formats.safetensors import FORMAT, read_safetensors
from weigh.formats.safetensors_header import METADATA_KEY
from weigh.store.codecs.codec import CHUNK
from weigh.store.compare.side import StoredFile
from weigh.store.packs.manifest import FileManifest
from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import manifest_of
from weigh.versions.tree import TreeFile


@dataclass(frozen=True, slots=True)
class Form:
    """What a tensor is, apart from its values."""

    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.dtype} {'×'.join(map(str, self.shape)) or 'scalar'}"


class TensorFile:
    """One file. Nothing but its header is read before a payload is asked for.

    Args:
        objects: the store.
        manifest: of the file.
        reader: of the file.
        infos: its tensors, in the order of its header.
    """

    def __init__(
        self, objects: Objects, manifest: FileManifest, reader: StoredFile, infos: Sequence[TensorInfo]
    ) -> None:
        self._objects, self._reader = objects, reader
        self.infos = {info.name: info for info in infos}
        self.forms = {info.name: Form(info.dtype, info.shape) for info in infos}
        self._pieces = {(p.span.begin, p.span.end): p.id for p in manifest.pieces if p.span.dtype}
        self._digests: dict[str, bytes] = {}

    @property
    def header(self) -> bytes:
        """Everything before the first payload, as it is stored."""
        length = int.from_bytes(read_exact(self._reader, 0, 8), "little")
        return read_exact(self._reader, 0, 8 + length)

    @property
    def metadata(self) -> dict[str, str]:
        """The texts of the header."""
        found = json.loads(self.header[8:]).get(METADATA_KEY, {})
        return found if isinstance(found, dict) else {}

    def payload(self, name: str) -> bytes | None:
        """The id under which the store has a tensor by itself; None where it is part of something larger."""
        info = self.infos[name]
        return self._pieces.get((info.offset, info.offset + info.nbytes))

    def digest(self, name: str) -> bytes:
        """BLAKE3 of a tensor's payload."""
        known = self.payload(name) or self._digests.get(name)
        if known is None:
            known = self._hashed(self.infos[name])
            self._digests[name] = known
        return known

    def _hashed(self, info: TensorInfo) -> bytes:
        from blake3 import blake3

        state = blake3()
        for at in range(0, info.nbytes, CHUNK):
            state.update(self.read(info.name, at, min(info.nbytes, at + CHUNK)))
        return state.digest()

    def read(self, name: str, begin: int, end: int) -> bytes | memoryview:
        """Bytes of a tensor, verified; the caller bounds how many."""
        payload = self.payload(name)
        if payload is not None and begin < end:
            return self._objects.range(payload, begin, end)
        return self._reader.read(self.infos[name].offset + begin, end - begin)


def open_tensor_file(objects: Objects, file: TreeFile) -> TensorFile | None:
    """A file of a version as tensors; None when it is no safetensors file without any fault.

    Raises:
        NotFoundError: it is not in the store.
        UntrustedError: what is stored of it is damaged.
    """
    manifest = manifest_of(objects, bytes.fromhex(file.id))
    reader = StoredFile(objects, manifest, Lock())
    facts = read_safetensors(reader, file.path)
    if facts.format != FORMAT or facts.coverage is not Coverage.COMPLETE:
        return None
    return TensorFile(objects, manifest, reader, facts.tensors)


def equal_payloads(objects: Objects, one: TreeFile, other: TreeFile) -> bool:
    """Whether two files of any format hold the same tensors, and at least one, in whatever wrapping."""
    found = [
        {
            name: (piece.span.dtype, piece.span.shape, piece.span.encoding, piece.id)
            for name, piece in manifest_of(objects, bytes.fromhex(file.id)).tensors().items()
        }
        for file in (one, other)
    ]
    return bool(found[0]) and found[0] == found[1]


class TensorSources:
    """The same tensor of several files, as an operation reads it.

    Args:
        files: in the operation's order.
        name: of the tensor.
    """

    def __init__(self, files: Sequence[TensorFile], name: str) -> None:
        self._files, self._name = files, name

    def __len__(self) -> int:
        """How many there are."""
        return len(self._files)

    def size(self, place: int) -> int:
        """Bytes of one of them."""
        return self._files[place].infos[self._name].nbytes

    def read(self, place: int, begin: int, end: int) -> memoryview:
        """Bytes of one of them."""
        return memoryview(self._files[place].read(self._name, begin, end))

    @property
    def payloads(self) -> tuple[bytes, ...] | None:
        """Their ids, None where one of them is not in the store by itself."""
        found = tuple(file.payload(self._name) for file in self._files)
        return None if None in found else tuple(p for p in found if p is not None)

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Their types."""
        return tuple(file.forms[self._name].dtype for file in self._files)


def header_of(forms: dict[str, Form], sizes: dict[str, int], metadata: dict[str, str]) -> bytes:
    """The beginning of a safetensors file whose payloads follow in the order given."""
    values: dict[str, object] = {METADATA_KEY: metadata} if metadata else {}
    end = 0
    for name, form in forms.items():
        offsets = [end, end + sizes[name]]
        values[name] = {"dtype": form.dtype, "shape": list(form.shape), "data_offsets": offsets}
        end += sizes[name]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
