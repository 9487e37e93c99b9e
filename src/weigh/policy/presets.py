"""The policies that come with weigh, as texts; `weigh.policy.read` turns them into values."""

from importlib.resources import files

from weigh.core.errors import NotFoundError

_FOLDER = files("weigh.policy") / "presets"


def preset_names() -> tuple[str, ...]:
    """Names of the packaged policies, sorted."""
    return tuple(sorted(f.name.removesuffix(".toml") for f in _FOLDER.iterdir() if f.name.endswith(".toml")))


def preset_text(name: str) -> str:
    """The TOML text of a packaged policy.

    Raises:
        NotFoundError: no packaged policy has that name.
    """
    names = preset_names()
    if name not in names:
        raise NotFoundError(
            f"no packaged policy is called {name!r}",
            why=f"the packaged ones are: {', '.join(names)}",
            hint="name one of them, or give the path of a policy file",
        )
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
