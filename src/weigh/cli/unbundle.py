"""`weigh unbundle`: the files of a bundle into the store."""

import json
import os
from pathlib import Path

import click

from weigh.core.errors import ExitCode, NotFoundError


@click.command()
@click.argument("file", metavar="FILE.tar")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.lock; by default this one.")
@click.option("--write-lock", is_flag=True, help="Write the bundle's lock where the project has none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def unbundle(file: str, *, project: str, write_lock: bool, as_json: bool) -> int:
    """Verify a bundle and put its files into the store; then weigh sync works without network.

    A models.lock here must name the same files. A bundle is not trusted: every byte is held against its
    lock before it is visible, and anything that weigh bundle would not have written is refused.

    Exit codes: 1 when it is damaged, or disagrees with the lock here.
    """
    from weigh.jobs.unbundle import unbundle as job
    from weigh.render import numbers
    from weigh.store.blobs import Blobs
    from weigh.system.places import places

    if not Path(file).is_file():
        raise NotFoundError(f"there is no file {file!r}", hint="weigh bundle OUT.tar makes one")
    done = job(Blobs(places(os.environ).store), Path(file), Path(project).resolve(), write_lock=write_lock)
    bundled = done.bundled
    if as_json:
        told = {"files": bundled.files, "bytes": bundled.size, "agreed": done.agreed, "wrote": done.wrote}
        click.echo(json.dumps(told))
        return ExitCode.FINE
    files, size = numbers.count(bundled.files), numbers.size(bundled.size)
    click.echo(f"  {files} files · {size} · every byte verified")
    absent = "written" if done.wrote else "not here: --write-lock writes it"
    click.echo(f"  models.lock {'names the same files' if done.agreed else absent}")
    return ExitCode.FINE
