"""`weigh cache`: what is kept on this machine, and making room."""

import click


@click.group()
def cache() -> None:
    """What is kept on this machine, and making room."""
