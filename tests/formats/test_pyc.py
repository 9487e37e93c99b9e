import hostile_python as hostile
import pytest
from hypothesis import given, settings, strategies as st
from python_reading import seen

from weigh.core.facts import Coverage
from weigh.core.gate import Word

CASES = [n for n in hostile.CASES if n.startswith("pyc-")]
SOUND = [n for n in hostile.SOUND if n.endswith(".pyc")]


@pytest.mark.parametrize("name", CASES)
def test_every_planted_file_gives_its_rule(name):
    data, rule = hostile.CASES[name]
    _, findings, word = seen(hostile.NAMES[name], data)
    assert rule in {f.rule for f in findings}
    assert (word is Word.MALICIOUS) == (name in hostile.ATTACK_NAMES)


@pytest.mark.parametrize("name", SOUND)
def test_an_honest_file_is_clean_and_read_whole(name):
    facts, _, word = seen(name, hostile.SOUND[name])
    assert word is Word.CLEAN
    assert facts.coverage is Coverage.COMPLETE


@pytest.mark.parametrize("name", SOUND)
def test_every_truncation_and_flip_is_read(name):
    data = hostile.SOUND[name]
    for at in range(0, len(data), max(1, len(data) // 60)):
        seen("__pycache__/x.cpython-311.pyc", data[:at])
        for mask in (0x01, 0x80, 0xFF):
            seen("__pycache__/x.cpython-311.pyc", data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_bytes_give_facts(data):
    seen("__pycache__/x.cpython-311.pyc", data)


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_marshalled_bytes_give_facts(data):
    seen("__pycache__/x.pyc", hostile.SOUND_COMPILED["plain"][:16] + b"c" + data)


def test_the_names_of_nested_code_are_found():
    data = hostile.compiled(
        "def f():\n    def g():\n        import os\n        return os.system('true | base64 -d | sh')\n"
    )
    facts, findings, _ = seen("__pycache__/x.pyc", data)
    assert facts.fact("pyc.code_objects").value == 3
    assert "WGH-PY003" in {f.rule for f in findings} or "WGH-PY020" in {f.rule for f in findings}


# The module `import os\nos.system('id')` as CPython 2.7, 3.6, 3.8 and 3.14 lay out a code object, put
# together by
# hand from their `w_object`; the byte code itself is left empty.
def _layout(magic, header, numbers, parts):
    def text(value):
        return b"s" + len(value).to_bytes(4, "little") + value

    def names(*values):
        return (
            b"("
            + len(values).to_bytes(4, "little")
            + b"".join(b"t" + len(v).to_bytes(4, "little") + v for v in values)
        )

    made = {
        "empty": text(b""),
        "names": names(b"os", b"system"),
        "consts": names(b"id", b""),
        "none": names(),
        "line": bytes(4),
    }
    return (
        magic.to_bytes(2, "little")
        + b"\r\n"
        + bytes(header)
        + b"c"
        + bytes(4 * numbers)
        + b"".join(made[p] for p in parts)
    )


OLD = ("empty", "consts", "names", "none", "none", "none", "empty", "empty", "line", "empty")
NEW = ("empty", "consts", "names", "none", "empty", "empty", "empty", "empty", "line", "empty", "empty")


@pytest.mark.parametrize(
    ("magic", "header", "numbers", "parts"),
    [
        (62211, 4, 4, OLD),
        (3379, 8, 5, OLD),
        (3413, 12, 6, OLD),
        (3439, 12, 6, OLD),
        (3495, 12, 5, NEW),
        (3627, 12, 5, NEW),
    ],
)
def test_code_of_every_version_is_walked(magic, header, numbers, parts):
    facts, findings, word = seen("__pycache__/x.pyc", _layout(magic, header, numbers, parts))
    assert facts.coverage is Coverage.COMPLETE
    assert word is Word.MALICIOUS
    assert "WGH-PY003" in {f.rule for f in findings}
