"""The table of checks: every question that is put to a case, in the order of the report."""

from typing import Any

from weigh.checks.accuracy.accuracy import QUESTION as ACCURACY
from weigh.checks.accuracy.overfitting import QUESTION as OVERFITTING
from weigh.checks.calibration.calibration import QUESTION as CALIBRATION
from weigh.checks.case import Question
from weigh.checks.explanation.explanation import QUESTION as EXPLANATION
from weigh.checks.fairness.counterfactual import QUESTION as COUNTERFACTUAL
from weigh.checks.fairness.fairness import QUESTION as FAIRNESS
from weigh.checks.fairness.mitigation import QUESTION as MITIGATION
from weigh.checks.licence.licence import QUESTION as LICENCE
from weigh.checks.misuse.misuse import QUESTION as MISUSE
from weigh.checks.privacy.membership import QUESTION as MEMBERSHIP
from weigh.checks.privacy.personal_data import QUESTION as PERSONAL_DATA
from weigh.checks.provenance.overlap import QUESTION as OVERLAP
from weigh.checks.provenance.provenance import QUESTION as PROVENANCE
from weigh.checks.robustness.robustness import QUESTION as ROBUSTNESS
from weigh.checks.slices.slices import QUESTION as SLICES

QUESTIONS: tuple[Question[Any], ...] = (
    ACCURACY,
    SLICES,
    FAIRNESS,
    COUNTERFACTUAL,
    MITIGATION,
    ROBUSTNESS,
    CALIBRATION,
    OVERFITTING,
    OVERLAP,
    EXPLANATION,
    MEMBERSHIP,
    PERSONAL_DATA,
    LICENCE,
    PROVENANCE,
    MISUSE,
)
