"""Variables of the environment that a project's own deployment sets: containers, compose files, `.env` files.

A program that reads `os.environ["MODEL_NAME"]` gets what its Dockerfile or compose file says, unless whoever
starts it says something else.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from weigh.code.alternatives import Spot
from weigh.project.discover.naming import default_in

MOST_VALUES = 8
"""Values of one variable that are kept."""
MOST_BYTES = 256 * 1024
"""Bytes of one file; a larger one is no deployment's."""
_FILES = re.compile(
    r"(?:.*[._-])?(?:docker|container)file(?:[._-].*)?|(?:.*[._-])?compose(?:[._-].*)?\.ya?ml"
    r"|\.env(?:\..*)?|.*\.env|(?:.*[._-])?env[._-](?:example|sample|template|dist|defaults?)(?:[._-]\w+)?",
    re.IGNORECASE,
)
_NAME = r"[A-Z][A-Z0-9_]{2,60}"
_LINE = re.compile(
    rf"^\s*(?:export\s+|ENV\s+|-\s+)?[\"']?(?P<name>{_NAME})[\"']?(?P<sign>=|:\s+)(?P<value>[^\n]{{1,300}})$"
)
_OLD_ENV = re.compile(rf"^\s*ENV\s+(?P<name>{_NAME})\s+(?P<value>[^\s=][^\n]{{0,300}})$", re.IGNORECASE)
_MORE = re.compile(rf"\s(?P<name>{_NAME})=(?P<value>\"[^\"]*\"|'[^']*'|\S+)")


def is_deployment(path: str) -> bool:
    """Whether a file sets variables for what it starts, by its name."""
    name = path.rpartition("/")[2].lower()
    return _FILES.fullmatch(name) is not None and not name.endswith((".py", ".md", ".js", ".ts"))


@dataclass(slots=True)
class Deployment:
    """The variables that the project's deployment files set, read when the first is asked for.

    Attributes:
        contents: from a path to what gives the file's bytes, None for one that cannot be read.
    """

    contents: Mapping[str, Callable[[], bytes | None]] = field(default_factory=dict)
    _held: dict[str, list[tuple[str, Spot]]] | None = None

    def values(self, name: str) -> list[tuple[str, Spot]]:
        """The values that a variable is given, each once, with where."""
        if self._held is None:
            self._held = {}
            for path in sorted(self.contents):
                data = self.contents[path]()
                if data is None or len(data) > MOST_BYTES:
                    continue
                for variable, value, line in _set(data.decode("utf-8-sig", errors="replace")):
                    self._keep(variable, value, Spot(path, line, 1))
        return self._held.get(name, [])

    def _keep(self, name: str, value: str, spot: Spot) -> None:
        assert self._held is not None
        kept = self._held.setdefault(name, [])
        if len(kept) < MOST_VALUES and all(value != held for held, _ in kept):
            kept.append((value, spot))


def _set(text: str) -> Iterator[tuple[str, str, int]]:
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.match(line) or _OLD_ENV.match(line)
        if match is None:
            continue
        rest = match["value"]
        if line.lstrip().upper().startswith("ENV ") and match.re is _LINE:
            pairs = [(one["name"], one["value"]) for one in _MORE.finditer(f" {match['name']}={rest}")]
        else:
            pairs = [(match["name"], rest)]
        for name, value in pairs:
            plain = _plain(value)
            if plain:
                yield name, plain, number


def _plain(value: str) -> str:
    """A value without quotes and remarks, "" for one that is put together elsewhere."""
    value = re.sub(r"\s+#.*$", "", value.strip().removesuffix("\\")).strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    value = value.rstrip("\"'") if value.count('"') + value.count("'") == 1 else value
    value = default_in(value) or value
    return "" if re.search(r"[${}<>\s]", value) else value
