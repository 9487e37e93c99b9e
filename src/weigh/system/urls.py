"""Addresses as text: taking them apart, showing them, and following redirects between them."""

from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from weigh.core.errors import RefusedError, UsageError

DEFAULT_PORTS = {"http": 80, "https": 443}


def without_credentials(url: str) -> str:
    """The address as it may be shown: no user, no password, no query, no fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an unreadable address"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def host_and_port(url: str) -> str:
    """`host:port` of an http or https address, as `Http` takes it in `allowed_private_hosts`."""
    parts = split(url)
    return f"{parts.hostname}:{port_of(parts)}"


def split(url: str) -> SplitResult:
    """The parts of an address.

    Raises:
        UsageError: it is malformed; the message does not repeat it, for it may hold a password.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UsageError(
            f"cannot read the address {without_credentials(url)}", why="its host or port is malformed"
        ) from error
    return parts


def port_of(parts: SplitResult) -> int:
    """The port of an http or https address.

    Raises:
        UsageError: it is another kind of address, or has no host.
    """
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise UsageError(
            f"cannot use the address {without_credentials(parts.geturl())!r}",
            why="it is no http or https address with a host",
        )
    return parts.port or DEFAULT_PORTS[parts.scheme]


def at_address(parts: SplitResult, place: str, port: int) -> str:
    """The same resource with the host replaced by one address of it, credentials left out."""
    authority = f"[{place}]:{port}" if ":" in place else f"{place}:{port}"
    return urlunsplit((parts.scheme, authority, parts.path or "/", parts.query, ""))


def redirect_target(url: str, location: str) -> str:
    """Where a redirect leads. Credentials neither follow to another host nor come from the redirect.

    Raises:
        RefusedError: it leads from https to something else, or nowhere.
    """
    if not location:
        raise RefusedError(
            f"will not follow {without_credentials(url)}", why="it redirects without saying where"
        )
    target = urljoin(url, location)
    before, after = split(url), split(target)
    if before.scheme == "https" and after.scheme != "https":
        raise RefusedError(
            f"will not follow {without_credentials(url)}",
            why=f"it redirects from https to {after.scheme}, where anyone could change the answer",
        )
    if after.netloc != before.netloc:
        after = after._replace(netloc=after.netloc.rpartition("@")[2])
    return after.geturl()
