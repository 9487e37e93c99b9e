"""Findings that somebody looked at and accepts: a TOML file, one table a finding."""

from datetime import date
from pathlib import Path
from typing import Any

from weigh.core.digest import is_sha256
from weigh.core.errors import NotFoundError, UsageError
from weigh.core.scan import Suppression

MAX_FILE = 4 * 1024**2
KEYS = ("sha256", "rule", "because", "until")


def read_suppressions(path: Path) -> tuple[Suppression, ...]:
    """The entries of a file, in order.

    ```
    [[suppress]]
    sha256 = "…64 hex digits…"
    rule = "WGH-C001"
    because = "our own class, read by A. Person"
    until = 2027-03-31
    ```

    Raises:
        NotFoundError: there is no such file.
        UsageError: it is no TOML, or an entry lacks a key or has one that is not known.
    """
    import tomllib

    if not path.is_file():
        raise NotFoundError(f"there is no file {str(path)!r}", hint="--suppress FILE names a TOML file")
    if path.stat().st_size > MAX_FILE:
        raise UsageError(f"{path} is too large", why=f"more than {MAX_FILE:,} bytes")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read", why=str(error)) from error
    tables = document.get("suppress", [])
    if not isinstance(tables, list) or set(document) - {"suppress"}:
        raise UsageError(f"{path} holds something other than [[suppress]] tables")
    return tuple(_entry(table, f"{path}, entry {place}") for place, table in enumerate(tables, 1))


def _entry(table: Any, place: str) -> Suppression:
    if not isinstance(table, dict) or set(table) != set(KEYS):
        raise UsageError(f"{place} does not have exactly the keys {', '.join(KEYS)}")
    sha256, rule, because, until = (table[key] for key in KEYS)
    if not isinstance(sha256, str) or not is_sha256(sha256):
        raise UsageError(f"{place}: sha256 is not 64 hex digits", hint="copy it from weigh scan --json")
    if not isinstance(rule, str) or not rule.startswith("WGH-"):
        raise UsageError(f"{place}: rule is no id of a rule", hint="such as WGH-C001")
    if not isinstance(because, str) or not because.strip():
        raise UsageError(f"{place}: because is empty", why="whoever reads it later must know why")
    # A date and a time are a date too for Python; only the day is meant.
    if type(until) is not date:
        raise UsageError(f"{place}: until is not a day", hint="until = 2027-03-31, without quotes")
    return Suppression(sha256, rule, because.strip(), until)
