"""Scoring 100,000 new rows of 30 columns from a profile, against exact tests that need the raw reference.

Run: python benchmarks/watch.py [--rows N]. Frouros is timed when it is installed. CPU seconds of this
process, the median of five runs; the ratios are within one run on one machine.
"""

import argparse
import statistics
import time

import numpy as np
from scipy import stats

from weigh.core.profile import MAX_BYTES
from weigh.datasets.table import FeatureColumns
from weigh.watch.alarm import judge
from weigh.watch.build import Reference, build_profile
from weigh.watch.compare import Batch, compare
from weigh.watch.encoding import from_bytes, to_bytes

NUMERIC, CATEGORICAL, RUNS = 20, 10, 5
DRIFTED = {"n0", "n2", "n5", "c0"}


def table(rows: int, seed: int, *, drifted: bool) -> FeatureColumns:
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(rows, NUMERIC))
    codes = rng.integers(0, 8, size=(rows, CATEGORICAL))
    if drifted:
        numbers[:, [0, 2, 5]] += 0.4
        codes[:, 0] = np.minimum(codes[:, 0], rng.integers(0, 8, size=rows))
    names = tuple(f"n{i}" for i in range(NUMERIC))
    categories = tuple(f"c{i}" for i in range(CATEGORICAL))
    values = tuple(f"v{i}" for i in range(8))
    return FeatureColumns(numbers, names, codes.astype(np.int64), categories, (values,) * CATEGORICAL)


def timed(call):
    """Median CPU seconds of a call, and what it returned last."""
    spent, found = [], None
    for _ in range(RUNS):
        began = time.process_time()
        found = call()
        spent.append(time.process_time() - began)
    return statistics.median(spent), found


def exact(first: FeatureColumns, second: FeatureColumns) -> list[float]:
    """What the raw columns of both samples give with scipy."""
    gaps = [
        stats.ks_2samp(first.numeric[:, i], second.numeric[:, i], method="asymp").statistic
        for i in range(NUMERIC)
    ]
    for i in range(CATEGORICAL):
        counts = [np.bincount(part.categorical[:, i], minlength=8) for part in (first, second)]
        stats.chi2_contingency(counts, correction=False)
    return gaps


def frouros(first: FeatureColumns, second: FeatureColumns) -> None:
    from frouros.detectors.data_drift import ChiSquareTest, KSTest

    for i in range(NUMERIC):
        detector = KSTest()
        detector.fit(X=first.numeric[:, i])
        detector.compare(X=second.numeric[:, i])
    for i in range(CATEGORICAL):
        detector = ChiSquareTest()
        detector.fit(X=first.categorical[:, i])
        detector.compare(X=second.categorical[:, i])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    first, second = table(rows, 0, drifted=False), table(rows, 1, drifted=True)
    reference = Reference(
        data="sha256:" + "0" * 64,
        classes=("a", "b"),
        labels=np.zeros(rows, dtype=np.int64),
        train=np.arange(rows),
        held_out=np.empty(0, dtype=np.int64),
        features=first,
    )
    building, data = timed(lambda: to_bytes(build_profile(reference)))
    scoring, found = timed(lambda: compare(from_bytes(data), Batch(rows, features=second), seed=0))
    alarms = {one.part.name for one in judge(found.parts, alpha=0.01) if one.alarm}
    scipys, gaps = timed(lambda: exact(first, second))
    ours = [part.effect.value for part in found.parts if part.statistic == "ks"]
    print(
        f"{rows:,} reference and {rows:,} new rows, {NUMERIC} columns of numbers, {CATEGORICAL} of categories"
    )
    print(f"profile   {len(data):,} bytes (at most {MAX_BYTES:,}), built in {building:.3f} CPU-s")
    print(f"scoring   {scoring:.3f} CPU-s from the profile, reading it included; alarms: {sorted(alarms)}")
    print(
        f"right     {alarms == DRIFTED}; largest error of a gap {np.abs(np.subtract(ours, gaps)).max():.5f}"
    )
    print(f"scipy     {scipys:.3f} CPU-s on raw columns, ratio {scipys / scoring:.1f}")
    try:
        peer, _ = timed(lambda: frouros(first, second))
    except ImportError:
        print("frouros   not installed")
    else:
        print(f"frouros   {peer:.3f} CPU-s on raw columns, ratio {peer / scoring:.1f}")


if __name__ == "__main__":
    main()
