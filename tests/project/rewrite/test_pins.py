"""Pins: which calls get which commit, and that a file changes in nothing else."""

import ast
import codecs

import pytest

pytest.importorskip("libcst")

from hypothesis import given, settings, strategies as st

from weigh.core.usage import ModelUse, Pin, Place
from weigh.project.lock import Lock, LockedFile, LockedModel
from weigh.project.rewrite.calls import rewrite
from weigh.project.rewrite.pins import Left, Wanted, Way, plan

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40
LOCK = Lock.of(
    [],
    [
        LockedModel(
            "models.a",
            requested=("hf:org/name@main", "torchhub:owner/repo:main#entry"),
            exact=(f"hf:org/name@main/{COMMIT}", f"torchhub:owner/repo:{COMMIT}#entry"),
            owner=("", ""),
        ),
        LockedModel("models.b", ("hf:org/name@v2",), (f"hf:org/name@v2/{OTHER}",), ("",)),
    ],
)


def call_of(source, *, calls=0):
    """The span of the n-th call, counted from 1, as a discoverer gives it: columns in bytes."""
    node = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)][calls]
    return (node.lineno, node.col_offset + 1, node.end_lineno, node.end_col_offset + 1)


def use_of(source, *, ref="hf:org/name", loader="transformers.from_pretrained", calls=0, **more):
    span = call_of(source, calls=calls)
    return ModelUse(Place("a.py", span[0], span[1]), ref, loader, span=span, **more)


def pinned(source, **more):
    """The source after pinning its call, and what stayed."""
    planned = list(plan([use_of(source, **more)], LOCK))
    wanted = [item for item in planned if isinstance(item, Wanted)]
    assert wanted, planned
    result = rewrite(source.encode(), wanted)
    return result.data.decode(), [why for _, why in result.left]


R = f'revision="{COMMIT}"'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('f("org/name")', f'f("org/name", {R})'),
        ('f("org/name",)', f'f("org/name", {R},)'),
        ("f('org/name', x = 1)", f"f('org/name', x = 1, revision='{COMMIT}')"),
        ('f(\n    "org/name"\n)', f'f(\n    "org/name",\n    {R}\n)'),
        ('f(\n    "org/name",\n)', f'f(\n    "org/name",\n    {R},\n)'),
        ('f(\n    "org/name",  # ours\n)', f'f(\n    "org/name",  # ours\n    {R},\n)'),
        ('f(\n    "org/name"  # ours\n)', f'f(\n    "org/name",  # ours\n    {R}\n)'),
        ('f(\n\t"org/name",\n\tx=1,\n)', f'f(\n\t"org/name",\n\tx=1,\n\t{R},\n)'),
        ('f("org/name",\n  x=1)', f'f("org/name",\n  x=1,\n  {R})'),
        ('f("org/name", x=1  # why\n  )', f'f("org/name", x=1,  # why\n    {R}\n  )'),
        ('f("org/name", revision="main")', f'f("org/name", {R})'),
        ("f('org/name', revision=None)", f"f('org/name', revision='{COMMIT}')"),
        ('f(x=g("é"), m="org/name")', f'f(x=g("é"), m="org/name", {R})'),
        ('y = "é"; f("org/name")', f'y = "é"; f("org/name", {R})'),
        ('f("name")', f'f("name", {R})'),
    ],
)
def test_a_revision_is_added_in_the_style_of_the_call(before, after):
    assert pinned(before) == (after, [])


def test_a_tag_that_was_locked_is_replaced_by_its_commit():
    source = 'f("org/name", revision="v2", a=1)'
    after, _ = pinned(source, ref="hf:org/name@v2", pin=Pin.TAG, revision="v2")
    assert after == f'f("org/name", revision="{OTHER}", a=1)'


@pytest.mark.parametrize("quote", ['"', "'", '"""'])
def test_a_torch_hub_name_carries_its_commit(quote):
    source = f"torch.hub.load({quote}owner/repo{quote}, 'entry')"
    after, _ = pinned(source, ref="torchhub:owner/repo#entry", loader="torch.hub.load")
    assert after == f"torch.hub.load({quote}owner/repo:{COMMIT}{quote}, 'entry')"


def test_a_branch_of_torch_hub_is_replaced():
    source = "torch.hub.load('owner/repo:main', 'entry', source='github')"
    after, _ = pinned(source, ref="torchhub:owner/repo:main#entry", loader="torch.hub.load", pin=Pin.BRANCH)
    assert after == f"torch.hub.load('owner/repo:{COMMIT}', 'entry', source='github')"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('f("org/name", **more)', "may hold a revision"),
        ('f("org/name", revision=REVISION)', "not written at the call"),
        ('f("org/name", revision="a" "b")', "not written at the call"),
    ],
)
def test_a_call_that_may_have_a_revision_stays(source, why):
    after, left = pinned(source)
    assert after == source
    assert why in left[0]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"pin": Pin.EXACT}, "pinned already"),
        ({"pin": Pin.UNKNOWN}, "could not be read"),
        ({"how": ("constant",)}, "not written at the call"),
        ({"how": ("dict", "literal"), "alternatives": 3}, "not written at the call"),
        ({"ref": "hf:org/other"}, "not in models.lock"),
        ({"ref": "hf:org/name@v3"}, "at main only"),
        ({"ref": "https://host/a.pt"}, "no revision that a call could name"),
        ({"loader": "model2vec.from_pretrained"}, "not every version"),
    ],
)
def test_a_call_that_cannot_be_pinned_says_why(more, why):
    planned = list(plan([use_of('f("org/name")', **more)], LOCK))
    assert isinstance(planned[0], Left)
    assert why in planned[0].why


