import hashlib
import json

import pytest
from tests.sources.file_server import FileServer
from tests.sources.hub_server import HubServer

from weigh.core.errors import IntegrityError, NotFoundError, UnknownAnswerError, UsageError
from weigh.core.ref import parse_ref
from weigh.sources.catalogue import CatalogueSource
from weigh.sources.catalogued import find_package, package_folders
from weigh.sources.hf import HfSource
from weigh.sources.hf_http import HubHttp
from weigh.sources.hf_settings import read_hub_settings
from weigh.sources.inner_ref import inner_path, inner_ref
from weigh.sources.source import Locked
from weigh.system.http import Http

DATA = bytes(range(256)) * 64
SHA = hashlib.sha256(DATA).hexdigest()
MD5 = hashlib.md5(DATA).hexdigest()

TORCHVISION = f"""
from ._api import register_model, Weights, WeightsEnum
class Net18_Weights(WeightsEnum):
    IMAGENET1K_V1 = Weights(
        url="ROOT/net18-{SHA[:8]}.pth", transforms=partial(X, crop_size=224), meta={{**_COMMON}})
    DEFAULT = IMAGENET1K_V1
class Net50_Weights(WeightsEnum):
    IMAGENET1K_V1 = Weights(url="ROOT/net50-{SHA[:8]}.pth", meta={{}})
    IMAGENET1K_V2 = Weights(
        url="ROOT/net50-11111111.pth",
        meta={{}},
    )
    DEFAULT = IMAGENET1K_V2
@register_model()
@handle_legacy_interface(weights=("pretrained", Net18_Weights.IMAGENET1K_V1))
def net18(*, weights: Optional[Net18_Weights] = None, progress: bool = True, **kwargs):
    weights = Net18_Weights.verify(weights)
@register_model()
@handle_legacy_interface(weights=("pretrained", Net50_Weights.IMAGENET1K_V1))
def net50(*, weights: Optional[Net50_Weights] = None, progress: bool = True, **kwargs):
    return None
"""
KERAS = f"""
from keras.src import backend
from keras.src.api_export import keras_export
from keras.src.utils import file_utils
BASE_WEIGHTS_PATH = "ROOT/keras/"
WEIGHTS_HASHES = {{"b0": ("{MD5}", "{MD5[:-1]}0"), "b1": ("{SHA}", "{SHA}")}}
def Net(width, include_top=True, weights="imagenet", name="net", weights_name="b0"):
    if not (weights in {{"imagenet", None}} or file_utils.exists(weights)):
        raise ValueError("no")
    if weights == "imagenet":
        if include_top:
            file_suffix = ".h5"
            file_hash = WEIGHTS_HASHES[weights_name][0]
        else:
            file_suffix = "_notop.h5"
            file_hash = WEIGHTS_HASHES[weights_name][1]
        file_name = name + file_suffix
        path = file_utils.get_file(file_name, BASE_WEIGHTS_PATH + file_name, cache_subdir="models",
                                   file_hash=file_hash)
        model.load_weights(path)
    elif weights is not None:
        model.load_weights(weights)
    return model
@keras_export(["keras.applications.net.NetB0", "keras.applications.NetB0"])
def NetB0(include_top=True, weights="imagenet", name="netb0", **kwargs):
    return Net(1.0, include_top, weights, name=name, weights_name="b0", **kwargs)
@keras_export("keras.applications.NetB1")
def NetB1(include_top=True, weights="imagenet", name="netb1"):
    return Net(1.1, include_top, weights, name=name, weights_name="b1")
"""
TIMM = """
import copy
from ._registry import register_model, generate_default_cfgs, register_model_deprecations
def _cfg(url='', **kwargs):
    return {'url': url, 'num_classes': 1000, 'license': 'apache-2.0', **kwargs}
def _tcfg(url='', **kwargs):
    return _cfg(url=url, **dict({'interpolation': 'bicubic'}, **kwargs))
default_cfgs = {
    'net.a1_in1k': _tcfg(hf_hub_id='timm/', license='mit'),
    'net.b_clip_in1k': _cfg(hf_hub_id='timm/', notes=('natively quickgelu',)),
    'net.url_in1k': _cfg(url='ROOT/t-SHA8.pth'),
    'net.none': _cfg(),
    'other.one': _cfg(hf_hub_id='acme/other', hf_hub_filename='w.bin'),
}
for n in [n for n, c in default_cfgs.items() if c.get('notes', ()) and 'quickgelu' in c['notes'][0]]:
    c = copy.deepcopy(default_cfgs[n])
    if c['hf_hub_id'] == 'timm/':
        c['hf_hub_id'] = 'timm/' + n
    default_cfgs[n.replace('_clip_', '_clip_quickgelu_')] = c
default_cfgs = generate_default_cfgs(default_cfgs)
register_model_deprecations(__name__, {'old_net': 'net.a1_in1k'})
"""
TABLE = """_MODELS = {{
    "ViT-B/32": "ROOT/x/models/{sha}/ViT-B-32.pt",
    "ViT-L/14@336px": "ROOT/x/models/{sha}/L.pt",
}}
"""


