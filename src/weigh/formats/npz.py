"""npz: a zip of arrays, as numpy.savez and scipy.sparse.save_npz write it.

Source: numpy/lib/_npyio_impl.py (NpzFile). Arrays go by the member's name without `.npy`; a member that is no
array is given as bytes, so every one is told by its content here.
"""

from dataclasses import replace

from weigh.core.facts import Coverage, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import quoted
from weigh.formats.descent import BETWEEN, Descent
from weigh.formats.npy import read_npy
from weigh.formats.npy_header import MAGIC
from weigh.formats.zip_members import ZipEntry, open_entry, open_zip

FORMAT = "npz"
TWICE_RULE = "WGH-NP012"


def read_npz(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one archive of arrays. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot. Arrays in stored members lie in this file itself.
        descent: reads members that are no arrays, and the pickles of object arrays.
    """
    archive = open_zip(reader)
    tensors: list[TensorInfo] = []
    members: list[FileFacts] = []
    names: set[str] = set()
    for entry in archive.entries:
        if entry.folder:
            continue
        name = entry.name.removesuffix(".npy")
        if name in names:
            archive.anomalies.add(TWICE_RULE, f"two members are called {quoted(name)}", offset=entry.header)
        names.add(name)
        inner = f"{path}{BETWEEN}{entry.name}"
        with open_entry(reader, entry, archive, descent) as content:
            if content is None:
                continue
            if content.read(0, len(MAGIC)) != MAGIC:
                members.append(descent.member(content, inner))
                continue
            facts = read_npy(content, inner, descent)
        tensors += (_placed(t, name, entry, path, several=len(facts.tensors) > 1) for t in facts.tensors)
        members.append(replace(facts, tensors=(), metadata=()))
    kept = tuple(m for m in members if m.format != "npy" or m.anomalies or m.members or not _sound(m))
    return FileFacts(
        path,
        FORMAT,
        archive.coverage,
        archive.reason,
        tensors=tuple(tensors),
        anomalies=archive.anomalies.as_tuple(),
        members=kept,
    )


def _sound(facts: FileFacts) -> bool:
    return facts.coverage is Coverage.COMPLETE


def _placed(tensor: TensorInfo, name: str, entry: ZipEntry, path: str, *, several: bool) -> TensorInfo:
    """The array under its member's name, in the archive itself when the member is stored."""
    shown = f"{name}.{tensor.name}" if several else name
    if entry.plain:
        return replace(tensor, name=shown, file=path, offset=entry.start + tensor.offset)
    words = ", ".join(filter(None, (tensor.encoding, "deflate" if entry.method == 8 else "packed")))
    return replace(tensor, name=shown, encoding=words)
