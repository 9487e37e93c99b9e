"""Inspection: what is inside a model, read from its headers, and how much had to be read for it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from weigh.core.facts import Fact, FileFacts
from weigh.core.finding import Finding
from weigh.core.gate import Word, judge_file, worst_word
from weigh.core.tensor import TensorInfo


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """One file.

    Attributes:
        facts: what was read.
        size: bytes.
        findings: what the security check says of it.
    """

    facts: FileFacts
    size: int
    findings: tuple[Finding, ...]

    @property
    def word(self) -> Word:
        """clean, review, malicious or error."""
        return judge_file(self.facts, self.findings)


@dataclass(frozen=True, slots=True)
class Inspection:
    """A model.

    Attributes:
        name: as the user called it.
        files: by path.
        facts: about the model as a whole.
        read: bytes that were read, or fetched where it is remote.
        remote: whether it was read over the network, without fetching whole files.
        revision: commit or version that was looked at; "" where there is none.
    """

    name: str
    files: tuple[InspectedFile, ...]
    facts: tuple[Fact, ...]
    read: int
    remote: bool = False
    revision: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def word(self) -> Word:
        """The word for the whole."""
        return worst_word(file.word for file in self.files)

    def tensors(self) -> tuple[TensorInfo, ...]:
        """Every tensor of every file."""
        return tuple(tensor for file in self.files for tensor in file.facts.all_tensors())


def values_by_dtype(tensors: Iterable[TensorInfo]) -> tuple[tuple[str, int, int], ...]:
    """(dtype, values, bytes) of each type, the largest first. Tensors that share bytes count once."""
    values: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    seen: set[tuple[str, int, int]] = set()
    for tensor in tensors:
        place = (tensor.file, tensor.offset, tensor.nbytes)
        if tensor.offset >= 0 and place in seen and tensor.nbytes:
            continue
        seen.add(place)
        values[tensor.dtype] += tensor.count
        sizes[tensor.dtype] += tensor.nbytes
    return tuple((dtype, values[dtype], sizes[dtype]) for dtype, _ in sizes.most_common())
