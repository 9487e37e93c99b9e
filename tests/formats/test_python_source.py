import hostile_python as hostile
import pytest
from hypothesis import given, settings, strategies as st
from python_reading import seen

from weigh.core.facts import Coverage
from weigh.core.gate import Word


def named(prefix):
    return [n for n in hostile.CASES if n.startswith(prefix)] if prefix else [
        n for n in hostile.CASES if hostile.NAMES[n].endswith(".py")
    ]  # fmt: skip


@pytest.mark.parametrize("name", named(""))
def test_every_planted_source_gives_its_rule(name):
    data, rule = hostile.CASES[name]
    _, findings, word = seen(hostile.NAMES[name], data)
    assert rule in {f.rule for f in findings}
    assert (word is Word.MALICIOUS) == (name in hostile.ATTACK_NAMES)
    if name in hostile.LOOKS:
        assert word is Word.REVIEW
    if name in hostile.NOTES:
        assert word is Word.CLEAN


@pytest.mark.parametrize("name", [n for n in hostile.SOUND if n.endswith(".py")])
def test_honest_source_is_clean_and_read_whole(name):
    facts, findings, word = seen(name, hostile.SOUND[name])
    assert word is Word.CLEAN
    assert facts.coverage is Coverage.COMPLETE
    assert findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 50_000,
        "-" * 50_000 + "1",
        "1" + "+1" * 20_000,
        "(" * 5_000,
        "[" * 120 + "]" * 120,
        "x = " + "lambda: " * 2_000 + "1",
        "\n".join(" " * i + "if x:" for i in range(90)) + "\n" + " " * 90 + "pass",
        "if x:\n    pass\n" + "elif x:\n    pass\n" * 2_000,
        "def f():\n    f()\nf()\n" * 200,
        "f = lambda g: g(g)\nf(f)",
        "x = 'a' * 10**9\nexec(x * 10**9)",
        "x = (2**31) ** (2**31)",
        "x = [i for i in range(10**9)]",
        "exec('exec(\"exec(\\'1\\')\")' * 3)",
        "x = [[i for i in range(2000)] for j in range(2000)]",
        "a = 'a' * 60000\n" + "\n".join(f"x{n} = a + a + a + a" for n in range(2000)),
        "x = " + "f(" * 80 + ")" * 80,
    ],
    ids=range(17),
)
def test_source_that_attacks_the_reader_only_costs_a_moment(text):
    facts, _, word = seen("x.py", text.encode())
    assert word is not Word.MALICIOUS
    assert facts.coverage in {Coverage.COMPLETE, Coverage.PARTIAL}


def test_work_is_bounded_when_functions_call_each_other():
    body = "\n".join(f"def f{n}(x):\n    f{n + 1}('ab'); f{n + 1}('cd'); f{n + 1}('ef')" for n in range(60))
    assert seen("x.py", f"{body}\ndef f60(x):\n    pass\nf0('x')\n".encode())[2] is not Word.MALICIOUS


def test_a_large_source_is_judged_by_its_words():
    text = f"x = 1\n{'# filler' * 150_000}\nimport base64\nexec(base64.b64decode('aWQ='))\n"
    facts, findings, word = seen("x.py", text.encode())
    assert facts.coverage is Coverage.PARTIAL
    assert "WGH-PY002" in {f.rule for f in findings}
    assert word is Word.MALICIOUS


def test_what_does_not_parse_hides_nothing():
    text = f"print 'python 2'\n{hostile.ATTACKS['exec-base64'][0]}\n"
    assert "WGH-PY002" in {f.rule for f in seen("x.py", text.encode())[1]}


def test_addresses_are_listed():
    facts, _, _ = seen("x.py", b"U = 'https://example.invalid/a'\nV = 'https://example.invalid/a'\n")
    assert [e.target for e in facts.external] == ["https://example.invalid/a"]


def test_a_name_guard_is_no_import():
    text = b"import os\nif __name__ == '__main__':\n    os.system('id')\n"
    assert seen("x.py", text)[2] is Word.REVIEW


def test_every_truncation_and_flip_is_read():
    data = hostile.SOUND_PYTHON["modeling"].encode()
    for at in range(0, len(data), 41):
        assert seen("x.py", data[:at])[2] is not Word.MALICIOUS
        seen("x.py", data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_bytes_give_facts(data):
    seen("x.py", data)


_PIECES = st.sampled_from(
    [
        "import os",
        "x = 'a' + 'b'",
        "f(x)",
        "def f(y):\n    return g(y)",
        "class A(B):\n    pass",
        "exec(x)",
        "x = [f for f in x]",
        "g = lambda *a, **k: a",
        "f(*x, **y)",
        "x.y.z = f",
        "del x",
        "with f() as (a, b):\n    pass",
        "match x:\n    case [a]:\n        pass",
        "async def h():\n    await x",
        "x[1:2, ...] = 3",
        "global x",
        "x: int = 4",
        "try:\n    f()\nexcept* E as e:\n    g()",
    ]
)


@given(st.lists(_PIECES, max_size=12))
@settings(max_examples=50, deadline=None)
def test_any_statements_are_followed(pieces):
    seen("x.py", "\n".join(pieces).encode())
