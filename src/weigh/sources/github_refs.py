"""Branches and tags of a repository on GitHub, as git itself asks for them.

Source: git's smart HTTP protocol, version 0: the reference discovery of
https://git-scm.com/docs/http-protocol and https://git-scm.com/docs/protocol-common (pkt-line). It has no
limit of requests an hour, unlike the site's own API, and needs no login for public repositories.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from weigh.core.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes; a repository with 30,000 pull requests advertises about 5 MB."""
MAX_REFS = 1_000_000
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SYMREF = re.compile(r"(?:^| )symref=HEAD:(refs/heads/[^ ]+)")


@dataclass(frozen=True, slots=True)
class Advertised:
    """What a repository says of its refs.

    Attributes:
        refs: `refs/heads/…` and `refs/tags/…` → commit; a tag object is already followed to its commit.
        default: name of the default branch, "" when it is not said.
        head: commit of HEAD, "" for an empty repository.
    """

    refs: "Mapping[str, str]"
    default: str = ""
    head: str = ""


def read_advertisement(body: bytes) -> Advertised:
    """Read an answer to `info/refs?service=git-upload-pack`.

    Raises:
        MalformedError: it is none.
    """
    refs: dict[str, str] = {}
    default = head = ""
    lines = _lines(body)
    if next(lines, b"") != b"# service=git-upload-pack":
        raise _malformed("it does not begin as one")
    for count, line in enumerate(lines):
        if count > MAX_REFS:
            raise _malformed(f"it lists more than {MAX_REFS:,}")
        text, _, capabilities = line.partition(b"\0")
        commit, _, name = text.decode("utf-8", "replace").partition(" ")
        if not _COMMIT.fullmatch(commit):
            raise _malformed(f"a line begins with {commit[:40]!r}")
        found = _SYMREF.search(capabilities.decode("utf-8", "replace"))
        if found:
            default = found[1].removeprefix("refs/heads/")
        if name == "HEAD":
            head = commit
        elif name.startswith(("refs/heads/", "refs/tags/")):
            # A peeled tag follows the tag object itself and names the commit.
            refs[name.removesuffix("^{}")] = commit
    return Advertised(MappingProxyType(refs), default, head)


def _lines(body: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        length = body[at : at + 4]
        if not re.fullmatch(rb"[0-9a-f]{4}", length):
            raise _malformed("a length is no hex number")
        size = int(length, 16)
        if size == 0:
            at += 4
            continue
        if size < 4 or at + size > len(body):
            raise _malformed("a line is longer than what came")
        yield body[at + 4 : at + size].removesuffix(b"\n")
        at += size


def _malformed(why: str) -> MalformedError:
    return MalformedError(
        "cannot read the list of branches and tags",
        why=why,
        hint="run again; if it stays so, something between you and the server changes its answers",
        rule="git-refs",
    )
