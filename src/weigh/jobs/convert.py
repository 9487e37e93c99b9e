"""A checkpoint as safetensors, byte for byte, without unpickling it.

The readers of `formats` say where each tensor's bytes lie; they are copied from there. What a safetensors
file cannot hold is listed: values that are no tensors, quantised tensors, tensors without data. A file that
the security check calls malicious is refused.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from weigh.checks.security.findings import findings_of
from weigh.core.errors import MalformedError, RefusedError, UnknownAnswerError, UsageError
from weigh.core.facts import Coverage, FileFacts
from weigh.core.finding import Confidence, Severity
from weigh.core.gate import Word, judge_file
from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.formats.reader import FileReader
from weigh.formats.safetensors import MAX_HEADER, read_safetensors
from weigh.formats.safetensors_header import METADATA_KEY
from weigh.formats.table import read_file
from weigh.jobs.convert_payload import Payloads
from weigh.system.atomic import make_folder, publish, storing, temporary, write_all

FORMATS = frozenset({"torch", "torch-legacy", "npz", "npy"})
"""Formats whose tensors are converted."""
ENDING = ".safetensors"
_PLAIN = frozenset({"big-endian", "column-major", "deflate", "packed", "bzip2", "lzma"})
"""Words of an encoding that only say how the same values lie in the file."""
_NOT_HELD = frozenset({"C128"})
"""Types with a fixed size that safetensors does not have."""
MOST_NAMED = 8
"""Groups of tied tensors that an error names."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was written.

    Attributes:
        target: the file.
        tensors: tensors in it; `nbytes` bytes of their payloads.
        shared: groups of names whose tensors share bytes in the checkpoint; each was written whole.
        swapped: names of tensors whose bytes were turned to little-endian.
        left_out: (name, why) of what the file does not hold.
        more_left_out: values left out that are not listed.
        word: what the security check says of the checkpoint.
    """

    target: Path
    tensors: int
    nbytes: int
    shared: tuple[tuple[str, ...], ...]
    swapped: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    more_left_out: int
    word: Word


def convert(
    source: Path, target: Path, *, under: str = "", duplicate_shared: bool = False, force: bool = False
) -> Conversion:
    """Write the tensors of a checkpoint as safetensors.

    Args:
        source: a checkpoint of torch, or a file of NumPy arrays.
        target: a name that ends in `.safetensors`.
        under: only tensors below this name, without it: `state_dict` takes `state_dict.conv.weight`.
        duplicate_shared: write tensors that share bytes once for each name.
        force: replace a file that is there.

    Raises:
        UsageError: the names do not fit the command, or no tensor lies under `under`.
        NotFoundError: there is no such checkpoint.
        RefusedError: loading the checkpoint would run code, or tensors share bytes.
        MalformedError: the checkpoint is damaged.
        UnknownAnswerError: not all of its tensors are known.
        StorageError: the disk.
    """
    _check_names(source, target, force=force)
    with FileReader(source) as reader:
        facts = read_file(reader, source.name)
    word = _checked(facts, source)
    taken, left_out = _chosen(facts, under)
    shared = shared_groups(taken)
    if shared and not duplicate_shared:
        raise _refuse_shared(shared)
    renamed = [replace(t, name=_below(t.name, under)) for t in taken]
    with Payloads(source, source.name) as payloads:
        nbytes = _write(target, renamed, payloads, is_torch=facts.format.startswith("torch"))
    leaves, more = _leaves(facts)
    return Conversion(
        target,
        len(renamed),
        nbytes,
        shared,
        tuple(t.name for t in renamed if "big-endian" in t.encoding),
        (*left_out, *leaves),
        more,
        word,
    )


def _check_names(source: Path, target: Path, *, force: bool) -> None:
    if target.suffix != ENDING:
        raise UsageError(f"{str(target)!r} does not end in {ENDING}", hint=f"name it {target.stem}{ENDING}")
    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError(f"{str(target)!r} is the file to convert")
    if target.exists() and not force:
        raise UsageError(f"{str(target)!r} is there already", hint="name another, or add --force")


def _checked(facts: FileFacts, source: Path) -> Word:
    findings = tuple(findings_of(facts))
    word = judge_file(facts, findings)
    if word is Word.MALICIOUS:
        worst = next(
            f for f in findings if f.severity is Severity.CRITICAL and f.confidence is Confidence.HIGH
        )
        why = f"{worst.rule}: {worst.message}"
        raise RefusedError(f"{source.name!r} is malicious and was not converted", why=why)
    if facts.format not in FORMATS:
        why = f"it is read as {facts.format}; torch checkpoints and NumPy arrays are converted"
        raise UsageError(f"{source.name!r} is no checkpoint", why=why)
    if word is Word.ERROR:
        raise MalformedError(f"{source.name!r} is damaged", why=facts.reason)
    pickles = [m for m in facts.members if m.format == "pickle"]
    for part in (facts, *pickles):
        if part.coverage is not Coverage.COMPLETE:
            raise UnknownAnswerError(f"not all tensors of {source.name!r} are known", why=part.reason)
    return word


def _chosen(facts: FileFacts, under: str) -> tuple[list[TensorInfo], tuple[tuple[str, str], ...]]:
    """The tensors to write, and those that safetensors cannot hold."""
    taken: list[TensorInfo] = []
    left_out: list[tuple[str, str]] = []
    for tensor in facts.tensors:
        if under and not tensor.name.startswith(f"{under}."):
            continue
        words = [w for w in tensor.encoding.split(", ") if w and w not in _PLAIN]
        if words:
            left_out.append((tensor.name, ", ".join(words)))
        elif not DTYPE_BITS.get(tensor.dtype) or tensor.dtype in _NOT_HELD:
            left_out.append((tensor.name, f"safetensors has no type {tensor.dtype}"))
        elif tensor.offset < 0 or any(n < 0 for n in tensor.shape):
            left_out.append((tensor.name, "no data"))
        else:
            taken.append(tensor)
    if not taken:
        where = f" under {under!r}" if under else ""
        names = sorted({t.name.partition(".")[0] for t in facts.tensors})
        raise UsageError(f"there is no tensor{where} to convert", why=f"names begin with {names[:8]}")
    return taken, tuple(left_out)


def _below(name: str, under: str) -> str:
    return (name.removeprefix(f"{under}.") if under else name) or "tensor"


def shared_groups(tensors: Iterable[TensorInfo]) -> tuple[tuple[str, ...], ...]:
    """Names of tensors whose ranges overlap, in groups."""
    groups: list[list[str]] = []
    reached = ("", -1)
    for tensor in sorted(tensors, key=lambda t: (t.file, t.offset, t.nbytes)):
        if not tensor.nbytes:
            continue
        if groups and tensor.file == reached[0] and tensor.offset < reached[1]:
            groups[-1].append(tensor.name)
        else:
            groups.append([tensor.name])
            reached = (tensor.file, -1)
        reached = (tensor.file, max(reached[1], tensor.offset + tensor.nbytes))
    return tuple(tuple(group) for group in groups if len(group) > 1)


def _refuse_shared(shared: tuple[tuple[str, ...], ...]) -> RefusedError:
    shown = "; ".join(" = ".join(group[:4]) for group in shared[:MOST_NAMED])
    more = f"; and {len(shared) - MOST_NAMED} more groups" if len(shared) > MOST_NAMED else ""
    return RefusedError(
        "tensors of the checkpoint share bytes, and safetensors keeps every tensor by itself",
        why=f"{shown}{more}",
        hint="add --duplicate-shared to write each of them whole",
    )


def _write(target: Path, tensors: list[TensorInfo], payloads: Payloads, *, is_torch: bool) -> int:
    """Write the file beside its place, look at it, and move it there; returns the bytes of all payloads."""
    ordered = sorted(tensors, key=lambda t: (-DTYPE_BITS[t.dtype], t.name))
    header, nbytes = _header(ordered, is_torch=is_torch)
    make_folder(target.absolute().parent)
    draft = temporary(target.absolute().parent)
    try:
        with storing(target):
            descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                write_all(descriptor, header)
                for tensor in ordered:
                    for piece in payloads.pieces(tensor):
                        write_all(descriptor, piece)
                _verify(draft, len(tensors))
                publish(descriptor, draft, target.absolute(), mode=0o644)
            finally:
                os.close(descriptor)
    finally:
        with suppress(OSError):
            draft.unlink()
    return nbytes


def _header(ordered: list[TensorInfo], *, is_torch: bool) -> tuple[bytes, int]:
    # transformers loads a safetensors file only when it says which framework it is for
    header: dict[str, object] = {METADATA_KEY: {"format": "pt"}} if is_torch else {}
    end = 0
    for tensor in ordered:
        size = tensor.count * DTYPE_BITS[tensor.dtype] // 8
        header[tensor.name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [end, end + size],
        }
        end += size
    if len(header) != len(ordered) + is_torch:
        raise RefusedError("two tensors have one name", hint="convert a part of it with --under")
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    text += b" " * (-len(text) % 8)
    if len(text) > MAX_HEADER:
        raise RefusedError("it has more tensors than a safetensors file can name")
    return len(text).to_bytes(8, "little") + text, end


def _verify(draft: Path, count: int) -> None:
    with FileReader(draft) as reader:
        facts = read_safetensors(reader, draft.name)
    if facts.coverage is not Coverage.COMPLETE or len(facts.tensors) != count:
        why = facts.anomalies[0].detail if facts.anomalies else facts.reason
        raise MalformedError("the file that was written is not sound and was thrown away", why=why)


def _leaves(facts: FileFacts) -> tuple[tuple[tuple[str, str], ...], int]:
    """Values of the checkpoint that are no tensors: those listed, and how many more there are."""
    fact = facts.fact("torch.leaves")
    if fact is None:
        return (), 0
    return tuple((name, what) for name, what in fact.value["listed"]), fact.value["more"]
