"""Results of a SARIF 2.1.0 run: where they are, what they say, and how they are told apart.

Texts come from strangers: they are shown in visible form, and what SARIF itself would read in a message
(placeholders, links) is taken out of force.
Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from weigh.core.finding import Severity
from weigh.core.snapshot import is_safe_path
from weigh.render.escape import visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 25_000
"""Results of one run that a code host accepts (GitHub, "SARIF support for code scanning")."""

MOST_TEXT = 1_000
"""Characters of one hostile text."""

FINGERPRINT = "weigh/v1"

_AT_BYTE = re.compile(r"^(?P<path>.+) at byte (?P<byte>[0-9]{1,15})$")
_AT_LINE = re.compile(r"^(?P<path>.+):(?P<line>[1-9][0-9]{0,8})$")
_FILE_NAME = re.compile(
    r"[^/=<>|:*?\"]*[^/=<>|:*?\" ]\.[A-Za-z][A-Za-z0-9_]{0,11}"
    r"|LICEN[CS]E|COPYING|NOTICE|METADATA|PKG-INFO|README"
)

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
GRAVITY = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Result:
    """One result before it has its place in the run.

    Attributes:
        rule: id of the rule.
        level: SARIF level.
        message: what a person reads; hostile.
        where: place in weigh's own words; hostile.
        check: check or policy that says so.
        more: further properties.
        file: the file it is about where that is known; else it is told from `where`.
    """

    rule: str
    level: str
    message: str
    where: str
    check: str
    more: tuple[tuple[str, str], ...] = ()
    file: str = ""


def placed(shown: list[Result], rules: list[str], anchor: str) -> list[dict[str, Any]]:
    """The results of a run, each at its place and with a fingerprint that outlives small changes."""
    index = {name: i for i, name in enumerate(rules)}
    seen: Counter[tuple[str, str, str]] = Counter()
    done = []
    for result in shown:
        key = (result.check, result.rule, _without_bytes(result.where))
        rule = plain(result.rule)
        done.append(
            {
                "ruleId": rule,
                "ruleIndex": index[rule],
                "level": result.level,
                "message": {"text": text_of(result.message)},
                "locations": [_location(result, anchor)],
                "partialFingerprints": {FINGERPRINT: _fingerprint(*key, str(seen[key]))},
                "properties": {"check": plain(result.check), **{k: plain(v) for k, v in result.more}},
            }
        )
        seen[key] += 1
    return done


def _fingerprint(*parts: str) -> str:
    """The same for the same complaint in the next version of a file: neither offset nor value is in it."""
    text = "\0".join(parts).encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).hexdigest()


def _without_bytes(where: str) -> str:
    found = _AT_BYTE.match(where)
    return found["path"] if found else where


def _location(result: Result, anchor: str) -> dict[str, Any]:
    """A place in a file of the model where there is one; else the anchor. The words stay either way."""
    where = result.where
    path, region = _file(where)
    if result.file:
        inside = not where.startswith(result.file) or where.startswith(f"{result.file}!/")
        path, region = result.file, {} if inside else region
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": _uri(path or anchor), "uriBaseId": "MODEL" if path else "PROJECT"}
    }
    if region:
        physical["region"] = region
    named = visible(where, limit=MOST_TEXT)
    place: dict[str, Any] = {"physicalLocation": physical}
    if named:
        place["logicalLocations"] = [{"fullyQualifiedName": named}]
    return place


def _file(where: str) -> tuple[str, dict[str, int]]:
    """The file a place names, "" when it names none, and the region in it."""
    for pattern in (_AT_BYTE, _AT_LINE):
        found = pattern.match(where)
        if found and _is_file(found["path"]):
            parts = found.groupdict()
            if "byte" in parts:
                return parts["path"], {"byteOffset": int(parts["byte"]), "byteLength": 0}
            return parts["path"], {"startLine": int(parts["line"])}
    return (where, {}) if _is_file(where) else ("", {})


def _is_file(text: str) -> bool:
    """A plain relative path whose last part looks like a file's name; `country=IN` and `0.5` do not."""
    named = _FILE_NAME.fullmatch(text.rsplit("/", 1)[-1])
    return len(text) <= MOST_TEXT and named is not None and is_safe_path(text)


def _uri(path: str) -> str:
    """A relative reference (RFC 3986): everything but plain letters is percent-encoded."""
    encoded = quote(path.encode("utf-8", "backslashreplace"), safe="/-._~")
    # A colon cannot be here (it is encoded), so no path can pass for an address with a scheme.
    return encoded.lstrip("/")


def plain(text: str, limit: int = MOST_TEXT) -> str:
    """Hostile text in visible form, cut."""
    return visible(text, limit=limit)


def text_of(text: str) -> str:
    """A message string: braces are doubled (SARIF 3.11.5), and no link can be read into it (3.11.6)."""
    return plain(text).replace("{", "{{").replace("}", "}}").replace("](", "] (") or "(no text)"


def document(run: dict[str, Any]) -> bytes:
    """A log of one run, UTF-8, the same bytes for the same run."""
    whole = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, ensure_ascii=True, sort_keys=True, indent=1).encode("ascii") + b"\n"
