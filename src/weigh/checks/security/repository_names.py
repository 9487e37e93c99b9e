"""Names of models and packages that imitate well-known ones: edit distance, affixes, placeholder versions."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources

from weigh.checks.security.repository import finding, skeleton
from weigh.core.finding import Finding

_PLACEHOLDER = re.compile(r"9{2,}(?:\.\d+)*|\d+\.9{3,}(?:\.\d+)*|\d+\.\d+\.9{3,}")
MOST_EDITS = 1
"""Letters that may differ; with two, honest names such as `bge-m3` and `bge-m2` meet."""
_SAME = str.maketrans("i10|", "llol")
SHORTEST = 6
"""Characters a name needs before one edit is called an imitation."""


def name_findings(owner: str, name: str, version: str = "") -> Iterator[Finding]:
    """The findings about the name and version under which a model or package is published.

    Args:
        owner: account or organisation, `pypi` for a registry without owners.
        name: of the model or package.
        version: of a package, "" where there is none.
    """
    where = f"{owner}/{name}" if owner else name
    if _PLACEHOLDER.fullmatch(version):
        yield finding("WGH-RP010", where, f"version {version}")
    known = imitated(owner, name)
    if known:
        yield finding("WGH-RP009", where, f"it imitates {known}")


def imitated(owner: str, name: str) -> str:
    """The well-known model a name imitates without being it, "" for none."""
    plain = _plain(name)
    for known, owners in _known_models().items():
        other = _plain(known)
        mine = owner.casefold() in {o.casefold() for o in owners}
        if mine:
            continue
        for real in owners:
            close = owner and owner.casefold() != real.casefold() and _like(_plain(owner), _plain(real))
            if plain == other and close:
                return f"{real}/{known}"
        if (
            plain != other
            and len(other) >= SHORTEST
            and ((_digits(plain) == _digits(other) and _near(plain, other)) or _seen(plain) == _seen(other))
        ):
            return f"{owners[0]}/{known}"
        if plain == other and not name.isascii():
            return f"{owners[0]}/{known}"
    return ""


def _plain(name: str) -> str:
    return re.sub(r"[\s._-]+", "-", skeleton(name))


def _digits(name: str) -> str:
    """Versions and sizes: names that differ in them are relatives, no imitations."""
    return "".join(re.findall(r"\d", name))


def _seen(name: str) -> str:
    """A name as it looks: one for i, l and 1, one for o and 0."""
    return name.translate(_SAME)


def _like(one: str, two: str) -> bool:
    return _near(one, two) or _seen(one) == _seen(two)


def _near(one: str, two: str) -> bool:
    """Whether one edit (a letter changed, added, dropped, or two swapped) turns one into the other."""
    if one == two or abs(len(one) - len(two)) > MOST_EDITS:
        return one == two
    start = next(
        (i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two))
    )
    a, b = one[start:], two[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


@lru_cache(maxsize=1)
def _known_models() -> Mapping[str, tuple[str, ...]]:
    text = resources.files("weigh.checks.security").joinpath("known_models.toml").read_text(encoding="utf-8")
    return {name: tuple(owners) for name, owners in tomllib.loads(text)["models"].items()}
