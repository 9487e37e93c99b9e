"""Letter case: everything in capitals, or nothing."""

from numpy.random import Generator

from weigh.datasets.perturbations.perturbation import Expectation, TextPerturbation


def _upper(text: str, _: Generator) -> str:
    return text.upper()


def _lower(text: str, _: Generator) -> str:
    return text.lower()


UPPER = TextPerturbation("upper-case", "all letters are capitals", Expectation.KEEPS, _upper)
LOWER = TextPerturbation("lower-case", "no letter is a capital", Expectation.KEEPS, _lower)
