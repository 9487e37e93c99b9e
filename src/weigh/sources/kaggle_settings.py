"""How this user reaches Kaggle: its address, and the login that only that address gets.

The variables and files are those of kagglehub 1.0 and kagglesdk (`kaggle_env.py`, `config.py`):
KAGGLE_API_TOKEN (a token, or the path of a file with one), `~/.kaggle/access_token`, KAGGLE_USERNAME with
KAGGLE_KEY, and `kaggle.json` in KAGGLE_CONFIG_DIR or `~/.kaggle`, in this order.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from weigh.core.errors import UsageError
from weigh.system.urls import port_of, split

DEFAULT_ENDPOINT = "https://www.kaggle.com"
"""Kaggle itself."""
MAX_FILE = 64 * 1024
"""Bytes read of a file with a login."""


class _Login(msgspec.Struct):
    username: str
    key: str


@dataclass(frozen=True, slots=True)
class KaggleSettings:
    """What the user's environment says about Kaggle.

    Attributes:
        endpoint: its address without a slash at the end.
        authorization: the header that this address gets, "" for none. Never shown, and sent nowhere else.
    """

    endpoint: str = DEFAULT_ENDPOINT
    authorization: str = field(default="", repr=False)

    def login(self, url: str) -> str:
        """The Authorization header for an address, "" for none."""
        there, home = split(url), split(self.endpoint)
        same = (there.scheme, there.hostname, port_of(there)) == (home.scheme, home.hostname, port_of(home))
        return self.authorization if same else ""


def read_kaggle_settings(environ: Mapping[str, str]) -> KaggleSettings:
    """The settings that these variables and the files they lead to make.

    Raises:
        UsageError: `kaggle.json` holds no login, or a login holds characters no header may carry.
    """
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    folder = Path(environ.get("KAGGLE_CONFIG_DIR") or home / ".kaggle")
    token = environ.get("KAGGLE_API_TOKEN", "").strip()
    if token and len(token) < 4096 and "\0" not in token and Path(token).is_file():
        token = _text(Path(token))
    for name in ("access_token", "access_token.txt"):
        token = token or _text(home / ".kaggle" / name)
    if token:
        return KaggleSettings(authorization=f"Bearer {_plain(token)}")
    user, key = environ.get("KAGGLE_USERNAME", ""), environ.get("KAGGLE_KEY", "")
    if not (user and key):
        user, key = _from_file(folder / "kaggle.json")
    if not (user and key):
        return KaggleSettings()
    pair = base64.b64encode(f"{_plain(user)}:{_plain(key)}".encode()).decode("ascii")
    return KaggleSettings(authorization=f"Basic {pair}")


def _from_file(path: Path) -> tuple[str, str]:
    text = _text(path)
    if not text:
        return "", ""
    try:
        found = msgspec.json.decode(text, type=_Login)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read {path.name} of Kaggle",
            why="it holds no username and key",
            hint="download it again from your account's settings",
        ) from error
    return found.username, found.key


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE).decode("utf-8", "replace").strip()
    except OSError:
        # No file, or one that may not be read: there is no login in it then.
        return ""


def _plain(text: str) -> str:
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise UsageError(
            "cannot use the login for Kaggle",
            why="it holds spaces or characters that no login has",
            hint="look at KAGGLE_API_TOKEN, KAGGLE_USERNAME, KAGGLE_KEY and kaggle.json",
        )
    return text
