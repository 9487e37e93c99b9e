"""What a declared ref means now, and whether that may be followed.

A branch is meant to move, and locking with `--upgrade` follows it. A tag that points elsewhere, or a name
that belongs to somebody else than when it was locked, is for a person to accept: an abandoned name of a
hub can be registered again by anybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from weigh.core.errors import RefusedError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.project.edges import same_artifact
from weigh.project.lock import Lock, LockedModel
from weigh.project.manifest import Declaration
from weigh.project.resolve import SourceOf, asked
from weigh.sources.source import Origin


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one declared ref was found to be.

    Attributes:
        requested: as declared.
        exact: with the commit, version or digest.
        owner: evidence of who owns the name, "" when there is none.
    """

    requested: str
    exact: str
    owner: str


@dataclass(frozen=True, slots=True)
class Move:
    """Something that is another thing than when it was locked.

    Attributes:
        section: of the lock.
        requested: the ref as declared.
        what: `owner`, `tag`, `branch`, or `bytes` where the same version has other ones.
        old: what it was.
        new: what it is.
    """

    section: str
    requested: str
    what: str
    old: str
    new: str

    @property
    def needs_acceptance(self) -> bool:
        """Whether a person has to accept it by name."""
        return self.what != "branch"

    def __str__(self) -> str:
        now = self.new or "not told any more"
        return f"{self.section}: the {self.what} of {self.requested} was {self.old}, now it is {now}"


def origin_of(ref: ArtifactRef, source_of: SourceOf) -> Origin:
    """What a ref means now; a path means itself."""
    if ref.kind is RefKind.FILE:
        return Origin(ref, moving=False)
    return source_of(ref.kind).origin(ref)


def meanings(
    declaration: Declaration, lock: Lock, source_of: SourceOf, *, upgrade: bool
) -> tuple[tuple[Meaning, ...], tuple[Move, ...]]:
    """What the refs of a declaration mean, in its order, and what moved since they were locked.

    Args:
        declaration: of a model or data set.
        lock: what is locked.
        source_of: gives the source of a kind of ref.
        upgrade: ask the source again for what is locked already.

    Raises:
        NotFoundError: there is no such artifact or revision.
        OfflineError: the network is needed and not there.
    """
    model = lock.models.get(declaration.section)
    before = _locked_meanings(model) if model is not None else _meanings_of_lines(declaration, lock)
    found: list[Meaning] = []
    moves: list[Move] = []
    for part in declaration.parts:
        requested = asked(declaration, part)
        old = before.get(requested)
        if part.ref.kind is RefKind.FILE:
            found.append(Meaning(requested, requested, ""))
            continue
        if old is not None and not upgrade:
            found.append(old)
            continue
        origin = origin_of(part.ref, source_of)
        new = Meaning(requested, str(origin.exact), origin.owner)
        moves += _moves(declaration.section, old, new, origin, _owners(lock, requested))
        found.append(new)
    return tuple(found), tuple(dict.fromkeys(moves))


def refuse_moves(moves: Iterable[Move], accepted: frozenset[str]) -> None:
    """Stop where something moved that nobody accepted.

    Args:
        moves: what is another thing than when it was locked.
        accepted: names of models and data sets that a person vouches for.

    Raises:
        RefusedError: there is one; the message names old and new.
    """
    refused = [
        m for m in moves if m.needs_acceptance and not {m.section, m.section.partition(".")[2]} & accepted
    ]
    if not refused:
        return
    first, name = refused[0], refused[0].section.partition(".")[2]
    reasons = {
        "owner": "the name may have passed to somebody else",
        "tag": "a tag should not move; whoever moved it changed what others get",
        "bytes": "nothing newer was published; the files behind the same version or address are others",
    }
    raise RefusedError(
        "; ".join(str(move) for move in refused[:3])
        + (f"; and {len(refused) - 3} more" if refused[3:] else ""),
        why=reasons[first.what],
        hint=f"look at what is there now; then weigh lock --accept {name}",
    )


def changed_bytes(old: LockedModel | None, new: LockedModel) -> tuple[Move, ...]:
    """Other files behind the very versions that are locked, which a registry promises never to have."""
    if old is None or (old.exact, old.declared) != (new.exact, new.declared) or old.tree == new.tree:
        return ()
    return (Move(new.section, ", ".join(new.requested), "bytes", f"tree {old.tree}", f"tree {new.tree}"),)


def _locked_meanings(model: LockedModel) -> Mapping[str, Meaning]:
    triples = zip(model.requested, model.exact, model.owner, strict=True)
    return {requested: Meaning(requested, exact, owner) for requested, exact, owner in triples}


def _meanings_of_lines(declaration: Declaration, lock: Lock) -> Mapping[str, Meaning]:
    """What the lines of a lock of version 1 say, which has no tables: they name commits and distributions."""
    found: dict[str, Meaning] = {}
    refs = [parse_ref(line.ref) for line in lock.section(declaration.section)]
    for part in declaration.parts:
        own = (part.ref.kind, part.ref.name, part.ref.revision)
        same = next((r for r in refs if (r.kind, r.name, r.revision) == own), None)
        if same is not None:
            requested = asked(declaration, part)
            found[requested] = Meaning(requested, str(replace(same, members=part.ref.members)), "")
    return found


def _owners(lock: Lock, requested: str) -> frozenset[str]:
    """Everybody the lock knows as the owner of this artifact, whichever section and revision names it."""
    return frozenset(
        meaning.owner
        for model in lock.models.values()
        for meaning in _locked_meanings(model).values()
        if meaning.owner and same_artifact(meaning.requested, requested)
    )


def _moves(
    section: str, old: Meaning | None, new: Meaning, origin: Origin, owners: frozenset[str]
) -> Iterable[Move]:
    # Evidence that is no longer given is no evidence that nothing changed.
    if owners and new.owner not in owners:
        yield Move(section, new.requested, "owner", ", ".join(sorted(owners)), new.owner)
    if old is not None and old.exact != new.exact:
        yield Move(section, new.requested, "tag" if origin.tag else "branch", old.exact, new.exact)
