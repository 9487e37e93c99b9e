"""The sources that reach hosts with the user's own logins, each made when it is first asked for.

Nothing is read before that: a damaged file of logins does not stand in the way of a ref that needs none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from weigh.core.events import EventSink
from weigh.core.ref import RefKind
from weigh.sources.endpoint import EndpointSource
from weigh.sources.git_lfs import GitLfsSource
from weigh.sources.host_http import OWN_FILE, HostHttp, LoginOf, logins
from weigh.sources.mlflow import MlflowSource, read_mlflow_settings
from weigh.sources.npm import NpmSource
from weigh.sources.npm_configuration import private_hosts, read_npm_configuration
from weigh.sources.object_store import ObjectStoreSource
from weigh.sources.oci import OciSource
from weigh.sources.oci_credentials import registry_login
from weigh.sources.source import Source, StoredFiles
from weigh.system.credentials import Credentials, Login, read_credentials
from weigh.system.places import places
from weigh.system.trust import Trust
from weigh.system.urls import host_and_port


@dataclass(frozen=True, slots=True)
class HostPorts:
    """What these sources need from outside.

    Attributes:
        environ: the user's variables; they name files of logins and addresses of the user's own servers.
        events: told about progress and warnings.
        sink: where verified files are kept.
        trust: certificates and proxies.
        offline: refuse every request.
        user_agent: what weigh calls itself.
    """

    environ: Mapping[str, str] = field(repr=False)
    events: EventSink
    sink: StoredFiles
    trust: Trust = field(default_factory=Trust)
    offline: bool = False
    user_agent: str = "weigh"


class Hosted:
    """Makes the source of a kind, and closes its connections.

    Args:
        ports: what the sources need.
    """

    def __init__(self, ports: HostPorts) -> None:
        self._ports = ports
        self._opened: list[HostHttp] = []

    def __call__(self, kind: RefKind) -> Source:
        """The source for one of `HOSTED`.

        Raises:
            UsageError: a file of logins, or a setting that names a server, cannot be used.
        """
        return HOSTED[kind](self, kind)

    def close(self) -> None:
        """Close the kept network connections."""
        for http in self._opened:
            http.close()

    def npm(self, _: RefKind) -> Source:
        """The source of `npm:` refs."""
        ports, configuration = self._ports, read_npm_configuration(self._ports.environ)
        trust = ports.trust
        if configuration.cafile or configuration.proxy:
            trust = replace(
                trust,
                ca_file=configuration.cafile or trust.ca_file,
                proxy=configuration.proxy or trust.proxy,
            )
        http = self._http(
            configuration.login, private_hosts(configuration), trust=trust, where="your .npmrc (npm login)"
        )
        return NpmSource(http=http, configuration=configuration, events=ports.events, sink=ports.sink)

    def oci(self, _: RefKind) -> Source:
        """The source of `oci:` refs."""
        ports, credentials = self._ports, self._credentials

        def login(registry: str, path: str) -> Login | None:
            found = credentials.for_url(f"https://{registry}/")
            return found or registry_login(registry, ports.environ, path)

        http = self._http(lambda _: "", credentials.hosts, where="docker login, or weigh's credentials.toml")
        return OciSource(http=http, login=login, events=ports.events, sink=ports.sink)

    def git_lfs(self, _: RefKind) -> Source:
        """The source of `git+lfs:` refs."""
        http = self._http(logins(self._credentials), self._credentials.hosts)
        return GitLfsSource(http=http, events=self._ports.events, sink=self._ports.sink)

    def mlflow(self, _: RefKind) -> Source:
        """The source of `mlflow:` refs."""
        ports, credentials = self._ports, self._credentials
        settings = read_mlflow_settings(ports.environ)
        hosts = credentials.hosts | {host_and_port(settings.server)}
        http = self._http(lambda url: settings.header(credentials, url), hosts, where="MLFLOW_TRACKING_TOKEN")
        return MlflowSource(http=http, server=settings.server, events=ports.events, sink=ports.sink)

    def objects(self, kind: RefKind) -> Source:
        """The source of refs to one kind of object store."""
        ports = self._ports
        return ObjectStoreSource(
            kind, environ=ports.environ, events=ports.events, sink=ports.sink, offline=ports.offline
        )

    def endpoint(self, _: RefKind) -> Source:
        """The source of `endpoint:` refs."""
        return EndpointSource()

    @cached_property
    def _credentials(self) -> Credentials:
        return read_credentials(places(self._ports.environ).config, self._ports.environ)

    def _http(
        self, login: LoginOf, hosts: frozenset[str], *, trust: Trust | None = None, where: str = OWN_FILE
    ) -> HostHttp:
        ports = self._ports
        http = HostHttp(
            login,
            allowed_private_hosts=hosts,
            offline=ports.offline,
            user_agent=ports.user_agent,
            trust=trust or ports.trust,
            where=where,
        )
        self._opened.append(http)
        return http


HOSTED: Mapping[RefKind, Callable[[Hosted, RefKind], Source]] = {
    RefKind.NPM: Hosted.npm,
    RefKind.OCI: Hosted.oci,
    RefKind.GIT_LFS: Hosted.git_lfs,
    RefKind.MLFLOW: Hosted.mlflow,
    RefKind.S3: Hosted.objects,
    RefKind.GS: Hosted.objects,
    RefKind.AZ: Hosted.objects,
    RefKind.ENDPOINT: Hosted.endpoint,
}
"""How the source of each kind is made."""