@pytest.fixture
def site(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FileServer() as server:
        yield server


@pytest.fixture
def project(tmp_path, site):
    packages = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    files = {
        "torchvision/models/net.py": TORCHVISION,
        "torchvision/models/quantization/__init__.py": "",
        "keras/src/applications/net.py": KERAS,
        "keras/src/__init__.py": "",
        "timm/models/net.py": TIMM.replace("SHA8", SHA[:8]).replace("'ROOT", "'https://example.org"),
        "clip/clip.py": TABLE.format(sha=SHA),
        "whisper/__init__.py": TABLE.format(sha=SHA).replace("ViT-B/32", "base"),
    }
    for name in ("torchvision", "keras", "timm", "clip"):
        files[f"{name}/__init__.py"] = "raise SystemExit('imported')\n"
        files[f"{name}-1.2.dist-info/RECORD"] = f"{name}/__init__.py,,\n"
    for path, text in files.items():
        (packages / path).parent.mkdir(parents=True, exist_ok=True)
        (packages / path).write_text(text.replace("ROOT", site.root))
    return tmp_path


@pytest.fixture
def source(project, site, sink, recorder):
    with HubServer() as hub:
        for name in ("timm/net.a1_in1k", "timm/net.b_clip_in1k", "acme/other"):
            hub.repo(name, {"model.safetensors": DATA, "w.bin": b"w", "config.json": b"{}"})
        http = Http(allowed_private_hosts=frozenset({site.place}), pause=lambda _: None)
        way = HubHttp(read_hub_settings({"HOME": str(project), "HF_ENDPOINT": hub.endpoint}))
        with http, way:
            yield CatalogueSource(
                http=http,
                events=recorder,
                sink=sink,
                folders=package_folders({}, project),
                hub=lambda: HfSource(http=way, events=recorder, sink=sink),
            )


def fetch_all(source, sink, text):
    entries = source.entries(parse_ref(text))
    for entry in entries:
        again = parse_ref(str(entry.ref))
        assert again == entry.ref
        source.fetch(again, sink)
    return entries


def test_torchvision(site, source, sink):
    site.put(f"/net18-{SHA[:8]}.pth", DATA)
    for text in (
        "net18",
        "net18@IMAGENET1K_V1",
        "net18@DEFAULT",
        "net18@pretrained",
        "net18@Net18_Weights.DEFAULT",
    ):
        (entry,) = fetch_all(source, sink, f"catalogue:torchvision/{text}")
        assert entry.path == f"net18-{SHA[:8]}.pth" == inner_path(entry.ref)
        assert inner_ref(entry.ref).name == f"{site.root}/net18-{SHA[:8]}.pth"
    assert sink.has(SHA)
    origin = source.origin(parse_ref("catalogue:torchvision/net50@DEFAULT"))
    assert str(origin.exact) == "catalogue:torchvision/net50@IMAGENET1K_V2"
    assert origin.declared_version == "torchvision 1.2"
    assert source.names("torchvision") == ("net18", "net50")


def test_a_choice_is_left_to_a_person(source):
    with pytest.raises(UsageError, match="several weights") as told:
        source.entries(parse_ref("catalogue:torchvision/net50"))
    assert "@IMAGENET1K_V1, @IMAGENET1K_V2" in told.value.why


def test_a_broken_promise_is_told(site, source, sink):
    site.put("/net50-11111111.pth", DATA)
    (entry,) = source.entries(parse_ref("catalogue:torchvision/net50@IMAGENET1K_V2"))
    with pytest.raises(IntegrityError, match="library's catalogue says 11111111"):
        source.fetch(entry.ref, sink)
    assert sink.blobs() == []


def test_keras_by_md5_and_by_sha256(site, source, sink):
    for name in ("netb0.h5", "netb0_notop.h5", "netb1.h5", "netb1_notop.h5"):
        site.put(f"/keras/{name}", DATA)
    (entry,) = fetch_all(source, sink, "catalogue:keras/NetB0")
    assert entry.path == "netb0.h5"
    (entry,) = fetch_all(source, sink, "catalogue:keras/NetB1@imagenet#notop")
    assert (entry.path, entry.sha256) == ("netb1_notop.h5", SHA)
    (entry,) = source.entries(parse_ref("catalogue:keras/NetB0@imagenet#notop"))
    with pytest.raises(IntegrityError, match="md5"):
        source.fetch(entry.ref, sink)


def test_timm_leads_to_the_hub(source, sink):
    entries = fetch_all(source, sink, "catalogue:timm/net.a1_in1k")
    assert [e.path for e in entries] == ["config.json", "model.safetensors", "w.bin"]
    assert "#hf:timm/net.a1_in1k/" in str(entries[0].ref)
    assert fetch_all(source, sink, "catalogue:timm/net") == source.entries(parse_ref("catalogue:timm/net"))
    assert [e.path for e in fetch_all(source, sink, "catalogue:timm/other.one")] == ["w.bin"]
    quick = source.entries(parse_ref("catalogue:timm/net.b_clip_quickgelu_in1k"))
    assert "#hf:timm/net.b_clip_in1k/" in str(quick[0].ref)
    assert source.entries(parse_ref("catalogue:timm/old_net"))
    assert source.licence(parse_ref("catalogue:timm/net.a1_in1k")) == "mit"
    assert "net.none" not in source.names("timm")
    assert "net.url_in1k" in source.names("timm")


def test_clip_and_whisper_name_the_whole_digest(site, source, sink):
    site.put(f"/x/models/{SHA}/ViT-B-32.pt", DATA)
    site.put(f"/x/models/{SHA}/L.pt", DATA[:-1])
    (entry,) = fetch_all(source, sink, "catalogue:clip/ViT-B/32")
    assert (entry.path, entry.sha256) == ("ViT-B-32.pt", SHA)
    assert fetch_all(source, sink, "catalogue:whisper/base")[0].sha256 == SHA
    (large,) = source.entries(parse_ref("catalogue:clip/ViT-L/14@336px"))
    (sink.root / SHA).unlink()
    with pytest.raises(IntegrityError):
        source.fetch(large.ref, sink)


def test_what_is_locked_needs_no_package(site, source, sink, tmp_path):
    site.put(f"/net18-{SHA[:8]}.pth", DATA)
    (entry,) = source.entries(parse_ref("catalogue:torchvision/net18"))
    source._folders = ()
    source._promises.clear()
    fetched = source.fetch(parse_ref(str(entry.ref)), sink, locked=Locked("", "", len(DATA), SHA))
    assert fetched.sha256 == SHA


def test_wrong_names_list_near_ones(source):
    with pytest.raises(NotFoundError, match=r"torchvision 1\.2 has no model 'net81'") as told:
        source.entries(parse_ref("catalogue:torchvision/net81"))
    assert "net18" in told.value.why
    with pytest.raises(NotFoundError, match="no weights 'V9'") as told:
        source.entries(parse_ref("catalogue:torchvision/net50@V9"))
    assert "@pretrained (= IMAGENET1K_V1)" in told.value.why
    with pytest.raises(UsageError, match="no catalogue"):
        source.entries(parse_ref("catalogue:jax/net"))
    with pytest.raises(UsageError):
        source.entries(parse_ref("catalogue:torchvision"))


def test_a_library_that_is_not_installed(source, tmp_path):
    source._folders = (tmp_path,)
    with pytest.raises(UnknownAnswerError, match="torchvision is not installed") as told:
        source.entries(parse_ref("catalogue:torchvision/net18"))
    assert "install torchvision" in told.value.hint


def test_the_project_s_own_environment_goes_first(project, tmp_path):
    other = tmp_path / "other" / "lib" / "python3.12" / "site-packages"
    other.mkdir(parents=True)
    folders = package_folders({"VIRTUAL_ENV": str(tmp_path / "other")}, project)
    assert folders[-1] == other
    assert folders[0].parts[-4] == ".venv"
    assert find_package(folders, ("torchvision",)).version == "1.2"
    assert json.dumps(find_package(folders, ("none",))) == "null"


def test_cost(site, source, sink):
    site.put(f"/net18-{SHA[:8]}.pth", DATA)
    ref = parse_ref("catalogue:torchvision/net18")
    assert source.cost(ref, {}).bytes_needed == len(DATA)
    (entry,) = fetch_all(source, sink, str(ref))
    assert source.cost(ref, {entry.ref: Locked("", "", len(DATA), SHA)}).bytes_needed == 0
