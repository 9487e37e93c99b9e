"""Tensors out of safetensors files, put into a model that was built from its configuration.

The files are read by `weigh.formats.safetensors` and by plain ranges; no loader of the library is used,
so nothing is looked for elsewhere, nothing is converted by guessing, and no pickle can be chosen.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path

import torch

from weigh.core.facts import Coverage
from weigh.core.tensor import TensorInfo
from weigh.formats.reader import FileReader
from weigh.formats.safetensors import read_safetensors
from weigh.runtimes.worker.files import UnfitError

_DTYPES: Mapping[str, torch.dtype] = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
    "BOOL": torch.bool,
}  # fmt: skip

# Names that checkpoints converted from TensorFlow gave to the two halves of a normalisation.
_OLD_ENDINGS = ((".gamma", ".weight"), (".beta", ".bias"))

# Numbers a model can compute itself; older versions of the library wrote them into checkpoints.
_COMPUTED = (".position_ids", ".token_type_ids", ".inv_freq")

# Heads of training tasks, which an encoder does without: the first part of their tensors' names.
_HEADS = frozenset(
    {"classifier", "cls", "decoder", "discriminator_predictions", "generator_predictions", "head", "lm_head",
     "lm_predictions", "mask_predictions", "pooler", "pre_classifier", "predictions", "qa_outputs", "score",
     "sop_classifier", "vocab_layer_norm", "vocab_projector", "vocab_transform"}
)  # fmt: skip

# Parts that the last hidden state does not pass through, so an encoder may lack them.
_UNUSED = ("pooler.",)
_SHOWN = 6


def fill(model: torch.nn.Module, files: Sequence[Path], *, prefix: str, whole: bool) -> None:
    """Copy every tensor of the files into the model, each name exactly once.

    Args:
        model: built, its values of no meaning yet.
        files: the safetensors files of one checkpoint.
        prefix: name of the encoder inside a model with a head, such as `bert`.
        whole: the model has its head, and every tensor of it must be given.

    Raises:
        UnfitError: a tensor that takes part is missing, is of another shape, or is one too many.
    """
    own = model.state_dict()
    given: set[str] = set()
    strange: list[str] = []
    for path in files:
        for info, tensor in _tensors(path):
            name = _name(info.name, own, prefix)
            if name is None:
                strange += [] if _may_be_left_out(info.name, prefix, whole=whole) else [info.name]
                continue
            if name in given:
                raise UnfitError("model", f"its files give the tensor {name!r} twice")
            _copy(own[name], tensor, name)
            given.add(name)
    _complain(_missing(model, own, given, whole=whole), strange)


def _tensors(path: Path) -> Iterator[tuple[TensorInfo, torch.Tensor]]:
    with FileReader(path) as reader:
        facts = read_safetensors(reader, path.name)
    if facts.coverage is not Coverage.COMPLETE:
        raise UnfitError("model", f"{path.name!r} is not a sound safetensors file: {facts.reason}")
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
        for info in facts.tensors:
            if info.dtype not in _DTYPES:
                raise UnfitError("model", f"its tensor {info.name!r} has the type {info.dtype}")
            yield info, _mapped(mapped, info)


def _mapped(mapped: mmap, info: TensorInfo) -> torch.Tensor:
    """A copy of the values: nothing may point into the file when it is closed."""
    if not info.nbytes:
        return torch.zeros(info.shape, dtype=_DTYPES[info.dtype])
    with warnings.catch_warnings():
        # It warns that the bytes cannot be written to; they are not.
        warnings.simplefilter("ignore", UserWarning)
        view = memoryview(mapped)[info.offset : info.offset + info.nbytes]
        return torch.frombuffer(bytearray(view), dtype=_DTYPES[info.dtype]).reshape(info.shape)


def _name(name: str, own: Mapping[str, torch.Tensor], prefix: str) -> str | None:
    """The model's name for a tensor of the file, None when it has none."""
    for old, new in _OLD_ENDINGS:
        if name.endswith(old):
            name = name.removesuffix(old) + new
    choices = (name, name.removeprefix(f"{prefix}."), f"{prefix}.{name}") if prefix else (name,)
    return next((choice for choice in choices if choice in own), None)


def _may_be_left_out(name: str, prefix: str, *, whole: bool) -> bool:
    bare = name.removeprefix(f"{prefix}.") if prefix else name
    head = bare.split(".")[0] in _HEADS
    return name.endswith(_COMPUTED) or (head and (not whole or bare.startswith(_UNUSED)))


def _copy(target: torch.Tensor, tensor: torch.Tensor, name: str) -> None:
    if target.shape != tensor.shape:
        raise UnfitError(
            "model",
            f"its tensor {name!r} has the shape {tuple(tensor.shape)}, "
            f"its configuration makes it {tuple(target.shape)}",
        )
    with torch.no_grad():
        target.copy_(tensor)


def _missing(
    model: torch.nn.Module, own: Mapping[str, torch.Tensor], given: set[str], *, whole: bool
) -> list[str]:
    """Tensors that took no value, neither by their own name nor by one they share their memory with."""
    reached = {own[name].data_ptr() for name in given}
    computed = {name for name, _ in model.named_buffers()}
    return sorted(
        name
        for name, tensor in own.items()
        if name not in given
        and tensor.data_ptr() not in reached
        and not (name in computed and name.endswith(_COMPUTED))
        and (whole or not name.startswith(_UNUSED))
    )


def _complain(missing: list[str], strange: list[str]) -> None:
    if not missing and not strange:
        return
    both = (("missing", missing), ("not known to the architecture", strange))
    parts = [f"{what}: {_listed(names)}" for what, names in both if names]
    raise UnfitError("model", f"its tensors are not those of its configuration; {'; '.join(parts)}")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(name[:120] for name in names[:_SHOWN]) + more
