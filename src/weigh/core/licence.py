"""LicenceClaim: who says the artifact is under which licence."""

from dataclasses import dataclass

from weigh.core.facts import Basis


@dataclass(frozen=True, slots=True)
class LicenceClaim:
    """One statement of a licence; several may contradict each other.

    Attributes:
        source: where it is stated, e.g. `README.md front matter`, `package metadata`.
        text: as stated (hostile text).
        spdx: SPDX expression it was read as, "" when it could not be.
        basis: declared or detected.
    """

    source: str
    text: str
    spdx: str
    basis: Basis
