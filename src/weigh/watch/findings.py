"""What a person should know about a batch: the alarms first, then what was not looked at."""

from collections.abc import Iterator, Sequence

from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.profile import Profile
from weigh.datasets.wording import listed
from weigh.statistics.interval import Interval
from weigh.statistics.proportions import proportion
from weigh.watch.alarm import SMALLEST_SHARE, Family, Judged, drifted
from weigh.watch.compare import Batch, Compared, families_due
from weigh.watch.estimate import Estimates

ALARMS = frozenset({"WGH-W001", "WGH-W002", "WGH-W003", "WGH-W004"})
"""Rules that make a batch an alarm; the others tell what limits the answer."""

MOST_ALARMS = 50
"""Findings of columns; each says how many further ones there are."""

BLIND = (
    "rows without labels cannot show that the right answer itself has changed; "
    "the estimated accuracy would stay as it is"
)


def findings_of(
    profile: Profile,
    batch: Batch,
    judged: Sequence[Judged],
    found: Compared,
    estimates: Estimates | None,
) -> Iterator[Finding]:
    """Every finding of a batch.

    Args:
        profile: the reference.
        batch: the new rows.
        judged: what was made of each comparison.
        found: the comparisons.
        estimates: accuracy without labels; None without scores.
    """
    yield from _alarms(judged)
    yield from _limits(profile, batch, judged, found)
    if estimates is not None and profile.scores is not None:
        before = proportion(profile.scores.correct, profile.scores.rows)
        if estimates.calibrated.high < before.low:
            yield _estimated_drop(estimates.calibrated, before, holds=not drifted(judged))
    if not any(one.part.family is Family.ACCURACY for one in judged):
        yield _blind()


def is_alarm(evidence: Evidence) -> bool:
    """Whether an answer is an alarm."""
    return any(finding.rule in ALARMS for finding in evidence.findings)


def _alarms(judged: Sequence[Judged]) -> Iterator[Finding]:
    raised = sorted((one for one in judged if one.alarm), key=lambda one: -one.part.effect.value)
    columns = [one for one in raised if one.part.family is Family.COLUMNS]
    yield from (_column(one, len(columns)) for one in columns[:MOST_ALARMS])
    for one in raised:
        if one.part.family is not Family.COLUMNS:
            yield _other(one)


def _limits(profile: Profile, batch: Batch, judged: Sequence[Judged], found: Compared) -> Iterator[Finding]:
    looked = {one.part.family for one in judged}
    reasons = dict(batch.not_looked)
    for family in families_due(profile):
        if family not in looked:
            yield _not_looked(family, reasons.get(family, "too few rows"))
    if found.too_few:
        yield _too_few(found.too_few)
    if profile.left_out:
        yield _left_out(profile.left_out)
    if batch.copies:
        yield _copies(batch)
    if batch.labels is not None and Family.ACCURACY not in looked:
        yield _not_looked(Family.ACCURACY, reasons.get(Family.SCORES, "there are no answers to hold them to"))
    if batch.labels is not None and (batch.labels < 0).any():
        yield _unknown_labels(int((batch.labels < 0).sum()), batch.n)


def _column(one: Judged, alarms: int) -> Finding:
    part = one.part
    more = f"; {alarms - MOST_ALARMS} more columns are not listed" if alarms > MOST_ALARMS else ""
    what = {"ks": "the values", "missing": "the share of missing values"}.get(
        part.statistic, "the categories"
    )
    return Finding(
        "WGH-W001",
        Severity.HIGH,
        Confidence.HIGH,
        part.name,
        f"{what} differ from the reference by {_told(one)}{more}",
        "what was measured when the model was judged need not hold for rows like these",
        "look at where these rows come from; measure again on labelled ones before relying on the answers",
    )


