"""Policy files: TOML text to a Policy value, or a UsageError that names the line and what it may hold.

The format is documented in docs/reference/policy.md. Reading is strict: an unknown key is an error,
because a misspelt limit that is silently dropped would be a requirement nobody holds.
"""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from typing import Any

from weigh.core.digest import HEX_SHA256
from weigh.core.errors import UsageError
from weigh.core.finding import Severity
from weigh.core.measure import labelled
from weigh.core.recommendation import Decision
from weigh.core.requirement import Comparison, Policy, Requirement, RequirementKind, Waiver
from weigh.core.sign_off import CHECK_ID as SIGN_OFF, SignOffQuestion
from weigh.core.verdict import MODEL
from weigh.policy.presets import preset_text

MAX_BYTES = 1 << 20
"""A policy is written by people; a larger file is a mistake or an attack on the reader."""

_LONGEST_NAME = 80
"""Letters of a name that are compared with those there are."""

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_SHARED = ("id", "required", "why", "about")
_KEYS: dict[RequirementKind, tuple[str, ...]] = {
    RequirementKind.MEASURE: ("check", "measure", "at_least", "at_most", "labels", "interval"),
    RequirementKind.FINDING: ("check", "max_severity"),
    RequirementKind.OUTCOME: ("check", "outcome"),
    RequirementKind.DECISION: ("decision",),
    RequirementKind.SIGN_OFF: ("sign_off",),
}
_MARKS: dict[str, RequirementKind] = {
    "at_least": RequirementKind.MEASURE,
    "at_most": RequirementKind.MEASURE,
    "measure": RequirementKind.MEASURE,
    "max_severity": RequirementKind.FINDING,
    "outcome": RequirementKind.OUTCOME,
    "decision": RequirementKind.DECISION,
    "sign_off": RequirementKind.SIGN_OFF,
}
_WAIVER = ("requirement", "subject", "reason", "approver", "expires")
_TOP = ("name", "extends", "require", "waive")


def read_preset(name: str) -> Policy:
    """The packaged policy of that name.

    Raises:
        NotFoundError: no packaged policy has that name.
    """
    return read_policy(preset_text(name), source=f"{name}.toml")


def read_policy(text: str, *, source: str = "policy.toml") -> Policy:
    """The policy that a TOML text states.

    With `extends`, the lines and waivers of the packaged policy come first; a line with the id of
    an inherited one takes its place.

    Args:
        text: content of the file.
        source: how the file is called in errors.

    Raises:
        UsageError: the text is no TOML, or a line is not what docs/reference/policy.md allows.
        NotFoundError: `extends` names no packaged policy.
    """
    document = _parse(text, source)
    _only(document, _TOP, f"{source}: the top of the file")
    name = _text(document, "name", source)
    inherited = Policy(name, ())
    if "extends" in document:
        inherited = read_preset(_text(document, "extends", source))
    own = tuple(_requirement(table, source) for table in _tables(document, "require", source))
    _once([line.id for line in own], source)
    lines = {line.id: line for line in (*inherited.requirements, *own)}
    if not lines:
        raise UsageError(
            f"{source}: the policy requires nothing",
            why="it has no [[require]] line, so everything would pass",
            hint='add a [[require]] line, or extends = "personal"',
        )
    waivers = tuple(_waiver(table, source, lines) for table in _tables(document, "waive", source))
    return Policy(name, tuple(lines.values()), (*inherited.waivers, *waivers))


def too_large(source: str) -> UsageError:
    """The error of a policy beyond `MAX_BYTES`."""
    return UsageError(
        f"{source} is too large",
        why=f"a policy is read up to {MAX_BYTES} bytes",
        hint="keep only [[require]] lines and [[waive]] entries in it",
    )


