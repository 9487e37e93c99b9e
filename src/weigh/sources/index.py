"""Which distribution files the configured package indexes offer for a project."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from weigh.core.errors import IntegrityError, NotFoundError, OfflineError, UsageError
from weigh.core.snapshot import is_safe_path
from weigh.sources.pages import ACCEPT, Distribution, parse_page
from weigh.system.http import Http
from weigh.system.index_default import default_index_url
from weigh.system.pip_configuration import PipConfiguration
from weigh.system.urls import without_credentials

MAX_PAGE = 64 * 1024 * 1024
"""Bytes of one index page; the largest project pages have a few megabytes."""
_PAGE_SUFFIXES = (".html", ".htm")


@dataclass(frozen=True, slots=True)
class Listing:
    """What all indexes together offer.

    Attributes:
        distributions: each file name once, first index first.
        skipped: indexes that were not asked because the network is forbidden.
    """

    distributions: tuple[Distribution, ...]
    skipped: tuple[str, ...] = ()


class PackageIndexes:
    """The indexes and link lists that pip is configured to use, asked in its order.

    Args:
        http: reads index pages.
        configuration: pip's.
        default: gives the address of pip's own default index, asked only when it is needed.
    """

    def __init__(
        self,
        http: Http,
        configuration: PipConfiguration,
        default: Callable[[], str] = default_index_url,
    ) -> None:
        self._http = http
        self._configuration = configuration
        self._default = default
        self._known: dict[str, Listing] = {}

    def listing(self, project: str) -> Listing:
        """The files offered for a project, from every index that has it.

        A project that one of several indexes does not have is nothing special.

        Raises:
            IntegrityError: two indexes offer different bytes under one file name.
            NotFoundError: no index has the project.
            OfflineError: the network is forbidden and no local index has the project.
        """
        name = canonicalize_name(project)
        if name not in self._known:
            self._known[name] = self._ask(name)
        return self._known[name]

    def _ask(self, name: str) -> Listing:
        found: list[Distribution] = []
        asked: list[str] = []
        skipped: list[str] = []
        for place, is_index in self._places():
            shown = _shown(place)
            asked.append(shown)
            if self._http.offline and is_remote(place):
                skipped.append(shown)
                continue
            try:
                found += self._index(place, name, shown) if is_index else self._links(place, shown)
            except NotFoundError:
                continue
        mine = merged(d for d in found if _belongs(d.filename, name))
        if mine:
            return Listing(mine, tuple(skipped))
        if skipped:
            raise OfflineError(
                f"the package {name!r} is not on this machine",
                why="finding it needs the network, which --offline forbids",
                hint="run once without --offline",
            )
        raise NotFoundError(
            f"no package index has {name!r}",
            why=f"asked: {', '.join(asked) or 'none, because pip is configured with no-index'}",
            hint="check the name, or the index-url that pip is configured with",
        )

    def _places(self) -> Iterator[tuple[str, bool]]:
        if not self._configuration.no_index:
            yield self._configuration.index_url or self._default(), True
            for url in self._configuration.extra_index_urls:
                yield url, True
        for link in self._configuration.find_links:
            yield link, False

    def _index(self, place: str, name: str, shown: str) -> tuple[Distribution, ...]:
        if not is_remote(place):
            return _page_file(_local_path(place) / name / "index.html", shown)
        return self._page(place.rstrip("/") + f"/{name}/", shown)

    def _links(self, place: str, shown: str) -> tuple[Distribution, ...]:
        return self._page(place, shown) if is_remote(place) else _local_links(_local_path(place), shown)

    def _page(self, url: str, shown: str) -> tuple[Distribution, ...]:
        page = self._http.page(url, {"accept": ACCEPT}, max_bytes=MAX_PAGE)
        return parse_page(_with_credentials(page.url, url), page.content_type, page.body, index=shown)


def merged(distributions: Iterable[Distribution]) -> tuple[Distribution, ...]:
    """Each file name once: the first offer wins, completed by what later ones state about it.

    Raises:
        IntegrityError: two offers state different digests or sizes for one name.
    """
    offers: dict[str, list[Distribution]] = {}
    for offer in distributions:
        earlier = offers.setdefault(offer.filename, [])
        for other in earlier:
            if _differ(other, offer):
                raise _conflict(other, offer)
        # At most three are kept a name: the first, the first with a digest, the first with a size.
        new_digest = bool(offer.sha256) and not any(o.sha256 for o in earlier)
        new_size = offer.size >= 0 and all(o.size < 0 for o in earlier)
        if not earlier or new_digest or new_size:
            earlier.append(offer)
    return tuple(
        replace(group[0], sha256=max(o.sha256 for o in group), size=max(o.size for o in group))
        for group in offers.values()
    )


def version_of(filename: str) -> Version | None:
    """The version that a wheel's or sdist's file name states; None for other files."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[1]
        return parse_sdist_filename(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


def local_file(distribution: Distribution) -> Path | None:
    """Where the file lies on this machine, None when it has to be fetched."""
    return _local_path(distribution.url) if not is_remote(distribution.url) else None


def is_remote(place: str) -> bool:
    """Whether an index or link is reached over the network."""
    return place.lower().startswith(("http://", "https://"))


def _differ(first: Distribution, other: Distribution) -> bool:
    digests = bool(first.sha256 and other.sha256) and first.sha256 != other.sha256
    return digests or (first.size >= 0 <= other.size != first.size)


def _conflict(first: Distribution, offer: Distribution) -> IntegrityError:
    return IntegrityError(
        f"two indexes offer different bytes as {offer.filename}",
        why=f"{first.index} states {_promise(first)}, {offer.index} states {_promise(offer)}",
        hint="find out which one is right, then remove the other from pip's configuration",
    )


def _promise(offer: Distribution) -> str:
    digest = f"sha256 {offer.sha256[:12]}…" if offer.sha256 else "no sha256"
    return f"{digest}, {offer.size:,} bytes" if offer.size >= 0 else digest


def _belongs(filename: str, name: str) -> bool:
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[0] == name
        return parse_sdist_filename(filename)[0] == name
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return canonicalize_name(filename).startswith(name + "-")


def _local_path(place: str) -> Path:
    if place.lower().startswith("file:"):
        parts = urlsplit(place)
        if parts.netloc not in {"", "localhost"}:
            raise UsageError(f"cannot use {place!r}", why="a file address of another machine is not read")
        return Path(url2pathname(parts.path))
    if "://" in place:
        scheme = place.partition(":")[0]
        raise UsageError(
            f"cannot use an index by {scheme}",
            why="weigh reads indexes over https and from local folders",
            hint="change index-url, extra-index-url or find-links in pip's configuration",
        )
    return Path(place)


def _shown(place: str) -> str:
    return without_credentials(place) if "://" in place else place


def _with_credentials(final: str, asked: str) -> str:
    """Carry the index's own user and password over to its page's address, for links on that host."""
    there, here = urlsplit(final), urlsplit(asked)
    same = (there.scheme, there.hostname, there.port) == (here.scheme, here.hostname, here.port)
    return there._replace(netloc=here.netloc).geturl() if same else final


def _page_file(path: Path, shown: str) -> tuple[Distribution, ...]:
    if not path.is_file():
        return ()
    try:
        with path.open("rb") as file:
            body = file.read(MAX_PAGE + 1)
    except OSError as error:
        raise UsageError(f"cannot read the index page {path}", why=str(error.strerror)) from error
    if len(body) > MAX_PAGE:
        raise IntegrityError(
            f"cannot read the index page {path}", why=f"it is larger than {MAX_PAGE:,} bytes"
        )
    return parse_page(path.resolve().as_uri(), "text/html", body, index=shown)


def _local_links(path: Path, shown: str) -> tuple[Distribution, ...]:
    if path.is_file():
        if path.suffix in _PAGE_SUFFIXES:
            return _page_file(path, shown)
        return (_file_offer(path, shown),)
    if not path.is_dir():
        return ()
    files = sorted(p for p in path.iterdir() if p.is_file() and is_safe_path(p.name))
    return tuple(_file_offer(p, shown) for p in files if p.suffix not in _PAGE_SUFFIXES)


def _file_offer(path: Path, shown: str) -> Distribution:
    return Distribution(path.name, path.resolve().as_uri(), "", path.stat().st_size, index=shown)
