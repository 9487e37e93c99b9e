"""Where the worker's imports come from: the folders it is told, instead of what `site` would find."""

import importlib.util
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

# Libraries that extension modules are linked against, what the linker and the C library look at, and the
# random numbers that torch reads from their file (the system call gives them without one).
_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store", "/etc/ld.so.cache",
    "/proc/cpuinfo", "/sys/devices/system/cpu", "/dev/urandom",
)  # fmt: skip


def import_roots(packages: Sequence[str]) -> tuple[Path, ...]:
    """Folders to put on the worker's import path, each once, in the order of `packages`.

    Args:
        packages: top-level packages; nothing of them is imported here. One that is not installed is left out.
    """
    found: dict[Path, None] = {}
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            found[Path(spec.origin).resolve().parent.parent] = None
    return tuple(found)


def readable_paths(roots: Sequence[Path]) -> tuple[Path, ...]:
    """What the worker may read to be able to import: `roots`, the standard library, system libraries.

    A folder that is, or holds, the user's home is left out, whatever stands in it.
    """
    standard = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
    prefixes = [Path(prefix) / "lib" for prefix in (sys.base_prefix, sys.prefix)]
    wanted = [*roots, *standard, *prefixes, *map(Path, _SYSTEM)]
    home = _home()
    kept: dict[Path, None] = {}
    for path in wanted:
        real = path.resolve()
        if real.exists() and home != real and real not in home.parents:
            kept[real] = None
    return tuple(kept)


def _home() -> Path:
    try:
        return Path.home().resolve()
    except RuntimeError:
        # Nobody's home: only the root of the file system must stay out.
        return Path("/nonexistent/home")