def _parse(text: str, source: str) -> dict[str, Any]:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise too_large(source)
    try:
        return tomllib.loads(text)
    except ValueError as error:  # also a number with more digits than Python converts
        raise UsageError(
            f"{source} is not TOML",
            why=str(error),
            hint="texts stand in double quotes, each line under its own [[require]]",
        ) from error
    except RecursionError as error:
        raise UsageError(
            f"{source} is not a policy",
            why="its values are nested too deeply",
            hint='the deepest value of a policy is labels = { test = "in-domain" }',
        ) from error


def _tables(document: Mapping[str, Any], key: str, source: str) -> list[dict[str, Any]]:
    value = document.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise UsageError(
            f"{source}: {key!r} must be written as [[{key}]] tables",
            why="each one is a table of its own, so that each can be named",
            hint=f"write [[{key}]], with two brackets, above each of them",
        )
    return value


def _requirement(table: dict[str, Any], source: str) -> Requirement:
    name = _text(table, "id", f"{source}: a [[require]] line")
    place = f"{source}: line {name!r}"
    if not _ID.fullmatch(name):
        raise UsageError(
            f"{place} has no usable id",
            why="an id is 1 to 80 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit",
            hint='id = "works-on-my-data"',
        )
    kind = _kind(table, place)
    _only(table, (*_SHARED, *_KEYS[kind]), place)
    line = Requirement(
        name,
        kind,
        required=_flag(table, "required", place, default=True),
        why=_text(table, "why", place) if "why" in table else "",
        about=_about(table, place),
    )
    if kind is RequirementKind.DECISION:
        return replace(line, allowed=_decisions(table, place))
    if kind is RequirementKind.SIGN_OFF:
        return replace(line, check=SIGN_OFF, sign_off=_question(table, place))
    line = replace(line, check=_text(table, "check", place))
    if kind is RequirementKind.FINDING:
        return replace(line, max_severity=_severity(table, place))
    if kind is RequirementKind.OUTCOME:
        _one_of(_text(table, "outcome", place), ("answered",), "outcome", place)
        return line
    comparison, limit = _limit(table, place)
    return replace(
        line,
        measure=_text(table, "measure", place),
        comparison=comparison,
        limit=limit,
        labels=_labels(table, place),
        use_interval=_flag(table, "interval", place, default=True),
    )


def _about(table: Mapping[str, Any], place: str) -> str:
    if "about" not in table:
        return ""
    value = _text(table, "about", place)
    _one_of(value, (MODEL,), "about", place)
    return value


def _kind(table: Mapping[str, Any], place: str) -> RequirementKind:
    kinds = {_MARKS[key] for key in table if key in _MARKS}
    if len(kinds) == 1:
        return kinds.pop()
    why = "it mixes " + ", ".join(sorted(k for k in table if k in _MARKS)) if kinds else "it states no limit"
    raise UsageError(
        f"{place} must ask exactly one thing",
        why=why,
        hint="give one of: measure with at_least or at_most; max_severity; outcome; decision; sign_off",
    )


def _limit(table: Mapping[str, Any], place: str) -> tuple[Comparison, float]:
    given = [c for c in Comparison if c.value in table]
    if len(given) != 1:
        raise UsageError(
            f"{place} needs one limit",
            why="it has both at_least and at_most" if given else "it has neither at_least nor at_most",
            hint="write two lines, one for each end" if given else "add at_least = … or at_most = …",
        )
    value = table[given[0].value]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UsageError(
            f"{place}: {given[0].value} must be a finite number",
            why=f"it is {value!r}",
            hint=f"{given[0].value} = 0.6",
        )
    return given[0], float(value)


def _labels(table: Mapping[str, Any], place: str) -> tuple[tuple[str, str], ...]:
    value = table.get("labels", {})
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise UsageError(
            f"{place}: labels must be a table of texts",
            why=f"it is {value!r}",
            hint='labels = { test = "in-domain" }',
        )
    return labelled(**value)


