"""The cache of huggingface_hub: `models--ORG--NAME/{snapshots/COMMIT/PATH,refs/REVISION,trees/COMMIT.json}`.

Files lie in the snapshot itself; the links into `blobs/` that the client makes are not needed to read it
(huggingface_hub 0.36, 1.33 and 2.4 were held against it). `refs/main` names the locked commit, which is what
pins a program that names no revision. The layout: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
and, for `trees/`, huggingface_hub 2.4, `_tree_cache.py`.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from weigh.core.errors import UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.project.lock import Family, LockedFile
from weigh.project.materialise.unit import CACHE, Claim, Placed, Unit, folder_unit

FOLDER = f"{CACHE}/hf/hub"
MAIN = "main"
_COMMIT_LENGTH = 40


@dataclass(frozen=True, slots=True)
class _Snapshot:
    claim: Claim
    revision: str
    commit: str


def hf_units(claims: Iterable[Claim]) -> tuple[list[Unit], list[str]]:
    """A folder for each repository, and what cannot be pinned, in words."""
    repositories: dict[str, list[_Snapshot]] = defaultdict(list)
    for claim in claims:
        name, _, revision = claim.key.partition("@")
        repositories[name].append(_Snapshot(claim, revision, _commit(claim, name)))
    units: list[Unit] = []
    notes: list[str] = []
    for name, snapshots in sorted(repositories.items()):
        references, doubt = _references(name, snapshots)
        notes += doubt
        files = [*_files(name, snapshots), *(Placed.made(p, d) for p, d in sorted(references.items()))]
        units.append(folder_unit(f"{FOLDER}/{_folder(name)}", files, (s.claim.section for s in snapshots)))
    return units, notes


def _folder(name: str) -> str:
    """`org/name` → `models--org--name`; `datasets/org/name` → `datasets--org--name`."""
    kind, _, rest = name.partition("/")
    if kind in {"datasets", "spaces"} and rest:
        return "--".join([kind, *rest.split("/")])
    return "--".join(["models", *name.split("/")])


def _commit(claim: Claim, name: str) -> str:
    """The commit that was locked, or a stand-in for a model that comes from elsewhere."""
    for ref in claim.refs(claim.model.exact):
        if ref.kind is RefKind.HF and ref.name == name:
            commit = ref.file or ref.revision
            if len(commit) == _COMMIT_LENGTH:
                return commit
    if any(ref.kind is RefKind.HF for ref in claim.refs(claim.model.exact) if ref.name == name):
        raise UsageError(f"models.lock names no commit of {name}", hint="weigh lock")
    return claim.model.tree[:_COMMIT_LENGTH]


def _references(name: str, snapshots: list[_Snapshot]) -> tuple[dict[str, bytes], list[str]]:
    """Files below `refs/`: each asked revision, and `main` where it is beyond doubt."""
    found: dict[str, str] = {}
    for snapshot in snapshots:
        revision = snapshot.revision or MAIN
        if revision == snapshot.commit:
            continue
        if found.setdefault(revision, snapshot.commit) != snapshot.commit:
            raise UsageError(
                f"{name} at {revision!r} is locked to two commits",
                why=f"{found[revision]} and {snapshot.commit}",
                hint="weigh lock --upgrade moves both to one",
            )
    commits = {s.commit for s in snapshots}
    notes = []
    if MAIN not in found:
        if len(commits) == 1:
            found[MAIN] = next(iter(commits))
        else:
            notes.append(
                f"{name} is locked at {len(commits)} commits and none was asked for as {MAIN}: "
                "code that names no revision finds nothing"
            )
    return {f"refs/{revision}": commit.encode() for revision, commit in found.items()}, notes


def _files(name: str, snapshots: list[_Snapshot]) -> Iterator[Placed]:
    trees: dict[str, dict[str, LockedFile]] = defaultdict(dict)
    for snapshot in snapshots:
        for file in snapshot.claim.files:
            path = _path(name, snapshot.claim, file)
            if path:
                trees[snapshot.commit][path] = file
                yield Placed.of(f"snapshots/{snapshot.commit}/{path}", file)
    for commit, files in sorted(trees.items()):
        yield Placed.made(f"trees/{commit}.json", _tree(files))


def _path(name: str, claim: Claim, file: LockedFile) -> str:
    """Where the file lies in the repository; papers of packages lie nowhere in it."""
    ref: ArtifactRef = parse_ref(file.ref)
    if ref.kind is RefKind.HF and ref.name == name and ref.members:
        return ref.members[0]
    if ref.kind is RefKind.HF and ref.name != name and _has_place(claim, ref.name):
        # Of a model composed of several repositories each lies in its own snapshot.
        return ""
    return "" if file.path.startswith("papers/") else file.path


def _has_place(claim: Claim, name: str) -> bool:
    return any(
        place.family == Family.HF and place.key.partition("@")[0] == name for place in claim.model.materialise
    )


def _tree(files: dict[str, LockedFile]) -> bytes:
    """The list of what a complete snapshot holds: only what is locked, so that it is complete."""
    listed = {
        path: {"size": f.size, "blob_id": f.sha256, "lfs_sha256": f.sha256, "lfs_size": f.size}
        for path, f in sorted(files.items())
    }
    return json.dumps({"format_version": 1, "files": listed}, separators=(",", ":")).encode()
