import pytest

from weigh.core.errors import MalformedError, NotFoundError, UsageError
from weigh.sources.hubconf import read_hubconf

A = "https://download.example.org/models/resnet18-f37072fd.pth"
B = "https://download.example.org/models/resnet50-0676ba61.pth"


def read(entry="", **files):
    named = {k.replace("__", "/") + ".py": v.encode() for k, v in files.items()}
    return read_hubconf({path: (lambda data=data: data) for path, data in named.items()}, entry)


def urls(found):
    return [c.url for c in found.checkpoints]


def test_the_way_most_repositories_write_it():
    found = read(
        hubconf="dependencies = ['torch', 'timm']\nfrom models.net import resnet18, resnet50\n_x = 1\n",
        models____init__="",
        models__net=f"""
import torch
try:
    from torch.hub import load_state_dict_from_url
except ImportError:
    from torch.utils.model_zoo import load_url as load_state_dict_from_url
model_urls = {{'resnet18': '{A}', 'resnet50': '{B}'}}
def _resnet(arch, layers, pretrained, progress, **kwargs):
    model = ResNet(layers, **kwargs)
    if pretrained:
        state = load_state_dict_from_url(model_urls[arch], progress=progress)
        model.load_state_dict(state)
    return model
def resnet18(pretrained=False, progress=True, **kwargs):
    return _resnet('resnet18', [2, 2], pretrained, progress, **kwargs)
def resnet50(pretrained=False, progress=True, **kwargs):
    return _resnet('resnet50', [3, 4], pretrained, progress, **kwargs)
class ResNet:
    def __init__(self, layers):
        self.layers = [make(n) for n in layers]
""",
    )
    assert found.entries == ("resnet18", "resnet50")
    assert found.dependencies == ("torch", "timm")
    assert urls(found) == [A, B]
    assert found.unresolved == ()


def test_one_entry_point_gives_its_own_checkpoints_only():
    hubconf = f"""
import torch
URLS = dict(small="{A}", large="{B}")
def small(pretrained=True): return torch.hub.load_state_dict_from_url(URLS["small"], check_hash=True)
def large(pretrained=True): return torch.hub.load_state_dict_from_url(URLS["large"], file_name="l.pt")
"""
    (one,) = read("small", hubconf=hubconf).checkpoints
    assert (one.url, one.prefix, one.name) == (A, "f37072fd", "resnet18-f37072fd.pth")
    assert read("large", hubconf=hubconf).checkpoints[0].name == "l.pt"
    with pytest.raises(NotFoundError, match="no entry point 'huge'") as told:
        read("huge", hubconf=hubconf)
    assert "large, small" in told.value.why


@pytest.mark.parametrize(
    "body",
    [
        "name = 'resnet18'\n    return load(f'{BASE}/{name}-f37072fd.pth')",
        "return load(BASE + '/' + 'resnet18-f37072fd.pth')",
        "return load('%s/%s-f37072fd.pth' % (BASE, 'resnet18'))",
        "return load('{}/resnet18-f37072fd.pth'.format(BASE))",
        "return load('/'.join([BASE, 'resnet18-f37072fd.pth']))",
        "return load(os.path.join(BASE, 'resnet18-f37072fd.pth'))",
        "for url in TABLE.values():\n        load(url)",
        "return load(TABLE.get(kind))",
        "return Net().weights()",
        "if kind == 'a':\n        return load(TABLE['a'])\n    raise ValueError(kind)",
        "return inner(TABLE['a'])",
        "return (lambda u: load(u))(TABLE['a'])",
        "with open('x') as f:\n        return load(TABLE['a'])",
        "return load(Kind.A.value)",
        "return load(choose(True))",
    ],
)
def test_ways_to_put_an_address_together(body):
    base = A.rpartition("/")[0]
    text = f"""
import os
from enum import Enum
from torch.hub import load_state_dict_from_url as load
BASE = "{base}"
TABLE = {{"a": BASE + "/resnet18-f37072fd.pth"}}
class Kind(Enum):
    A = TABLE["a"]
class Net:
    url = TABLE["a"]
    def weights(self):
        return load(self.url)
def _private(): pass
def choose(flag):
    if flag:
        return TABLE["a"]
    return "https://never/x.pt"
def inner(url, more=None):
    return load(url, map_location="cpu")
def model(kind="a", pretrained=True):
    {body}
"""
    found = read("model", hubconf=text)
    assert urls(found) == [A]
    assert found.unresolved == ()


