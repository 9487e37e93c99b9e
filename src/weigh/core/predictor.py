"""Predictor: a fitted way of answering the user's task, named by how it was made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weigh.core.digest import of_value


@dataclass(frozen=True, slots=True)
class Predictor:
    """The recipe of a fitted predictor; the fitted arrays are kept under its digest.

    Attributes:
        arm: id of the arm that fits it.
        base: digest of the base model, "" for arms that use none.
        hyper: hyper-parameters as JSON values.
        rows: digest of the training rows, "" for arms that fit nothing.
        seed: seed of the fit.
        code: digest of the arm's source.
    """

    arm: str
    base: str
    hyper: Mapping[str, Any] = field(default_factory=dict)
    rows: str = ""
    seed: int = 0
    code: str = ""

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the recipe."""
        return of_value(self)
