"""How this user reaches the Hugging Face hub: its address, the token, and whether the network is allowed.

The variables are those of huggingface_hub, documented at
https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables, so that a machine
set up for that library needs nothing more.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.system.urls import port_of, split, without_credentials

DEFAULT_ENDPOINT = "https://huggingface.co"
"""The hub itself."""

MAX_TOKEN = 4096
"""Bytes read of a token file; tokens have less than a hundred."""

_TRUE = frozenset({"1", "ON", "YES", "TRUE"})


@dataclass(frozen=True, slots=True)
class HubSettings:
    """What the environment says about the hub.

    Attributes:
        endpoint: its address without a slash at the end; may have a path.
        offline: the environment forbids the network.
        token_texts: tokens that variables hold, best first.
        token_files: files that may hold one, asked after the variables.
    """

    endpoint: str = DEFAULT_ENDPOINT
    offline: bool = False
    token_texts: tuple[str, ...] = field(default=(), repr=False)
    token_files: tuple[Path, ...] = ()

    @property
    def configured(self) -> bool:
        """Whether the user named the address."""
        return self.endpoint != DEFAULT_ENDPOINT

    def token(self) -> str:
        """The user's token, "" when there is none. Never to be shown.

        Raises:
            UsageError: it holds characters that no header may carry.
        """
        texts = (*self.token_texts, *(_first_bytes(path) for path in self.token_files))
        found = next((text for text in (t.strip() for t in texts) if text), "")
        if not (found.isascii() and found.isprintable()) or " " in found:
            raise UsageError(
                "cannot use the token for the hub",
                why="it holds spaces or characters that no token has",
                hint="look at HF_TOKEN and at the file that HF_TOKEN_PATH names",
            )
        return found


def read_hub_settings(environ: Mapping[str, str]) -> HubSettings:
    """The settings that these variables make.

    Raises:
        UsageError: HF_ENDPOINT is no http or https address, or carries a user and password.
    """
    endpoint = environ.get("HF_ENDPOINT", "").strip().rstrip("/") or DEFAULT_ENDPOINT
    parts = split(endpoint)
    port_of(parts)
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(
            f"cannot use the address {without_credentials(endpoint)}",
            why="HF_ENDPOINT is a plain address, without user, password, query or fragment",
            hint="put the token into HF_TOKEN",
        )
    offline = any(
        environ.get(name, "").upper() in _TRUE for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    )
    return HubSettings(endpoint, offline, _texts(environ), _files(environ))


def _texts(environ: Mapping[str, str]) -> tuple[str, ...]:
    if _implicit_is_off(environ):
        return ()
    return tuple(environ.get(name, "") for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"))


def _files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    if _implicit_is_off(environ):
        return ()
    if environ.get("HF_TOKEN_PATH"):
        return (Path(environ["HF_TOKEN_PATH"]).expanduser(),)
    home = environ.get("HF_HOME")
    if not home:
        cache = environ.get("XDG_CACHE_HOME") or os.path.join(environ.get("HOME", "~"), ".cache")  # noqa: PTH118 - joined before "~" is known
        return (Path(cache).expanduser() / "huggingface" / "token",)
    return (Path(home).expanduser() / "token",)


def _implicit_is_off(environ: Mapping[str, str]) -> bool:
    return environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").upper() in _TRUE


def _first_bytes(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_TOKEN).decode("utf-8", errors="replace")
    except OSError:
        # No file, or one that may not be read: there is no token then.
        return ""
