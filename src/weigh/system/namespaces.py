"""Namespaces: an empty network, own shared memory and own host name, where the kernel lets a user have them.

A second wall behind seccomp and Landlock; many systems forbid it to ordinary users, and then it is
missing and said to be missing. There is no new process-id namespace: it would only hold for children,
and the sandboxed process may not have any.
"""

import os
from enum import IntFlag
from pathlib import Path

from weigh.system.libc import call


class Namespace(IntFlag):
    """CLONE_NEW* of linux/sched.h."""

    UTS = 0x04000000
    IPC = 0x08000000
    USER = 0x10000000
    NET = 0x40000000


EMPTY_WORLD = Namespace.USER | Namespace.NET | Namespace.IPC | Namespace.UTS


def enter(namespaces: Namespace = EMPTY_WORLD) -> None:
    """Move this process into new namespaces, keeping its user and group id.

    Call it while the process has one thread: the kernel gives no user namespace to a process with more.

    Raises:
        OSError: the kernel refuses; the process is where it was.
    """
    user, group = os.getuid(), os.getgid()
    call("unshare", int(namespaces))
    if namespaces & Namespace.USER:
        _keep_ids(user, group)


def _keep_ids(user: int, group: int) -> None:
    # Without a map the process still has its identity towards files, only its numbers read as 65534.
    own = Path("/proc/self")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        try:
            (own / name).write_text(text)
        except OSError:
            return
