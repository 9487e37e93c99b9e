"""Licences: who says which one holds, the uses a person may intend, and what a licence says to them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from weigh.core.errors import UsageError
from weigh.core.facts import Basis

PAPERS = "papers"
"""Folder of a snapshot with what a model's packages say of their terms: `papers/NAME-VERSION/…`."""

TERMS_FOLDERS = frozenset({"licenses", "license_files"})
"""Folders of a wheel's `.dist-info` whose every file is a licence file (PEP 639)."""

_TERMS = re.compile(
    r"(?:un)?licen[cs](?:es?|ing)|copying|notices?|copyright|terms|eula|third[-_ ]?party[-_ ]?notices?"
    r"|(?:(?:acceptable|prohibited)[-_ ])?use[-_ ]policy"
)
"""How names of files that hold terms begin, in lower case."""
_LICENCE_OF = re.compile(
    r".{1,80}[-_ ](?:licen[cs]es?|use[-_ ]policy)(?:\.(?:txt|md|rst|html?|pdf|rtf|docx?))?"
)
"""Names that say whose licence it is: `MODEL_LICENSE`, `llama-license.md`; a picture of a licence is none."""


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


class Use(StrEnum):
    """What a person may intend with a model: the closed vocabulary of `--use`."""

    COMMERCIAL = "commercial"
    """In a product, a service or the operations of a business."""

    RESEARCH = "research"
    """Study, experiment or teaching whose results are not sold."""

    MEDICAL = "medical"
    """Diagnosis, treatment, triage, advice on health."""

    LEGAL = "legal"
    """Administration of justice, law enforcement, immigration, legal advice."""

    BIOMETRIC = "biometric"
    """Recognising or categorising people by body, face, voice or gait."""

    SURVEILLANCE = "surveillance"
    """Watching or tracking people."""

    MILITARY = "military"
    """Warfare, weapons and their development."""

    REDISTRIBUTION = "redistribution"
    """Handing the files on, alone or inside a product."""

    FINE_TUNE = "fine-tune"
    """Training it further and using the result."""

    TRAINING_OTHER_MODELS = "training-other-models"
    """Using it or what it puts out to train or improve another model."""

    HOSTING = "hosting"
    """Letting others use it over a network."""


class Permission(StrEnum):
    """What the terms say to one use. Silence of the records is UNKNOWN, never ALLOWED."""

    ALLOWED = "allowed"
    CONDITIONAL = "conditional"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"


def is_terms_name(name: str) -> bool:
    """Whether a file's name, without its folder, says that it holds terms; its ending does not matter."""
    lowered = name.lower()
    begins = _TERMS.match(lowered)
    plain = begins is not None and lowered[begins.end() :][:1] in {"", ".", "-", "_", " "}
    return plain or _LICENCE_OF.fullmatch(lowered) is not None


def check_uses(names: Iterable[str]) -> tuple[str, ...]:
    """The intended uses, sorted and each once.

    Raises:
        UsageError: a name is not in the vocabulary of `Use`.
    """
    known = [use.value for use in Use]
    wanted = sorted(set(names))
    for name in wanted:
        if name not in known:
            raise UsageError(
                f'there is no use "{name}"',
                why=f"the uses that licences are held against: {', '.join(known)}",
                hint="--use commercial",
            )
    return tuple(wanted)
