"""Entries of the languages with sections: TOML, INI, Java properties and .env files.

Source: toml.io/en/v1.0.0; configparser's documentation for INI; the conventions of dotenv for .env.
"""

import re
from collections.abc import Iterator

from weigh.project.discover.entries import Entry, Keys
from weigh.project.discover.flow_entries import flow_entries, unquoted

MAX_LINES = 100_000
_SECTION = re.compile(r"\s*(\[\[?)\s*([^\[\]]{1,300}?)\s*\]\]?\s*(?:#.*)?$")
_PAIR = re.compile(
    r"\s*(?P<key>(?:\"[^\"]*\"|'[^']*'|[\w.:/-]+)(?:\s*\.\s*(?:\"[^\"]*\"|[\w-]+))*)\s*=\s*(?P<rest>.*)$"
)
_INI_PAIR = re.compile(r"(?P<key>[^\s=:#;\[][^=:#;]{0,200}?)\s*[=:]\s*(?P<rest>.*)$")
_ENV_PAIR = re.compile(r"\s*(?:export\s+)?(?P<key>[A-Za-z_][\w.-]*)\s*=\s*(?P<rest>.*)$")
_WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w:/-]+)")


def toml_entries(text: str) -> Iterator[Entry]:
    """The scalars of a TOML text, in order. Never raises."""
    lines = text.splitlines()[:MAX_LINES]
    section: Keys = ()
    counts: dict[Keys, int] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        if match := _SECTION.match(line):
            section = _words(match[2])
            if match[1] == "[[":
                counts[section] = counts.get(section, -1) + 1
                section = (*section, counts[section])
            at += 1
        elif pair := _PAIR.match(line):
            keys = (*section, *_words(pair["key"]))
            value, end = _value(lines, at, pair["rest"])
            yield from flow_entries(value, keys=keys, line=at + 1, joiner="=")
            at = end
        else:
            at += 1


def _words(text: str) -> Keys:
    return tuple(next(filter(None, groups), "") for groups in _WORD.findall(text))


def _value(lines: list[str], at: int, rest: str) -> tuple[str, int]:
    """The text of a value and the line behind it; arrays and long texts go on over lines."""
    end = at + 1
    mark = rest[:3] if rest.startswith(('"""', "'''")) else ""
    if mark:
        while rest.count(mark) < 2 and end < len(lines):
            rest += "\n" + lines[end]
            end += 1
        return rest, end
    while rest[:1] in {"[", "{"} and _open(rest) and end < len(lines) and end - at < 5_000:
        rest += "\n" + lines[end]
        end += 1
    return rest, end


_QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'")


def _open(text: str) -> bool:
    bare = re.sub(r"#[^\n]*", "", _QUOTED.sub("", text))
    return bare.count("[") + bare.count("{") > bare.count("]") + bare.count("}")


def ini_entries(text: str) -> Iterator[Entry]:
    """The scalars of an INI or properties text, in order; indented lines go on with the value before them."""
    section: Keys = ()
    key, parts, start = "", [""], 0
    for number, line in enumerate(text.splitlines()[:MAX_LINES], 1):
        if line[:1] in {" ", "\t"} and key and line.strip():
            parts.append(line.strip())
            continue
        if key:
            yield _joined(section, key, parts, start)
            key = ""
        if match := _SECTION.match(line):
            section = (match[2],)
        elif line[:1] not in {"#", ";", "!"} and (pair := _INI_PAIR.match(line)):
            key, parts, start = pair["key"].strip(), [_bare(pair["rest"])], number
    if key:
        yield _joined(section, key, parts, start)


def _joined(section: Keys, key: str, parts: list[str], line: int) -> Entry:
    return Entry((*section, key), "\n".join(parts).strip(), line, block=len(parts) > 1)


def env_entries(text: str) -> Iterator[Entry]:
    """The variables of a .env file, in order."""
    for number, line in enumerate(text.splitlines()[:MAX_LINES], 1):
        if pair := _ENV_PAIR.match(line):
            yield Entry((pair["key"],), _bare(pair["rest"]), number)


def _bare(rest: str) -> str:
    rest = rest.strip()
    if match := re.match(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'", rest):
        return unquoted(match[0])
    return re.sub(r"\s+[#;].*$", "", rest).strip()
