"""Which network addresses weigh may talk to without being told to."""

import ipaddress
import socket

from weigh.core.errors import OfflineError

# Networks that a machine or a site uses for itself: what a hostile link would aim at.
# IANA special-purpose registries (RFC 6890); documentation and benchmarking blocks are nobody's
# internal network and stay out, because gateways and virtual private networks answer from them.
_REFUSED = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_internal(address: str) -> bool:
    """Whether a literal address is loopback, private, link-local or otherwise a site's own.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) counts as that one too.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    candidates = [parsed]
    if isinstance(parsed, ipaddress.IPv6Address):
        carried = [parsed.ipv4_mapped, parsed.sixtofour, *(parsed.teredo or ())]
        if parsed in _NAT64:
            carried.append(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF))
        candidates += [inner for inner in carried if inner is not None]
    return any(c in block for c in candidates for block in _REFUSED if c.version == block.version)


def is_loopback(host: str) -> bool:
    """Whether a host name or literal address can only mean this machine (RFC 6761, section 6.3)."""
    literal = literal_address(host)
    return ipaddress.ip_address(literal).is_loopback if literal else host.lower() == "localhost"


def literal_address(host: str) -> str:
    """The address when `host` is one, brackets of IPv6 removed; "" when it is a name."""
    bare = host.strip("[]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return ""


def resolve(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a host, in the order the system prefers.

    Raises:
        OfflineError: the name cannot be resolved.
    """
    literal = literal_address(host)
    if literal:
        return (literal,)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OfflineError(
            f"cannot find the host {host!r}",
            why=f"its name does not resolve: {error}",
            hint="check the network and the proxy settings, or run again with --offline",
        ) from error
    return tuple(dict.fromkeys(str(place[4][0]) for place in found))
