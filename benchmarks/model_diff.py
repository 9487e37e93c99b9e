"""How long `weigh diff` takes for two checkpoints of 100 million parameters, against reading both files.

Run: python benchmarks/model_diff.py [--parameters N] [--real BASE OTHER ...]

Two safetensors files are written with fixed seeds: a base and a fine-tune of it in which every value moved,
in float32 and in bfloat16. Reading is one thread, in the pieces that the comparison reads, once from the disk
(the files are dropped from the page cache before each run, which is what the goal is about) and once from
memory, where copying bytes is an order of magnitude faster than any arithmetic on them. The last lines check
the estimate of ranks: merged low-rank adapters must be found where rounding does not hide them, and full
fine-tunes must never be taken for one (`--real` names real ones).
"""

import argparse
import json
import os
import resource
import struct
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from weigh.core.model_diff import Spread
from weigh.formats.reader import FileReader
from weigh.jobs.diff_models import path_side
from weigh.store.compare.rank import delta_rank, part_of
from weigh.store.compare.values import layout_of, rounded
from weigh.store.compare.whole import compare_models

SIDE = 2048
GOAL = 2.0
REPEATS = 3


def write(path, seed, parameters, dtype, *, moved):
    """A checkpoint of SIDE × SIDE matrices and biases."""
    layers = parameters // (SIDE * SIDE)
    shapes = {f"layers.{i}.weight": [SIDE, SIDE] for i in range(layers)}
    shapes |= {f"layers.{i}.bias": [SIDE] for i in range(layers)}
    width = 4 if dtype == "F32" else 2
    header, at = {}, 0
    for name, shape in shapes.items():
        size = int(np.prod(shape)) * width
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for place, shape in enumerate(shapes.values()):
            values = np.random.default_rng([seed, place]).standard_normal(shape, np.float32) * np.float32(
                0.02
            )
            if moved:
                values += np.random.default_rng([7, place]).standard_normal(shape, np.float32) * np.float32(
                    1e-4
                )
            file.write((rounded(values.reshape(-1), "BF16") if dtype == "BF16" else values).tobytes())


def read_all(*paths):
    """Seconds to read the files in pieces of 4 MiB."""
    begin = time.perf_counter()
    for path in paths:
        with FileReader(path) as reader:
            for at in range(0, reader.size, 1 << 22):
                reader.read(at, 1 << 22)
    return time.perf_counter() - begin


def forget(*paths):
    """Drop the files from the page cache; they were written before and are clean."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def timed(old, new, *, cold):
    """(seconds of the comparison, of reading, CPU seconds of the comparison), the middle of some runs."""
    runs = []
    for _ in range(REPEATS):
        if cold:
            forget(old, new)
        reading = read_all(old, new)
        if cold:
            forget(old, new)
        wall, cpu = time.perf_counter(), time.process_time()
        found = compare_models(path_side(old, alone="m"), path_side(new, alone="m"))
        runs.append((time.perf_counter() - wall, reading, time.process_time() - cpu))
        assert all(t.distance is not None for t in found.tensors)
    return sorted(runs, key=lambda run: run[0] / run[1])[REPEATS // 2]


def speed(folder, parameters):
    """Two lines a type; returns whether the goal was met."""
    fine = True
    for dtype in ("F32", "BF16"):
        old, new = folder / f"{dtype}-old.safetensors", folder / f"{dtype}-new.safetensors"
        write(old, 1, parameters, dtype, moved=False)
        write(new, 1, parameters, dtype, moved=True)
        megabytes = (old.stat().st_size + new.stat().st_size) / 1e6
        for cold in (True, False):
            wall, reading, cpu = timed(old, new, cold=cold)
            fine = fine and (not cold or wall <= GOAL * reading)
            print(
                f"{dtype} {'disk  ' if cold else 'memory'} {megabytes:,.0f} MB: read in {reading:.2f} s, "
                f"compared in {wall:.2f} s ({cpu:.2f} CPU s, {megabytes / cpu:,.0f} MB per CPU-s): "
                f"{wall / reading:.2f} × reading{f' (goal ≤ {GOAL:.0f})' if cold else ''}"
            )
        old.unlink()
        new.unlink()
    return fine


def ranks(side=768, rank=8):
    """The estimate on planted adapters and on full changes of the same size."""
    generator = np.random.default_rng(3)
    base = (generator.standard_normal((side, side)) * 0.05).astype(np.float32)
    wrong = 0
    for share in (0.01, 0.05):
        adapter = generator.standard_normal((side, rank)) @ generator.standard_normal((rank, side))
        full = generator.standard_normal((side, side))
        for kind, drawn in (("adapter", adapter), ("full", full)):
            change = (drawn * share * np.linalg.norm(base) / np.linalg.norm(drawn)).astype(np.float32)
            for dtype in ("F32", "BF16", "F16"):
                old, new = (_as(values, dtype) for values in (base, base + change))
                part = part_of((side, side))
                found = delta_rank(_part(old, part), _part(new, part), dtype)
                low = found.spread is Spread.LOW and found.rank == rank
                # A small adapter in bfloat16 may be hidden by rounding; that is said, and is no error.
                right = low or found.spread is Spread.ROUNDING if kind == "adapter" else not low
                wrong += not right
                print(f"{kind} {share:.0%} {dtype}: {found.spread.value} {found.rank}{'' if right else ' !'}")
    return not wrong


def _as(values, dtype):
    bits = rounded(values.reshape(-1), dtype)
    return layout_of(dtype).numbers(bits.view(np.uint8)).reshape(values.shape)


def _part(values, part):
    return values[part.rows][:, part.columns].astype(np.float64)


def real(paths):
    """What is said of real pairs: the first path against each of the others."""
    for other in paths[1:]:
        found = compare_models(path_side(Path(paths[0]), alone="m"), path_side(Path(other), alone="m"))
        print(f"{Path(other).name}: {found.reading or 'no reading'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--parameters", type=int, default=100_000_000)
    parser.add_argument("--real", nargs="+", default=[], metavar="FILE")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fine = speed(Path(folder), asked.parameters)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
    fine = ranks() and fine
    real(asked.real)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
