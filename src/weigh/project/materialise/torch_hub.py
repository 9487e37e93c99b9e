"""The cache of torch.hub: repositories, checkpoints and the list of trusted repositories.

`TORCH_HOME/hub/OWNER_REPO_REF` holds a repository (a `/` in REF is written `_`), `hub/checkpoints` weights by
the base name of their address, `hub/trusted_list` one `owner_repo` a line (torch 2.13, `torch/hub.py`).
A program that names no ref asks GitHub for the default branch first; only when that cannot be reached does
torch look for `_main` and `_master` here. So both names hold the locked commit, and `weigh run` keeps GitHub
away.
"""

from collections import defaultdict
from collections.abc import Iterable

from weigh.core.errors import UsageError
from weigh.project.materialise.unit import CACHE, Claim, Placed, Unit, file_unit, folder_unit

FOLDER = f"{CACHE}/torch/hub"
REPOSITORY = "repo/"
"""Where a locked torch hub model keeps the files of the repository, apart from its checkpoints."""

DEFAULT_BRANCHES = ("main", "master")


def torch_hub_units(claims: Iterable[Claim]) -> tuple[list[Unit], list[str]]:
    """A folder for each repository and ref, and one for each default branch; the list of trusted ones."""
    folders: dict[str, list[Placed]] = {}
    owners: dict[str, set[str]] = defaultdict(set)
    unnamed: dict[str, list[Claim]] = defaultdict(list)
    trusted: set[str] = set()
    sections: set[str] = set()
    for claim in claims:
        repository, _, ref = claim.key.partition(":")
        owner, _, name = repository.partition("/")
        if not name or "/" in name:
            raise UsageError(
                f"{claim.key!r} is no torch hub repository", why="it is owner/repo or owner/repo:ref"
            )
        trusted.add(f"{owner}_{name}")
        sections.add(claim.section)
        unnamed[f"{owner}_{name}"].append(claim)
        if ref:
            root = f"{FOLDER}/{owner}_{name}_{ref.replace('/', '_')}"
            folders.setdefault(root, []).extend(_files(claim))
            owners[root].add(claim.section)
    notes = _default_branches(unnamed, folders, owners)
    units = [folder_unit(root, files, owners[root]) for root, files in sorted(folders.items())]
    if trusted:
        text = "".join(f"{line}\n" for line in sorted(trusted))
        units.append(file_unit(f"{FOLDER}/trusted_list", Placed.made("", text.encode()), sections))
    return units, notes


def _default_branches(
    unnamed: dict[str, list[Claim]], folders: dict[str, list[Placed]], owners: dict[str, set[str]]
) -> list[str]:
    notes: list[str] = []
    for name, claims in sorted(unnamed.items()):
        plain = [c for c in claims if not c.key.partition(":")[2]] or claims
        contents = {tuple(sorted(_files(c))) for c in plain}
        if len(contents) > 1:
            notes.append(f"{plain[0].key.partition(':')[0]} is locked at several refs: name one in the code")
            continue
        for branch in DEFAULT_BRANCHES:
            root = f"{FOLDER}/{name}_{branch}"
            if root not in folders:
                folders[root] = list(_files(plain[0]))
                owners[root] |= {c.section for c in plain}
    return notes


def _files(claim: Claim) -> list[Placed]:
    inside = [f for f in claim.files if f.path.startswith(REPOSITORY)] or list(claim.files)
    return [Placed.of(f.path.removeprefix(REPOSITORY), f) for f in inside]


def torch_checkpoint_units(claims: Iterable[Claim]) -> tuple[list[Unit], list[str]]:
    """Each checkpoint as the file that `load_state_dict_from_url` looks for."""
    units = [
        file_unit(f"{FOLDER}/checkpoints/{c.key}", Placed.of("", c.named(c.key)), (c.section,))
        for c in claims
    ]
    return units, []
