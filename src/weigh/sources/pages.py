"""The two written forms of a package index: PEP 503 HTML and PEP 691 JSON. Pure functions of text.

A page is untrusted: only http and https links count on a page that came over the network, and a file
name that is more than a plain name is dropped.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import msgspec

from weigh.core.digest import is_sha256
from weigh.core.errors import MalformedError
from weigh.core.snapshot import is_safe_path
from weigh.system.urls import without_credentials

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
"""PEP 691, "Content-Types": the JSON form first."""
_JSON_TYPE = "application/vnd.pypi.simple.v1+json"
_MAX_SIZE = 1 << 53
"""PEP 700 sizes are JSON numbers; past this they are no exact integers and mean nothing."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """One distribution file as an index offers it.

    Attributes:
        filename: plain file name.
        url: where its bytes are; may hold credentials, so it is never shown.
        sha256: as stated, "" when the index states none.
        size: bytes as stated, -1 when the index states none.
        yanked: withdrawn by its publisher (PEP 592).
        index: which index says so, as it may be shown.
    """

    filename: str
    url: str = field(repr=False)
    sha256: str = ""
    size: int = -1
    yanked: bool = False
    index: str = ""


def parse_page(url: str, content_type: str, body: bytes, *, index: str) -> tuple[Distribution, ...]:
    """The files that a page lists, in its order.

    Raises:
        MalformedError: the page is not in the form its content type says.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == _JSON_TYPE or kind == "application/json":  # noqa: PLR1714 - the second is what plain file servers say
        return _parse_json(url, body, index)
    return _parse_html(url, body.decode("utf-8", errors="replace"), index)


class _File(msgspec.Struct):
    filename: str
    url: str
    hashes: dict[str, str]
    yanked: bool | str = False
    size: int = -1


class _Meta(msgspec.Struct):
    api_version: str = msgspec.field(name="api-version")


class _Project(msgspec.Struct):
    meta: _Meta
    files: list[_File]


def _parse_json(url: str, body: bytes, index: str) -> tuple[Distribution, ...]:
    try:
        project = msgspec.json.decode(body, type=_Project)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise _unreadable(url, str(error)) from error
    if project.meta.api_version.partition(".")[0] != "1":
        raise _unreadable(url, f"it speaks version {project.meta.api_version!r} of the index form, not 1")
    found = (
        _distribution(
            url,
            file.url,
            file.hashes.get("sha256", ""),
            index,
            filename=file.filename,
            yanked=file.yanked is not False,
            size=file.size,
        )
        for file in project.files
    )
    return tuple(d for d in found if d is not None)


def _parse_html(url: str, text: str, index: str) -> tuple[Distribution, ...]:
    parser = _Anchors()
    parser.feed(text)
    parser.close()
    here = urljoin(url, parser.base)
    found = []
    for attributes in parser.anchors:
        href = attributes.get("href") or ""
        fragment = urldefrag(href).fragment
        digest = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""
        found.append(_distribution(here, href, digest, index, yanked="data-yanked" in attributes))
    return tuple(d for d in found if d is not None)


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.anchors: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "base" and not self.base:
            self.base = attributes.get("href") or ""
        elif tag == "a" and attributes.get("href"):
            self.anchors.append(attributes)


def _distribution(
    page: str,
    href: str,
    sha256: str,
    index: str,
    *,
    filename: str = "",
    yanked: bool = False,
    size: int = -1,
) -> Distribution | None:
    try:
        target = urldefrag(urljoin(page, href.strip())).url
        parts, here = urlsplit(target), urlsplit(page)
        same_host = (parts.scheme, parts.hostname, parts.port) == (here.scheme, here.hostname, here.port)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} and (parts.scheme, here.scheme) != ("file", "file"):
        return None
    name = filename or unquote(parts.path.rpartition("/")[2])
    if "/" in name or not is_safe_path(name):
        return None
    if same_host and here.username is not None and parts.username is None:
        # The user's own password for this index also opens the files that lie on the same host.
        target = parts._replace(netloc=here.netloc).geturl()
    digest = sha256.lower()
    known = size if 0 <= size < _MAX_SIZE else -1
    return Distribution(name, target, digest if is_sha256(digest) else "", known, yanked, index)


def _unreadable(url: str, why: str) -> MalformedError:
    return MalformedError(
        f"cannot read the index page {without_credentials(url)}",
        why=why,
        hint="check that pip's index-url points to a package index",
        rule="index-page",
    )
