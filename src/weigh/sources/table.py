"""Which source answers for which kind of ref."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from weigh.core.errors import UnknownAnswerError
from weigh.core.events import EventSink
from weigh.core.ref import RefKind
from weigh.sources.catalogue import CatalogueSource
from weigh.sources.catalogued import package_folders
from weigh.sources.file import FileSource
from weigh.sources.hf import HfSource
from weigh.sources.hf_http import HubHttp
from weigh.sources.hf_settings import HubSettings, read_hub_settings
from weigh.sources.host_http import HostHttp, LoginOf
from weigh.sources.hosted import HOSTED, Hosted, HostPorts
from weigh.sources.https import HttpsSource
from weigh.sources.index import is_remote
from weigh.sources.kaggle import KaggleSource
from weigh.sources.kaggle_settings import read_kaggle_settings
from weigh.sources.pypi import PypiSource, refuse
from weigh.sources.source import Source, StoredFiles
from weigh.sources.tfhub import TfHubSource
from weigh.sources.torchhub import TorchHubSource, read_github_settings
from weigh.system.http import Http, Timeouts
from weigh.system.index_default import default_index_url
from weigh.system.pip_configuration import PipConfiguration, read_pip_configuration
from weigh.system.trust import Trust
from weigh.system.urls import host_and_port


@dataclass(frozen=True, slots=True)
class SourcePorts:
    """What sources need from outside.

    Attributes:
        http: the client; sources share it and so its connections.
        configuration: pip's.
        events: told about progress and warnings.
        sink: where verified files are kept.
        confirm: asked before something costs much more than expected.
        default_index: gives the address of pip's own default index.
        hub: the way to the hub; None for the hub's own address without a token.
        environ: the user's environment; logins are read from it when a source needs one.
        project: folder of the project, whose installed packages hold catalogues.
        opened: clients made for single sources, closed with the rest.
        hosted: the sources that use the user's own logins; None for none of them.
    """

    http: Http
    configuration: PipConfiguration
    events: EventSink
    sink: StoredFiles
    confirm: Callable[[str], bool] = refuse
    default_index: Callable[[], str] = default_index_url
    hub: HubHttp | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    project: Path = field(default_factory=Path)
    opened: list[Http] = field(default_factory=list, repr=False)
    hosted: Hosted | None = None


def _file(ports: SourcePorts) -> Source:
    return FileSource(events=ports.events)


def _pypi(ports: SourcePorts) -> Source:
    return PypiSource(
        http=ports.http,
        configuration=ports.configuration,
        events=ports.events,
        sink=ports.sink,
        confirm=ports.confirm,
        default=ports.default_index,
    )


def _hf(ports: SourcePorts) -> Source:
    http = ports.hub or HubHttp(HubSettings(), offline=ports.http.offline)
    return HfSource(http=http, events=ports.events, sink=ports.sink)


def _https(ports: SourcePorts) -> Source:
    return HttpsSource(http=ports.http, events=ports.events, sink=ports.sink)


def _tfhub(ports: SourcePorts) -> Source:
    return TfHubSource(http=ports.http, events=ports.events, sink=ports.sink)


def _torchhub(ports: SourcePorts) -> Source:
    settings = read_github_settings(ports.environ)
    http = _with_login(ports, settings.login, "GITHUB_TOKEN")
    return TorchHubSource(
        http=http, plain=ports.http, settings=settings, events=ports.events, sink=ports.sink
    )


def _kaggle(ports: SourcePorts) -> Source:
    settings = read_kaggle_settings(ports.environ)
    http = _with_login(ports, settings.login, "KAGGLE_USERNAME and KAGGLE_KEY")
    return KaggleSource(http=http, settings=settings, events=ports.events, sink=ports.sink)


def _catalogue(ports: SourcePorts) -> Source:
    folders = package_folders(ports.environ, ports.project)
    return CatalogueSource(
        http=ports.http, events=ports.events, sink=ports.sink, folders=folders, hub=lambda: _hf(ports)
    )


def _with_login(ports: SourcePorts, login: LoginOf, where: str) -> Http:
    trust = Trust(ca_file=ports.configuration.cert, proxy=ports.configuration.proxy)
    http = HostHttp(login, offline=ports.http.offline, trust=trust, where=where)
    ports.opened.append(http)
    return http


def _hosted(kind: RefKind) -> Callable[[SourcePorts], Source]:
    def make(ports: SourcePorts) -> Source:
        return (ports.hosted or Hosted(HostPorts({}, ports.events, ports.sink)))(kind)

    return make


FACTORIES: Mapping[RefKind, Callable[[SourcePorts], Source]] = {
    RefKind.CATALOGUE: _catalogue,
    RefKind.FILE: _file,
    RefKind.HF: _hf,
    RefKind.HTTPS: _https,
    RefKind.KAGGLE: _kaggle,
    RefKind.PYPI: _pypi,
    RefKind.TFHUB: _tfhub,
    RefKind.TORCHHUB: _torchhub,
    **{kind: _hosted(kind) for kind in HOSTED},
}


class Sources:
    """Calling it with a kind gives the source of that kind, made once.

    Args:
        ports: what the sources need.
    """

    def __init__(self, ports: SourcePorts) -> None:
        self._ports = ports
        self._made: dict[RefKind, Source] = {}
        self._others: dict[RefKind, Callable[[], Source]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept network connections."""
        self._ports.http.close()
        if self._ports.hub is not None:
            self._ports.hub.close()
        for http in self._ports.opened:
            http.close()
        if self._ports.hosted is not None:
            self._ports.hosted.close()

    def register(self, kind: RefKind, make: Callable[[], Source]) -> None:
        """Let what `make` gives answer for a kind that no source of this room knows."""
        self._others[kind] = make

    def __call__(self, kind: RefKind) -> Source:
        """The source for a kind of ref.

        Raises:
            UnknownAnswerError: this version of weigh has none.
        """
        if kind in self._others and kind not in self._made:
            self._made[kind] = self._others[kind]()
        if kind in self._made:
            return self._made[kind]
        if kind not in FACTORIES:
            known = ", ".join(f"{k.value}:" for k in FACTORIES)
            raise UnknownAnswerError(
                f"{kind.value}: refs cannot be fetched by this version",
                why=f"this version of weigh has no source for {kind.value}:, only for {known}",
                hint="download it yourself and name the folder as file:PATH",
            )
        if kind not in self._made:
            self._made[kind] = FACTORIES[kind](self._ports)
        return self._made[kind]


