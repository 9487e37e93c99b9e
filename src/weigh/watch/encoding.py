"""Profile ↔ bytes: canonical JSON out; strictly checked on the way in, because the file may be anyone's."""

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from weigh.core.canonical import dumps
from weigh.core.digest import HEX_SHA256
from weigh.core.errors import MalformedError, UsageError
from weigh.core.profile import MAX_BYTES, SCHEMA, Bins, Categories, Embeddings, Profile, Scores, Text
from weigh.statistics.mmd import MOST_DIMENSIONS, MOST_DIRECTIONS
from weigh.watch.bins import MOST_CUTS

MOST_ROWS = 2**40
LONGEST_NAME = 4096
MOST_DIMENSIONS_TIMES_DIRECTIONS = 1 << 24
"""Random numbers a kernel may make: 128 MiB."""

_HEX = frozenset("0123456789abcdef")


def to_bytes(profile: Profile) -> bytes:
    """Canonical JSON with a final newline: equal profiles give equal bytes.

    Raises:
        UsageError: it is larger than a profile may be.
    """
    data = dumps(profile) + b"\n"
    if len(data) > MAX_BYTES:
        raise UsageError(
            "the profile is too large to be kept", why=f"{len(data):,} bytes, at most {MAX_BYTES:,}"
        )
    return data


def from_bytes(data: bytes) -> Profile:
    """The profile in these bytes.

    Raises:
        MalformedError: they are no profile of this version, or what they say contradicts itself.
    """
    if len(data) > MAX_BYTES:
        raise _malformed(f"it is larger than {MAX_BYTES:,} bytes")
    try:
        profile = msgspec.json.decode(data, type=Profile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(str(error)) from error
    _require(profile.schema == SCHEMA, f"its schema is not {SCHEMA}")
    _check(profile)
    return profile


def _check(profile: Profile) -> None:
    _require(len(profile.labels) == len(profile.classes), "labels do not belong to the classes")
    _require_counts(profile.labels, "labels")
    _require(len(profile.salt) == 32 and set(profile.salt) <= _HEX, "its salt is not 32 hex digits")
    _require(profile.left_out >= 0, "a count is negative")
    for column in profile.numeric:
        _check_bins(column)
    for categories in profile.categorical:
        _check_categories(categories)
    names = [*(c.name for c in profile.numeric), *(c.name for c in profile.categorical)]
    _require(len(set(names)) == len(names), "two columns have one name")
    if profile.words is not None:
        _check_text(profile.words)
    if profile.embeddings is not None:
        _check_embeddings(profile.embeddings)
    if profile.scores is not None:
        _check_scores(profile.scores, len(profile.classes))
    if profile.answering is not None:
        answering = profile.answering
        _require(HEX_SHA256.fullmatch(answering.arrays) is not None, "its predictor has no sha256")
        _require(0 <= answering.size <= MOST_ROWS, "its predictor has no size")


def _check_bins(bins: Bins) -> None:
    what = "a column of numbers"
    _require(len(bins.name) <= LONGEST_NAME, f"{what} has a name that is too long")
    _require(len(bins.cuts) + len(bins.atoms) <= MOST_CUTS, f"{what} has too many bins")
    _require(len(bins.counts) == len(bins.cuts) + len(bins.atoms) + 1, f"{what} lacks a count")
    _require(_ascend(bins.cuts) and _ascend(bins.atoms), f"{what} has cuts out of order")
    _require(all(math.isfinite(cut) for cut in bins.cuts), f"{what} has a cut that is no number")
    _require(all(0 <= place < len(bins.cuts) for place in bins.atoms), f"{what} has an atom without a cut")
    _require_counts(bins.counts, what)
    _require(0 <= bins.missing <= bins.rows <= MOST_ROWS, f"{what} counts rows wrongly")
    _require(sum(bins.counts) == bins.rows - bins.missing, f"{what} counts rows wrongly")


def _check_categories(categories: Categories) -> None:
    what = "a column of categories"
    _require(len(categories.name) <= LONGEST_NAME, f"{what} has a name that is too long")
    hashes = [value for value, _ in categories.values]
    _require(len(set(hashes)) == len(hashes) and all(map(_is_hash, hashes)), f"{what} has values unhashed")
    counts = [*(rows for _, rows in categories.values), categories.rest]
    _require_counts(counts, what)
    _require(0 <= categories.missing <= categories.rows <= MOST_ROWS, f"{what} counts rows wrongly")
    _require(sum(counts) == categories.rows - categories.missing, f"{what} counts rows wrongly")


def _check_text(text: Text) -> None:
    _require(all(map(_is_hash, text.vocabulary)), "its vocabulary is not hashed")
    for trait in text.traits:
        _check_bins(trait)
    _check_categories(text.script)


def _check_embeddings(kept: Embeddings) -> None:
    _require(0 < kept.dimensions <= MOST_DIMENSIONS, "its embeddings have no possible size")
    _require(0 < kept.directions <= MOST_DIRECTIONS, "its embeddings have no possible size")
    size = kept.dimensions * kept.directions
    _require(size <= MOST_DIMENSIONS_TIMES_DIRECTIONS, "its embeddings have no possible size")
    _require(0 < kept.bandwidth < math.inf, "its kernel has no bandwidth")
    _require(1 <= kept.rows_a_block <= kept.rows <= MOST_ROWS, "its blocks hold no rows")
    _require(len(kept.blocks) >= 2, "its embeddings are fewer than two blocks")
    _require(all(len(b) == 2 * kept.directions for b in kept.blocks), "its blocks have different sizes")
    _require(all(abs(v) <= 100_000 for b in kept.blocks for v in b), "a block mean lies beyond 1")


def _check_scores(scores: Scores, classes: int) -> None:
    _require(1 <= scores.rows <= MOST_ROWS, "its scores rest on no rows")
    _require(0 <= scores.correct <= scores.rows, "more is right than was answered")
    _require(bool(scores.columns), "it has no confidence")
    for column in scores.columns:
        _check_bins(column)
        _require(column.rows == scores.rows and not column.missing, "a score counts other rows")
    _require(len(scores.answers) == classes, "its answers do not belong to the classes")
    _require_counts(scores.answers, "answers")
    _require(sum(scores.answers) == scores.rows, "its answers count other rows")
    _require(len(scores.calibration) == len(scores.calibration_cuts) + 1, "its calibration lacks a bin")
    _require(_ascend(scores.calibration_cuts), "its calibration is out of order")
    _require(all(math.isfinite(cut) for cut in scores.calibration_cuts), "a cut is no number")
    _require(all(0 <= right <= rows for rows, right in scores.calibration), "more is right than answered")
    _require(sum(rows for rows, _ in scores.calibration) == scores.rows, "its calibration counts other rows")
    _require(sum(r for _, r in scores.calibration) == scores.correct, "its calibration counts other answers")


def _require_counts(counts: Sequence[int], what: str) -> None:
    _require(all(0 <= count <= MOST_ROWS for count in counts), f"{what} counts fewer than no rows")


def _ascend(values: Sequence[float]) -> bool:
    return all(a < b for a, b in pairwise(values))


def _is_hash(value: str) -> bool:
    return len(value) == 16 and set(value) <= _HEX


def _require(holds: bool, why: str) -> None:  # noqa: FBT001 - reads as an assertion that is never off
    if not holds:
        raise _malformed(why)


def _malformed(why: str) -> MalformedError:
    return MalformedError(
        "this is not a profile that can be watched against",
        why=why,
        hint="take the profile.json that weigh adopt wrote",
    )
