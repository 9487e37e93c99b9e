"""A 268 MB torch checkpoint: its facts and its sha256, beside sha256sum, in one run.

The file is generated: 64 storages of 4 MiB in the layout of torch.save, stored unpacked. weigh reads it
in a process of its own, so that the peak of its memory is its own too; start-up is measured by reading a
checkpoint of a few bytes. Target: at most 1.5 times the CPU of sha256sum plus start-up, and 150 MB.
"""

import hashlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "hostile"))

import hostile_torch as made

RUNS = 5
STORAGES, ELEMENTS = 64, 1024 * 1024
READ = """
import hashlib, resource, sys
from weigh.checks.security.security import findings_of
from weigh.core.gate import judge_file
from weigh.formats.reader import FileReader
from weigh.formats.table import read_file
with FileReader(sys.argv[1]) as reader:
    facts = read_file(reader, "model.pt")
    word = judge_file(facts, tuple(findings_of(facts)))
with open(sys.argv[1], "rb") as file:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(word.value, len(facts.tensors), peak, digest)
"""


def write(path: Path, storages: int) -> None:
    """A checkpoint of so many storages of random numbers."""
    block = os.urandom(ELEMENTS * 4)
    tensors = {
        f"layer.{i}.weight": made.tensor(made.storage(str(i), ELEMENTS), (1024, 1024), (1024, 1))
        for i in range(storages)
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", made.stream(made.mapping(tensors)))
        archive.writestr("archive/byteorder", b"little")
        for i in range(storages):
            archive.writestr(f"archive/data/{i}", block)
        archive.writestr("archive/version", b"3\n")


def spent(command: list[str]) -> tuple[float, str]:
    """CPU seconds of a process, user and system, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, said


def main() -> None:
    """Print CPU medians, the ratio, and the peak of memory."""
    with tempfile.TemporaryDirectory() as temp:
        large, small = Path(temp) / "large.pt", Path(temp) / "small.pt"
        write(large, STORAGES)
        write(small, 0)
        rows: dict[str, list[float]] = {"weigh": [], "start-up": [], "sha256sum": []}
        said = ""
        for _ in range(RUNS):
            seconds, said = spent([sys.executable, "-c", READ, str(large)])
            rows["weigh"].append(seconds)
            rows["start-up"].append(spent([sys.executable, "-c", READ, str(small)])[0])
            rows["sha256sum"].append(spent(["sha256sum", str(large)])[0])
        word, tensors, peak, digest = said.split()
        with large.open("rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == digest
        middle = {name: statistics.median(values) for name, values in rows.items()}
        ratio = (middle["weigh"] - middle["start-up"]) / middle["sha256sum"]
        print(
            f"{large.stat().st_size / 1e6:.0f} MB torch zip, {tensors} tensors, {word}; CPU medians of {RUNS}"
        )
        for name, value in middle.items():
            print(f"  {name:<10} {value:6.3f} s")
        print(f"  beyond start-up x {ratio:.2f} of sha256sum (target 1.5): {_said(ratio <= 1.5)}")
        memory = int(peak) / 1024
        print(f"  peak memory {memory:.0f} MB (target 150): {_said(memory <= 150)}")


def _said(reached: bool) -> str:  # noqa: FBT001 - a private word for a truth
    return "reached" if reached else "missed"


if __name__ == "__main__":
    main()
