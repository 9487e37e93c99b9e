"""The catalogue of keras.applications: what each function would download for `weights="imagenet"`.

Source: `keras/src/applications/*.py` (Keras 3) and `keras/applications/*.py` (Keras 2): a function exported
as `keras.applications.NAME` ends in a call of `get_file(name, address, file_hash=…)`, whose arguments it
puts together from its own parameters. The functions are followed, not run. `file_hash` is an md5, or a
sha256 by its length (keras.utils.get_file).
"""

import ast

from weigh.code.syntax import parse_source
from weigh.sources.catalogued import CataloguedFile, CataloguedModel, Package
from weigh.sources.remote_files import checked_sha256
from weigh.sources.static_calls import CallFinder, FoundCall
from weigh.sources.static_modules import Modules
from weigh.sources.static_values import texts

NO_TOP = "notop"
"""Part of a ref that asks for the weights without the classifier."""
_FOLDERS = ("src/applications", "applications")
_AXES = {"image_data_format": "channels_last"}
"""Keras's own default; the other order has no weights of its own."""


class KerasCatalogue:
    """Reads the catalogue of an installed Keras, also of the one inside TensorFlow of old."""

    library = "keras"
    packages = ("keras", "tf_keras")
    distributions = ("keras",)

    def names(self, package: Package) -> tuple[str, ...]:
        """Every exported function that has a parameter `weights`."""
        return tuple(sorted(_functions(package)))

    def model(self, package: Package, name: str) -> CataloguedModel | None:
        """The weights of one function with its default arguments: `imagenet`, and those without the top."""
        module = _functions(package).get(name)
        if module is None:
            return None
        # A package reaches far beyond the applications; only they are gone into.
        files = package.text_files()
        modules = Modules(files, ("",), package.name)
        weights: dict[str, tuple[CataloguedFile, ...]] = {}
        for label, top in (("imagenet", True), (f"imagenet#{NO_TOP}", False)):
            found = module and modules.find(module)
            if not found:
                continue
            finder = CallFinder(modules, _is_get_file, lambda m: ".applications." in m.dotted, _AXES)
            finder.follow(finder.value(found, name), {"include_top": top, "weights": "imagenet"})
            listed = [file for call in finder.found for file in _file(call)]
            if listed:
                weights[label] = tuple(listed)
        return CataloguedModel(name, weights, {"": "imagenet"}, "imagenet")


def _is_get_file(name: str) -> bool:
    return name.rpartition(".")[2] == "get_file"


def _file(call: FoundCall) -> list[CataloguedFile]:
    """The file of a call whose arguments are all known; empty for any other."""
    names, whole = texts(call.argument(0, "fname"))
    urls, certain = texts(call.argument(1, "origin"))
    hashes, _ = texts(call.argument(4, "file_hash", "md5_hash"))
    if len(names) != 1 or len(urls) != 1 or not (whole and certain):
        return []
    promised = hashes[0] if len(hashes) == 1 else ""
    sha256 = checked_sha256(promised)
    return [CataloguedFile(urls[0], names[0], sha256=sha256, md5="" if sha256 else promised)]


def _functions(package: Package) -> dict[str, str]:
    """Exported function → dotted name of its module."""
    found: dict[str, str] = {}
    for path, read in package.text_files(*_FOLDERS).items():
        tree = parse_source(read()).tree
        for node in tree.body if tree else ():
            if isinstance(node, ast.FunctionDef) and node.name[0].isupper() and _exported(node):
                found[node.name] = f"{package.name}.{path.removesuffix('.py').replace('/', '.')}"
    return found


def _exported(node: ast.FunctionDef) -> bool:
    has_weights = any(arg.arg == "weights" for arg in [*node.args.args, *node.args.kwonlyargs])
    exports = [
        constant.value
        for decorator in node.decorator_list
        for constant in ast.walk(decorator)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    ]
    return has_weights and any(e.startswith("keras.applications.") for e in exports)
