"""What lies in the caches now, and whether it is as locked: two short screens."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from weigh.render import numbers
from weigh.render.escape import visible

MOST = 10
"""Lines of one list; `--json` has all."""


def sync_screen(
    *,
    sections: Iterable[tuple[str, Sequence[str]]],
    made: int,
    methods: Mapping[str, int],
    files: int,
    size: int,
    transferred: int,
    leftover: tuple[Sequence[str], Sequence[str]],
    notes: Sequence[str],
) -> str:
    """The end of a sync.

    Args:
        sections: of the lock, with the families each lies in.
        made: units that were placed or repaired.
        methods: how many files came there how.
        files: in place.
        size: their bytes.
        transferred: bytes that came over the network.
        leftover: paths that were deleted, and paths that are not locked and were left; hostile.
        notes: what cannot be pinned; hostile names in them.
    """
    lines = [f"  {visible(section):<32} {', '.join(families) or 'nowhere'}" for section, families in sections]
    how = ", ".join(f"{count} by {method}" for method, count in methods.items() if method != "made")
    lines.append(f"  {files} files, {numbers.size(size)} in place")
    if made:
        fetched = f", {numbers.size(transferred)} fetched" if transferred else ""
        lines.append(f"  placed {made}{f' ({how})' if how else ''}{fetched}")
    else:
        lines.append("  up to date")
    lines += _listed("deleted", leftover[0])
    lines += _listed("not locked, and left alone; --prune deletes it", leftover[1])
    lines += [f"  note  {visible(note)}" for note in notes]
    return "\n".join(lines) + "\n"


def verify_screen(
    *,
    differences: Sequence[tuple[str, str, str]],
    corrupt: Sequence[tuple[str, str, str]],
    files: int,
    stored: int,
    read: int,
    trusted: int,
    missing: Sequence[str],
    fast: bool,
) -> str:
    """What a verification found.

    Args:
        differences: (path, trouble, detail) in the caches; hostile.
        corrupt: (section, path, why) in the store; hostile.
        files: in the caches that were looked at.
        stored: further files of the store that were read.
        read: bytes that were hashed.
        trusted: bytes that were not.
        missing: sections that were not synced.
        fast: whether the file system was believed.
    """
    lines = [f"  {visible(p)}: {trouble}{f', {visible(d)}' if d else ''}" for p, trouble, d in differences]
    lines += [f"  {visible(s)} {visible(p)} in the store: {visible(why)}" for s, p, why in corrupt]
    lines.append(f"  {files} files in the caches, {stored} more in the store; {numbers.size(read)} read")
    if fast:
        lines.append(f"  --fast: {numbers.size(trusted)} were not read; their inode, size and times are as")
        lines.append("          the last sync left them")
    lines += [f"  not synced: {visible(section)}" for section in missing]
    bad = len(differences) + len(corrupt)
    lines.append(f"  {bad} not as locked" if bad else "  everything is as locked")
    return "\n".join(lines) + "\n"


def _listed(title: str, paths: Sequence[str]) -> Iterator[str]:
    if paths:
        yield f"  {title}:"
        yield from (f"    {visible(path)}" for path in paths[:MOST])
        if len(paths) > MOST:
            yield f"    and {len(paths) - MOST} more"
