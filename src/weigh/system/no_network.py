"""`python -m weigh.system.no_network -- CMD…`: become a program that has no network but itself.

A network namespace of its own, in which only the loopback device is up. Exit 125 when the kernel refuses, 126
and 127 when the program cannot be started, as `env(1)` and shells do.
"""

import os
import socket
import struct
import sys

from weigh.system.namespaces import Namespace, enter

CANNOT, NOT_EXECUTABLE, NOT_FOUND = 125, 126, 127

_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
"""linux/sockios.h and linux/if.h; struct ifreq is a name of 16 bytes and a union, here of flags."""


def main(arguments: list[str]) -> int:
    """Enter the namespace and become the program; returns only when that fails."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        return CANNOT
    try:
        enter(Namespace.USER | Namespace.NET)
        _raise_loopback()
    except OSError as error:
        sys.stderr.write(f"weigh: cannot take the network away: {os.strerror(error.errno or 0)}\n")
        return CANNOT
    try:
        os.execvp(command[0], command)  # noqa: S606 - the user's own command
    except FileNotFoundError:
        return NOT_FOUND
    except OSError:
        return NOT_EXECUTABLE


def _raise_loopback() -> None:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        asked = struct.pack("16sH22x", b"lo", 0)
        flags = struct.unpack("16sH22x", fcntl.ioctl(handle, _SIOCGIFFLAGS, asked))[1]
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | _IFF_UP))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
