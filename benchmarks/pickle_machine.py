"""Following opcode-dense pickles: MB per CPU-second, peak memory, and the ratio to `pickletools.genops`.

Files of about 10 MB: only data (the fast walk), the same with one call at its start (the full machine), one
with a call for every 15 bytes; and 60 MB of long texts behind a call. Each is read end to end as `weigh scan`
reads it, in a process of its own, so that peak memory is the file's and not the generator's.
"""

import datetime as dt
import pickle
import pickletools
import random
import subprocess
import sys
import tempfile
import time
from collections import OrderedDict
from pathlib import Path

from weigh.formats.reader import FileReader
from weigh.formats.table import read_file

SIZE = 10_000_000
LEAST = {"data": 20.0, "machine": 8.0, "calls": 4.0, "texts": 8.0}
"""MB per CPU-second that are asked for."""


def rows() -> bytes:
    """Small ints, tuples, texts and dicts: about 3 bytes an opcode."""
    rng = random.Random(0)  # noqa: S311 - the same file every time
    words = [f"word{n}" for n in range(5000)]
    value: list[object] = []
    while True:
        for _ in range(10_000):
            row = {
                rng.choice(words) + str(len(value)): (
                    rng.randrange(256),
                    rng.randrange(60_000),
                    rng.random(),
                ),
                "ids": [rng.randrange(70_000) for _ in range(8)],
                "label": rng.choice(words),
            }
            value.append(row)
        data = pickle.dumps(value, 4)
        if len(data) >= SIZE:
            return data


def calls() -> bytes:
    """A date and an ordered dict, again and again."""
    day = dt.date(2020, 1, 1)
    return pickle.dumps([(day + dt.timedelta(n % 1000), OrderedDict(a=n)) for n in range(300_000)], 4)


def texts() -> bytes:
    """Long texts, each another, in one list behind a call."""
    return pickle.dumps([OrderedDict(), *(f"{n:0300}" for n in range(200_000))], 4)


def peak_memory() -> float:
    """MB this process held at most; unlike ru_maxrss it does not begin with what its parent held."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def measure(path: Path) -> None:
    """Read one file and print its figures; runs in a process of its own."""
    before = peak_memory()
    began = time.process_time()
    with FileReader(path) as reader:
        facts = read_file(reader, path.name)
    taken = time.process_time() - began
    peak = peak_memory()
    data = path.read_bytes()
    began = time.process_time()
    opcodes = sum(1 for _ in pickletools.genops(data))
    theirs = time.process_time() - began
    size = len(data) / 1e6
    print(
        f"{path.stem:<8} {size:5.1f} MB  {opcodes / 1e6:4.1f} M opcodes  {size / taken:6.1f} MB/CPU-s  "
        f"peak {peak:6.1f} MB (start {before:.0f})  {theirs / taken:5.2f} x genops  {facts.coverage}"
    )


def main() -> None:
    """Write the files, measure each."""
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        data = rows()
        files = {
            "data": data,
            "machine": b"\x80\x04ccollections\nOrderedDict\n)R0" + data[2:],
            "calls": calls(),
            "texts": texts(),
        }
        for name, content in files.items():
            path = Path(folder) / f"{name}.pkl"
            path.write_bytes(content)
            subprocess.run([sys.executable, __file__, str(path)], check=True)
            print(f"         wanted: {LEAST[name]:.0f} MB/CPU-s, 150 MB")


if __name__ == "__main__":
    main()
