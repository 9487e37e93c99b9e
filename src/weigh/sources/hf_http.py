"""The way to the hub: a token that only its own host sees, and redirects that say where a thing went.

- The token goes to the endpoint's scheme, host and port, and nowhere else: the header is made for each
  request anew, so a redirect to a content network, or anywhere, carries none.
- A redirect of a *question about a repository*, or of a file to another repository on the hub, means
  that the repository was renamed or moved. Its old name may since belong to somebody else, so weigh
  does not follow: the error names the new place, and a person decides.
- A redirect of a file to a content network is followed, as `system.http` allows.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from weigh.core.errors import NotFoundError, OfflineError, RefusedError, UnknownAnswerError, WeighError
from weigh.sources.hf_settings import HubSettings
from weigh.system.addresses import is_loopback
from weigh.system.answers import raise_for_status
from weigh.system.http import MAX_REDIRECTS, Http
from weigh.system.trust import Trust
from weigh.system.urls import host_and_port, port_of, redirect_target, split, without_credentials

if TYPE_CHECKING:
    import httpx2

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_MESSAGE = 300


class HubHttp(Http):
    """An `Http` that may talk to the configured hub and gives it the user's token.

    Args:
        settings: which hub, which token.
        offline: refuse every request, beside what the settings say.
        user_agent: what weigh calls itself.
        trust: certificates and proxies.

    Attributes:
        answered: headers of the hub's own last answer, names in lower case: what it said about a file
            before it redirected to the content network.
    """

    def __init__(
        self,
        settings: HubSettings,
        *,
        offline: bool = False,
        user_agent: str = "weigh",
        trust: Trust | None = None,
    ) -> None:
        super().__init__(
            allowed_private_hosts=_own_hosts(settings),
            offline=offline or settings.offline,
            user_agent=user_agent,
            trust=trust,
        )
        self.settings = settings
        self.answered: Mapping[str, str] = {}
        self._home = _origin(split(settings.endpoint))
        self._token: str | None = None

    @property
    def has_token(self) -> bool:
        """Whether there is a token to send."""
        return bool(self._own_token())

    def send(self, url: str, headers: Mapping[str, str]) -> tuple[str, "httpx2.Response"]:
        """Send a GET, follow where a file may be followed, and return the final address and the answer.

        Raises:
            RefusedError: the repository moved, or a redirect leads where none may.
            UnknownAnswerError: the hub wants a token, or that its terms are accepted.
        """
        if self.offline:
            raise OfflineError(
                f"{without_credentials(url)} is not on this machine",
                why="fetching it needs the network, which --offline or HF_HUB_OFFLINE forbids",
                hint="run once with the network",
            )
        asked = url
        for _ in range(MAX_REDIRECTS + 1):
            raw = self._attempts(url, headers)
            at_home = _origin(split(url)) == self._home
            if at_home:
                self.answered = {k.lower(): v for k, v in raw.headers.items()}
            if raw.status_code not in _REDIRECTS:
                if at_home and raw.status_code >= 400:
                    raw.close()
                    self._refused(url, raw.status_code)
                if raw.status_code in {401, 403}:
                    raw.close()
                    raise UnknownAnswerError(
                        f"cannot read {without_credentials(url)}",
                        why=f"the content network answered {raw.status_code}",
                        hint="run again: the hub then gives a fresh address",
                    )
                raise_for_status(url, raw)
                return url, raw
            raw.close()
            target = redirect_target(url, raw.headers.get("location", ""))
            self._may_follow(asked, target)
            url = target
        raise RefusedError(
            f"{without_credentials(asked)} is never reached", why=f"more than {MAX_REDIRECTS} redirects"
        )

    def _headers(
        self, parts: SplitResult, host: str, port: int, headers: Mapping[str, str]
    ) -> dict[str, str]:
        merged = super()._headers(parts, host, port, headers)
        if _origin(parts) == self._home and self._own_token():
            merged["authorization"] = f"Bearer {self._own_token()}"
        return merged

    def _own_token(self) -> str:
        if self._token is None:
            self._token = self.settings.token()
        return self._token

    def _may_follow(self, asked: str, target: str) -> None:
        """Raise where a redirect is a move: only the bytes of a file may come from elsewhere."""
        name, is_file = _named(self.settings.endpoint, asked)
        there = split(target)
        if _origin(there) != self._home:
            if is_file:
                return
            raise RefusedError(
                f"the hub at {self.settings.endpoint} sends questions elsewhere",
                why=f"it redirects to {without_credentials(target)}",
                hint="set HF_ENDPOINT to that address if you trust it",
            )
        if is_file and _same_repository(self.settings.endpoint, name, target):
            return
        raise moved(name, _named(self.settings.endpoint, target)[0] or without_credentials(target))

    def _refused(self, url: str, status: int) -> None:
        """Tell what the hub's own error says; return for those that need no other words."""
        code = self.answered.get("x-error-code", "")
        said = _readable(self.answered.get("x-error-message", ""))
        name = _named(self.settings.endpoint, url)[0] or without_credentials(url)
        if status in {401, 403}:
            raise _no_entry(name, code, said, has_token=self.has_token)
        if code in _MISSING:
            raise NotFoundError(f"{name}: {_MISSING[code]}", why=said or f"the hub answered {status}")
        if status == 404:
            raise NotFoundError(f"the hub has no {name}", why=said or "the hub answered 404", hint=_PRIVATE)


