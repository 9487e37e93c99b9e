"""Refs inside refs: where the bytes lie of a file that a name in a catalogue or a repository's code leads to.

`catalogue:torchvision/resnet50@DEFAULT#https://host/resnet50-11ad3fa6.pth` says both what was asked for and
which address that meant when it was locked. So the file can be fetched without the package, or the code,
that was read to find it, and a later version of them changes nothing that is locked.
"""

from dataclasses import replace

from weigh.core.errors import UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.sources.remote_files import file_name

CHECKPOINTS = "checkpoints"
"""Folder of the files a repository's code would download, in the snapshot of the repository."""
_SCHEMES = ("https://", "http://")
_INNER = frozenset({RefKind.HTTPS, RefKind.HF})


def inner_ref(ref: ArtifactRef) -> ArtifactRef | None:
    """The ref inside `ref` that says where the bytes lie, None when there is none.

    Raises:
        UsageError: something stands there that is no such ref.
    """
    text = ref.members[-1] if ref.members else ""
    # Plain http is kept as it is written: the client refuses it, with its reason.
    if text.startswith(_SCHEMES):
        return ArtifactRef(RefKind.HTTPS, text)
    if not text.startswith("hf:"):
        return None
    found = parse_ref(text)
    if found.kind not in _INNER:
        raise UsageError(f"cannot read {text!r} inside {ref.kind.value}:{ref.name}")
    return found


def with_inner(ref: ArtifactRef, inner: ArtifactRef) -> ArtifactRef:
    """`ref` with the place where the bytes lie behind it."""
    return replace(ref, members=(*ref.members, str(inner)))


def inner_path(ref: ArtifactRef) -> str:
    """Where a file of a `catalogue:` or `torchhub:` ref lies in the snapshot, by the ref alone.

    Returns:
        The name at the end of its address, or its path in the hub's repository; for `torchhub:` below
        `checkpoints/`, or the path in the repository below `repo/`. "" for a ref that names no one file.
    """
    inner = inner_ref(ref)
    if inner is None:
        return ref.members[-1] if ref.kind is RefKind.TORCHHUB and len(ref.members) > 1 else ""
    path = inner.members[0] if inner.members else file_name(inner.name)
    return f"{CHECKPOINTS}/{path}" if ref.kind is RefKind.TORCHHUB else path