def test_what_cannot_be_known_is_told_and_not_left_out():
    found = read(
        hubconf=f"""
import os
import torch, transformers
from huggingface_hub import hf_hub_download
def a(url=None, pretrained=True): return torch.hub.load_state_dict_from_url(url)
def b(name): return torch.hub.load_state_dict_from_url("https://x.org/" + os.environ["M"] + ".pt")
def c(): return transformers.AutoModel.from_pretrained("org/name")
def d(): return torch.hub.load_state_dict_from_url("http://plain.org/x.pt")
def e(pretrained=True): return torch.hub.load_state_dict_from_url("{A}" if pretrained else choose())
def f(): return hf_hub_download("org/name", filename="w.bin")
"""
    )
    assert urls(found) == [A]
    told = {u.line: u for u in found.unresolved}
    assert set(told) == {5, 6, 7, 8, 9, 10}
    assert "org/name" in told[7].why
    assert "http://plain.org/x.pt" in told[8].why
    assert all(u.expression for u in found.unresolved)


def test_alternatives_are_all_found():
    text = f"""
import torch
def net(pretrained=True, big=False):
    if big:
        url = "{B}"
    else:
        url = "{A}"
    return torch.hub.load_state_dict_from_url(url)
"""
    assert urls(read(hubconf=text)) == [A, B]


def test_enums_of_weights_as_torchvision_has_them():
    found = read(
        hubconf="from lib.net import net18\n",
        lib____init__="",
        lib___api="""
from enum import Enum
from dataclasses import dataclass
from torch.hub import load_state_dict_from_url
@dataclass
class Weights:
    url: str
    meta: dict
class WeightsEnum(Enum):
    @classmethod
    def verify(cls, obj): return cls[obj]
    def get_state_dict(self, *args, **kwargs):
        return load_state_dict_from_url(self.url, *args, **kwargs)
    @property
    def url(self): return self.value.url
""",
        lib__net=f"""
from ._api import Weights, WeightsEnum
class Net18_Weights(WeightsEnum):
    V1 = Weights(url="{A}", meta={{}})
    V2 = Weights(url="{B}", meta={{}})
    DEFAULT = V2
def net18(*, weights=None, progress=True, **kwargs):
    weights = Net18_Weights.verify(weights)
    model = object()
    if weights is not None:
        model.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    return model
""",
    )
    assert urls(found) == [A, B]
    assert [c.prefix for c in found.checkpoints] == ["f37072fd", "0676ba61"]


@pytest.mark.parametrize(
    "text",
    [
        "def a():\n" + "    x = [1] * 10**12\n    y = 'a' * 10**12\n    return '%1000000000d' % 1\n",
        "def a():\n    while True:\n        a()\n",
        "def a(): return b()\ndef b(): return a()\n",
        "def a():\n    return f'{1:>1000000000}' + '{:>1000000000}'.format(2)\n",
        "x = " + "+".join(["'a'"] * 400) + "\ndef a(): pass\n",
        "class A(A): pass\nclass B:\n    def __init__(self): B()\ndef a(): return B()\n",
        "def a():\n    s = 'a'\n    for i in range(9): s += s\n    d = {}\n    d[d] = d\n    return d\n",
        "def a():\n    x = 'a'\n"
        + "".join(f"    if c{i}: x = x + '{i}'\n" for i in range(300))
        + "    return x\n",
        "def a():\n    return ''.__class__.__mro__\n",
        "def a(): return '{0.__class__.__init__.__globals__}'.format(a)\n",
    ],
)
def test_hostile_code_is_bounded_and_never_run(text):
    assert "a" in read(hubconf=text).entries


def test_too_much_to_follow_is_told(monkeypatch):
    from weigh.sources import static_statements

    monkeypatch.setattr(static_statements, "MAX_STEPS", 50)
    text = "def a():\n" + "".join(f"    x{i} = {i} + 1\n" for i in range(100))
    (told,) = read(hubconf=text).unresolved
    assert "more than 50 steps" in told.why


def test_no_hubconf_and_one_that_does_not_parse():
    with pytest.raises(UsageError, match=r"no torch\.hub repository"):
        read(other="x = 1")
    with pytest.raises(MalformedError, match=r"hubconf\.py"):
        read(hubconf="def (")


def test_a_module_that_does_not_parse_is_told():
    found = read(hubconf="from lib import net\ndef a(): return net()\n", lib="print 'x'\n")
    assert any(u.path == "lib.py" for u in found.unresolved)
