"""Gathers what one reader finds in one file, and leaves out what is said twice."""

from dataclasses import dataclass, replace

from weigh.core.usage import Certainty, FileUses, ModelUse, Pin, Place, Role, Unread, UnresolvedUse
from weigh.project.discover.model_names import pin_of_ref, pin_of_revision

MAX_USES = 5_000
"""Uses of one file; beyond them it is a list of models and no program."""
_SHORT = 200
_RANK = {Certainty.CALL: 0, Certainty.KEY: 1, Certainty.LOOKS: 2}


def shortened(text: str) -> str:
    """A text as an expression is kept: one line, at most 200 characters."""
    line = " ".join(text[: _SHORT * 4].split())
    return line if len(line) <= _SHORT else line[: _SHORT - 1] + "…"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one use, besides its place and its ref.

    Attributes:
        loader: which kind of loader.
        expression: source text of the argument.
        how: the way the name was found.
        certainty: how the use was recognised.
        revision: as written, "" when none was.
        where: line of the literal, 0 when it stands at the use.
        where_path: of the file with the literal, "" for the file that is read.
        alternatives: how many models this place may use.
        remote_code: code of the repository may run.
    """

    loader: str
    expression: str = ""
    how: tuple[str, ...] = ("literal",)
    certainty: Certainty = Certainty.CALL
    revision: str = ""
    where: int = 0
    alternatives: int = 1
    remote_code: bool = False
    where_path: str = ""


class Sightings:
    """The uses of one file, being gathered.

    Args:
        path: relative POSIX path of the file.
        role: what the file is for.
    """

    def __init__(self, path: str, role: Role) -> None:
        self.path = path
        self.role = role
        self._uses: list[ModelUse] = []
        self._unresolved: dict[tuple[int, str, str], UnresolvedUse] = {}
        self._unread: list[Unread] = []

    def use(self, line: int, ref: str, seen: Seen, *, column: int = 0) -> None:
        """Note a use of a model."""
        if len(self._uses) >= MAX_USES:
            return
        ref, revision = _with_revision(ref, seen.revision)
        elsewhere = seen.where and (seen.where != line or seen.where_path not in {"", self.path})
        there = Place(seen.where_path or self.path, seen.where) if elsewhere else None
        self._uses.append(
            ModelUse(
                place=Place(self.path, line, column),
                ref=ref,
                loader=seen.loader,
                expression=shortened(seen.expression),
                how=seen.how,
                pin=_pin(ref, revision),
                remote_code=seen.remote_code,
                role=self.role,
                certainty=seen.certainty,
                alternatives=seen.alternatives,
                where=there,
                revision=revision,
            )
        )

    def unresolved(self, line: int, loader: str, expression: str, why: str, *, partial: str = "") -> None:
        """Note a loader whose model is not known."""
        place = Place(self.path, line)
        row = UnresolvedUse(place, loader, shortened(expression), why, self.role, partial)
        if len(self._unresolved) < MAX_USES:
            self._unresolved.setdefault((line, loader, row.expression), row)

    def unread(self, why: str) -> None:
        """Note that the file was not read, or not wholly."""
        self._unread.append(Unread(self.path, why))

    def merge(self, found: FileUses, *, lines: int = 0) -> None:
        """Take over what another reader found in a part of this file.

        Args:
            found: its answer.
            lines: by how many the lines of the part are behind those of the file.
        """
        self._uses += [
            replace(use, place=_moved(use.place, lines), where=use.where and _moved(use.where, lines))
            for use in found.uses
        ]
        for row in found.unresolved:
            place = _moved(row.place, lines)
            self._unresolved.setdefault((place.line, row.loader, row.expression), replace(row, place=place))
        self._unread += found.unread

    def result(self) -> FileUses:
        """All of it, in order of place; of what was seen in two ways on one line, the surer one."""
        if len(self._uses) >= MAX_USES:
            self.unread(f"only the first {MAX_USES} uses of it are listed")
        uses = _without_sources(_surest(self._uses))
        return FileUses(
            tuple(sorted(uses, key=lambda use: (use.place, use.ref))),
            tuple(sorted(self._unresolved.values(), key=lambda row: row.place)),
            tuple(dict.fromkeys(self._unread)),
        )


def _moved(place: Place, lines: int) -> Place:
    return replace(place, line=place.line + lines)


def _with_revision(ref: str, revision: str) -> tuple[str, str]:
    """A hub's ref with the revision it is asked at, and that revision."""
    if not ref.startswith("hf:"):
        return ref, revision
    head, sharp, member = ref.partition("#")
    name, _, named = head.partition("@")
    revision = revision or named
    plain = pin_of_revision(revision) is not Pin.UNKNOWN
    return (f"{name}@{revision}" if revision and plain else name) + sharp + member, revision


def _pin(ref: str, revision: str) -> Pin:
    return pin_of_revision(revision) if ref.startswith("hf:") else pin_of_ref(ref)


def _surest(uses: list[ModelUse]) -> list[ModelUse]:
    """Of what was seen in two ways on one line the surer one; several files of a repository are several."""
    best: dict[tuple[int, str], dict[str, ModelUse]] = {}
    for use in uses:
        files = best.setdefault((use.place.line, use.ref.partition("@")[0].partition("#")[0]), {})
        file = use.ref.partition("#")[2]
        held = next(iter(files.values()), use)
        if _RANK[use.certainty] < _RANK[held.certainty]:
            files.clear()
        if _RANK[use.certainty] <= _RANK[held.certainty] or not files:
            files.setdefault(file, use)
    for files in best.values():
        if len(files) > 1:
            files.pop("", None)
    return [use for files in best.values() for use in files.values()]


def _without_sources(uses: list[ModelUse]) -> list[ModelUse]:
    """Leave out a name that was only seen where it is written, when a loader uses it from there."""
    sources = {
        (use.where.line, _name(use.ref))
        for use in uses
        if use.where and use.where.path == use.place.path and use.certainty is not Certainty.LOOKS
    }
    return [
        use
        for use in uses
        if use.where is not None
        or use.certainty is Certainty.CALL
        or (use.place.line, _name(use.ref)) not in sources
    ]


def _name(ref: str) -> str:
    """A ref without revision and file; a model that is asked over the network as one of the hub."""
    served = ref.replace("endpoint:huggingface/", "hf:").replace("endpoint:", "hf:")
    return served.partition("#")[0].partition("@")[0]
