"""Adding and giving back take little memory, whatever the size of the file."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux tells it")

PROJECT = Path(__file__).parents[3]
WORK = """
import sys
from pathlib import Path
from weigh.core.tensor import TensorInfo
from weigh.formats.reader import FileReader
from weigh.store.packs.adding import add_file
from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import restore
path, size, told = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "told"
tensors = [TensorInfo("w", "F32", (size // 4 - 256,), path.name, 1024, size - 1024)] if told else []
with Objects(path.parent / "store") as objects, FileReader(path) as reader:
    with objects.writing() as writer:
        added = add_file(objects, writer, reader, path=path.name, tensors=tensors)
    total = []
    restore(objects, added.id, lambda part: total.append(len(part)))
assert sum(total) == size
# Not ru_maxrss: that of a process begins with what the process had that started it.
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024)
"""


def peak(tmp_path, size, told):
    """MiB at most, of a sparse file of that size with some noise in it."""
    path = tmp_path / "file.bin"
    with path.open("wb") as file:
        file.truncate(size)
        for place in range(0, size, size // 8):
            file.seek(place)
            file.write(random.Random(place).randbytes(1 << 20))
    done = subprocess.run(
        [sys.executable, "-c", WORK, str(path), str(size), told],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("told", ["told", "untold"])
def test_a_file_of_a_quarter_gigabyte_takes_little_memory(tmp_path, told):
    assert peak(tmp_path, 1 << 28, told) < 300


@pytest.mark.slow
@pytest.mark.parametrize("told", ["told", "untold"])
def test_a_file_of_eight_gigabytes_takes_little_more(tmp_path, told):
    assert peak(tmp_path, 8 << 30, told) < 512
