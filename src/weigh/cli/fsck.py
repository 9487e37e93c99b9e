"""`weigh fsck`: is every version still what it was?"""

import json
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from weigh.jobs.fsck import Examined

_MOST_SHOWN = 20


@click.command()
@click.option(
    "--sample", default="100%", show_default=True, metavar="SHARE", help="Read only this share, drawn anew."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def fsck(sample: str, *, as_json: bool) -> int:
    """Read what is stored, decode it, and compare every hash.

    Damaged packs are set aside, never deleted, and what is whole in them is kept. A lost index is made again.
    Ends with 1 when a version cannot be given back, and names it and its files.
    """
    from weigh.core.events import Silent
    from weigh.jobs.desk import open_desk
    from weigh.jobs.fsck import fsck as job

    found = job(open_desk(Silent()), share=_share(sample))
    click.echo(json.dumps(_told(found)) if as_json else "\n".join(_lines(found)))
    return ExitCode.FINE if found.is_whole else ExitCode.NO


def _share(text: str) -> float:
    try:
        value = float(text.removesuffix("%"))
    except ValueError as error:
        raise UsageError(f"{text!r} is no share", hint="--sample 10%") from error
    return value / 100 if text.endswith("%") else value


def _told(found: "Examined") -> dict[str, object]:
    checked = found.checked
    return {
        "whole": found.is_whole,
        "packs": checked.packs,
        "objects": checked.objects,
        "read": checked.looked_at,
        "versions": found.versions,
        "damaged_packs": list(checked.damaged_packs),
        "saved_objects": checked.saved,
        "index_made_again": checked.index_made_again,
        "packs_brought_back": checked.brought_back,
        "broken_objects": [
            {"id": b.id.hex(), "kind": b.kind.name.lower() if b.kind else "", "why": b.why}
            for b in checked.broken
        ],
        "lost": [
            {"history": hit.history, "commit": hit.commit, "title": hit.title, "paths": list(hit.paths)}
            for hit in found.lost
        ],
    }


def _lines(found: "Examined") -> list[str]:
    from weigh.render import numbers
    from weigh.render.escape import visible

    checked = found.checked
    read = f"{numbers.count(checked.looked_at)} of {numbers.count(checked.objects)} objects read"
    lines = [f"  {numbers.count(found.versions)} versions, {numbers.count(checked.packs)} packs, {read}"]
    if checked.index_made_again:
        lines.append("  the index was lost or wrong, and was made again from the packs")
    if checked.brought_back:
        lines.append(f"  {checked.brought_back} packs taken back in that `weigh gc` had moved aside")
    lines += [f"  {name} is damaged and was set aside" for name in checked.damaged_packs]
    if checked.damaged_packs:
        lines.append(f"  {numbers.count(checked.saved)} objects of them are whole and were kept")
    for hit in found.lost[:_MOST_SHOWN]:
        lines.append(f"  lost in {visible(hit.history)} {hit.commit[:12]} {visible(hit.title)}")
        lines += [f"      {visible(path)}" for path in hit.paths[:_MOST_SHOWN]]
        if not hit.paths:
            lines.append("      the whole version")
    if len(found.lost) > _MOST_SHOWN:
        lines.append(f"  … and {len(found.lost) - _MOST_SHOWN} more versions")
    unneeded = len(checked.broken) if not found.lost else 0
    if unneeded:
        lines.append(f"  {numbers.count(unneeded)} objects that no version needs are broken")
    if found.is_whole:
        lines.append("  everything can be given back")
    elif found.lost:
        lines.append(
            "  try: weigh pull, from a remote that has these versions; or name the files, if you"
            " still have them: weigh commit -m again PATH"
        )
    return lines
