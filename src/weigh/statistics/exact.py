"""Exact tests on counts. Every p-value is valid at any sample size, so conservative at small ones."""

from collections.abc import Sequence
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike

from weigh.core.errors import UsageError
from weigh.statistics.arguments import require_values


def mcnemar(only_a: int, only_b: int) -> float:
    """Return the two-sided exact p-value that two models err equally often on the same rows.

    Args:
        only_a: rows that A has right and B has wrong.
        only_b: rows that B has right and A has wrong.

    The discordant rows are Binomial(only_a + only_b, 1/2) under the hypothesis (Q. McNemar, Psychometrika
    12, 1947; exact form). Without a discordant row the p-value is 1.

    Raises:
        UsageError: when a count is negative.
    """
    _require_counts(only_a=only_a, only_b=only_b)
    if only_a + only_b == 0:
        return 1.0
    stats = _scipy_stats()
    return float(stats.binomtest(min(only_a, only_b), only_a + only_b, 0.5).pvalue)


def sign_test(differences: ArrayLike) -> float:
    """Return the two-sided exact p-value that paired differences are positive as often as negative.

    Args:
        differences: [n], any unit; zeros carry no sign and are left out.

    Raises:
        UsageError: when a difference is not finite.
        UnknownAnswerError: when there are none.
    """
    array = require_values(differences, name="differences")
    return mcnemar(int(np.count_nonzero(array > 0)), int(np.count_nonzero(array < 0)))


def slice_tail(errors_in: int, n_in: int, errors_all: int, n_all: int) -> float:
    """Return the one-sided exact p-value that a slice holds this many errors or more by chance.

    Args:
        errors_in: errors inside the slice.
        n_in: rows inside the slice.
        errors_all: errors in all rows, the slice included.
        n_all: all rows, the slice included.

    Given the totals, the errors of a slice chosen without looking at errors are hypergeometric. The slice
    must have been chosen on other rows than the ones counted here.

    Raises:
        UsageError: when the counts cannot belong together.
    """
    _require_counts(errors_in=errors_in, n_in=n_in, errors_all=errors_all, n_all=n_all)
    possible = errors_in <= n_in <= n_all and errors_in <= errors_all <= n_all
    if not possible or errors_all - errors_in > n_all - n_in:
        raise UsageError(
            "these slice counts cannot belong together",
            why=f"{errors_in} errors of {n_in} inside, {errors_all} of {n_all} in all",
        )
    stats = _scipy_stats()
    return min(1.0, float(stats.hypergeom.sf(errors_in - 1, n_all, errors_all, n_in)))


def fisher(table: Sequence[Sequence[int]]) -> float:
    """Return Fisher's two-sided exact p-value that rows and columns of a 2 by 2 table are independent.

    Raises:
        UsageError: when the table is not 2 by 2 or a count is negative.
    """
    if len(table) != 2 or any(len(row) != 2 for row in table):
        raise UsageError("Fisher's test takes a 2 by 2 table", why=f"got {table!r}")
    (a, b), (c, d) = table
    _require_counts(a=a, b=b, c=c, d=d)
    stats = _scipy_stats()
    return min(1.0, float(stats.fisher_exact(np.array([[a, b], [c, d]])).pvalue))


def _require_counts(**counts: int) -> None:
    for name, count in counts.items():
        if count < 0:
            raise UsageError("a count cannot be negative", why=f"{name} is {count}")


def _scipy_stats() -> ModuleType:
    """Imported when a test is computed: it takes longer than reading every kept answer."""
    from scipy import stats

    return stats
