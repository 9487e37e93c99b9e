"""How many rows a question needs: the `n needed` of an inconclusive answer."""

import math

from scipy.special import ndtri

from weigh.core.errors import UsageError
from weigh.statistics.arguments import require_level

# No data set reaches this; a larger demand is answered with the bound rather than with an overflow.
MOST_ROWS = 10**15


def n_for_proportion_halfwidth(p: float, halfwidth: float, level: float = 0.95) -> int:
    """Return the smallest n at which Wilson's interval around a share `p` has at most this half width.

    Solves z^2 (p q n + z^2/4) = h^2 (n + z^2)^2, Wilson's half width squared, for n.

    Args:
        p: the expected share, in [0, 1]; 0.5 is the worst case.
        halfwidth: wanted half width, in (0, 1).
        level: confidence level, in (0, 1).

    Raises:
        UsageError: when an argument is out of its range.
    """
    if not 0.0 <= p <= 1.0 or not 0.0 < halfwidth < 1.0:
        raise UsageError("a share and a half width lie between 0 and 1", why=f"p={p}, halfwidth={halfwidth}")
    z2 = float(ndtri(0.5 + require_level(level) / 2)) ** 2
    # h^2 m^2 - z^2 p q m - z^4 (1/4 - p q) = 0 with m = n + z^2.
    spread = p * (1 - p)
    square = halfwidth * halfwidth
    root = math.sqrt((z2 * spread) ** 2 + 4 * square * z2 * z2 * (0.25 - spread))
    return _rows((z2 * spread + root) / (2 * square) - z2)


def n_for_paired_difference(
    sd_of_difference: float, detectable: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Return how many pairs show a mean difference of `detectable` with this power, two-sided.

    n = ((z_{1-alpha/2} + z_power) sd / detectable)^2 + z_{1-alpha/2}^2 / 2; the second term pays for the
    estimated standard deviation (W. C. Guenther, The American Statistician 35, 1981).

    Args:
        sd_of_difference: standard deviation of the per-row differences, >= 0, same unit as `detectable`.
        detectable: the smallest mean difference worth finding; its sign does not matter, it is not 0.
        alpha: two-sided false-positive rate, in (0, 1).
        power: chance of finding the difference when it is there, in (alpha, 1).

    Raises:
        UsageError: when an argument is out of its range.
    """
    if not (math.isfinite(sd_of_difference) and sd_of_difference >= 0):
        raise UsageError("a standard deviation is finite and not negative", why=f"got {sd_of_difference}")
    _require_detectable(detectable)
    z_alpha, z_power = _quantiles(alpha, power)
    ratio = _capped_ratio(sd_of_difference, detectable)
    return _rows((z_alpha + z_power) ** 2 * ratio * ratio + z_alpha * z_alpha / 2)


def n_for_mcnemar(
    discordant_rate: float, difference: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Return how many rows McNemar's test needs to find a difference in accuracy, two-sided.

    n = (z_{1-alpha/2} sqrt(psi) + z_power sqrt(psi - d^2))^2 / d^2 with psi the share of rows on which
    exactly one of the two is right and d the difference in accuracy (R. J. Connor, Biometrics 43, 1987).

    Args:
        discordant_rate: psi, in (0, 1].
        difference: d, with 0 < |d| <= psi.
        alpha: two-sided false-positive rate, in (0, 1).
        power: chance of finding the difference when it is there, in (alpha, 1).

    Raises:
        UsageError: when an argument is out of its range.
    """
    _require_detectable(difference)
    if not abs(difference) <= discordant_rate <= 1.0:
        raise UsageError(
            "two accuracies cannot differ by more than the share of rows on which they disagree",
            why=f"difference {difference}, discordant rate {discordant_rate}",
        )
    z_alpha, z_power = _quantiles(alpha, power)
    spread = math.sqrt(max(0.0, discordant_rate - difference * difference))
    root = z_alpha * math.sqrt(discordant_rate) + z_power * spread
    return _rows(_capped_ratio(root, difference) ** 2)


def _require_detectable(difference: float) -> None:
    if not math.isfinite(difference) or difference == 0:
        raise UsageError("the difference to find must be finite and not 0", why=f"got {difference}")


def _capped_ratio(numerator: float, denominator: float) -> float:
    # A subnormal denominator would overflow the quotient or its square.
    return min(abs(numerator) / max(abs(denominator), 1e-150), 1e140)


def _quantiles(alpha: float, power: float) -> tuple[float, float]:
    if not 0.0 < alpha < power < 1.0:
        raise UsageError("0 < alpha < power < 1 must hold", why=f"alpha={alpha}, power={power}")
    return float(ndtri(1 - alpha / 2)), float(ndtri(power))


def _rows(n: float) -> int:
    # The tolerance keeps a solution that is whole but for rounding from costing another row.
    return max(1, math.ceil(min(n, float(MOST_ROWS)) - 1e-9))
