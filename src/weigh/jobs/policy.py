"""Policies by name or from a file, and what their lines mean."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.requirement import Policy
from weigh.policy.judge import policy_digest
from weigh.policy.plain_words import LineInWords, WaiverInWords, lines_in_words, waivers_in_words
from weigh.policy.presets import preset_names
from weigh.policy.read import MAX_BYTES, read_policy, read_preset


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
            raise UsageError(f"{path.name} is too large", why=f"a policy is read up to {MAX_BYTES} bytes")
        return read_policy(path.read_text(encoding="utf-8"), source=path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path.name}", why=str(error)) from error


def explain(name: str, *, today: date) -> Explained:
    """What a policy asks, line by line.

    Raises:
        WeighError: as `open_policy`.
    """
    policy = open_policy(name)
    return Explained(
        policy.name,
        policy_digest(policy),
        lines_in_words(policy, questions()),
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
