"""The files of two versions made one, against the version that both follow; nothing is written.

A file that one side alone changed, added or took away is as that side has it. One that both changed is merged
by tensors when it is a safetensors file, by keys when it is a JSON object, and is a conflict otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import file_bytes, manifest_of
from weigh.versions.conflicts import Conflict, Why
from weigh.versions.merge_tensors import Part, Sides, merge_tensors
from weigh.versions.merge_texts import MOST_BYTES, merge_json
from weigh.versions.strategies.settings import Settings, Strategy
from weigh.versions.tensor_file import equal_payloads, open_tensor_file
from weigh.versions.tree import Tree, TreeFile


class How(StrEnum):
    """How a file that differs from ours came about."""

    THEIRS = "theirs"
    REMOVED = "removed"
    OURS = "ours"
    KEYS = "keys"
    TENSORS = "tensors"
    WRAPPING = "the same tensors"


@dataclass(frozen=True, slots=True)
class Decided:
    """One file that was decided on.

    Attributes:
        path: of the file.
        how: it came about.
        counts: of its tensors, how many are `the same`, `ours`, `theirs`, or of a strategy.
    """

    path: str
    how: How
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MakeTensors:
    """A file that is made of tensors."""

    sides: Sides
    parts: dict[str, Part]
    executable: bool


@dataclass(frozen=True, slots=True)
class MakeText:
    """A file that is made of text."""

    data: bytes
    executable: bool


@dataclass(slots=True)
class Plan:
    """What a merge makes.

    Attributes:
        files: by path, as they are in the store.
        make: by path, those that have to be made.
        decided: files whose merging is worth telling.
        conflicts: nobody decided.
    """

    files: dict[str, TreeFile] = field(default_factory=dict)
    make: dict[str, MakeTensors | MakeText] = field(default_factory=dict)
    decided: list[Decided] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def kept(self) -> Tree:
        """The files that are in the store already."""
        return Tree(tuple(sorted(self.files.values())))


def plan_merge(objects: Objects, trees: tuple[Tree, Tree, Tree], settings: Settings) -> Plan:
    """What becomes of every file.

    Args:
        objects: where their contents are.
        trees: base, ours and theirs; without a common version the first is empty.
        settings: what is done with what both sides changed.

    Raises:
        NotFoundError: the store lacks a file that both sides changed.
        UntrustedError: what is stored of one is damaged.
    """
    base, ours, theirs = ({file.path: file for file in tree.files} for tree in trees)
    planning = _Planning(objects, settings)
    for path in sorted({*base, *ours, *theirs}):
        planning.one(path, base.get(path), ours.get(path), theirs.get(path))
    _require_apart(planning.plan)
    return planning.plan


def _require_apart(plan: Plan) -> None:
    paths = {*plan.files, *plan.make}
    for path in sorted(paths):
        above = path.rpartition("/")[0]
        while above:
            if above in paths:
                plan.conflicts.append(Conflict(above, "", Why.FILE_AND_FOLDER, path))
            above = above.rpartition("/")[0]


def _same(one: TreeFile | None, other: TreeFile | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.id, one.executable) == (other.id, other.executable)


class _Planning:
    """The work on one merge."""

    def __init__(self, objects: Objects, settings: Settings) -> None:
        self._objects, self._settings = objects, settings
        self.plan = Plan()

    def one(self, path: str, base: TreeFile | None, ours: TreeFile | None, theirs: TreeFile | None) -> None:
        """Decide on one file."""
        if _same(ours, theirs) or _same(theirs, base):
            self._keep(path, ours)
        elif _same(ours, base):
            self._keep(path, theirs, How.THEIRS if theirs is not None else How.REMOVED)
        elif ours is None or theirs is None:
            self._deleted(path, ours, theirs)
        else:
            self._both(path, base, ours, theirs)

    def _keep(self, path: str, file: TreeFile | None, how: How | None = None) -> None:
        if file is not None:
            self.plan.files[path] = file
        if how is not None:
            self.plan.decided.append(Decided(path, how))

    def _deleted(self, path: str, ours: TreeFile | None, theirs: TreeFile | None) -> None:
        side = self._settings.for_file(path)
        if side is None:
            why = Why.DELETED_HERE if ours is None else Why.DELETED_THERE
            self.plan.conflicts.append(Conflict(path, "", why))
            return
        file = ours if side is Strategy.OURS else theirs
        self._keep(path, file, How(side.value) if file is not None else How.REMOVED)

    def _both(self, path: str, base: TreeFile | None, ours: TreeFile, theirs: TreeFile) -> None:
        """Both sides have the file, and both changed it or the permission to run it."""
        alone = base is None or theirs.executable == base.executable
        executable = ours.executable if alone else theirs.executable
        if theirs.id in {ours.id, base.id if base is not None else ""}:
            self._keep(path, replace(ours, executable=executable), How.THEIRS)
        elif base is not None and ours.id == base.id:
            self._keep(path, replace(theirs, executable=executable), How.THEIRS)
        elif not self._tensors(path, base, ours, theirs, executable=executable):
            self._contents(path, base, ours, theirs, executable=executable)

    def _tensors(
        self, path: str, base: TreeFile | None, ours: TreeFile, theirs: TreeFile, *, executable: bool
    ) -> bool:
        """Merge two safetensors files; False when one of them is none."""
        mine, other = (open_tensor_file(self._objects, file) for file in (ours, theirs))
        if mine is None or other is None:
            return False
        before = open_tensor_file(self._objects, base) if base is not None else None
        sides = Sides(path, before, mine, other)
        made = merge_tensors(sides, self._settings)
        self.plan.conflicts += made.conflicts
        self.plan.make[path] = MakeTensors(sides, made.parts, executable)
        self.plan.decided.append(Decided(path, How.TENSORS, dict(made.counts)))
        return True

    def _contents(
        self, path: str, base: TreeFile | None, ours: TreeFile, theirs: TreeFile, *, executable: bool
    ) -> None:
        """Merge two files that are not both safetensors."""
        side = self._settings.for_file(path)
        if equal_payloads(self._objects, ours, theirs):
            self._keep(path, replace(ours, executable=executable), How.WRAPPING)
            return
        merged = self._json(path, base, ours, theirs, side)
        if merged is not None:
            self.plan.make[path] = MakeText(merged, executable)
            self.plan.decided.append(Decided(path, How.KEYS))
        elif side is not None:
            file = ours if side is Strategy.OURS else theirs
            self._keep(path, replace(file, executable=executable), How(side.value))
        else:
            why = Why.NOT_SAFETENSORS if self._has_tensors(ours) else Why.BOTH_CHANGED
            self.plan.conflicts.append(Conflict(path, "", why))

    def _has_tensors(self, file: TreeFile) -> bool:
        return bool(manifest_of(self._objects, bytes.fromhex(file.id)).tensors())

    def _json(
        self, path: str, base: TreeFile | None, ours: TreeFile, theirs: TreeFile, side: Strategy | None
    ) -> bytes | None:
        """The merged configuration, None when the file is none; its conflicts are noted."""
        files = [file for file in (base, ours, theirs) if file is not None]
        if not path.endswith(".json") or max(file.size for file in files) > MOST_BYTES:
            return None
        before, mine, other = (self._bytes(file) for file in (base, ours, theirs))
        merged = merge_json(before, mine, other, side)
        if merged is None:
            return None
        self.plan.conflicts += [Conflict(path, key, Why.BOTH_CHANGED) for key in merged.conflicts]
        return merged.data

    def _bytes(self, file: TreeFile | None) -> bytes:
        if file is None:
            return b""
        return b"".join(bytes(part) for part in file_bytes(self._objects, bytes.fromhex(file.id)))