_MISSING = {
    "RepoNotFound": "the hub has no such repository, or hides it from you",
    "RevisionNotFound": "the repository has no such revision",
    "EntryNotFound": "the repository has no such file",
}
_PRIVATE = "check the name; a private repository needs a token in HF_TOKEN"


def moved(name: str, there: str) -> RefusedError:
    """The error for a repository that answers under another name."""
    return RefusedError(
        f"the repository {name} has moved",
        why=f"the hub says it is now {_readable(there)}; its old name may come to belong to somebody else",
        hint="look at the new place and, if it is the one you mean, write its name instead",
    )


def _no_entry(name: str, code: str, said: str, *, has_token: bool) -> WeighError:
    if code == "GatedRepo":
        return UnknownAnswerError(
            f"the hub does not give out {name} yet",
            why=said or "its owner wants terms to be accepted, or access to be granted, first",
            hint="ask for access on its page with the account of your token"
            if has_token
            else "ask for access on its page, then put a token into HF_TOKEN",
        )
    if has_token:
        hint = "check the name, and that your token is valid and may read this repository"
    else:
        hint = "check the name; if the repository is private or gated, put a token into HF_TOKEN"
    return UnknownAnswerError(
        f"the hub does not let you read {name}",
        why=said or ("your token was not accepted for it" if has_token else "it wants a token"),
        hint=hint,
    )


def _own_hosts(settings: HubSettings) -> frozenset[str]:
    """A hub the user named may be inside; one on this very machine may also use other ports of it."""
    if not settings.configured:
        return frozenset()
    host = split(settings.endpoint).hostname or ""
    named = {host_and_port(settings.endpoint)}
    return frozenset(named | {host} if is_loopback(host) else named)


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", port_of(parts)


def _named(endpoint: str, url: str) -> tuple[str, bool]:
    """(repository as the hub's addresses name it, whether the address is of a file)."""
    path = unquote(urlsplit(url).path).removeprefix(urlsplit(endpoint).path)
    if path.startswith("/api/"):
        parts = path.removeprefix("/api/").removeprefix("models/").split("/")
        end = next((i for i, part in enumerate(parts) if part in {"revision", "tree"}), len(parts))
        return "/".join(parts[:end]), False
    name, file, _ = path.strip("/").partition("/resolve/")
    return name, bool(file)


def _same_repository(endpoint: str, name: str, target: str) -> bool:
    """Whether an address on the hub is of a file of that repository: its own, or the hub's cached one."""
    cached = f"/api/resolve-cache/{name if name.startswith('datasets/') else 'models/' + name}/"
    path = unquote(urlsplit(target).path).removeprefix(urlsplit(endpoint).path)
    return _named(endpoint, target) == (name, True) or (path.startswith(cached) and "/../" not in path)


def _readable(text: str) -> str:
    kept = "".join(c if c.isprintable() else " " for c in text)
    return kept if len(kept) <= _MAX_MESSAGE else kept[: _MAX_MESSAGE - 1] + "…"
