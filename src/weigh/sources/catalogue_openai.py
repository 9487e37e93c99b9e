"""The catalogues of CLIP and Whisper: a table of names and addresses, the sha256 in each address.

Source: `_MODELS` in `clip/clip.py` and in `whisper/__init__.py`; both compare the last but one part of the
address's path with the sha256 of what they downloaded.
"""

import ast

from weigh.code.syntax import parse_source
from weigh.sources.catalogued import CataloguedFile, CataloguedModel, Package
from weigh.sources.remote_files import checked_sha256, file_name


class _AddressTable:
    """A dict of names to addresses in one file of a package."""

    def __init__(self, file: str, variable: str) -> None:
        self._file = file
        self._variable = variable

    def names(self, package: Package) -> tuple[str, ...]:
        """Every name of the table, sorted."""
        return tuple(sorted(self._table(package)))

    def model(self, package: Package, name: str) -> CataloguedModel | None:
        """The one file of a model."""
        url = self._table(package).get(name)
        if url is None:
            return None
        file = CataloguedFile(url, file_name(url), sha256=checked_sha256(url.split("/")[-2]))
        return CataloguedModel(name, {"": (file,)})

    def _table(self, package: Package) -> dict[str, str]:
        read = package.text_files().get(self._file)
        tree = parse_source(read()).tree if read else None
        found: dict[str, str] = {}
        for node in tree.body if tree else ():
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(t, ast.Name) and t.id == self._variable for t in targets):
                found |= _constants(getattr(node, "value", None))
        return found


def _constants(node: ast.expr | None) -> dict[str, str]:
    """The pairs of texts in a dict display; addresses that could name no file are left out."""
    if not isinstance(node, ast.Dict):
        return {}
    pairs = {
        key.value: value.value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
    }
    return {k: v for k, v in pairs.items() if isinstance(k, str) and isinstance(v, str) and v.count("/") > 3}


class ClipCatalogue(_AddressTable):
    """Reads the catalogue of an installed CLIP."""

    library = "clip"
    packages = ("clip",)
    distributions = ("clip-anytorch",)

    def __init__(self) -> None:
        super().__init__("clip.py", "_MODELS")


class WhisperCatalogue(_AddressTable):
    """Reads the catalogue of an installed Whisper."""

    library = "whisper"
    packages = ("whisper",)
    distributions = ("openai-whisper",)

    def __init__(self) -> None:
        super().__init__("__init__.py", "_MODELS")
