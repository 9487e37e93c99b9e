# ruff: noqa: E501, ISC004 - a table of sources, a line each
"""What a program's expressions may be, found without running it: each way a value can take to a call."""

import json

import pytest

from weigh.code.notebook_cells import notebook_cells
from weigh.code.program import Program, SourceText

HEAD = "import os\nfrom lib import load\n"


def read(*sources: tuple[str, str]) -> Program:
    return Program([SourceText(path, text.encode()) for path, text in sources])


def asked(program: Program, path: str = "a.py"):
    """What the first arguments of the calls of `load` may be, together."""
    return [call.values(call.argument(0, "name")) for call in program.calls(path) if call.tail == "load"]


def texts(*sources: tuple[str, str]) -> set[object]:
    found = asked(read(*sources))
    return {item.value for each in found for item in each.items}


CASES = {
    "literal": ('load("m")', "m"),
    "constant": ('X = "m"\nload(X)', "m"),
    "reassigned": ('X = "n"\nX = "m"\nload(X)', "m"),
    "used in between": ('X = "m"\nload(X)\nX = "n"', "m"),
    "branches": ('if a: X = "m"\nelse: X = "n"\nload(X)', "m n"),
    "branch over a default": ('X = "m"\nif a: X = "n"\nload(X)', "m n"),
    "chain of branches": ('if a: X="m"\nelif b: X="n"\nelse: raise ValueError\nload(X)', "m n"),
    "in one branch": ('if a:\n  X="m"\n  load(X)\nelse:\n  X="n"', "m"),
    "ternary": ('load("m" if a else "n")', "m n"),
    "or": ('load(os.environ.get("Q") or "m")', "m"),
    "missing": ('def f(x=None):\n  if x is None:\n    x = "m"\n  load(x)', "m"),
    "not": ('def f(x=None):\n  if not x: x = "m"\n  load(x)', "m"),
    "or parameter": ('def f(x=None):\n  x = x or "m"\n  load(x)', "m"),
    "match": ('match a:\n  case 1: X="m"\n  case _: X="n"\nload(X)', "m n"),
    "dict, known key": ('D={"a":"m","b":"n"}\nload(D["a"])', "m"),
    "dict, unknown key": ('D={"a":"m","b":"n"}\nload(D[q])', "m n"),
    "nested dict": ('D={"a":{"id":"m"},"b":{"id":"n"}}\nload(D[q]["id"])', "m n"),
    "dict get": ('D={"a":"m"}\nload(D.get(q, "n"))', "m n"),
    "dict get, known": ('D={"a":"m"}\nload(D.get("a", "n"))', "m"),
    "list item": ('L=["m","n"]\nload(L[1])', "n"),
    "loop": ('for x in ["m","n"]: load(x)', "m n"),
    "loop over items": ('D={"a":"m","b":"n"}\nfor k, v in D.items(): load(v)', "m n"),
    "loop over keys": ('D={"m":1,"n":2}\nfor k in D: load(k)', "m n"),
    "loop over values": ('D={"a":"m"}\nfor k in D.values(): load(k)', "m"),
    "enumerate": ('for i, x in enumerate(("m","n")): load(x)', "m n"),
    "zip": ('for x, y in zip(["m","n"], q): load(x)', "m n"),
    "comprehension": ('[load(x) for x in ("m","n")]', "m n"),
    "dict comprehension": ('{k: load(v) for k, v in {"a":"m"}.items()}', "m"),
    "list of dicts": ('for d in [{"id":"m"},{"id":"n"}]: load(d["id"])', "m n"),
    "enum": ('from enum import Enum\nclass E(Enum):\n  A="m"\n  B="n"\nload(E.A.value)', "m"),
    "enum loop": ('from enum import Enum\nclass E(str, Enum):\n  A="m"\n  B="n"\nfor e in E: load(e)', "m n"),
    "enum item": ('from enum import Enum\nclass E(Enum):\n  A="m"\n  B="n"\nload(E[q].value)', "m n"),
    "class attribute": ('class C:\n  n="m"\n  def f(self): load(self.n)', "m"),
    "class attribute by name": ('class C: n="m"\nload(C.n)', "m"),
    "set in init": ('class C:\n  def __init__(self): self.n="m"\n  def f(self): load(self.n)', "m"),
    "init parameter": (
        'class C:\n  def __init__(self, n): self.n=n\n  def f(self): load(self.n)\nC("m").f()',
        "m",
    ),
    "init default": ('class C:\n  def __init__(self, n="m"): self.n=n\n  def f(self): load(self.n)', "m"),
    "instance": ('class C:\n  def __init__(self, n): self.n=n\nc=C("m")\nC("n")\nload(c.n)', "m"),
    "super init": (
        "class B:\n  def __init__(self, n): self.n=n\n"
        'class C(B):\n  def __init__(self): super().__init__("m")\nload(C().n)',
        "m",
    ),
    "subclass attribute": ('class B:\n  def f(self): load(self.n)\nclass C(B): n="m"', "m"),
    "dataclass": (
        'from dataclasses import dataclass\n@dataclass\nclass C:\n  n: str = "m"\nload(C().n)',
        "m",
    ),
    "dataclass given": (
        'from dataclasses import dataclass\n@dataclass\nclass C:\n  n: str = "m"\nload(C(n="x").n)',
        "x",
    ),
    "dataclass field": (
        'from dataclasses import dataclass, field\n@dataclass\nclass C:\n  n: str = field(default="m")\n'
        "def f(c: C): load(c.n)",
        "m",
    ),
    "pydantic": (
        'from pydantic import BaseModel, Field\nclass C(BaseModel):\n  n: str = Field("m")\nload(C().n)',
        "m",
    ),
    "settings": (
        'from pydantic_settings import BaseSettings\nclass C(BaseSettings):\n  n: str = "m"\ns=C()\nload(s.n)',
        "m",
    ),
    "named tuple": (
        'from typing import NamedTuple\nclass C(NamedTuple):\n  n: str\nfor c in [C("m"), C("n")]: load(c.n)',
        "m n",
    ),
    "property": ('class C:\n  @property\n  def n(self): return "m"\n  def f(self): load(self.n)', "m"),
    "function": ('def f(): return "m"\nload(f())', "m"),
    "function branches": ('def f(x):\n  if x == 1: return "m"\n  return "n"\nload(f(q))', "m n"),
    "function for this call": ('def f(x):\n  if x == 1: return "m"\n  else: return "n"\nload(f(1))', "m"),
    "function of an argument": ('def f(x): return "org/" + x\nf("n")\nload(f("m"))', "org/m"),
    "default argument": ('def f(x="m"): load(x)', "m"),
    "keyword-only default": ('def f(*, x="m"): load(x)', "m"),
    "lambda": ('f = lambda x="m": load(x)', "m"),
    "wrapper": ('def f(x): load(x)\nf("m")\nf(x="n")', "m n"),
    "wrapper twice": ('def g(y): f(y)\ndef f(x): load(x)\ng("m")', "m"),
    "method wrapper": ('class C:\n  def f(self, x): load(x)\nC().f("m")', "m"),
    "method of something unknown": (
        'class C:\n  def fetch_it(self, x): load(x)\ndef g(c): c.fetch_it("m")',
        "m",
    ),
    "recursion": ('def f(x): f(x)\n  \ndef g(x):\n  g(x)\n  load(x)\ng("m")', "m"),
    "partial": ('from functools import partial\np = partial(load, "m")\np()', None),
    "kwargs get": ('def f(**kwargs): load(kwargs.get("x", "m"))', "m"),
    "kwargs pop": ('def f(**kwargs): load(kwargs.pop("x", "n"))\nf(x="m")', "m"),
    "spread dict": ('K={"name":"m"}\nload(**K)', "m"),
    "spread list": ('A=["m"]\nload(*A)', "m"),
    "argparse": (
        'import argparse\np=argparse.ArgumentParser()\np.add_argument("--the-name", default="m")\n'
        "args=p.parse_args()\nload(args.the_name)",
        "m",
    ),
    "argparse choices": (
        'import argparse\np=argparse.ArgumentParser()\np.add_argument("-n", "--name", choices=["m","n"])\n'
        "a=p.parse_args()\nload(a.name)",
        "m n",
    ),
    "argparse vars": (
        'import argparse\np=argparse.ArgumentParser()\np.add_argument("--n", default="m")\nargs=vars(p.parse_args())\nload(args["n"])',
        "m",
    ),
    "argparse handed on": (
        "import argparse\ndef main(args): load(args.n)\np=argparse.ArgumentParser()\n"
        'p.add_argument("--n", default="m")\nmain(p.parse_args())',
        "m",
    ),
    "click": ('import click\n@click.option("--n", default="m")\ndef f(n): load(n)', "m"),
    "typer": ('import typer\ndef f(n: str = typer.Option("m")): load(n)', "m"),
    "absl": (
        'from absl import flags\nFLAGS=flags.FLAGS\nflags.DEFINE_string("n","m","help")\nload(FLAGS.n)',
        "m",
    ),
    "absl value": ('from absl import flags\nN=flags.DEFINE_string("n","m","help")\nload(N.value)', "m"),
    "hf parser": (
        "from dataclasses import dataclass\nfrom transformers import HfArgumentParser\n@dataclass\n"
        'class A:\n  n: str = "m"\np=HfArgumentParser((A,))\n(a,)=p.parse_args_into_dataclasses()\nload(a.n)',
        "m",
    ),
    "getenv": ('load(os.getenv("Q","m"))', "m"),
    "environ get": ('load(os.environ.get("Q","m"))', "m"),
    "environ set": ('os.environ["Q"]="m"\nload(os.environ["Q"])', "m"),
    "f-string": ('O="org"\nload(f"{O}/m")', "org/m"),
    "addition": ('O="org/"\nload(O+"m")', "org/m"),
    "percent": ('load("org/%s" % "m")', "org/m"),
    "percent tuple": ('load("%s/%s" % ("org","m"))', "org/m"),
    "format": ('load("{}/{n}".format("org", n="m"))', "org/m"),
    "join": ('load("/".join(["org","m"]))', "org/m"),
    "os.path.join": ('load(os.path.join("w","m.pt"))', "w/m.pt"),
    "pathlib": ('from pathlib import Path\nload(Path("w") / "m.pt")', "w/m.pt"),
    "file": ('from pathlib import Path\nload(Path(__file__).parent / "m.pt")', "./m.pt"),
    "replace": ('load("org-m".replace("-","/"))', "org/m"),
    "split": ('load("x:m".split(":")[1])', "m"),
    "prefix": ('load("hf:m".removeprefix("hf:").lower())', "m"),
    "augmented": ('X="org"\nX+="/m"\nload(X)', "org/m"),
    "append": ('L=[]\nL.append("m")\nL+=["n"]\nfor x in L: load(x)', "m n"),
    "update": ('D={}\nD["a"]="m"\nD.update(b="n")\nload(D[q])', "m n"),
    "union of dicts": ('D=dict(a="m") | {"b":"n"}\nload(D[q])', "m n"),
    "walrus": ('if (x := "m"): load(x)', "m"),
    "try": ('try: X="m"\nexcept Exception: X="n"\nload(X)', "m n"),
    "global": ('X="n"\ndef f():\n  global X\n  X="m"\ndef g(): load(X)', "m n"),
    "star unpack": ('a, *b = ["x","m","n"]\nload(b[0])', "m"),
    "unpack": ('a, b = "x", "m"\nload(b)', "m"),
    "namespace": ('from types import SimpleNamespace\nc=SimpleNamespace(n="m")\nload(c.n)', "m"),
    "easydict": ('from easydict import EasyDict\nc=EasyDict()\nc.n="m"\nload(c.n)', "m"),
    "narrowed": ('def f(x):\n  if x == "m": load(x)\nf("m")\nf("n")', "m"),
    "parametrize": (
        'import pytest\n@pytest.mark.parametrize("x,y",[("m",1),("n",2)])\ndef test_a(x,y): load(x)',
        "m n",
    ),
    "fixture": ('import pytest\n@pytest.fixture\ndef it(): return "m"\ndef test_a(it): load(it)', "m"),
    "fixture parameters": (
        'import pytest\n@pytest.fixture(params=["m","n"])\ndef it(request): return request.param\ndef test_a(it): load(it)',
        "m n",
    ),
    "mapped": ('list(map(load, ["m"]))\ndef f(x): load(x)\nmap(f, ["m","n"])', "m n"),
    "thread": ('import threading\ndef f(x): load(x)\nthreading.Thread(target=f, args=("m",))', "m"),
    "getattr": ('class C: n="m"\nload(getattr(C, "n"))', "m"),
    "nested function": ('def f(x):\n  def g(): load(x)\n  g()\nf("m")', "m"),
    "sorted set": ('for x in sorted({"m","n"}): load(x)', "m n"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_value_is_followed(case):
    source, expected = CASES[case]
    if expected is not None:
        found = texts(("a.py", HEAD + "\n" + source))
        assert found == set(expected.split()), asked(read(("a.py", HEAD + "\n" + source)))


IMPORTS = {
    "from module": [("b.py", 'X="m"'), ("a.py", "from b import X\nload(X)")],
    "renamed": [("b.py", 'X="m"'), ("a.py", "from b import X as Y\nload(Y)")],
    "attribute": [("p/__init__.py", ""), ("p/b.py", 'X="m"'), ("a.py", "import p.b as c\nload(c.X)")],
    "dotted": [("p/__init__.py", ""), ("p/b.py", 'X="m"'), ("a.py", "import p.b\nload(p.b.X)")],
    "star": [("b.py", 'X="m"'), ("a.py", "from b import *\nload(X)")],
    "again exported": [
        ("p/__init__.py", "from .b import X"),
        ("p/b.py", 'X="m"'),
        ("a.py", "from p import X\nload(X)"),
    ],
    "src layout": [
        ("src/p/__init__.py", ""),
        ("src/p/b.py", 'X="m"'),
        ("a.py", "from p.b import X\nload(X)"),
    ],
    "in a circle": [("b.py", 'from a import Y\nX="m"'), ("a.py", "from b import X\nY=X\nload(Y)")],
}


@pytest.mark.parametrize("case", IMPORTS)
def test_a_value_is_followed_through_imports(case):
    assert texts(*IMPORTS[case]) == {"m"}


def test_relative_imports_are_followed():
    files = [
        ("p/__init__.py", ""),
        ("p/c.py", 'X="m"'),
        ("p/q/__init__.py", ""),
        ("p/q/a.py", "from ..c import X\nload(X)"),
    ]
    assert [i.value for i in asked(read(*files), "p/q/a.py")[0].items] == ["m"]


def test_a_wrapper_in_another_file_gets_its_values_from_all_calls():
    files = [("b.py", "def f(x, y='d'):\n  load(x)\n"), ("a.py", "from b import f as g\ng('m')\ng('n')")]
    found = asked(read(*files), "b.py")[0]
    assert sorted(i.value for i in found.items) == ["m", "n"]
    assert all(i.how[0] == "wrapper" and i.spot.path == "a.py" for i in found.items)
    assert found.complete


UNKNOWN = {
    "input": ("load(input())", "result of input()"),
    "environment": ('load(os.environ["Q"])', "environment variable Q"),
    "command line": ("import sys\nload(sys.argv[1])", "sys.argv[1]"),
    "parameter": ("def f(x): load(x)", "parameter x of f()"),
    "file": ('import yaml\nc=yaml.safe_load(open("c.yaml"))\nload(c["a"]["b"])', "read from c.yaml: a.b"),
    "json file": (
        'import json\nwith open("c.json") as h:\n  c=json.load(h)\nload(c["a"])',
        "read from c.json: a",
    ),
    "hydra": ("def f(cfg): load(cfg.model.name)", "a configuration gives cfg.model.name"),
    "required option": (
        'import argparse\np=argparse.ArgumentParser()\np.add_argument("--n", required=True)\na=p.parse_args()\nload(a.n)',
        "option n of the command line has no default",
    ),
    "unbound": ("load(nowhere)", "nowhere is not bound"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_is_not_known_says_why(case):
    source, why = UNKNOWN[case]
    found = asked(read(("a.py", HEAD + source)))[-1]
    assert not found.complete
    assert why in found.why
    assert not [i for i in found.items if i.value is not None]


def test_known_parts_of_a_text_are_kept():
    found = asked(read(("a.py", HEAD + 'load(f"org/{input()}-base")')))[0]
    assert (found.partial, found.items, found.complete) == ("org/{}-base", (), False)


def test_no_more_than_a_bounded_number_of_values():
    source = "D={" + ",".join(f'"{n}":"m{n}"' for n in range(300)) + "}\nload(D[q])"
    found = asked(read(("a.py", source)))[0]
    assert len(found.items) == 64
    assert not found.complete


NAMES = {
    "import transformers as t\nt.AutoModel.from_pretrained('x')": "transformers.AutoModel.from_pretrained",
    "from transformers import AutoModel as A\nA.from_pretrained('x')": "transformers.AutoModel.from_pretrained",
    "from transformers import AutoModel as A\nB = A\nB.from_pretrained('x')": "transformers.AutoModel.from_pretrained",
    "from transformers import AutoModel\nf = AutoModel.from_pretrained\nf('x')": "transformers.AutoModel.from_pretrained",
    "from k import Hub\nHub().fetch('x')": "k.Hub.fetch",
    "from k import Hub\nclass C:\n  def __init__(self): self.h = Hub()\n  def f(self): self.h.fetch('x')": "k.Hub.fetch",
    "from k import Hub\ndef f(h: Hub): h.fetch('x')": "k.Hub.fetch",
    "from k import Base\nclass C(Base):\n  def f(self): self.fetch('x')": "k.Base.fetch",
    "from k import Base\nclass C(Base):\n  @classmethod\n  def f(cls): cls.fetch('x')": "k.Base.fetch",
    "from k import Base\nclass C(Base):\n  def f(self): super().fetch('x')": "k.Base.fetch",
    "from k import Base\nclass C(Base): pass\nC.fetch('x')": "k.Base.fetch",
    "def f(h): h.fetch('x')": "?.fetch",
    "from k import A, B\nM = {'a': A, 'b': B}\nM[q].fetch('x')": "k.A.fetch k.B.fetch",
    "import k\nk.load('x')('y')": "k.load()",
}


@pytest.mark.parametrize("source", NAMES)
def test_a_callee_has_its_full_name(source):
    last = list(read(("a.py", source)).calls("a.py"))[-1]
    assert set(last.names) == set(NAMES[source].split())


def test_partial_gives_its_first_arguments():
    program = read(
        (
            "a.py",
            "from functools import partial\nfrom k import load\np = partial(load, 'm', revision='r')\np(x=1)",
        )
    )
    last = list(program.calls("a.py"))[-1]
    assert [i.value for i in program.values(last.argument(0)).items] == ["m"]
    assert [i.value for i in program.values(last.argument(None, "revision")).items] == ["r"]
    assert last.argument(None, "nothing") is None


def test_names_of_library_objects_are_given():
    program = read(("a.py", "from torchvision.models import W\nload(W.DEFAULT)"))
    assert asked(program)[0].names == ("torchvision.models.W.DEFAULT",)


def test_every_call_is_seen_where_it_is_written():
    source = "@deco(1)\nclass C(base(2)):\n  x = [f(3) for _ in g(4)]\n  def m(self, a=h(5)): return (lambda: k(6))\n"
    calls = list(read(("a.py", source)).calls("a.py"))
    assert sorted(call.tail for call in calls) == ["base", "deco", "f", "g", "h", "k"]
    assert [(c.spot.line, c.spot.column) for c in calls if c.tail == "g"] == [(3, 22)]


def test_what_is_no_python_is_told():
    program = Program([SourceText("a.py", b"print 'x'\n"), SourceText("b.py", b"x = 1\0")])
    assert [path for path, _ in program.unread] == ["a.py", "b.py"]


def _notebook(*cells: tuple[str, object]) -> bytes:
    return json.dumps(
        {"cells": [{"cell_type": kind, "source": source, "outputs": []} for kind, source in cells]}
    ).encode()


def test_a_notebook_is_one_module():
    data = _notebook(
        ("markdown", "load('never')"),
        ("code", ["%matplotlib inline\n", "!pip install x\n", "X = 'm'"]),
        ("code", "%%bash\nload('never')"),
        ("code", "out = !ls\nfor a in b:\n    !ls\nload(X)"),
        ("code", "def broken(:"),
    )
    program = Program([SourceText("n.ipynb", data, "notebook")])
    call = next(c for c in program.calls("n.ipynb") if c.tail == "load")
    assert (call.spot.cell, call.spot.line) == (4, 4)
    item = call.values(call.argument(0)).items[0]
    assert (item.value, item.spot.cell, item.spot.line) == ("m", 2, 3)
    assert [why.split(":")[0] for _, why in program.unread] == ["cell 5"]


def test_cells_of_a_notebook_have_their_kinds_and_commands():
    read_back = notebook_cells(
        _notebook(("markdown", "a"), ("code", "%%bash\nls"), ("code", "!pip install x\ny = 1"))
    )
    assert [cell.kind for cell in read_back.cells] == ["markdown", "bash", "python"]
    assert read_back.cells[2].commands == ((1, "pip install x"),)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"{", b"\xff\xfe", b'{"cells": 3}', b"[" * 100000])
def test_a_file_that_is_no_notebook_is_told(data):
    assert notebook_cells(data).why
    assert Program([SourceText("n.ipynb", data, "notebook")]).unread


@pytest.mark.parametrize(
    "source",
    [
        "x = x\nload(x)",
        "def f(): return f()\nload(f())",
        "def f(a): return g(a)\ndef g(a): return f(a)\nload(f('x'))",
        "class A(A): pass\nload(A().x)",
        "class A(B): pass\nclass B(A): pass\nload(A.x)",
        "from a import x\nload(x)",
        "d = {}\nd['a'] = d\nload(d['a']['a'])",
        "l = []\nl.append(l)\nload(l)",
        "x = 'a'\n" + "x = x + x\n" * 60 + "load(x)",
        "load(" + "+".join(["'a'"] * 3000) + ")",
        "x = 'a'\n" + "".join(f"if a == {n}: x = '{n}'\n" for n in range(500)) + "load(x)",
        "if a:\n  x = 1\n" + "".join(f"elif a == {n}: x = '{n}'\n" for n in range(1500)) + "load(x)",
        "load(" + "f(" * 85 + "1" + ")" * 85 + ")",
        "load(a" + ".b" * 2000 + ")",
        "load('%9999999999d' % 3, '{:9999999999}'.format(3))",
        "load(*load, **load)",
    ],
)
def test_hostile_sources_are_bounded(source):
    program = read(("a.py", source))
    for call in program.calls("a.py"):
        assert isinstance(call.names, tuple)
        argument = call.argument(0, "x")
        if argument is not None:
            assert len(call.source(argument)) <= 200
            assert len(program.values(argument).items) <= 64
