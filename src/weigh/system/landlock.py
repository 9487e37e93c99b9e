"""Landlock: a process gives up, for good, every file and port it does not name.

Interface: linux/landlock.h, https://docs.kernel.org/userspace-api/landlock.html. Numbers are the same
on every architecture. A right that the running kernel does not know is left out and reported, so a
sandbox never claims what it does not have.

The rules bind the calling thread and what it starts later, so they are set while there is one thread.
"""

import ctypes
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path

from weigh.system.libc import syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_QUERY = 1
_RULE_PATH_BENEATH = 1


class FileRight(IntFlag):
    """LANDLOCK_ACCESS_FS_*."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


_ADDED_BY_ABI = {2: FileRight.REFER, 3: FileRight.TRUNCATE, 5: FileRight.IOCTL_DEV}
_ON_FILES = (
    FileRight.EXECUTE | FileRight.WRITE_FILE | FileRight.READ_FILE | FileRight.TRUNCATE | FileRight.IOCTL_DEV
)
READ = FileRight.READ_FILE | FileRight.READ_DIR
"""Read files and list folders; nothing may be started from there."""
WRITE = READ | FileRight.WRITE_FILE | FileRight.TRUNCATE | FileRight.MAKE_REG | FileRight.REMOVE_FILE
"""Also make, change and remove plain files, but no folders, links, sockets or devices."""

_NET_BIND_AND_CONNECT_TCP = 0b11
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


@dataclass(frozen=True, slots=True)
class PathRule:
    """What stays allowed beneath one path.

    Attributes:
        path: a file or a folder.
        rights: what may be done with it and, for a folder, with everything in it.
    """

    path: Path
    rights: FileRight


@dataclass(frozen=True, slots=True)
class Applied:
    """What Landlock now enforces on this thread.

    Attributes:
        abi: version of the kernel's interface, 1 or more.
        truncate: shortening a file counts as writing (from version 3).
        tcp: no TCP port may be bound or connected to (from version 4).
        signals: no signal reaches a process outside (from version 6).
    """

    abi: int
    truncate: bool
    tcp: bool
    signals: bool


def abi_version() -> int:
    """Version of Landlock in the running kernel, 0 when it has none or it is switched off."""
    try:
        return syscall(_CREATE_RULESET, None, 0, _VERSION_QUERY)
    except OSError:
        return 0


def handled_rights(abi: int) -> FileRight:
    """Every file right that a kernel of this version can take away."""
    rights = FileRight((1 << 13) - 1)
    for version, added in _ADDED_BY_ABI.items():
        if abi >= version:
            rights |= added
    return rights


def restrict(rules: Sequence[PathRule], *, abi: int | None = None) -> Applied:
    """Give up all file access that `rules` do not name, TCP, and signals to others. There is no way back.

    The caller has set `no_new_privs`. A path that does not exist is left out: nothing is allowed there.

    Args:
        rules: what stays allowed.
        abi: pretend the kernel is this old; None takes what it has.

    Raises:
        OSError: the kernel has no Landlock or refuses; nothing was given up.
    """
    known = abi_version()
    version = known if abi is None else min(abi, known)
    if version < 1:
        raise OSError(38, "the kernel has no Landlock, or it is switched off")
    attributes = _Ruleset(
        handled_rights(version),
        _NET_BIND_AND_CONNECT_TCP if version >= 4 else 0,
        _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    ruleset = syscall(_CREATE_RULESET, ctypes.byref(attributes), _size(version), 0)
    try:
        for rule in rules:
            _allow(ruleset, rule, handled_rights(version))
        syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return Applied(version, truncate=version >= 3, tcp=version >= 4, signals=version >= 6)


def _size(abi: int) -> int:
    """Bytes of the attribute that a kernel of this version knows."""
    if abi >= 6:
        return 24
    return 16 if abi >= 4 else 8


def _allow(ruleset: int, rule: PathRule, handled: FileRight) -> None:
    try:
        # O_PATH only names the file: it needs no read permission and reads nothing.
        descriptor = os.open(rule.path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        rights = rule.rights & handled
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _ON_FILES
        beneath = _PathBeneath(rights, descriptor)
        syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(beneath), 0)
    finally:
        os.close(descriptor)
