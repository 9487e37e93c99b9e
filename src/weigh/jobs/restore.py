"""Restore: one file or one tensor of a version, written where it is asked for."""

from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError, RefusedError, UsageError
from weigh.jobs.desk import Desk
from weigh.versions.partly_here import require_held
from weigh.versions.placing import write_parts
from weigh.versions.take_out import Form, file_parts, find_tensor, tensor_parts
from weigh.versions.working_folder import open_history, open_named


@dataclass(frozen=True, slots=True)
class Restored:
    """What was written.

    Attributes:
        path: where.
        size: bytes.
        commit: id of the version it is from.
        what: `PATH`, or `PATH: tensor (F32 384×384)`; hostile text.
    """

    path: Path
    size: int
    commit: str
    what: str


@dataclass(frozen=True, slots=True)
class RestoreOptions:
    """What `weigh restore` was asked.

    Attributes:
        revision: branch, tag, id, `HEAD~1`.
        path: of the file in the version.
        tensor: name of a tensor of it, "" for the file.
        out: where to; "" for the file's own name, or the tensor's with `.npy`, in the folder of the command.
        force: replace what stands there.
        history: another history by its name, "" for the folder's own.
    """

    revision: str
    path: str
    tensor: str = ""
    out: str = ""
    force: bool = False
    history: str = ""


def restore(desk: Desk, here: Path, options: RestoreOptions) -> Restored:
    """Write one file or tensor of a version.

    Raises:
        NotFoundError: there is no such version, file or tensor.
        RefusedError: something stands at the place.
        IntegrityError: what is stored is damaged; nothing was written.
    """
    history = open_named(desk, options.history) if options.history else open_history(desk, here)
    name = history.find(options.revision)
    file = history.tree_of(name).file(options.path)
    if file is None:
        raise NotFoundError(
            f"{options.revision} has no file {options.path!r}", hint=f"weigh show {options.revision}"
        )
    require_held(history, (file,))
    target = here / (options.out or _name(options))
    if target.is_symlink() or (target.exists() and not target.is_file()):
        # Renaming onto a device would put a file in its place, for every program of the machine.
        raise RefusedError(f"{target} is no file that could be replaced", hint="name another place with -o")
    if target.exists() and not options.force:
        raise RefusedError(f"{target} is there already", hint="name another place with -o, or add --force")
    if not options.tensor:
        size = write_parts(target, file_parts(history.objects, file), executable=file.executable)
        return Restored(target, size, name, file.path)
    tensor = find_tensor(history.objects, file, options.tensor)
    size = write_parts(target, tensor_parts(history.objects, tensor, _form(target)))
    shape = "×".join(str(d) for d in tensor.span.shape) or "scalar"
    return Restored(target, size, name, f"{file.path}: {tensor.span.name} ({tensor.span.dtype} {shape})")


def _name(options: RestoreOptions) -> str:
    if not options.tensor:
        return options.path.rpartition("/")[2]
    plain = "".join(c if c.isalnum() or c in "._-" else "_" for c in options.tensor).lstrip(".")
    return f"{plain[:100] or 'tensor'}{Form.NPY}"


def _form(target: Path) -> Form:
    if target.suffix not in set(Form):
        raise UsageError(
            f"cannot tell how to write a tensor to {target.name!r}", hint="name it .npy or .safetensors"
        )
    return Form(target.suffix)
