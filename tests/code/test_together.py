"""Values that belong together: of one turn of a loop, of one call of a function."""

import pytest
from hypothesis import given, strategies as st

from weigh.code.program import Program, SourceText


def texts(source: str) -> list[object]:
    """What the argument of `load` may be."""
    program = Program([SourceText("a.py", source.encode())])
    calls = [call for call in program.calls("a.py") if call.tail == "load"]
    return sorted({item.value for call in calls for item in call.values(call.argument(0)).items})


CASES = {
    "turns of a loop": ('for a, b in (("x","1"),("y","2")): load(f"{a}-{b}")', "x-1 y-2"),
    "a comprehension": ('[load(a + b) for a, b in [("x","1"),("y","2")]]', "x1 y2"),
    "items of a mapping": ('for k, v in {"x":"1","y":"2"}.items(): load(f"{k}/{v}")', "x/1 y/2"),
    "zip": ('for a, b in zip(["x","y"], ["1","2"]): load("%s%s" % (a, b))', "x1 y2"),
    "two loops": (
        'for a, q in (("x",0),("y",0)):\n  for b, r in (("1",0),("2",0)): load(a + b)',
        "x1 x2 y1 y2",
    ),
    "same list twice": ('L=[("x",1),("y",2)]\nfor a, q in L:\n  for b, r in L: load(a + b)', "xx xy yx yy"),
    "a variable twice": ('for a in ["x", "y"]: load(f"{a}-{a}")', "x-x y-y"),
    "put off": (
        (
            'from joblib import delayed\ndef f(a): load(a)\nT="run {} {}"\nC=[]\nfor m in ["x","y"]:\n'
            '  for n in [1,2]: C.append(T.format(m, f"{m}{n}").replace(" ", "-"))\n[delayed(f)(c) for c in C]'
        ),
        "run-x-x1 run-x-x2 run-y-y1 run-y-y2",
    ),
    "same literal twice": ('A="x"\nfor a, b in ((A,"1"),(A,"2")): load(a + b)', "x1 x2"),
    "arguments of one call": ('def f(a, b="0"): load(f"{a}{b}")\nf("x")\nf("y", "2")', "x0 y2"),
    "through a wrapper": ('def g(a, b): load(a + b)\ndef f(a, b): g(a, b)\nf("x","1")\nf("y","2")', "x1 y2"),
    "through str": ('def f(a, b): load(str(a) + b)\nf("x","1")\nf("y","2")', "x1 y2"),
    "a function that calls itself": ('def f(a, n=0):\n  load(a)\n  f(a + "!", 1)\nf("x")', "x x!"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_belongs_together_stays_together(case):
    source, expected = CASES[case]
    assert texts(source) == sorted(expected.split())


def test_very_many_calls_are_not_told_apart_and_none_is_lost():
    source = "def f(a, b): load(a)\n" + "".join(f'f("m{n % 40}", "{n}")\n' for n in range(100))
    assert texts(source) == sorted({f"m{n}" for n in range(40)})


def test_a_constant_of_many_calls_is_one_value():
    source = 'D="d"\ndef f(a, b=D): load(b)\n' + "".join(f'f("m{n}")\n' for n in range(20)) + 'f("m", "e")\n'
    program = Program([SourceText("a.py", source.encode())])
    call = next(call for call in program.calls("a.py") if call.tail == "load")
    found = call.values(call.argument(0))
    assert (sorted(found.texts), found.complete) == (["d", "e"], True)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("1234")), min_size=1, max_size=12))
def test_a_loop_gives_exactly_its_rows(rows):
    assert texts(f"for a, b in {rows!r}: load(a + b)") == sorted({a + b for a, b in rows})


def test_a_text_of_very_many_choices_is_told_and_not_guessed():
    choices = ",".join(f'"{n}":"{n}"' for n in range(9))
    source = f'D={{{choices}}}\nload("org/" + D[p] + D[q])'
    program = Program([SourceText("a.py", source.encode())])
    call = next(call for call in program.calls("a.py") if call.tail == "load")
    found = call.values(call.argument(0))
    assert (found.items, found.complete, found.why) == ((), False, "more than 64 values")
    assert found.partial == "org/{}"


def test_every_text_with_unknown_parts_is_kept():
    source = 'for a in ["x", "y"]: load(f"{a}/{input()}")'
    program = Program([SourceText("a.py", source.encode())])
    call = next(call for call in program.calls("a.py") if call.tail == "load")
    found = call.values(call.argument(0))
    assert (found.items, found.partials, found.partial) == ((), ("x/{}", "y/{}"), "x/{}")


def test_a_text_that_no_test_lets_pass_is_none():
    source = 'def f(a, b="o"):\n  if b is not None: load(f"{b}/{a}")\n  else: load(a)\nf("x", None)'
    assert texts(source) == ["x"]


ENVIRONMENT = {
    "set in this file": ('import os\nos.environ["Q"]="m"\nload(os.environ["Q"])', True),
    "a default": ('import os\nload(os.getenv("Q", "m"))', True),
    "a default of nothing": ('import os\nload(os.getenv("Q", None) or "m")', True),
}


@pytest.mark.parametrize("case", ENVIRONMENT)
def test_a_variable_of_the_environment(case):
    source, complete = ENVIRONMENT[case]
    program = Program([SourceText("a.py", source.encode())])
    call = next(call for call in program.calls("a.py") if call.tail == "load")
    found = call.values(call.argument(0))
    assert ("m" in found.texts, found.complete) == (True, complete)


@pytest.mark.parametrize("read", ['os.environ["Q"]', 'os.getenv("Q")', 'os.environ.get("Q", None)'])
def test_what_a_test_puts_into_the_environment_is_not_all(read):
    sources = [("a.py", f"import os\nload({read})"), ("tests/t.py", 'import os\nos.environ["Q"]="m"')]
    program = Program(SourceText(path, text.encode()) for path, text in sources)
    call = next(call for call in program.calls("a.py") if call.tail == "load")
    found = call.values(call.argument(0))
    assert (found.texts, found.complete) == (("m",), False)
    assert "environment variable Q" in found.why
