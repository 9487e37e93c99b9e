import json
import subprocess
import sys

import pytest
from hypothesis import given, settings, strategies as st

from weigh.system import landlock
from weigh.system.landlock import FileRight, handled_rights

needs_landlock = pytest.mark.skipif(landlock.abi_version() < 1, reason="the kernel has no Landlock")

TRY = """
import json, os, socket, sys
from pathlib import Path
from weigh.system import landlock, limits
from weigh.system.landlock import PathRule
read, write, outside, abi = sys.argv[1:]
limits.forbid_new_privileges()
rules = [PathRule(Path(read), landlock.READ), PathRule(Path(write), landlock.WRITE)]
rules.append(PathRule(Path("/no/such"), landlock.READ))
applied = landlock.restrict(rules, abi=int(abi) or None)
def attempt(call):
    try:
        call()
    except OSError as error:
        return type(error).__name__
    return "done"
def connect():
    with socket.socket() as client:
        client.settimeout(5)
        client.bind(("127.0.0.1", 0))
print(json.dumps({
    "abi": [applied.abi, applied.truncate, applied.tcp, applied.signals],
    "read": attempt(lambda: Path(read, "file").read_bytes()),
    "write to readable": attempt(lambda: Path(read, "file").write_bytes(b"")),
    "new in readable": attempt(lambda: Path(read, "new").write_bytes(b"")),
    "new in writable": attempt(lambda: Path(write, "new").write_bytes(b"x")),
    "folder in writable": attempt(lambda: os.mkdir(write + "/folder")),
    "link in writable": attempt(lambda: os.symlink("/", write + "/link")),
    "remove in writable": attempt(lambda: os.unlink(write + "/new")),
    "read outside": attempt(lambda: Path(outside, "file").read_bytes()),
    "list outside": attempt(lambda: os.listdir(outside)),
    "through a descriptor path": attempt(lambda: os.listdir("/proc/self/fd")),
    "shorten outside": attempt(lambda: os.truncate(outside + "/file", 0)),
    "bind": attempt(connect),
    "signal": attempt(lambda: os.kill(os.getppid(), 0)),
}))
"""


def outcome(tmp_path, abi=0):
    folders = []
    for name in ("read", "write", "outside"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "file").write_text("mine")
        folders.append(str(folder))
    done = subprocess.run(
        [sys.executable, "-c", TRY, *folders, str(abi)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_landlock
def test_only_what_is_named_stays_allowed(tmp_path):
    found = outcome(tmp_path)
    assert {name for name, said in found.items() if said == "done"} <= {
        "read", "new in writable", "remove in writable", "shorten outside", "bind", "signal",
    }  # fmt: skip
    assert found["read"] == found["new in writable"] == found["remove in writable"] == "done"
    assert found["read outside"] == found["list outside"] == "PermissionError"
    _, truncate, tcp, signals = found["abi"]
    assert (found["shorten outside"] == "PermissionError") == truncate
    assert (found["bind"] == "PermissionError") == tcp
    assert (found["signal"] == "PermissionError") == signals


@needs_landlock
@pytest.mark.parametrize("abi", range(1, 8))
def test_an_older_kernel_enforces_less_and_says_so(tmp_path, abi):
    if abi > landlock.abi_version():
        pytest.skip("the kernel is older than that")
    found = outcome(tmp_path, abi)
    assert found["abi"] == [abi, abi >= 3, abi >= 4, abi >= 6]
    assert found["read outside"] == "PermissionError"
    assert (found["shorten outside"] == "done") == (abi < 3)
    assert (found["bind"] == "done") == (abi < 4)
    assert (found["signal"] == "done") == (abi < 6)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20))
def test_newer_versions_handle_no_fewer_rights(one, other):
    older, newer = sorted((one, other))
    assert handled_rights(older) & handled_rights(newer) == handled_rights(older)
    assert (FileRight.TRUNCATE in handled_rights(newer)) == (newer >= 3)


def test_no_landlock_is_an_os_error(monkeypatch):
    with pytest.raises(OSError, match="no Landlock"):
        landlock.restrict([], abi=0)
