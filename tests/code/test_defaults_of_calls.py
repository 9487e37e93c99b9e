"""What calls of unknown things give: a default that is told, numbers that are counted, None in a text."""

import pytest

from weigh.code.program import Program, SourceText


def found(source: str) -> tuple[set[object], bool]:
    program = Program([SourceText("a.py", source.encode())])
    call = next(call for call in program.calls("a.py") if call.tail == "use")
    values = call.values(call.node.args[0])
    return {item.value for item in values.items}, values.complete


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ('def f(s):\n    use(s.value("k", default_value="one"))', {"one"}),
        ('def f(s):\n    use(s.read("part", "k", fallback="one"))', {"one"}),
        ('import lib\nuse(lib.ask("which?", default="one"))', {"one"}),
        ('from PyQt6.QtCore import QSettings\nuse(QSettings().value("k", "one"))', {"one"}),
        ('import lib\nuse(lib.Thing(default="one"))', set()),
    ],
)
def test_a_default_that_is_told_is_one_of_the_values(source: str, values: set[object]) -> None:
    assert found(source) == (values, False)


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ('for n in range(2):\n    use(f"a{n}")', {"a0", "a1"}),
        ('for n in range(5, 1, -2):\n    use(f"a{n}")', {"a5", "a3"}),
    ],
)
def test_few_numbers_are_counted(source: str, values: set[object]) -> None:
    assert found(source) == (values, True)


@pytest.mark.parametrize("numbers", ["10_000_000", "n", "1, 5, 0", ""])
def test_other_ranges_stay_open(numbers: str) -> None:
    values, complete = found(f'def f(n):\n    for i in range({numbers}):\n        use(f"a{{i}}")')
    assert not complete
    assert all("{}" in str(value) for value in values)


def test_none_is_no_part_of_a_text() -> None:
    source = 'def f(tag=None):\n    use(f"a:{tag}")\nf("x")\nf()'
    assert found(source)[0] == {"a:x"}


def test_a_text_with_nothing_but_none_is_not_known() -> None:
    values, complete = found('def f(tag=None):\n    use(f"a:{tag}")\nf()')
    assert not complete
    assert "a:None" not in values


def test_options_of_the_command_line_as_a_mapping() -> None:
    source = (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--size', default='small')\n"
        "o = p.parse_args().__dict__\nuse(o.pop('size'))"
    )
    assert "small" in found(source)[0]
