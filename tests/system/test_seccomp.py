import errno
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from weigh.system.libc import machine
from weigh.system.seccomp import (
    ALLOW,
    ARCHITECTURES,
    DENIED,
    KILL,
    PRETEND_MISSING,
    REFUSE,
    Instruction,
    program,
)
from weigh.system.syscall_numbers import SYSCALLS

LAW = settings(max_examples=50, deadline=None)
BOTH = st.sampled_from(sorted(SYSCALLS))
WORD = st.integers(0, 2**64 - 1)
PID = 4242
BY_ARGUMENTS = ("clone", "tgkill", "prlimit64", "prctl")


def decide(code, architecture, number, arguments=(0,) * 6):
    """What the kernel would do: an interpreter of the few instructions the filter uses."""
    data = struct.pack("<IIQ6Q", number, architecture, 0, *arguments)
    register, place = 0, 0
    while True:
        step = code[place]
        place += 1
        if step.code == 0x20:
            register = struct.unpack_from("<I", data, step.value)[0]
        elif step.code == 0x06:
            return step.value
        else:
            test = {
                0x15: register == step.value,
                0x35: register >= step.value,
                0x45: bool(register & step.value),
            }
            place += step.if_true if test[step.code] else step.if_false


def answer(name, number, arguments=(0,) * 6):
    return decide(program(name, pid=PID), ARCHITECTURES[name], number, arguments)


@LAW
@given(BOTH, st.sampled_from(DENIED), st.tuples(*[WORD] * 6))
def test_a_denied_call_is_refused_whatever_its_arguments(architecture, name, arguments):
    if name in SYSCALLS[architecture]:
        assert answer(architecture, SYSCALLS[architecture][name], arguments) == REFUSE


@LAW
@given(BOTH, st.integers(0, 600), st.tuples(*[WORD] * 6))
def test_a_call_in_no_table_is_allowed(architecture, number, arguments):
    named = {
        SYSCALLS[architecture][n] for n in (*DENIED, *BY_ARGUMENTS, "clone3") if n in SYSCALLS[architecture]
    }
    if number not in named:
        assert answer(architecture, number, arguments) == ALLOW


@LAW
@given(BOTH, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_another_architecture_is_killed(name, architecture, number):
    if architecture != ARCHITECTURES[name]:
        assert decide(program(name, pid=PID), architecture, number) == KILL


@LAW
@given(st.integers(0x40000000, 2**32 - 1))
def test_the_second_numbering_of_x86_is_killed(number):
    assert answer("x86_64", number) == KILL


@LAW
@given(BOTH, WORD)
def test_clone_makes_threads_only(architecture, flags):
    wanted = ALLOW if flags & 0x10000 else REFUSE
    assert answer(architecture, SYSCALLS[architecture]["clone"], (flags, 0, 0, 0, 0, 0)) == wanted


@LAW
@given(BOTH, st.integers(0, 2**22))
def test_signals_go_to_own_threads_only(architecture, pid):
    number = SYSCALLS[architecture]["tgkill"]
    assert answer(architecture, number, (pid, 1, 9, 0, 0, 0)) == (ALLOW if pid == PID else REFUSE)


@LAW
@given(BOTH, st.sampled_from([0, 1, 2**32, 2**63]))
def test_limits_may_be_asked_for_but_not_set(architecture, new):
    number = SYSCALLS[architecture]["prlimit64"]
    assert answer(architecture, number, (0, 7, new, 1, 0, 0)) == (REFUSE if new else ALLOW)


@pytest.mark.parametrize(("option", "action"), [(1, REFUSE), (4, REFUSE), (0x59616D61, REFUSE), (15, ALLOW)])
@pytest.mark.parametrize("architecture", sorted(SYSCALLS))
def test_a_process_may_name_its_threads_but_not_undo_its_walls(architecture, option, action):
    number = SYSCALLS[architecture]["prctl"]
    assert answer(architecture, number, (option, 0, 0, 0, 0, 0)) == action


@pytest.mark.parametrize("architecture", sorted(SYSCALLS))
def test_clone3_is_missing_so_that_the_c_library_falls_back(architecture):
    assert answer(architecture, SYSCALLS[architecture]["clone3"]) == PRETEND_MISSING
    assert PRETEND_MISSING & 0xFFFF == errno.ENOSYS


@pytest.mark.parametrize("architecture", sorted(SYSCALLS))
def test_every_jump_stays_inside_the_program(architecture):
    code = program(architecture, pid=PID)
    assert len(code) <= 4096
    for place, step in enumerate(code):
        if step.code in {0x15, 0x35, 0x45}:
            assert place + 1 + max(step.if_true, step.if_false) < len(code)
            assert max(step.if_true, step.if_false) < 256
    assert code[-1].code == 0x06


def test_every_denied_name_is_known_on_some_architecture():
    assert set(DENIED) <= set(SYSCALLS["x86_64"]) | set(SYSCALLS["aarch64"])
    for numbers in SYSCALLS.values():
        assert len(set(numbers.values())) == len(numbers)


HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("architecture", sorted(SYSCALLS))
def test_the_numbers_are_those_of_the_kernels_headers(architecture):
    header = HEADERS[architecture]
    if not header.exists():
        pytest.skip(f"no {header}")
    known = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    newest = max(map(int, known.values()))
    for name, number in SYSCALLS[architecture].items():
        if number <= newest:
            assert int(known[name]) == number, name


def test_an_instruction_is_eight_bytes_as_the_kernel_reads_them():
    assert Instruction(0x15, 1, 2, 0x01020304).pack() == struct.pack("=HBBI", 0x15, 1, 2, 0x01020304)


TRY = """
import os, socket, threading
from weigh.system import limits, seccomp
limits.forbid_new_privileges()
seccomp.install(os.getpid())
def refused(call):
    try:
        call()
    except PermissionError:
        return True
    return False
assert refused(lambda: socket.socket())
assert refused(os.fork)
assert refused(lambda: os.execv("/bin/true", ["true"]))
assert refused(lambda: os.kill(os.getppid(), 0))
thread = threading.Thread(target=print, args=("a thread",))
thread.start(); thread.join()
"""


def test_the_running_kernel_keeps_the_filter():
    if sys.platform != "linux" or machine() not in SYSCALLS:
        pytest.skip("no filter for this machine")
    done = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "a thread\n"), done.stderr


def test_the_filter_reaches_threads_that_run_already():
    code = """
import os, socket, threading
from weigh.system import limits, seccomp
ready, go, said = threading.Event(), threading.Event(), []
def early():
    ready.set(); go.wait()
    try:
        socket.socket(); said.append("open")
    except PermissionError:
        said.append("refused")
thread = threading.Thread(target=early); thread.start(); ready.wait()
limits.forbid_new_privileges(); seccomp.install(os.getpid()); go.set(); thread.join()
print(*said)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr
