"""Policies by name or from a file, and what their lines mean."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.requirement import Policy
from weigh.policy.judge import policy_digest
from weigh.policy.plain_words import LineInWords, WaiverInWords, lines_in_words, waivers_in_words
from weigh.policy.presets import preset_names
from weigh.policy.read import MAX_BYTES, read_policy, read_preset, too_large

_TEXT = re.compile(r'"(\w+)"')
_MADE_TEXT = re.compile(r'f"((?:\w|\{[\w.]+\})+)"')
_FIELD = re.compile(r"\{[\w.]+\}")


@dataclass(frozen=True, slots=True)
class Explained:
    """A policy, told.

    Attributes:
        name: as the policy calls itself.
        digest: of its lines and waivers.
        lines: in the order of the policy.
        waivers: the one that ends first at the top.
    """

    name: str
    digest: str
    lines: tuple[LineInWords, ...]
    waivers: tuple[WaiverInWords, ...]


def open_policy(name: str) -> Policy:
    """A packaged policy by name, or one from a file.

    Raises:
        UsageError: the file cannot be read as a policy.
        NotFoundError: neither a packaged policy nor a file.
    """
    if name in preset_names():
        return read_preset(name)
    path = Path(name)
    if not path.is_file():
        raise NotFoundError(
            f"there is no policy {name!r}",
            why="it is neither a packaged policy nor a file",
            hint=f"one of {', '.join(preset_names())}, or the path of a policy.toml",
        )
    try:
        if path.stat().st_size > MAX_BYTES:
            raise too_large(path.name)
        return read_policy(path.read_text(encoding="utf-8"), source=path.name)
    except OSError as error:
        hint = "name a file that you may read"
        raise UsageError(f"cannot read {path.name}", why=error.strerror or str(error), hint=hint) from error
    except UnicodeDecodeError as error:
        hint = "save it as UTF-8, the encoding of TOML"
        raise UsageError(f"cannot read {path.name}", why=str(error), hint=hint) from error


def explain(name: str, *, today: date) -> Explained:
    """What a policy asks, line by line.

    Raises:
        WeighError: as `open_policy`.
    """
    policy = open_policy(name)
    return Explained(
        policy.name,
        policy_digest(policy),
        lines_in_words(policy, questions(), is_stated=names_of_measures()),
        waivers_in_words(policy, today=today),
    )


def presets() -> tuple[tuple[str, int, int], ...]:
    """(name, required lines, advisory lines) of every packaged policy, the fewest demands first."""
    counted = []
    for name in preset_names():
        lines = read_preset(name).requirements
        required = sum(line.required for line in lines)
        counted.append((name, required, len(lines) - required))
    return tuple(sorted(counted, key=lambda row: (row[1], row[0])))


def questions() -> dict[str, str]:
    """Check id → its question, for every check whose evidence a job of this version can have."""
    from weigh.checks.compatibility.compatibility import CHECK as COMPATIBILITY
    from weigh.checks.security.security import CHECK as SECURITY
    from weigh.checks.table import QUESTIONS
    from weigh.core.sign_off import CHECK as SIGN_OFF
    from weigh.datasets.prepare import CHECK as DATA
    from weigh.decide.decision import CHECK as DECISION

    own = (SECURITY, COMPATIBILITY, DATA, DECISION, SIGN_OFF)
    asked = {check.id: check.question for check in own}
    return asked | {question.check.id: question.check.question for question in QUESTIONS}


def names_of_measures() -> Callable[[str], bool]:
    """Whether a name can be that of a measure of this version, as far as its source tells.

    A measure's name is a text in the source, or is put together there as in `f"{name}_gap"`. Other texts
    pass as well, so a yes says little and a no is certain. Without the source, every name passes.
    """
    plain, made = _texts_of_source()
    if not plain:
        return lambda _: True

    def is_stated(name: str) -> bool:
        parts = (found.groups() for pattern in made if (found := pattern.fullmatch(name)))
        return name in plain or any(plain.issuperset(groups) for groups in parts)

    return is_stated


def _texts_of_source() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Every text of this package that could name a measure, and the patterns of those made of others."""
    plain: set[str] = set()
    made: set[str] = set()
    for path in Path(__file__).resolve().parents[1].rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        plain.update(_TEXT.findall(source))
        made.update(_MADE_TEXT.findall(source))
    patterns = (
        re.compile(_FIELD.sub(r"(\\w+)", text)) for text in sorted(made) if "_" in _FIELD.sub("", text)
    )
    return frozenset(plain), tuple(patterns)
