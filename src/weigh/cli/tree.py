"""`weigh tree`: parse, run the job, draw."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weigh.core.errors import ExitCode

if TYPE_CHECKING:
    from weigh.jobs.tree import Node, Parent, Tree


@click.command()
@click.option("--project", default=".", metavar="DIR", help="Folder of models.toml; by default this one.")
@click.option("--files", is_flag=True, help="Every file, not only the largest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def tree(project: str, *, files: bool, as_json: bool) -> int:
    """Show the models of the project, what each was made of or needs, and their files."""
    from weigh.jobs.tree import tree as job
    from weigh.render.tree_screen import tree_screen

    told = tree_json(job(Path(project).resolve()))
    click.echo(json.dumps(told) if as_json else tree_screen(told, every_file=files))
    return ExitCode.FINE


def tree_json(found: "Tree") -> dict[str, Any]:
    """A project's tree, for programs."""
    return {
        "project": found.project,
        "models": [_node(node) for node in found.nodes],
        "undeclared": list(found.strays),
    }


def _node(node: "Node") -> dict[str, Any]:
    model = node.model
    return {
        "section": node.section,
        "title": node.title,
        "requested": list(node.requested),
        "exact": list(model.exact) if model is not None else [],
        "locked": model is not None or bool(node.files),
        "current": node.current,
        "licence": model.licence if model is not None else "",
        "size": node.size,
        "groups": list(node.groups),
        "code": list(model.code) if model is not None else [],
        "materialise": [f"{m.family}:{m.key}" for m in model.materialise] if model is not None else [],
        "files": [{"path": f.path, "size": f.size, "sha256": f.sha256} for f in node.files],
        "parents": [_parent(p) for p in node.parents],
    }


def _parent(parent: "Parent") -> dict[str, Any]:
    return {
        "relation": parent.relation,
        "ref": parent.ref,
        "section": parent.section,
        "again": parent.again,
        "parents": [_parent(p) for p in parent.parents],
    }