def test_two_models_at_one_call_stay():
    source = 'f("org/name", "org/more")'
    planned = list(plan([use_of(source), use_of(source, ref="hf:org/more")], LOCK))
    assert [item.why for item in planned] == ["the call may use several models"] * 2


def test_a_lock_of_version_1_names_the_commit_too():
    lock = Lock.of([LockedFile("models.a", "c.json", f"hf:org/name/{COMMIT}#c.json", 1, "0" * 64)])
    planned = list(plan([use_of('f("org/name")')], lock))
    assert isinstance(planned[0], Wanted)
    assert planned[0].value == COMMIT


def wanted_in(source, calls=0):
    return Wanted(use_of(source, calls=calls), Way.KEYWORD, "org/name", COMMIT)


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + 'x = "é"\r\nf("org/name")\r\n'.encode(),
        '# coding: latin-1\nx = "é"\nf("org/name")\n'.encode("latin-1"),
        b'f("org/name")',
        b'\n\n  # first\nf("org/name")\n\n\n',
        b'if x:\n\tf("org/name")  \n\r\nelse:\n  pass\n',
    ],
)
def test_encoding_mark_and_line_ends_stay(data):
    source = ast.parse(data)
    node = next(n for n in ast.walk(source) if isinstance(n, ast.Call))
    span = (node.lineno, node.col_offset + 1, node.end_lineno, node.end_col_offset + 1)
    use = ModelUse(Place("a.py", span[0]), "hf:org/name", "transformers.from_pretrained", span=span)
    result = rewrite(data, [Wanted(use, Way.KEYWORD, "org/name", COMMIT)])
    assert result.data == data.replace(b'"org/name"', b'"org/name", ' + R.encode())


def test_a_file_that_would_lose_a_byte_is_left():
    data = b'\x0cf("org/name")\n'
    result = rewrite(data, [wanted_in(data.decode())])
    assert (result.data, result.left[0][1]) == (data, "the file cannot be written back without a loss")


def test_a_file_that_does_not_parse_is_left_and_named():
    result = rewrite(b"def f(:\n", [wanted_in('f("org/name")')])
    assert result.data == b"def f(:\n"
    assert "syntax error in line 1" in result.left[0][1]


def test_a_call_that_moved_is_noticed():
    result = rewrite(b'\nf("org/name")\n', [wanted_in('f("org/name")')])
    assert result.moved
    assert result.data == b'\nf("org/name")\n'


def test_another_name_at_the_place_is_noticed():
    assert rewrite(b'f("org/nome")\n', [wanted_in('f("org/name")')]).moved


_space = st.sampled_from(["", " ", "  # note\n    ", "\n", "\n        "])
_extra = st.sampled_from(["", "a=1", "*rest", "k='v', b=g(1, 2)", "lambda x: x", "[y for y in z]"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_space, _extra, _space, st.booleans()), min_size=1, max_size=3), st.booleans())
def test_the_tree_differs_in_the_revision_only(parts, windows):
    """Any layout of a call: the tree with the revision taken out is the one before."""
    lines = []
    for before, extra, after, comma in parts:
        inner = (
            f'{before}"org/name"' + (f",{after}{extra}" if extra else "") + (f"{before}," if comma else "")
        )
        lines.append(f"x = f({inner}{after})")
    source = "\n".join(lines)
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    source = source.replace("\n", "\r\n") if windows else source
    uses = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "f":
            span = (node.lineno, node.col_offset + 1, node.end_lineno, node.end_col_offset + 1)
            uses.append(
                ModelUse(Place("a.py", *span[:2]), "hf:org/name", "transformers.from_pretrained", span=span)
            )
    result = rewrite(source.encode(), [Wanted(u, Way.KEYWORD, "org/name", COMMIT) for u in uses])
    assert not result.moved
    again = ast.parse(result.data)
    found = 0
    for node in ast.walk(again):
        if isinstance(node, ast.Call):
            found += sum(k.arg == "revision" for k in node.keywords)
            node.keywords = [k for k in node.keywords if k.arg != "revision"]
    assert ast.dump(again) == ast.dump(tree)
    assert found == len(result.done) == len(uses) - len(result.left)
    assert result.data.count(b"# note") == source.count("# note")
    assert (b"\r\n" in result.data) == ("\r\n" in source)