def _other(one: Judged) -> Finding:
    if one.part.family is Family.EMBEDDINGS:
        return Finding(
            "WGH-W002",
            Severity.HIGH,
            Confidence.HIGH,
            one.part.name,
            f"the model sees rows unlike those it was judged on: {_told(one)}",
            "what was measured when the model was judged need not hold for rows like these",
            "label a sample of these rows and run weigh adopt with them as another domain",
        )
    if one.part.family is Family.SCORES:
        return Finding(
            "WGH-W003",
            Severity.HIGH,
            Confidence.HIGH,
            one.part.name,
            f"its answers differ from those on the held-out rows by {_told(one)}",
            "other rows, other class shares or a changed pipeline; the answers themselves have changed",
            "label a sample of these rows: no estimate of the accuracy holds for them",
        )
    return Finding(
        "WGH-W004",
        Severity.HIGH,
        Confidence.HIGH,
        one.part.name,
        f"measured accuracy fell by {_told(one)}",
        "the model is worse on these labelled rows than on those it was judged on",
        "run weigh adopt again with these rows",
    )


def _told(one: Judged) -> str:
    effect = one.part.effect
    unit = " standard deviations" if one.part.statistic == "mmd" else ""
    p_value = max(one.adjusted, 1e-12)
    return f"{effect.value:.2f} [{effect.low:.2f}, {effect.high:.2f}]{unit}, adjusted p {p_value:.1g}"


def _estimated_drop(now: Interval, before: Interval, *, holds: bool) -> Finding:
    told = f"{now.value:.2f} [{now.low:.2f}, {now.high:.2f}], it was {before.value:.2f}"
    doubt = "" if holds else "; the estimate does not hold for rows unlike those it was calibrated on"
    return Finding(
        "WGH-W005",
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "accuracy",
        f"estimated accuracy {told}{doubt}",
        "the predictor is less sure of these rows; the estimate takes its confidence at its word",
        "label a sample of these rows",
    )


def _not_looked(family: Family, why: str) -> Finding:
    return Finding(
        "WGH-W006",
        Severity.MEDIUM,
        Confidence.HIGH,
        family.value,
        f"{family.value} were not compared: {why}",
        "an alarm that could have come from them cannot come",
        "run this where the model and the fitted predictor are, or accept it with --columns-only",
    )


def _too_few(names: tuple[str, ...]) -> Finding:
    return Finding(
        "WGH-W007",
        Severity.MEDIUM,
        Confidence.HIGH,
        "columns",
        f"too few values to compare: {listed(names)}",
        "these columns are mostly missing in the reference or in the new rows; their values may have changed",
        "give more rows; adopt again without a column that is hardly ever filled",
    )


def _copies(batch: Batch) -> Finding:
    often = f"; one row stands there {batch.commonest:,} times" if batch.commonest > 1 else ""
    return Finding(
        "WGH-W011",
        Severity.MEDIUM if batch.copies > SMALLEST_SHARE * batch.came else Severity.INFO,
        Confidence.HIGH,
        "rows",
        f"{batch.copies:,} of {batch.came:,} rows are copies of others and were left out{often}",
        "copies are left out of the reference too, so how often a row repeats is not compared",
        "find out why rows repeat: a request sent again and again, a default that fills every field",
    )


def _unknown_labels(rows: int, n: int) -> Finding:
    return Finding(
        "WGH-W008",
        Severity.MEDIUM,
        Confidence.HIGH,
        "labels",
        f"{rows:,} of {n:,} rows have a label that the profile does not know",
        "the predictor cannot give this answer, so these rows count as wrong",
        "check --label; if the classes have changed, run weigh adopt again",
    )


def _blind() -> Finding:
    return Finding(
        "WGH-W009",
        Severity.INFO,
        Confidence.HIGH,
        "labels",
        BLIND,
        "no method without labels can see it (concept shift)",
        "label a small random sample from time to time and give it with --label",
    )


def _left_out(columns: int) -> Finding:
    return Finding(
        "WGH-W010",
        Severity.MEDIUM,
        Confidence.HIGH,
        "profile",
        f"{columns:,} columns had no room in the profile and were not compared",
        "an alarm that could have come from them cannot come",
        "make a profile with fewer --features",
    )
