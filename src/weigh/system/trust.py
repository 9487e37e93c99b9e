"""Whom a connection trusts: certificate authorities, client certificates, proxies."""

import os
import ssl
from dataclasses import dataclass
from urllib.request import getproxies, proxy_bypass

from weigh.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Trust:
    """How connections are secured and routed; the defaults are the system's.

    Attributes:
        ca_file: PEM file or folder of certificate authorities, "" for SSL_CERT_FILE or the system's.
        client_certificate: PEM file with a key and certificate, "" for none.
        trusted_hosts: `host` or `host:port` whose certificate is not checked and that may speak
            plain http, as pip's `trusted-host`.
        proxy: for every request; "" for what the *_PROXY variables or the system say.
    """

    ca_file: str = ""
    client_certificate: str = ""
    trusted_hosts: frozenset[str] = frozenset()
    proxy: str = ""

    def trusts(self, host: str, port: int) -> bool:
        """Whether the user named this host as trusted without proof."""
        return host in self.trusted_hosts or f"{host}:{port}" in self.trusted_hosts


def proxy_for(trust: Trust, scheme: str, host: str, port: int) -> str:
    """The proxy that a request goes through, "" for a direct connection."""
    if trust.proxy:
        return trust.proxy
    if proxy_bypass(f"{host}:{port}"):
        return ""
    configured = getproxies()
    return configured.get(scheme) or configured.get("all", "")


def ssl_context(trust: Trust, *, verified: bool) -> ssl.SSLContext:
    """A TLS client context.

    Raises:
        UsageError: a configured certificate file cannot be read.
    """
    try:
        context = _verifying(trust) if verified else _accepting()
        if trust.client_certificate:
            context.load_cert_chain(trust.client_certificate)
    except OSError as error:
        raise UsageError(
            "cannot use the configured certificates",
            why=f"{trust.ca_file or trust.client_certificate or 'SSL_CERT_FILE'}: {error}",
            hint="check pip's cert and client-cert settings and SSL_CERT_FILE",
        ) from error
    return context


def _verifying(trust: Trust) -> ssl.SSLContext:
    if not trust.ca_file:
        import httpx2

        # The operating system's own store, or SSL_CERT_FILE and SSL_CERT_DIR where they are set.
        return httpx2.create_ssl_context()
    if os.path.isdir(trust.ca_file):  # noqa: PTH112 - the setting is text as pip's users wrote it
        return ssl.create_default_context(capath=trust.ca_file)
    return ssl.create_default_context(cafile=trust.ca_file)


def _accepting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
