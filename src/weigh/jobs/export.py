"""Export: what is locked, in a form that other programs read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from weigh import __version__
from weigh.core.errors import UsageError
from weigh.jobs.bundle import fetch, locked_in, sections
from weigh.jobs.workbench import Workbench
from weigh.project.bundle import restricted
from weigh.project.export_cyclonedx import cyclonedx
from weigh.project.export_hf_cache import hf_cache
from weigh.project.export_requirements import not_packages, requirements
from weigh.project.lock import Lock
from weigh.system.atomic import write_out


class Form(StrEnum):
    """What can be exported."""

    REQUIREMENTS = "requirements"
    HF_CACHE = "hf-cache"
    CYCLONEDX = "cyclonedx"


TEXTS: Mapping[Form, Callable[[Lock], str]] = {
    Form.REQUIREMENTS: requirements,
    Form.CYCLONEDX: partial(cyclonedx, tool=__version__),
}
"""Forms that are one text, made of the lock alone."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: its bytes, the sections that were asked for, and those of them it leaves out."""

    size: int
    sections: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def export(bench: Workbench, project: Path, form: Form, out: Path, names: tuple[str, ...]) -> Exported:
    """Write the locked models in another form.

    Args:
        bench: where to work; only `hf-cache` needs the files themselves.
        project: folder of models.lock.
        form: what to write.
        out: the file or, for `hf-cache`, the folder.
        names: models by name; all when empty.

    Raises:
        NotFoundError: there is no lock.
        UsageError: a name is not locked, or the form cannot hold any of them.
    """
    whole = locked_in(project)
    lock = restricted(whole, sections(whole, names))
    told = tuple(sorted({key[0] for key in lock.files} | set(lock.models)))
    if form is Form.HF_CACHE:
        fetch(bench, project, lock)
        size, left = hf_cache(out, lock, bench.blobs)
        return Exported(size, told, left)
    if out.is_dir():
        raise UsageError(f"{out} is a folder", hint="name the file to write")
    data = TEXTS[form](lock).encode("utf-8")
    write_out(out, data)
    return Exported(len(data), told, not_packages(lock) if form is Form.REQUIREMENTS else ())