def open_http(configuration: PipConfiguration, *, offline: bool = False, user_agent: str = "weigh") -> Http:
    """A client that trusts what pip is configured to trust, and may reach the indexes it names."""
    named = (configuration.index_url, *configuration.extra_index_urls, *configuration.find_links)
    hosts = frozenset(host_and_port(url) for url in named if is_remote(url))
    timeouts = Timeouts()
    if configuration.timeout:
        timeouts = replace(timeouts, read=configuration.timeout)
    trust = Trust(
        ca_file=configuration.cert,
        client_certificate=configuration.client_cert,
        trusted_hosts=frozenset(configuration.trusted_hosts),
        proxy=configuration.proxy,
    )
    return Http(timeouts, allowed_private_hosts=hosts, offline=offline, user_agent=user_agent, trust=trust)


def open_hub(
    settings: HubSettings,
    configuration: PipConfiguration,
    *,
    offline: bool = False,
    user_agent: str = "weigh",
) -> HubHttp:
    """A client for the hub. Certificates and proxies are pip's; its hosts and passwords are not."""
    trust = Trust(ca_file=configuration.cert, proxy=configuration.proxy)
    return HubHttp(settings, offline=offline, user_agent=user_agent, trust=trust)


def open_sources(
    environ: Mapping[str, str],
    *,
    sink: StoredFiles,
    events: EventSink,
    confirm: Callable[[str], bool] = refuse,
    offline: bool = False,
    user_agent: str = "weigh",
    project: Path | None = None,
) -> Sources:
    """The sources as the user's environment and pip's configuration want them.

    Raises:
        UsageError: pip's configuration or the hub's address cannot be read.
    """
    configuration = read_pip_configuration(environ)
    http = open_http(configuration, offline=offline, user_agent=user_agent)
    hub = open_hub(read_hub_settings(environ), configuration, offline=offline, user_agent=user_agent)
    trust = Trust(ca_file=configuration.cert, proxy=configuration.proxy)
    hosted = Hosted(HostPorts(environ, events, sink, trust, offline=offline, user_agent=user_agent))
    ports = SourcePorts(
        http, configuration, events, sink, confirm, hub=hub, environ=environ, project=project or Path(),
        hosted=hosted,
    )  # fmt: skip
    return Sources(ports)
