"""The table of checks: every question that is put to a case, in the order of the report."""

from typing import Any

from weigh.checks.accuracy.accuracy import QUESTION as ACCURACY
from weigh.checks.case import Question
from weigh.checks.slices.slices import QUESTION as SLICES

QUESTIONS: tuple[Question[Any], ...] = (
    ACCURACY,
    SLICES,
)
