"""Which texts go through the model together."""

from collections.abc import Sequence

TOKEN_BUDGET = 512
"""Tokens of one batch, padding included. See docs/runtimes/onnx.md for what it was measured against."""

MAX_ROWS = 32


def batches(lengths: Sequence[int], *, one_at_a_time: bool = False) -> list[list[int]]:
    """Row numbers grouped so that texts of about one length are together, longest first.

    Longest first, because what does not fit in memory fails at once, and the short ones fill the gaps
    at the end. Every row stands in exactly one batch; a text longer than the budget goes alone.

    Args:
        lengths: tokens of each row.
        one_at_a_time: no two rows together.
    """
    order = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    if one_at_a_time:
        return [[row] for row in order]
    groups: list[list[int]] = []
    widest = 0
    for row in order:
        fits = bool(groups) and len(groups[-1]) < MAX_ROWS and widest * (len(groups[-1]) + 1) <= TOKEN_BUDGET
        if fits:
            groups[-1].append(row)
        else:
            groups.append([row])
            widest = lengths[row]
    return groups
