"""What kind of machine this is, without saying which one."""

import importlib.metadata
import os
import sys
from pathlib import Path

from weigh.system.libc import machine

_VECTOR_UNITS = ("avx512f", "avx2", "avx", "sve", "asimd")
_GIB = 1 << 30


def machine_class() -> str:
    """System, processor, usable cores, memory and widest vector unit, e.g. `linux-x86_64-2cpu-24gib-avx2`.

    Latency and memory readings are comparable within one class only. It holds no host name. Memory is
    rounded to whole GiB, because the kernel keeps a little for itself.
    """
    parts = [sys.platform, machine(), f"{usable_cpus()}cpu"]
    memory = total_memory()
    if memory:
        parts.append(f"{max(1, round(memory / _GIB))}gib")
    unit = _vector_unit()
    if unit:
        parts.append(unit)
    return "-".join(parts)


def usable_cpus() -> int:
    """Processors this process may run on, at least 1."""
    allowed = getattr(os, "sched_getaffinity", None)
    return max(1, len(allowed(0))) if allowed else os.cpu_count() or 1


def total_memory() -> int:
    """Physical memory in bytes, 0 when the system does not tell."""
    if sys.platform == "win32":
        return 0
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def _vector_unit() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    lines = (line.partition(":") for line in text.splitlines())
    flags = next((value for key, _, value in lines if key.strip().lower() in {"flags", "features"}), "")
    present = set(flags.split())
    return next((unit for unit in _VECTOR_UNITS if unit in present), "")


def installed_version(distribution: str) -> str:
    """Version of an installed distribution, "" when it is not installed. Nothing of it is imported."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""
