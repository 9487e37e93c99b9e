"""How fast is `weigh verify`, against hashlib on as many cores over the same files? Ratio, best of several.

Usage: python benchmarks/verify.py [MEGABYTES]
"""

import hashlib
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from weigh.project.lock import Lock, LockedFile, LockedModel, Materialisation, tree_digest
from weigh.project.materialise.check import check
from weigh.project.materialise.place import put, syncing, traces
from weigh.project.materialise.plan import plan
from weigh.project.materialise.record import Record
from weigh.store.blobs import Blobs

GOAL = 0.9
ROUNDS = 5


def plain(paths):
    """sha256 of every file with hashlib alone, one thread a core."""

    def one(path):
        with path.open("rb", buffering=0) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(one, paths))


def main():
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name).resolve()
        blobs = Blobs(folder / "store")
        files = []
        for number, share in enumerate((0.5, 0.2, 0.1, *[0.01] * 20)):
            data = os.urandom(1 << 20) * int(megabytes * share)
            files.append(
                LockedFile("models.big", f"{number}.safetensors", "file:x", len(data), blobs.put(data))
            )
        place = Materialisation("hf", "acme/big")
        model = LockedModel("models.big", tree=tree_digest(files), materialise=(place,))
        wanted = plan(Lock.of(files, [model]))
        with syncing(folder / ".weigh"):
            put(folder / ".weigh", wanted, check(folder / ".weigh", wanted), blobs)
        paths = [folder / ".weigh" / path for path in wanted.files()]
        paths.sort(key=lambda path: -path.stat().st_size)
        record = Record(wanted.sections, traces(folder / ".weigh", wanted))
        size = sum(path.stat().st_size for path in paths)
        best = {}
        for _ in range(ROUNDS):
            for word, work in (
                ("hashlib", lambda: plain(paths)),
                ("weigh", lambda: check(folder / ".weigh", wanted)),
                ("fast", lambda: check(folder / ".weigh", wanted, trust=record)),
            ):
                began = time.perf_counter()
                work()
                best[word] = min(best.get(word, 9e9), time.perf_counter() - began)
    for word, seconds in best.items():
        print(f"{word:8} {seconds:8.3f} s  {size / seconds / 1e6:10.0f} MB/s")
    ratio = best["hashlib"] / best["weigh"]
    print(f"verify {ratio:.2f} × hashlib on {os.cpu_count()} cores (goal {GOAL}), {size / 1e6:.0f} MB")
    return ratio < GOAL


if __name__ == "__main__":
    sys.exit(main())
