"""`weigh convert`: parse, run the job, say what was written and what was left out."""

import json
from collections.abc import Callable
from pathlib import Path

import click

from weigh.core.errors import ExitCode

MOST_SHOWN = 10
"""Names printed of each kind; `--json` has all."""


@click.command()
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT.safetensors", type=click.Path(path_type=Path))
@click.option("--under", default="", metavar="NAME", help="Only tensors below this name, without it.")
@click.option("--duplicate-shared", is_flag=True, help="Write tensors that share bytes once for each name.")
@click.option("--force", is_flag=True, help="Replace OUT when it is there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def convert(
    source: Path, target: Path, *, under: str, duplicate_shared: bool, force: bool, as_json: bool
) -> int:
    """Write the tensors of a checkpoint as safetensors, without unpickling it.

    Reads torch checkpoints of every layout, .npz and .npy. Payloads are copied byte for byte. Values that are
    no tensors are left out, and listed. A file that weigh calls malicious is refused.
    """
    from weigh.jobs.convert import convert as job
    from weigh.render.escape import visible

    done = job(source, target, under=under, duplicate_shared=duplicate_shared, force=force)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "target": str(done.target),
                    "tensors": done.tensors,
                    "bytes": done.nbytes,
                    "shared": [list(group) for group in done.shared],
                    "swapped": list(done.swapped),
                    "left_out": [{"name": name, "why": why} for name, why in done.left_out],
                    "more_left_out": done.more_left_out,
                    "word": done.word.value,
                }
            )
        )
        return ExitCode.FINE
    click.echo(f"  written    {visible(str(done.target))} · {done.tensors:,} tensors · {done.nbytes:,} bytes")
    click.echo(f"  scanned    {done.word.value}")
    _show("shared", [" = ".join(group) for group in done.shared], visible)
    _show("swapped", list(done.swapped), visible)
    _show("left out", [f"{name or '(root)'} ({why})" for name, why in done.left_out], visible)
    if done.more_left_out:
        click.echo(f"             and {done.more_left_out:,} values that are not listed")
    return ExitCode.FINE


def _show(title: str, rows: list[str], visible: Callable[[str], str]) -> None:
    for number, row in enumerate(rows[:MOST_SHOWN]):
        click.echo(f"  {title if not number else '':<10} {visible(row)}")
    if len(rows) > MOST_SHOWN:
        click.echo(f"  {'':<10} and {len(rows) - MOST_SHOWN:,} more")
