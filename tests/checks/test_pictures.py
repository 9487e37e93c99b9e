"""Law: every picture shows a measure that its check writes."""

import ast
from pathlib import Path

import pytest

import weigh
from weigh.checks.table import QUESTIONS

PICTURES = [(question.check, picture) for question in QUESTIONS for picture in question.check.pictures]


def written(module):
    """Texts in the source of a check's room, but for those that only describe pictures."""
    room = Path(weigh.__file__).parent.joinpath(*module.split(".")[1:-1])
    found = set()
    for path in sorted(room.glob("*.py")):
        pending = [ast.parse(path.read_text(encoding="utf-8"))]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Picture":
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            pending += ast.iter_child_nodes(node)
    return found


@pytest.mark.parametrize(("check", "picture"), PICTURES, ids=lambda one: getattr(one, "id", ""))
def test_every_picture_shows_a_measure_that_its_check_writes(check, picture):
    texts = written(check.module)
    name = picture.measure
    # A name may be put together of two, such as `flip_rate` and `_difference`.
    parts = any(name[:i] in texts and name[i:] in texts for i in range(1, len(name)))
    assert name in texts or parts, name


def test_there_are_pictures_to_look_at():
    assert len(PICTURES) >= 10
