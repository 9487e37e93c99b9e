"""Calls into the C library that Python itself does not offer: errors come back as OSError."""

import ctypes
import os
import platform
import sys
from functools import cache


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def machine() -> str:
    """`x86_64`, `aarch64`, …: the processor as the running kernel names it for 64-bit programs."""
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())


def call(name: str, *arguments: object) -> int:
    """Call a C function that returns an `int`, negative on failure.

    Args:
        name: function name.
        arguments: integers are passed as `long`, which is as wide as a register on the machines we run on.

    Raises:
        OSError: the function failed or does not exist (then `errno.ENOSYS`).
    """
    return _call(name, ctypes.c_int, arguments)


def syscall(number: int, *arguments: object) -> int:
    """Call the Linux kernel by system call number.

    Raises:
        OSError: the kernel refused, or this is not Linux.
    """
    if sys.platform != "linux":
        raise _missing(f"system call {number}")
    return _call("syscall", ctypes.c_long, (number, *arguments))


def _call(name: str, kind: type[ctypes.c_int | ctypes.c_long], arguments: tuple[object, ...]) -> int:
    if sys.platform == "win32":
        raise _missing(name)
    try:
        function = _library()[name]
    except AttributeError as error:
        raise _missing(name) from error
    # The declared width matters: a 32-bit -1 read as 64 bits is a large positive number.
    function.restype = kind
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    ctypes.set_errno(0)
    result: int = function(*wide)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def _missing(name: str) -> OSError:
    import errno

    return OSError(errno.ENOSYS, f"{name}: not on this system")
