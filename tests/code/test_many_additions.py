"""A list or text that many branches add to is read in the time of its length."""

import pytest

from weigh.code.program import Program, SourceText


def answer(rows: list[str]) -> set[object]:
    program = Program([SourceText("m.py", "\n".join(rows).encode(), "python")])
    call = next(call for call in program.calls("m.py") if call.source(call.node.func) == "run")
    return {item.value for item in call.values(call.node.args[0]).items}


@pytest.mark.parametrize("count", [3, 100])
def test_a_command_that_options_are_added_to(count: int) -> None:
    rows = ["def start(args):", "    command = ['serve']"]
    for number in range(count):
        rows += [f"    if args.a{number}:", f"        command += ['--a{number}']"]
    assert {"serve", "--a0", f"--a{min(count, 40) - 1}"} <= answer([*rows, "    run(command)"])


def test_two_lists_keep_what_stands_in_both() -> None:
    rows = ["a = ['x']", "b = a + ['y'] + a", "run(b[2])"]
    assert answer(rows) == {"x"}


def test_a_text_that_grows_in_branches_ends() -> None:
    rows = ["def start(args):", "    text = 'a'"]
    for number in range(40):
        rows += [f"    if args.a{number}:", f"        text += '{number}'"]
    assert "a" in answer([*rows, "    run(text)"])
