"""Resampling cells against resampling rows: CPU seconds for intervals of group rates and their gaps.

Run: python benchmarks/fairness_cells.py [--rows N] [--replicates N]. Both resample the same 16,000 answers
about two groups and form selection rate, true and false positive rate and accuracy of each group, and the
largest gaps of demographic parity and equalized odds.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from weigh.checks.fairness import metrics
from weigh.statistics.cells import resampled

RATES = (metrics.SELECTION, metrics.TPR, metrics.FPR, metrics.ACCURACY)


def summaries(tables):
    rates = metrics.group_rates(tables, RATES)
    parity = metrics.difference(rates[..., 0])
    odds = metrics.equalized_odds(rates[..., 1], rates[..., 2])
    return np.concatenate([rates.reshape(len(rates), -1), parity[:, None], odds[:, None]], axis=1)


def by_cells(cells, groups, replicates):
    counts = metrics.counted(cells, groups, groups_n=2, cells_n=4).astype(np.int64)
    return summaries(resampled(counts, seed=0, replicates=replicates))


def by_rows(cells, groups, replicates):
    rng = np.random.default_rng(0)
    tables = np.empty((replicates, 2, 4))
    for place in range(replicates):
        chosen = rng.integers(0, cells.size, cells.size)
        tables[place] = metrics.counted(cells[chosen], groups[chosen], groups_n=2, cells_n=4)
    return summaries(tables)


def cpu_seconds(make):
    start = time.process_time()
    ends = np.quantile(make(), [0.025, 0.975], axis=0)
    return time.process_time() - start, ends


def main():
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--rows", type=int, default=16_000)
    given.add_argument("--replicates", type=int, default=10_000)
    options = given.parse_args()
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, options.rows)
    truth, answers = rng.integers(0, 2, (2, options.rows))
    cells = metrics.binary_cells(truth, answers)
    by_cells(cells, groups, 10)
    fast, ends = cpu_seconds(lambda: by_cells(cells, groups, options.replicates))
    slow, rows = cpu_seconds(lambda: by_rows(cells, groups, options.replicates))
    apart = float(np.abs(ends - rows).max())
    print(f"rows {options.rows:,}, replicates {options.replicates:,}, 4 rates of 2 groups and 2 largest gaps")
    print(f"cells  {fast:8.3f} CPU s")
    print(f"rows   {slow:8.3f} CPU s, {slow / fast:,.0f} times the cells; ends differ by at most {apart:.4f}")


if __name__ == "__main__":
    main()
