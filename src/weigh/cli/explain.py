"""`weigh explain`: what a rule means."""

import shutil

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("rule")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(rule: str, *, as_json: bool) -> int:
    """What breaks a rule, how bad that is, why it matters, and what to do.

    \b
    weigh explain WGH-S012
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from weigh.jobs.rules import explain as find

    found = find(rule)
    if as_json:
        import json
        from dataclasses import asdict

        click.echo(json.dumps(asdict(found)))
        return ExitCode.FINE
    from weigh.render.layout import wrap

    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    told = {
        "": f"{found.id} · found by the check {found.check}",
        "severity": f"{found.severity}, confidence {found.confidence}",
        "means": found.means,
        "why": found.why,
        "do": found.action or "what the finding itself says",
        "see": ", ".join(found.references),
    }
    for label, text in told.items():
        if text:
            head, *rest = wrap(text, width - 10, lines=6)
            click.echo(f"{label:<10}{head}" if label else head)
            for line in rest:
                click.echo(f"{'':<10}{line}")
    return ExitCode.FINE
