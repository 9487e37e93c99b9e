"""The table of perturbations, in the order in which they are reported."""

from weigh.datasets.perturbations.characters import ACCENTS, FULL_WIDTH, HOMOGLYPHS, ZERO_WIDTH
from weigh.datasets.perturbations.letter_case import LOWER, UPPER
from weigh.datasets.perturbations.missing import MISSING_TENTH, MISSING_THIRD
from weigh.datasets.perturbations.mistakes import OTHER_UNIT, UNSEEN_CATEGORY
from weigh.datasets.perturbations.negation import NEGATION_PUT_IN, NEGATION_TAKEN_OUT
from weigh.datasets.perturbations.noise import SLIGHT_NOISE, STRONG_NOISE
from weigh.datasets.perturbations.perturbation import FeaturePerturbation, TextPerturbation
from weigh.datasets.perturbations.punctuation import NO_PUNCTUATION, WHITE_SPACE
from weigh.datasets.perturbations.truncation import FIRST_HALF_LOST, LAST_THIRD_LOST
from weigh.datasets.perturbations.typos import TYPOS

TEXT_PERTURBATIONS: tuple[TextPerturbation, ...] = (
    TYPOS,
    UPPER,
    LOWER,
    HOMOGLYPHS,
    ACCENTS,
    ZERO_WIDTH,
    FULL_WIDTH,
    NO_PUNCTUATION,
    WHITE_SPACE,
    FIRST_HALF_LOST,
    LAST_THIRD_LOST,
    NEGATION_PUT_IN,
    NEGATION_TAKEN_OUT,
)

FEATURE_PERTURBATIONS: tuple[FeaturePerturbation, ...] = (
    SLIGHT_NOISE,
    STRONG_NOISE,
    MISSING_TENTH,
    MISSING_THIRD,
    UNSEEN_CATEGORY,
    OTHER_UNIT,
)
