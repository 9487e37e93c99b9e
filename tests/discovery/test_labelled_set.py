"""The labelled set: small projects in the manner of real ones, and what each line of them uses.

A line ends in its label: `⟦REF PIN [ROLE]; …⟧` for the models it uses, `⟦?⟧` for a loader call that cannot be
resolved. The labels are cut off before the project is read.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from weigh.core.usage import ModelUse
from weigh.project.discover.discover import discover

PROJECTS = sorted((Path(__file__).parent / "projects").glob("*.project"))
LABEL = re.compile(r"\s*⟦(.*)⟧$")
ELSEWHERE = re.compile(r"⟦⟧ (\d+) (\S+) (\w+)$")


@dataclass(frozen=True)
class Labels:
    uses: frozenset[tuple[str, int, str, str, str]]
    unresolved: frozenset[tuple[str, int]]


def lay_out(project: Path, root: Path) -> Labels:
    """Write the files of a project and give its labels."""
    uses: set[tuple[str, int, str, str, str]] = set()
    unresolved: set[tuple[str, int]] = set()
    for part in project.read_text(encoding="utf-8").split("=== ")[1:]:
        name, _, body = part.partition("\n")
        kept = []
        for number, line in enumerate(body.splitlines(), 1):
            if elsewhere := ELSEWHERE.match(line):
                uses.add((name, int(elsewhere[1]), elsewhere[2], elsewhere[3], "runtime"))
                continue
            if label := LABEL.search(line):
                for one in label[1].split("; "):
                    if one == "?":
                        unresolved.add((name, number))
                    else:
                        ref, pin, *role = one.split(" ")
                        uses.add((name, number, ref, pin, *(role or ["runtime"])))
            kept.append(LABEL.sub("", line))
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return Labels(frozenset(uses), frozenset(unresolved))


def shown(use: ModelUse) -> tuple[str, int, str, str, str]:
    return (use.place.path, use.place.line, use.ref, use.pin.value, use.role.value)


def measured(project: Path, root: Path) -> tuple[Labels, Labels]:
    root.mkdir()
    labels = lay_out(project, root)
    found = discover(root)
    # A name kept for a loader that another line calls is told there; here only the call is labelled.
    seen = frozenset(shown(use) for use in found.uses)
    return labels, Labels(seen, frozenset((one.place.path, one.place.line) for one in found.unresolved))


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.stem)
def test_each_project_is_found_whole(project: Path, tmp_path: Path) -> None:
    labels, found = measured(project, tmp_path / project.stem)

    assert found.uses == labels.uses
    assert found.unresolved == labels.unresolved


def test_recall_and_precision_of_the_whole_set(tmp_path: Path) -> None:
    wanted, got = 0, 0
    right = 0
    for project in PROJECTS:
        labels, found = measured(project, tmp_path / project.stem)
        wanted += len(labels.uses)
        got += len(found.uses)
        right += len(labels.uses & found.uses)

    assert len(PROJECTS) >= 25
    assert right / wanted >= 0.95
    assert right / got >= 0.95
