"""`weigh search`: parse, run the job, say what is on offer."""

import json
import re
import sys
from contextlib import closing
from dataclasses import asdict

import click

from weigh.core.errors import ExitCode, UsageError

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_COUNT = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([KMBT]?)\Z")


@click.command()
@click.argument("words", nargs=-1)
@click.option("--task", default="", metavar="TASK", help="Such as text-classification.")
@click.option("--licence", default="", metavar="LICENCE", help="An SPDX id, or a class such as permissive.")
@click.option("--library", default="", metavar="NAME", help="Such as transformers.")
@click.option("--max-params", default="", metavar="COUNT", help="At most so many parameters: 100M, 1.5B.")
@click.option(
    "--in", "shelves", multiple=True, type=click.Choice(["hub", "catalogue", "ledger"]), help="Where."
)
@click.option("--limit", default=20, type=click.IntRange(1, 200), help="Offers shown of each place.")
@click.option("--offline", is_flag=True, help="Do not use the network.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def search(  # noqa: PLR0913 - one parameter an option
    words: tuple[str, ...], task: str, licence: str, library: str, max_params: str, shelves: tuple[str, ...],
    *, limit: int, offline: bool, as_json: bool,
) -> int:  # fmt: skip
    """Find models: on the hub, in the catalogues of installed libraries, and in your own ledger.

    Shown is what publishers state. A model of which a wish cannot be told is left out and counted.
    Exit 3 when nothing could be searched, 1 when nothing was found.
    """
    from weigh.core.offer import Shelf, Wanted
    from weigh.jobs.search import search as job
    from weigh.jobs.workbench import open_workbench
    from weigh.render.progress import TerminalEvents
    from weigh.render.search_screen import search_screen

    wanted = Wanted(" ".join(words), task, licence.lower(), library, _count(max_params), limit)
    events = TerminalEvents(sys.stderr, quiet=as_json)
    with closing(open_workbench(events, offline=offline)) as bench:
        offers = job(bench, wanted, shelves=frozenset(map(Shelf, shelves)) or frozenset(Shelf))
    events.close()
    click.echo(json.dumps(asdict(offers)) if as_json else search_screen(offers))
    if offers.found:
        return ExitCode.FINE
    return ExitCode.UNKNOWN if offers.closed else ExitCode.NO


def _count(text: str) -> int:
    if not text:
        return -1
    found = _COUNT.match(text.upper())
    if not found:
        raise UsageError(f"cannot read the number of parameters {text!r}", hint="100M, 1.5B or 22000000")
    return int(float(found[1]) * _UNITS[found[2]])
