"""What a test whether a value is one of several leaves of the values of a name."""

import ast

import pytest

from weigh.code.program import Program, SourceText

FRONT = "SMALL = ['a', 'b']\nFAMILIES = ('big-', 'huge-')\nWORD = 'abc'\n"


def values(test: str, other: str = "    pass") -> tuple[set[object], str]:
    text = (
        f"{FRONT}def choose(name):\n    if {test}:\n        load(name)\n    else:\n    {other}\n"
        "choose('a')\nchoose('b')\nchoose('big-c')\nchoose('d')\n"
    )
    program = Program([SourceText("m.py", text.encode(), "python")])
    call = next(call for call in program.calls("m.py") if ast.unparse(call.node.func) == "load")
    answer = call.values(call.node.args[0])
    return {item.value for item in answer.items}, answer.why


@pytest.mark.parametrize(
    ("test", "left"),
    [
        ("name in SMALL", {"a", "b"}),
        ("name not in SMALL", {"big-c", "d"}),
        ("not name in SMALL", {"big-c", "d"}),
        ("name in ('a', 'd')", {"a", "d"}),
        ("name in SMALL and other", {"a", "b"}),
        ("name.startswith(FAMILIES)", {"big-c"}),
        ("name.startswith('big')", {"big-c"}),
        ("not name.endswith('c')", {"a", "b", "d"}),
        # what is asked of a text is a part of it, and what is not known decides nothing
        ("name in WORD", {"a", "b", "big-c", "d"}),
        ("name in 'abc'", {"a", "b", "big-c", "d"}),
        ("name in [UNKNOWN, 'a']", {"a", "b", "big-c", "d"}),
        ("name in SMALL or other", {"a", "b", "big-c", "d"}),
        ("other in SMALL", {"a", "b", "big-c", "d"}),
    ],
)
def test_only_what_passes_is_left(test: str, left: set[str]) -> None:
    assert values(test)[0] == left


def test_the_other_branch_has_the_rest() -> None:
    assert values("name in SMALL", "    pass")[0] == {"a", "b"}
    text = f"{FRONT}def choose(name):\n    if name in SMALL:\n        pass\n    else:\n        load(name)\n"
    program = Program([SourceText("m.py", (text + "choose('a')\nchoose('z')\n").encode(), "python")])
    call = next(call for call in program.calls("m.py") if ast.unparse(call.node.func) == "load")
    assert {item.value for item in call.values(call.node.args[0]).items} == {"z"}


def test_a_call_that_no_known_value_reaches_says_so() -> None:
    assert values("name in ['x']") == (set(), "no value that is known passes the test around it")
