"""Models that the steps of a continuous-integration workflow fetch or use.

Source: GitHub's documentation, workflow syntax; GitLab's `script` keys are read as commands of any
configuration.
"""

from weigh.core.usage import FileUses, Role
from weigh.project.discover.compose import note_pair
from weigh.project.discover.entries import Entry, Table
from weigh.project.discover.shell import Scope, shell_uses
from weigh.project.discover.shell_words import Value
from weigh.project.discover.sightings import Sightings


def read_workflow(data: bytes, path: str, role: Role) -> FileUses:
    """The models of a workflow: `run`, `with`, `env` and matrices. Never raises.

    Args:
        data: its bytes.
        path: relative POSIX path.
        role: what the file is for.
    """
    from weigh.project.discover.configuration import read_configuration

    return read_configuration(data, path, role)


def is_workflow(table: Table) -> bool:
    """Whether the entries of a file are those of a workflow or of an action with steps."""
    top = table.top()
    steps = any("steps" in e.keys for e in table.entries)
    return steps and ("jobs" in top or "runs" in top)


def read_workflow_entries(table: Table, found: Sightings) -> None:
    """Note the models of a workflow's commands and variables."""
    for entry in table.entries:
        if entry.key != "run" or "steps" not in entry.keys:
            continue
        scope = _scope(table, entry)
        if _shell(table, entry).startswith("python"):
            from weigh.project.discover.inline_python import inline_python

            inline_python(entry.value, found, line=entry.line)
        else:
            shell_uses(entry.value, found, line=entry.line, scope=scope)
    for entry in table.entries:
        if "env" in entry.keys[:-1]:
            note_pair(entry, {}, found, loader="workflow.env")


def _shell(table: Table, entry: Entry) -> str:
    shell = table.beside(entry).get("shell")
    return shell.value if shell is not None else ""


def _scope(table: Table, step: Entry) -> Scope:
    """The variables that a step sees: those of the workflow, of its job and its own, matrix and inputs."""
    scope: Scope = {}
    job = step.keys[:2]
    for entry in table.entries:
        keys = entry.keys
        own = keys[:-1] == (*step.keys[:-1], "env")
        if own or keys[:-1] in {("env",), (*job, "env")}:
            _add(scope, str(keys[-1]), entry, "environment")
        elif keys[:4] == (*job, "strategy", "matrix") and len(keys) > 4:
            name = entry.key
            _add(scope, name, entry, "matrix")
        elif entry.key == "default" and "inputs" in keys and len(keys) > 2:
            _add(scope, str(keys[-2]), entry, "default")
    return scope


def _add(scope: Scope, name: str, entry: Entry, how: str) -> None:
    if "${{" not in entry.value:
        scope.setdefault(name, []).append(Value(entry.value, (how,), entry.line))
