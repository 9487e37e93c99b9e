"""The catalogue of timm: configurations of pretrained weights beside the architectures.

Source: `timm/models/*.py` of timm 0.8 and later. Each file hands a dict `ARCHITECTURE.TAG` → configuration
to `generate_default_cfgs`; an `hf_hub_id` of `timm/` is completed with the key, other ids stand as they
are, and the first configuration with weights is the default of its architecture (`_registry.py`). The files
are followed, not run, because configurations are made by small functions and, for some, in a loop.
"""

from typing import Any

from weigh.sources.catalogued import CataloguedFile, CataloguedModel, Package
from weigh.sources.remote_files import file_name, named_hash
from weigh.sources.static_calls import CallFinder
from weigh.sources.static_modules import Modules
from weigh.sources.static_values import External

_TABLE = "generate_default_cfgs"
_RENAMED = "register_model_deprecations"
_HUB = "timm/"

Cfgs = dict[str, dict[str, Any]]


class TimmCatalogue:
    """Reads the catalogue of an installed timm."""

    library = "timm"
    packages = ("timm",)
    distributions = ("timm",)

    def names(self, package: Package) -> tuple[str, ...]:
        """Every architecture with its tag that has weights."""
        cfgs, _ = _read(package, "")
        return tuple(sorted(k.strip("*") for k, v in cfgs.items() if _files(k, v)))

    def model(self, package: Package, name: str) -> CataloguedModel | None:
        """The weights of `ARCHITECTURE.TAG`, or of the default tag of an architecture."""
        for wanted in (name.partition(".")[0], ""):
            cfgs, renamed = _read(package, wanted)
            found = _model(cfgs, renamed.get(name, name))
            if found is not None:
                return CataloguedModel(name, found.weights, found.aliases, found.default, found.licence)
        return None


def _model(cfgs: Cfgs, name: str) -> CataloguedModel | None:
    architecture, _, tag = name.partition(".")
    own = {k.partition(".")[2]: (k, v) for k, v in cfgs.items() if k.partition(".")[0] == architecture}
    weights = {t.strip("*"): files for t, (k, v) in own.items() if (files := _files(k, v))}
    licences = {t.strip("*"): v.get("license") for t, (_, v) in own.items()}
    stated = {t: text for t, text in licences.items() if isinstance(text, str)}
    if not weights or (tag and tag not in weights):
        return None
    marked = [t.strip("*") for t in own if not t or t.endswith("*")]
    default = tag or next((t for t in marked if t in weights), next(iter(weights)))
    return CataloguedModel(name, weights, {}, default, stated)


def _files(key: str, cfg: dict[str, Any]) -> tuple[CataloguedFile, ...]:
    """Where the weights of a configuration lie; the hub goes before an address, as timm has it."""
    hub, url = cfg.get("hf_hub_id"), cfg.get("url")
    if isinstance(hub, str) and hub:
        repository = hub + key.replace("*", "") if hub == _HUB else hub
        one = cfg.get("hf_hub_filename")
        return (CataloguedFile(f"hf:{repository}" + (f"#{one}" if isinstance(one, str) else "")),)
    if isinstance(url, str) and url.startswith("https://"):
        name = file_name(url)
        return (CataloguedFile(url, name, prefix=named_hash(name)),)
    return ()


def _read(package: Package, wanted: str) -> tuple[Cfgs, dict[str, str]]:
    """Configurations of the files that hold a text, and names that stand for others."""
    files = package.text_files("models")
    modules = Modules(files, ("",), package.name)
    cfgs: Cfgs = {}
    renamed: dict[str, str] = {}
    for path, read in files.items():
        data = read()
        if _TABLE.encode() not in data or wanted.encode() not in data or path == "models/_registry.py":
            continue
        module = modules.find(f"{package.name}.{path.removesuffix('.py').replace('/', '.')}")
        finder = CallFinder(modules, _is_table, lambda m: ".models." in m.dotted)
        if module is not None:
            finder.value(module, "default_cfgs")
        for call in finder.found:
            _take(call.name, call.args, cfgs, renamed)
    return cfgs, renamed


def _take(name: str, args: tuple[Any, ...], cfgs: Cfgs, renamed: dict[str, str]) -> None:
    if name.endswith(_TABLE) and args and isinstance(args[0], dict):
        cfgs |= {k: v for k, v in args[0].items() if isinstance(k, str) and isinstance(v, dict)}
    elif name.endswith(_RENAMED) and len(args) > 1 and isinstance(args[1], dict):
        for old, new in args[1].items():
            if isinstance(old, str):
                text = new.name.rpartition(".")[2] if isinstance(new, External) else new
                renamed |= {old: text} if isinstance(text, str) else {}


def _is_table(name: str) -> bool:
    return name.rpartition(".")[2] in {_TABLE, _RENAMED}
