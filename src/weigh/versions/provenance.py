"""Who commits, and at which commit the code beside the model stands; git's files are read, git not run."""

import getpass
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from weigh.core.errors import UsageError

AUTHOR = "WEIGH_AUTHOR"
_SECTION = re.compile(r'\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"[^"]*")?\s*\]\s*(.*)')
_SETTING = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)\s*=\s*(.*)")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_MOST_BYTES = 4 * 1024 * 1024


def author_of(environ: Mapping[str, str], folder: Path) -> str:
    """`Name <address>`: WEIGH_AUTHOR, else what git would write, else the name of the account.

    Raises:
        UsageError: WEIGH_AUTHOR holds control characters or is too long.
    """
    told = environ.get(AUTHOR, "").strip()
    if told:
        if not told.isprintable() or len(told) > 200:
            raise UsageError(f"{AUTHOR} cannot be the name of an author", hint="Name <address>")
        return told
    name, address = environ.get("GIT_AUTHOR_NAME", ""), environ.get("GIT_AUTHOR_EMAIL", "")
    for path in _configurations(environ, folder):
        settings = dict(_user_settings(path))
        name = name or settings.get("name", "")
        address = address or settings.get("email", "")
    name = _clean(name) or _account(environ)
    return f"{name} <{_clean(address)}>" if _clean(address) else name


def _configurations(environ: Mapping[str, str], folder: Path) -> Iterator[Path]:
    """The nearest first."""
    git = git_folder(folder)
    if git is not None:
        yield _shared(git) / "config"
    if environ.get("GIT_CONFIG_GLOBAL"):
        yield Path(environ["GIT_CONFIG_GLOBAL"])
        return
    home = environ.get("HOME") or environ.get("USERPROFILE", "")
    if home:
        yield Path(home) / ".gitconfig"
    configuration = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    if configuration:
        yield Path(configuration) / "git" / "config"


def _user_settings(path: Path) -> Iterator[tuple[str, str]]:
    inside = False
    for line in _text(path).splitlines():
        section = _SECTION.match(line)
        rest = line
        if section:
            inside, rest = section[1].lower() == "user", section[2]
        setting = _SETTING.match(rest) if inside else None
        if setting:
            yield setting[1].lower(), _value(setting[2])


def _value(text: str) -> str:
    """A value of git's configuration without its quotes and comment (git-config(1), Syntax)."""
    out: list[str] = []
    quoted = False
    signs = iter(text)
    for sign in signs:
        if sign == "\\":
            out.append({"n": "\n", "t": "\t"}.get(following := next(signs, ""), following))
        elif sign == '"':
            quoted = not quoted
        elif sign in "#;" and not quoted:
            break
        else:
            out.append(sign)
    return "".join(out).strip()


def _clean(text: str) -> str:
    # What git takes away at both ends of a name, too (git, ident.c: strbuf_addstr_without_crud).
    return re.sub(r"[<>\x00-\x1f\x7f]", "", text)[:100].strip(" .,:;\"\\'")


def _account(environ: Mapping[str, str]) -> str:
    for name in ("USER", "LOGNAME", "USERNAME"):
        if _clean(environ.get(name, "")):
            return _clean(environ[name])
    try:
        return _clean(getpass.getuser()) or "unknown"
    except (KeyError, OSError, ImportError):
        return "unknown"


def git_folder(folder: Path) -> Path | None:
    """The `.git` that a folder lies under, a work tree's own where it is one; None when there is none."""
    for at in (folder.resolve(), *folder.resolve().parents):
        git = at / ".git"
        if git.is_dir():
            return git
        if git.is_file():
            named = _text(git).strip()
            if named.startswith("gitdir: "):
                return (at / named.removeprefix("gitdir: ")).resolve()
    return None


def _shared(git: Path) -> Path:
    named = _text(git / "commondir").strip()
    return (git / named).resolve() if named else git


def code_commit(folder: Path) -> str:
    """The commit that the code around a folder is at, "" when it is under no git or has none yet.

    Changes that are not committed do not show in it.
    """
    git = git_folder(folder)
    if git is None:
        return ""
    text = _text(git / "HEAD").strip()
    if not text.startswith("ref: "):
        return text if _COMMIT.match(text) else ""
    ref = text.removeprefix("ref: ").strip()
    if not re.fullmatch(r"refs/[A-Za-z0-9._/@+-]+", ref) or ".." in ref:
        return ""
    for place in (git, _shared(git)):
        named = _text(place / ref).strip()
        if _COMMIT.match(named):
            return named
    for line in _text(_shared(git) / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        if name.strip() == ref and _COMMIT.match(commit):
            return commit
    return ""


def _text(path: Path) -> str:
    """A small file of git; "" when there is none that can be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
