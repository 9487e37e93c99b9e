"""Timings and memory of an open model, as measures."""

from collections.abc import Sequence

from weigh.core.measure import Direction, Measure


def readings(
    *,
    load_seconds: float,
    start_seconds: float,
    peak_bytes: int,
    single_seconds: Sequence[float],
    together_seconds: float,
) -> tuple[Measure, ...]:
    """What running the model takes; every value is observed and holds for one class of machine.

    Args:
        load_seconds: reading, hashing and opening the model in a running worker.
        start_seconds: from nothing to ready: process, sandbox, libraries, and the above.
        peak_bytes: peak resident memory of the worker, 0 when it was not told.
        single_seconds: for each text alone, tokenizing included.
        together_seconds: for all texts in one go.
    """
    n = len(single_seconds)
    values = (
        ("load_time", load_seconds, "s", 1, Direction.LOWER),
        ("start_time", start_seconds, "s", 1, Direction.LOWER),
        ("peak_memory", float(peak_bytes) or None, "bytes", 1, Direction.LOWER),
        ("latency_p50", quantile(single_seconds, 0.50) * 1000, "ms", n, Direction.LOWER),
        ("latency_p95", quantile(single_seconds, 0.95) * 1000, "ms", n, Direction.LOWER),
        ("throughput", n / max(together_seconds, 1e-9), "texts/s", n, Direction.HIGHER),
    )
    return tuple(
        Measure(name, value, unit, count, direction=direction, observed=True)
        for name, value, unit, count, direction in values
    )


def quantile(values: Sequence[float], fraction: float) -> float:
    """Sample quantile with linear interpolation (definition 7 of Hyndman and Fan, 1996)."""
    ordered = sorted(values)
    place = fraction * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
