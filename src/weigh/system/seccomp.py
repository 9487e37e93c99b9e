"""seccomp: the kernel refuses system calls that a model's runtime has no use for.

A filter is a small program in classic BPF that the kernel runs on every system call
(https://docs.kernel.org/userspace-api/seccomp_filter.html). It is assembled here, without a library.
Everything not named is allowed: a runtime's native code changes too often for a list of what it may do,
and Landlock, namespaces and limits stand behind this list.
"""

import ctypes
import errno
import struct
from dataclasses import dataclass
from types import MappingProxyType

from weigh.system.libc import machine, syscall
from weigh.system.syscall_numbers import SYSCALLS

_SECCOMP = MappingProxyType({"x86_64": 317, "aarch64": 277})
_SET_MODE_FILTER = 1
_FLAG_ALL_THREADS = 1

# AUDIT_ARCH_* of linux/audit.h: ELF machine number, 64-bit and little-endian marks.
ARCHITECTURES = MappingProxyType({"x86_64": 0xC000003E, "aarch64": 0xC00000B7})

ALLOW = 0x7FFF0000
KILL = 0x80000000
REFUSE = 0x00050000 | errno.EPERM
PRETEND_MISSING = 0x00050000 | errno.ENOSYS

# BPF instruction codes (linux/bpf_common.h): load a 32-bit word, jumps against a constant, return.
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

# Offsets in struct seccomp_data.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32_BIT = 0x40000000
_CLONE_THREAD = 0x00010000

DENIED = (
    # network: every kind of socket
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg",
    # other programs and processes
    "execve", "execveat", "fork", "vfork", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
    "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "ptrace", "process_vm_readv", "process_vm_writev",
    "process_madvise", "process_mrelease", "kcmp", "move_pages", "migrate_pages", "setsid", "setpgid",
    # memory and queues that no limit counts
    "memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "semget", "msgget", "mq_open", "vmsplice",
    # what Landlock leaves open: modes, owners, times and attributes of files, and files by handle;
    # before its third version also shortening a file by its path
    "truncate",
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat",
    "setxattr", "lsetxattr", "fsetxattr", "setxattrat",
    "removexattr", "lremovexattr", "fremovexattr", "removexattrat",
    "utime", "utimes", "futimesat", "utimensat", "mknod", "mknodat", "name_to_handle_at", "open_by_handle_at",
    # mounts and namespaces
    "mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "open_tree", "move_mount", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr", "quotactl", "quotactl_fd", "swapon", "swapoff",
    # its own limits
    "setrlimit", "personality", "modify_ldt", "uselib",
    # doors into the kernel with a history
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "keyctl", "add_key", "request_key", "fanotify_init", "lookup_dcookie", "syslog", "acct", "vhangup",
    # the machine
    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "iopl",
    "ioperm", "sethostname", "setdomainname", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
)  # fmt: skip
"""Calls that come back with EPERM. `clone`, `clone3`, `tgkill`, `prctl`, `prlimit64` have their own rules."""

# PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_PTRACER: would undo what `limits.py` set.
_FORBIDDEN_PRCTL = (1, 4, 0x59616D61)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One struct sock_filter; jumps count instructions from the next one."""

    code: int
    if_true: int
    if_false: int
    value: int

    def pack(self) -> bytes:
        """The eight bytes the kernel reads."""
        return struct.pack("=HBBI", self.code, self.if_true, self.if_false, self.value)


def program(architecture: str, *, pid: int) -> tuple[Instruction, ...]:
    """The filter for one architecture.

    Args:
        architecture: `x86_64` or `aarch64`.
        pid: the process that may still send signals to its own threads, which `abort` does.

    Raises:
        KeyError: no table for this architecture.
    """
    numbers = SYSCALLS[architecture]
    code = [
        _load(_ARCHITECTURE),
        Instruction(_JUMP_EQUAL, 1, 0, ARCHITECTURES[architecture]),
        _return(KILL),
        _load(_NUMBER),
    ]
    if architecture == "x86_64":
        # The x32 interface would reach every call under a second number.
        code += [Instruction(_JUMP_AT_LEAST, 0, 1, _X32_BIT), _return(KILL)]
    for name in DENIED:
        if name in numbers:
            code += [Instruction(_JUMP_EQUAL, 0, 1, numbers[name]), _return(REFUSE)]
    # The C library falls back from clone3, whose flags lie in memory no filter can see, to clone.
    code += [Instruction(_JUMP_EQUAL, 0, 1, numbers["clone3"]), _return(PRETEND_MISSING)]
    for name, rule in _argument_rules(pid):
        code += [Instruction(_JUMP_EQUAL, 0, len(rule), numbers[name]), *rule]
    return (*code, _return(ALLOW))


def _argument_rules(pid: int) -> list[tuple[str, list[Instruction]]]:
    """Rules that look at arguments; each ends in a return, so nothing after it sees a changed register."""
    only_threads = [
        _load(_argument(0)),
        Instruction(_JUMP_ANY_BIT, 1, 0, _CLONE_THREAD),
        _return(REFUSE),
        _return(ALLOW),
    ]
    only_own_threads = [
        _load(_argument(0)),
        Instruction(_JUMP_EQUAL, 1, 0, pid),
        _return(REFUSE),
        _return(ALLOW),
    ]
    only_ask_for_limits = [
        _load(_argument(2)),
        Instruction(_JUMP_EQUAL, 1, 0, 0),
        _return(REFUSE),
        _load(_argument(2) + 4),
        Instruction(_JUMP_EQUAL, 1, 0, 0),
        _return(REFUSE),
        _return(ALLOW),
    ]
    harmless_prctl = [_load(_argument(0))]
    for option in _FORBIDDEN_PRCTL:
        harmless_prctl += [Instruction(_JUMP_EQUAL, 0, 1, option), _return(REFUSE)]
    harmless_prctl.append(_return(ALLOW))
    return [
        ("clone", only_threads),
        ("tgkill", only_own_threads),
        ("prlimit64", only_ask_for_limits),
        ("prctl", harmless_prctl),
    ]


def _load(offset: int) -> Instruction:
    return Instruction(_LOAD, 0, 0, offset)


def _return(action: int) -> Instruction:
    return Instruction(_RETURN, 0, 0, action)


def _argument(index: int) -> int:
    """Offset of the low half of an argument; both architectures are little-endian."""
    return _ARGUMENTS + 8 * index


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def install(pid: int) -> None:
    """Put the filter on every thread of this process, for good. The caller has set `no_new_privs`.

    Args:
        pid: this process.

    Raises:
        OSError: no table for this processor, not Linux, or a kernel without filters; nothing is filtered.
    """
    architecture = machine()
    if architecture not in SYSCALLS:
        raise OSError(errno.ENOSYS, f"seccomp: no table of system calls for {architecture}")
    code = b"".join(i.pack() for i in program(architecture, pid=pid))
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_program = _Program(len(code) // 8, ctypes.addressof(buffer))
    blocked = syscall(
        _SECCOMP[architecture], _SET_MODE_FILTER, _FLAG_ALL_THREADS, ctypes.byref(filter_program)
    )
    if blocked:
        raise OSError(errno.ESRCH, f"seccomp: thread {blocked} has a filter of its own")
