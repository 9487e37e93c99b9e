"""The same sandbox on kernels that offer less: a filter takes the interfaces away first."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

import weigh

SCRIPT = """
import ctypes, json, sys
from pathlib import Path
from weigh.core.clearance import Clearance
from weigh.core.errors import RefusedError
from weigh.core.events import Silent
from weigh.runtimes.open import open_text_model
from weigh.runtimes.sandbox import WorkerLimits, run_sandboxed
from weigh.runtimes.spec import TextModelSpec
from weigh.system import limits, seccomp
from weigh.system.libc import machine, syscall
from weigh.system.seccomp import Instruction

missing, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
code = [seccomp._load(seccomp._NUMBER)]
for number in missing:
    code += [Instruction(0x15, 0, 1, number), seccomp._return(seccomp.PRETEND_MISSING)]
code.append(seccomp._return(seccomp.ALLOW))
data = b"".join(i.pack() for i in code)
buffer = ctypes.create_string_buffer(data, len(data))
limits.forbid_new_privileges()
program = seccomp._Program(len(code), ctypes.addressof(buffer))
syscall(seccomp._SECCOMP[machine()], 1, 0, ctypes.byref(program))
"""

ATTACK = """
said = {}
for attack in sys.argv[4:]:
    fields = {"attack": attack, "path": sys.argv[3]}
    frame, report = run_sandboxed("attacks", limits=WorkerLimits(), roots=[folder], fields=fields)
    said[attack] = frame.fields["said"]
print(json.dumps({"said": said, "enforced": report.enforced, "gaps": report.not_enforced}))
"""

OPEN = """
fields = json.loads(sys.argv[4])
fields["external"], fields["labels"] = (), ()
spec = TextModelSpec(**fields)
files = frozenset({spec.model_sha256, spec.tokenizer_sha256})
for accepted in (False, True):
    clearance = Clearance(files, sandbox_gaps_accepted=accepted)
    try:
        with open_text_model(
            spec, folder.joinpath, clearance, limits=WorkerLimits(), events=Silent(), threads=1
        ) as model:
            print(accepted, model.embed(["good"]).shape, [limit for limit, _ in model.report.not_enforced])
    except RefusedError as error:
        print(accepted, error)
"""

SECCOMP, UNSHARE, LANDLOCK = 317, 272, 444

pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64", reason="system call numbers of x86_64")


def run(adapters, tmp_path, missing, *attacks):
    file = tmp_path / "file"
    file.write_text("mine")
    command = [sys.executable, "-c", SCRIPT + ATTACK, json.dumps(missing), str(adapters), str(file), *attacks]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    return result["said"], result["enforced"], dict(result["gaps"])


def test_without_landlock_files_are_a_gap_and_the_rest_holds(adapters, tmp_path):
    said, enforced, gaps = run(adapters, tmp_path, [LANDLOCK], "read_file", "internet_socket", "fork")
    assert said == {
        "read_file": "open",
        "internet_socket": "blocked: PermissionError",
        "fork": "blocked: PermissionError",
    }
    assert set(gaps) == {"files"}
    assert "no Landlock" in gaps["files"]
    assert any(line.startswith("network: seccomp") for line in enforced)


def test_a_wall_that_fails_is_given_with_its_reason_not_with_its_probe(adapters, tmp_path):
    _, _, gaps = run(adapters, tmp_path, [LANDLOCK, SECCOMP], "start_thread")
    assert gaps["files"].startswith("Landlock: ")
    assert gaps["processes"].startswith("seccomp: ")


def test_without_user_namespaces_nothing_is_lost_but_the_second_wall(adapters, tmp_path):
    said, enforced, gaps = run(adapters, tmp_path, [UNSHARE], "internet_socket", "read_file")
    assert set(said.values()) == {"blocked: PermissionError"}
    assert gaps == {}
    assert "network: seccomp" in enforced


def test_without_seccomp_processes_are_a_gap_and_files_stay_closed(adapters, tmp_path):
    said, enforced, gaps = run(adapters, tmp_path, [SECCOMP], "fork", "read_file", "write_outside")
    assert "processes" in gaps
    assert said["fork"] == "open"
    assert said["read_file"] == said["write_outside"] == "blocked: PermissionError"
    assert not any(line.startswith("processes") for line in enforced)


def test_without_anything_every_wall_is_named_as_missing(adapters, tmp_path):
    _, _, gaps = run(adapters, tmp_path, [SECCOMP, LANDLOCK, UNSHARE], "start_thread")
    assert {"network", "processes", "files", "signals"} <= set(gaps)
    assert all(gaps.values())


def test_a_sandbox_with_gaps_is_refused_unless_somebody_accepted_them(kit, build):
    kit.plan(build.tokens())
    command = [sys.executable, "-c", SCRIPT + OPEN, json.dumps([LANDLOCK]), str(kit.folder), ""]
    done = subprocess.run(
        [*command, json.dumps(asdict(kit.spec))], capture_output=True, text=True, check=False
    )
    refused, opened = done.stdout.splitlines()
    assert refused.startswith("False the model is not opened: the sandbox has gaps")
    assert "no Landlock" in refused
    assert opened == "True (1, 8) ['files']"


MISSING = """
import sys
from pathlib import Path
from weigh.core.clearance import Clearance
from weigh.core.errors import MissingExtraError
from weigh.core.events import Silent
from weigh.runtimes.open import WorkerLimits, open_text_model
from weigh.runtimes.spec import TextModelSpec
spec = TextModelSpec("a", "b", (), "embedding", "mean", False, 8, (), "x")
try:
    open_text_model(
        spec, Path, Clearance(frozenset("ab")), limits=WorkerLimits(), events=Silent(), threads=1
    )
except MissingExtraError as error:
    print(error.extra, error.why)
"""


def test_without_the_extra_its_name_is_told():
    source = Path(weigh.__file__).parent.parent
    bare = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(source)!r})\n" + MISSING],
        capture_output=True,
        text=True,
        check=False,
    )
    assert bare.stdout == "onnx no numpy, onnxruntime, tokenizers\n", bare.stderr
