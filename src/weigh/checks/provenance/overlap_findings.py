"""The findings of the check `overlap`, made of plain values."""

from collections.abc import Sequence

from weigh.checks.provenance.word_runs import RUN
from weigh.core.finding import Confidence, Finding, Severity

NAMED = 10
"""Row ids, or data sets, that a message names."""

FEW = 0.01
"""Share of copies among the user's own rows up to which the finding is a medium one."""


def copies(test: str, ids: Sequence[str], rows: int, reference: str, *, own: bool) -> Finding:
    """Rows that stand among training texts.

    Args:
        test: name of the test set.
        ids: of the rows.
        rows: of the test set that could be compared.
        reference: name of the training texts (hostile text).
        own: they are the user's own training rows.
    """
    said = f"{len(ids):,} of {rows:,} rows stand wholly or in large part among: {reference}"
    if own:
        return Finding(
            rule="WGH-K001",
            severity=Severity.HIGH if len(ids) > FEW * rows else Severity.MEDIUM,
            confidence=Confidence.HIGH,
            where=test,
            message=f"{said} (rows {_listed(ids)})",
            why="a row that was trained on is graded from memory, so every score of this test is too good",
            action="name a group key that keeps such rows on one side of the split, or drop the rows",
        )
    return Finding(
        rule="WGH-K002",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        where=test,
        message=f"{said} (rows {_listed(ids)})",
        why="the model may have seen these rows in training, so its score here is no forecast",
        action="test on rows that are newer than the model, or leave these out",
    )


def short_copies(test: str, ids: Sequence[str], short: int, reference: str) -> Finding:
    """Short rows that stand there word for word, of `short` such rows."""
    return Finding(
        rule="WGH-K003",
        severity=Severity.LOW,
        confidence=Confidence.LOW,
        where=test,
        message=(
            f"{len(ids):,} of {short:,} rows shorter than {RUN} words stand word for word among: "
            f"{reference} (rows {_listed(ids)})"
        ),
        why="short texts are the same by chance too; if they are copies, they are graded from memory",
        action="look at the rows",
    )


def not_at_hand(names: Sequence[str]) -> Finding:
    """Training data that is named and that nobody could look into (hostile texts)."""
    return Finding(
        rule="WGH-K004",
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
        where="model card",
        message=f"trained on {len(names):,} data sets that are not at hand: {_listed(names)}",
        why="whether your rows are among them is unknown, and a model that saw them looks too good",
        action="hold your rows against them (--trained-on), or test on rows newer than the model",
    )


def never_said() -> Finding:
    """Nobody says what the model was trained on."""
    return Finding(
        rule="WGH-K005",
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
        where="model card",
        message="nothing says what the model was trained on",
        why="whether your rows are among it is unknown, and a model that saw them looks too good",
        action="ask the publisher, or test on rows newer than the model",
    )


def sampled(test: str, looked_at: int, rows: int) -> Finding:
    """Only some rows of a test set were looked at."""
    return Finding(
        rule="WGH-K006",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        where=test,
        message=f"{looked_at:,} of {rows:,} rows were looked at, drawn with the seed",
        why="the share is an estimate, and rows that were not drawn may overlap too",
        action="nothing; look at all rows of a part by naming it as test data",
    )


def nothing_to_compare(reference: str, texts: int) -> Finding:
    """Training texts that have no words (hostile name)."""
    return Finding(
        rule="WGH-K007",
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        where=reference,
        message=f"nothing to compare in {reference}: none of its {texts:,} texts has a word",
        why="nothing was held against it, so whether your rows stand there is unknown",
        action="name the column or files that hold its texts",
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
