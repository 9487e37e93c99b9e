"""Where weigh keeps things on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one user. None of them needs to exist yet.

    Attributes:
        home: everything below may be deleted by its owner; weigh then starts afresh.
        store: blobs and derived values.
        ledger: requests and evidence.
        config: the user's own configuration; never written by weigh on its own.
    """

    home: Path
    store: Path
    ledger: Path
    config: Path


def places(environ: Mapping[str, str]) -> Places:
    """The folders that `environ` and the platform's conventions name.

    Args:
        environ: WEIGH_HOME and WEIGH_CONFIG_HOME override the platform's data and configuration
            folders (on Linux those of the XDG Base Directory Specification).

    Raises:
        UsageError: an override is a relative path, which would mean another folder in every
            working directory.
    """
    import platformdirs

    home = _override(environ, "WEIGH_HOME") or platformdirs.user_data_path("weigh", appauthor=False)
    config = _override(environ, "WEIGH_CONFIG_HOME") or platformdirs.user_config_path(
        "weigh", appauthor=False
    )
    return Places(home=home, store=home / "store", ledger=home / "ledger", config=config)


def _override(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name, "")
    if not value:
        return None
    path = Path(value)
    if not path.is_absolute():
        raise UsageError(
            f"{name} is not an absolute path: {value!r}",
            why="a relative path would name another folder in every working directory",
            hint=f"set {name} to a path that starts at the root",
        )
    return path
