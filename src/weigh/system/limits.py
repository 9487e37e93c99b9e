"""Limits a process sets on itself for good: memory, processor time, files, privileges.

Sources: setrlimit(2), prctl(2), capset(2).
"""

import ctypes
import os
import signal
import sys
from dataclasses import dataclass

from weigh.system.libc import call

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True, slots=True)
class ResourceLimits:
    """Hard limits; there is no way to raise them again without privileges, which are dropped too.

    Attributes:
        data_bytes: private writable memory (heap, anonymous maps, stacks).
        address_bytes: all mapped addresses, files and shared memory included; bounds what the first does
            not count.
        cpu_seconds: processor time of all threads over the life of the process.
        file_bytes: size of any file it writes.
        open_files: file descriptors.
        processes: processes and threads of this user; 0 leaves it alone, because outside a user namespace
            the kernel counts those of the whole machine.
    """

    data_bytes: int
    address_bytes: int
    cpu_seconds: int
    file_bytes: int
    open_files: int
    processes: int = 0


def apply_resource_limits(limits: ResourceLimits) -> tuple[tuple[str, str], ...]:
    """Set every limit; core dumps are switched off.

    Returns:
        (name of the limit, reason) for each that could not be set: `memory`, `cpu`, `file_size`,
        `open_files`, `processes`, `core_dumps`.
    """
    try:
        import resource
    except ImportError:
        names = ("memory", "cpu", "file_size", "open_files", "core_dumps")
        return tuple((name, "this system has no resource limits") for name in names)
    wanted = [
        ("memory", "RLIMIT_DATA", limits.data_bytes),
        ("memory", "RLIMIT_AS", limits.address_bytes),
        ("cpu", "RLIMIT_CPU", limits.cpu_seconds),
        ("file_size", "RLIMIT_FSIZE", limits.file_bytes),
        ("open_files", "RLIMIT_NOFILE", limits.open_files),
        ("core_dumps", "RLIMIT_CORE", 0),
    ]
    if limits.processes:
        wanted.append(("processes", "RLIMIT_NPROC", limits.processes))
    missing = []
    for name, kind, value in wanted:
        try:
            which = getattr(resource, kind)
            # A hard limit that is already lower stays: it is stricter, and cannot be raised.
            hard = resource.getrlimit(which)[1]
            limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(which, (limit, limit))
        except (OSError, ValueError, AttributeError) as error:
            missing.append((name, f"{kind}: {error}"))
    return tuple(missing)


def forbid_new_privileges() -> None:
    """Nothing this process starts can gain privileges; seccomp and Landlock ask for it.

    Raises:
        OSError: not Linux, or the kernel refuses.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends.

    Args:
        parent: process id of the parent as the parent knows it, to notice that it is gone already.

    Raises:
        OSError: not Linux, or the kernel refuses.
        ProcessLookupError: the parent died before this call.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise ProcessLookupError(f"the parent {parent} is gone")


def hide_from_others() -> None:
    """No other process of the same user may trace this one or read its memory, and it dumps no core.

    Raises:
        OSError: not Linux, or the kernel refuses.
    """
    _prctl(_PR_SET_DUMPABLE, 0)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def drop_capabilities() -> None:
    """Give up all capabilities, those of root and those a user namespace gave.

    Raises:
        OSError: not Linux, or the kernel refuses.
    """
    if sys.platform != "linux":
        raise OSError(38, "capabilities: not on this system")
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    call("capset", ctypes.byref(header), ctypes.byref(nothing))


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        raise OSError(38, "prctl: not on this system")
    call("prctl", option, value, 0, 0, 0)
