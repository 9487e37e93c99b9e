"""Refs: names that point to commits. A move says where the name stood, and fails if it stands elsewhere.

```
ROOT/HEAD                  `ref: refs/heads/main`, or the id of a commit
ROOT/refs/heads/<name>     id of a commit, 64 hexadecimal digits
ROOT/refs/tags/<name>      likewise; a tag is not moved
ROOT/refs/remotes/<remote>/<name>
ROOT/refs/detached/<key>   what a working folder has checked out without a branch, so that it is kept
ROOT/folders/<key>/HEAD    what one working folder has checked out; where it is missing, ROOT/HEAD stands
ROOT/moves.log             a line for each move: time, ref, old, new, why
```
"""

import re
from collections.abc import Iterator
from pathlib import Path

from weigh.core.errors import ConflictError, MalformedError, UsageError
from weigh.system.atomic import make_folder, storing, write_bytes
from weigh.system.locks import locked

HEADS = "refs/heads/"
TAGS = "refs/tags/"
REMOTES = "refs/remotes/"
DETACHED = "refs/detached/"
_ID = re.compile(r"[0-9a-f]{64}\Z")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*\Z")
_IDS = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
MOVES = "moves.log"
_MOST_LINE = 4096
_PATIENCE = 60.0
_HEAD_BYTES = 1024
_MOST_PATH, _MOST_PART = 1000, 250
"""Signs of a path and of a part of it that every file system takes."""
FIRST = "main"
"""The branch that a history begins with."""


def check_name(name: str) -> str:
    """The name of a branch, tag or remote, as it was given.

    Raises:
        UsageError: it holds signs that names do not have, or could be taken for a path or an option.
    """
    if not is_name(name):
        raise UsageError(
            f"{name!r} cannot be the name of a branch or tag", hint="use letters, digits and . _ - /"
        )
    return name


def is_name(name: str) -> bool:
    """Whether a branch, tag or remote may be called so."""
    bad = ".." in name or name.endswith((".lock", ".tmp", "/")) or len(name) > 200 or name == "HEAD"
    return not bad and bool(_NAME.match(name))


def may_be_ref(name: str) -> bool:
    """Whether a ref, or the end of one, may be called so; nothing else is looked for on the disk."""
    short = len(name) <= _MOST_PATH and all(len(part) <= _MOST_PART for part in name.split("/"))
    return short and ".." not in name and bool(_NAME.match(name))


class Refs:
    """The refs of one history.

    Args:
        root: its folder.
        place: what the history knows of one working folder; its HEAD is used then.
    """

    def __init__(self, root: Path, place: Path | None = None) -> None:
        self.root = root
        self._place = place

    def get(self, ref: str) -> str:
        """The id a ref points to, "" when there is no such ref.

        Raises:
            MalformedError: the ref is damaged.
        """
        path = self.root / ref
        with storing(path):
            try:
                text = path.read_text(encoding="ascii", errors="replace").strip()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                return ""
        if not _ID.match(text):
            raise MalformedError(f"the ref {ref} is damaged", why="it holds no id", hint="weigh fsck")
        return text

    def all(self, prefix: str = "refs/") -> Iterator[tuple[str, str]]:
        """Every (ref, id) below a prefix, in order."""
        folder = self.root / prefix
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
            name = path.relative_to(self.root).as_posix()
            if not name.endswith((".lock", ".tmp")):
                yield name, self.get(name)

    @property
    def head(self) -> str:
        """The branch that is checked out, as `refs/heads/NAME`; "" when a commit is, without a branch."""
        text = self._head()
        return text.removeprefix("ref: ") if text.startswith("ref: ") else ""

    def current(self) -> str:
        """The id of the commit that is checked out, "" before the first one."""
        text = self._head()
        return self.get(text.removeprefix("ref: ")) if text.startswith("ref: ") else text

    def _head(self) -> str:
        for folder in (self._place, self.root):
            text = _read_head(folder / "HEAD") if folder is not None else ""
            if text:
                return text
        return f"ref: {HEADS}{FIRST}"

    def other_heads(self) -> Iterator[tuple[str, str]]:
        """(where it lies, what its HEAD says) of every other working folder that still exists."""
        for place in sorted((self.root / "folders").glob("*")):
            head = _read_head(place / "HEAD") if place != self._place else ""
            with storing(place):
                try:
                    folder = (place / "path").read_bytes().decode("utf-8", "surrogateescape")
                except (FileNotFoundError, NotADirectoryError):
                    continue
            if head and Path(folder).is_dir():
                yield folder, head

    def point_head(self, target: str) -> None:
        """Check out a branch (`refs/heads/NAME`) or a commit (its id)."""
        alone = bool(_ID.match(target))
        data = f"{target if alone else f'ref: {target}'}\n".encode()
        if self._place is None:
            write_bytes(self.root / "HEAD", data)
            return
        kept = self.root / DETACHED / self._place.name
        if alone:
            write_bytes(kept, data)
        write_bytes(self._place / "HEAD", data)
        if not alone:
            with storing(kept):
                kept.unlink(missing_ok=True)

    def move(self, ref: str, old: str, new: str, *, why: str, time: int) -> None:
        """Point a ref elsewhere, or make it (`old` "") or take it away (`new` "").

        Raises:
            ConflictError: it does not stand at `old`; somebody else moved it.
        """
        make_folder(self.root)
        with locked(self.root / "refs.lock", timeout=_PATIENCE, what="moving a branch"):
            now = self.get(ref)
            if now != old:
                raise ConflictError(
                    f"{ref} was moved by somebody else",
                    why=f"it stands at {now[:12] or 'nothing'}, expected was {old[:12] or 'nothing'}",
                    hint="look at what came in with `weigh log`, then run the command again",
                )
            self._note(f"{time}\t{ref}\t{old or '-'}\t{new or '-'}\t{why}\n")
            if new:
                write_bytes(self.root / ref, f"{new}\n".encode())
            else:
                with storing(self.root / ref):
                    (self.root / ref).unlink()

    def mentioned(self) -> frozenset[str]:
        """Every id that a ref has stood at, as the log of moves tells."""
        path = self.root / MOVES
        with storing(path):
            try:
                with path.open("r", encoding="utf-8", errors="replace") as log:
                    return frozenset(found for line in log for found in _IDS.findall(line[:_MOST_LINE]))
            except FileNotFoundError:
                return frozenset()

    def _note(self, line: str) -> None:
        """Before the move, so that what a ref pointed to is never forgotten."""
        path = self.root / MOVES
        with storing(path), path.open("a", encoding="utf-8", errors="replace") as log:
            log.write(line.replace("\n", " ").rstrip() + "\n")
            log.flush()


def _read_head(path: Path) -> str:
    """What a HEAD says, "" when there is none.

    Raises:
        MalformedError: it names neither a branch nor a commit.
    """
    with storing(path):
        try:
            with path.open("rb") as file:
                text = file.read(_HEAD_BYTES).decode("ascii", "replace").strip()
        except FileNotFoundError:
            return ""
    branch = text.removeprefix(f"ref: {HEADS}")
    if _ID.match(text) or (branch != text and _NAME.match(branch)):
        return text
    raise MalformedError(
        "HEAD is damaged",
        why="it names neither a branch nor a commit",
        hint="weigh checkout --force BRANCH writes it again",
    )
