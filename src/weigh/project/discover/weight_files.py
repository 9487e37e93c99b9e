"""Weight files that lie in the tree, told by their content; pointers of git LFS are told as well."""

import re

from weigh.code.word_lists import words
from weigh.core.errors import WeighError
from weigh.core.ports import RangeReader
from weigh.core.usage import Certainty, FileUses, Role
from weigh.project.discover.model_names import is_weights_path
from weigh.project.discover.sightings import Seen, Sightings

_SURE = words(
    """
    safetensors gguf onnx torch-zip torch-legacy torch-tar tflite hdf5 saved-model catboost lightgbm
    xgboost fasttext ort executorch coreml tfjs nemo skops keras torch_zip torchscript openvino pmml
    word2vec sentencepiece
    """
)
"""Formats that hold weights and nothing else."""
_BY_NAME = frozenset(
    {"zip", "pickle", "tar", "compressed", "msgpack", "unknown", "npy", "npz", "xml", "json"}
)
"""Formats that hold weights where the name of the file says so."""
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)
_NOT_A_MODEL = frozenset({"sentencepiece"})


def read_weight_files(source: bytes | RangeReader, path: str, role: Role) -> FileUses:
    """The use of a weight file that lies in the tree: itself. Never raises.

    Args:
        source: its bytes, or what reads ranges of them; only headers are read.
        path: relative POSIX path.
        role: what the file is for.
    """
    from weigh.formats.identify import identify
    from weigh.formats.reader import BytesReader

    found = Sightings(path, role)
    reader = BytesReader(source) if isinstance(source, bytes) else source
    try:
        pointer = _POINTER.match(reader.read(0, 1024))
        kind = "" if pointer else identify(reader, path)
    except WeighError as error:
        found.unread(str(error))
        return found.result()
    how = ("git-lfs",) if pointer else ("content",)
    if pointer or (kind in _SURE - _NOT_A_MODEL) or (kind in _BY_NAME and is_weights_path(path)):
        looks = f"git LFS pointer, sha256 {pointer[1].decode()}" if pointer else kind
        if not pointer or is_weights_path(path) or path.endswith((".bin", ".pkl", ".model", ".pb", ".npz")):
            seen = Seen("file", looks, how, Certainty.LOOKS)
            found.use(1, f"file:{path}", seen)
    return found.result()