def _decisions(table: Mapping[str, Any], place: str) -> tuple[str, ...]:
    value = table["decision"]
    choices = tuple(d.value for d in Decision if d is not Decision.UNDECIDED)
    if not isinstance(value, list) or not value:
        raise UsageError(
            f"{place}: decision must be a list with at least one decision",
            why=f"the allowed values are: {', '.join(choices)}",
            hint=f'decision = ["{choices[0]}"]',
        )
    for item in value:
        # `undecided` is an unknown, and an unknown is never a pass: a policy cannot allow it.
        _one_of(item, choices, "decision", place)
    return tuple(dict.fromkeys(value))


def _question(table: Mapping[str, Any], place: str) -> str:
    value = _text(table, "sign_off", place)
    # A question that nobody can sign would be a line that nobody can meet.
    _one_of(value, tuple(q.value for q in SignOffQuestion), "sign_off", place)
    return value


def _severity(table: Mapping[str, Any], place: str) -> str:
    value = _text(table, "max_severity", place)
    _one_of(value, tuple(s.value for s in Severity), "max_severity", place)
    return value


def _waiver(table: dict[str, Any], source: str, lines: Mapping[str, Requirement]) -> Waiver:
    requirement = _text(table, "requirement", f"{source}: a [[waive]] entry")
    place = f"{source}: the waiver of {requirement!r}"
    _only(table, _WAIVER, place)
    _one_of(requirement, tuple(lines), "requirement", place)
    subject = _text(table, "subject", place)
    if not HEX_SHA256.fullmatch(subject.removeprefix("sha256:")) or not subject.startswith("sha256:"):
        raise UsageError(
            f"{place} must name its subject by digest",
            why=f"{subject!r} is not sha256: and 64 hex digits",
            hint="copy the digest from the report; a waiver holds for these bytes, not for a name",
        )
    return Waiver(
        requirement=requirement,
        subject=subject,
        reason=_text(table, "reason", place),
        approver=_text(table, "approver", place),
        expires=_day(table, place),
    )


def _day(table: Mapping[str, Any], place: str) -> str:
    value = table.get("expires")
    try:
        # Exact type: a TOML date-time is a subclass of date and would add an hour nobody reads.
        return value.isoformat() if type(value) is date else date.fromisoformat(str(value)).isoformat()
    except ValueError as error:
        raise UsageError(
            f"{place} needs the day it ends",
            why=f"expires is {value!r}, not a date",
            hint='expires = "2027-01-31"',
        ) from error


def _once(ids: list[str], source: str) -> None:
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise UsageError(
            f"{source}: the id {twice[0]!r} stands on more than one line",
            why="verdicts and waivers name a line by its id",
            hint="rename one",
        )


def _only(table: Mapping[str, Any], allowed: tuple[str, ...], place: str) -> None:
    unknown = sorted(set(table) - set(allowed))
    if unknown:
        near = _nearest(unknown[0], allowed)
        raise UsageError(
            f"{place} has the unknown key {unknown[0]!r}",
            why=f"the allowed keys are: {', '.join(allowed)}",
            hint=f"write {near}" if near else f"take {unknown[0]!r} out",
        )


def _one_of(value: object, choices: tuple[str, ...], key: str, place: str) -> None:
    if value not in choices:
        raise UsageError(
            f"{place}: {key} cannot be {value!r}",
            why=f"the allowed values are: {', '.join(choices)}",
            hint=f'{key} = "{_nearest(str(value), choices) or choices[0]}"',
        )


def _nearest(name: str, known: Sequence[str]) -> str:
    """The known name that is written most like this one; "" when none is."""
    return next(iter(get_close_matches(name[:_LONGEST_NAME], known, n=1)), "")


def _text(table: Mapping[str, Any], key: str, place: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        why = f"it is {value!r}" if key in table else f"the key {key!r} is missing"
        raise UsageError(f"{place}: {key} must be a text", why=why, hint=f'{key} = "…"')
    return value


def _flag(table: Mapping[str, Any], key: str, place: str, *, default: bool) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise UsageError(
            f"{place}: {key} must be true or false",
            why=f"it is {value!r}",
            hint=f"{key} = {str(default).lower()}",
        )
    return value
