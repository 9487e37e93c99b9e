import errno
import subprocess
import sys

import pytest

from weigh.system import libc
from weigh.system.limits import ResourceLimits

SETUP = """
import os, resource, sys, mmap, time
from weigh.system import limits
def attempt(call):
    try:
        call()
    except (OSError, MemoryError, ValueError) as error:
        print(type(error).__name__)
    else:
        print("done")
def set_limits(**changes):
    values = dict(data_bytes=1 << 28, address_bytes=1 << 30, cpu_seconds=60)
    values.update(file_bytes=1 << 16, open_files=32)
    missing = limits.apply_resource_limits(limits.ResourceLimits(**{**values, **changes}))
    assert missing == (), missing
"""


def run(code):
    return subprocess.run([sys.executable, "-c", SETUP + code], capture_output=True, text=True, check=False)


DROP = "limits.drop_capabilities()\n"
HOLDS = {
    "much memory": ("attempt(lambda: bytearray(1 << 29))", "MemoryError"),
    "little memory": ("attempt(lambda: bytearray(1 << 20))", "done"),
    "shared memory": ("attempt(lambda: mmap.mmap(-1, 2 << 30))", "OSError"),
    "descriptors": ("attempt(lambda: [os.dup(0) for _ in range(40)])", "OSError"),
    "a large file": ("attempt(lambda: open('big', 'wb').write(bytes(1 << 17)))", "OSError"),
    "a small file": ("attempt(lambda: open('big', 'wb').write(bytes(1 << 15)))", "done"),
    "raising it again": (
        DROP + "attempt(lambda: resource.setrlimit(resource.RLIMIT_DATA, (-1, -1)))",
        "ValueError",
    ),
    "cores": ("print(resource.getrlimit(resource.RLIMIT_CORE))", "(0, 0)"),
    "processes": (
        "set_limits(processes=5); print(resource.getrlimit(resource.RLIMIT_NPROC))",
        "(5, 5)",
    ),
    "a stricter limit": (
        DROP + "resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)); set_limits()\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))",
        "(16, 16)",
    ),
}


@pytest.mark.parametrize("what", HOLDS)
def test_each_limit_holds(tmp_path, monkeypatch, what):
    monkeypatch.chdir(tmp_path)
    code, said = HOLDS[what]
    done = run("set_limits()\n" + code)
    assert done.stdout.strip() == said, done.stderr
    assert not (tmp_path / "big").exists() or (tmp_path / "big").stat().st_size <= 1 << 16


def test_processor_time_ends_in_a_signal():
    done = run("set_limits(cpu_seconds=1)\nwhile True: pass")
    assert done.returncode < 0


@pytest.mark.skipif(sys.platform != "linux", reason="Linux")
def test_without_capabilities_root_is_like_anybody():
    code = (
        "limits.drop_capabilities()\n"
        "lines = open('/proc/self/status').read().splitlines()\n"
        "print(*[l.split()[1] for l in lines if l.startswith(('CapEff', 'CapPrm', 'CapInh'))])"
    )
    assert run(code).stdout.split() == ["0" * 16] * 3


@pytest.mark.skipif(sys.platform != "linux", reason="Linux")
def test_no_new_privileges_and_hidden_from_others():
    code = (
        "limits.forbid_new_privileges(); limits.hide_from_others()\n"
        "print(*[l for l in open('/proc/self/status') if l.startswith('NoNewPrivs')])\n"
        "from weigh.system.libc import call\nprint(call('prctl', 3, 0, 0, 0, 0))"
    )
    assert run(code).stdout.split() == ["NoNewPrivs:", "1", "0"]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux")
def test_a_parent_that_is_gone_already_is_noticed():
    done = run(
        "attempt(lambda: limits.die_with_parent(1 << 30))\n"
        "attempt(lambda: limits.die_with_parent(os.getppid()))"
    )
    assert done.stdout.split() == ["ProcessLookupError", "done"]


def test_a_failing_call_is_an_os_error_with_its_number():
    with pytest.raises(OSError) as caught:
        libc.call("close", -1)
    assert caught.value.errno == errno.EBADF
    with pytest.raises(OSError) as caught:
        libc.call("no_such_function_in_any_library")
    assert caught.value.errno == errno.ENOSYS


def test_limits_are_values():
    assert ResourceLimits(1, 2, 3, 4, 5) == ResourceLimits(1, 2, 3, 4, 5, 0)
