"""One thread for numeric libraries while an arm is fitted, so that sums are always added in one order."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def single_threaded() -> Iterator[None]:
    """Hold BLAS and OpenMP to one thread inside the block.

    A sum split over threads depends on their number and timing in its last bits, and a fitted predictor
    must be the same bytes every time. threadpoolctl is a dependency of scikit-learn.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
