"""A worker that misbehaves. Each attack says `blocked: …` or `open`; some never answer.

Each touches only what its test hands it.
"""

import ctypes
import mmap
import os
import socket
import subprocess
import sys
import threading
import time

LIBRARIES = ()


def serve(channel):
    fields = channel.receive().fields
    channel.send("result", {"said": attempt(ATTACKS[fields["attack"]], fields)})


def attempt(attack, fields):
    try:
        attack(fields)
    except (OSError, MemoryError, ValueError) as error:
        return f"blocked: {type(error).__name__}"
    return "open"


def internet_socket(fields):
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def datagram_socket(fields):
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).close()


def unix_socket(fields):
    socket.socket(socket.AF_UNIX).close()


def socket_pair(fields):
    for end in socket.socketpair():
        end.close()


def fork(fields):
    if os.fork() == 0:
        os._exit(0)
    os.wait()


def run_program(fields):
    subprocess.run([sys.executable, "-c", ""], check=False)


def replace_itself(fields):
    os.execv(sys.executable, [sys.executable, "-c", ""])


def ten_gigabytes(fields):
    held = bytearray(10 << 30)
    del held


def ten_gigabytes_shared(fields):
    mmap.mmap(-1, 10 << 30, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS).close()


def memory_file(fields):
    os.close(os.memfd_create("hog"))


def fill_memory(fields):
    held = []
    while True:
        held.append(os.urandom(1 << 20))


def sleep(fields):
    time.sleep(3600)


def spin(fields):
    while True:
        pass


def write_outside(fields):
    with open(fields["path"], "w") as file:
        file.write("here")


def read_file(fields):
    with open(fields["path"], "rb") as file:
        file.read()


def list_folder(fields):
    os.listdir(fields["path"])


def change_mode(fields):
    os.chmod(fields["path"], 0o777)


def change_times(fields):
    os.utime(fields["path"], (0, 0))


def shorten(fields):
    os.truncate(fields["path"], 0)


def remove(fields):
    os.unlink(fields["path"])


def link_to(fields):
    os.link(fields["path"], os.path.join(os.environ["HOME"], "link"))


def large_file(fields):
    with open(os.path.join(os.environ["HOME"], "large"), "wb") as file:
        file.writelines(bytes(1 << 20) for _ in range(64))


def many_files(fields):
    for number in range(100_000):
        with open(os.path.join(os.environ["HOME"], str(number)), "wb") as file:
            file.write(b"x")


def write_inside(fields):
    with open(os.path.join(os.environ["HOME"], "small"), "wb") as file:
        file.write(b"fine")


def use_null_device(fields):
    with open(os.devnull, "r+b", buffering=0) as file:
        file.write(b"nothing")
        assert file.read() == b""
    with open(os.devnull, "w") as file:
        file.write("nothing")


def signal_parent(fields):
    os.kill(os.getppid(), 0)


def trace_parent(fields):
    library = ctypes.CDLL(None, use_errno=True)
    # PTRACE_SEIZE
    if library.ptrace(0x4206, os.getppid(), 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def parents_memory(fields):
    with open(f"/proc/{os.getppid()}/mem", "rb") as file:
        file.read(1)


def raise_limit(fields):
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))


def outlive_parent(fields):
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(1, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl")


def new_namespace(fields):
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(0x10000000) < 0:
        raise OSError(ctypes.get_errno(), "unshare")


def start_thread(fields):
    thread = threading.Thread(target=time.sleep, args=(0,))
    thread.start()
    thread.join()


def environment(fields):
    if set(os.environ) - {
        "HOME", "TMPDIR", "LANG", "LC_CTYPE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
        "TOKENIZERS_PARALLELISM",
    }:  # fmt: skip
        return
    raise PermissionError("nothing of the parent's environment is here")


def open_files(fields):
    if len(os.listdir("/proc/self/fd")) > 6:
        return
    raise PermissionError("no descriptor of the parent's is here")


def inherited_descriptor(fields):
    os.fstat(fields["descriptor"])


def die(fields):
    sys.stderr.write("the last \x1b[31mwords\x07 of a worker\n\n")
    sys.stderr.flush()
    os._exit(41)


def crash(fields):
    ctypes.string_at(0)


def abort(fields):
    os.abort()


def print_much(fields):
    for _ in range(2000):
        print("x" * 100)
        sys.stderr.write("y" * 100 + "\n")


ATTACKS = {
    name: value for name, value in globals().items() if callable(value) and name not in {"serve", "attempt"}
}
