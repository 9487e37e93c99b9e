"""Python that stands inside shell text: `python -c "…"` and here-documents."""

import ast
import re

from weigh.core.usage import Certainty
from weigh.project.discover.model_names import is_weights_url, ref_of_url
from weigh.project.discover.shell_programs import hub_ref
from weigh.project.discover.sightings import Seen, Sightings

MAX_TEXT = 200_000

_LOADERS: dict[str, tuple[int, tuple[str, ...], str]] = {
    "from_pretrained": (0, ("pretrained_model_name_or_path", "repo_id", "model_id"), "hf"),
    "hf_hub_download": (0, ("repo_id",), "hf"),
    "snapshot_download": (0, ("repo_id", "model_id"), "hf"),
    "cached_download": (0, ("url",), "hf"),
    "pipeline": (1, ("model",), "hf"),
    "SentenceTransformer": (0, ("model_name_or_path",), "sbert"),
    "CrossEncoder": (0, ("model_name", "model_name_or_path"), "hf"),
    "HuggingFaceEmbeddings": (0, ("model_name",), "sbert"),
    "TextEmbedding": (0, ("model_name",), "hf"),
    "WhisperModel": (0, ("model_size_or_path",), "whisper"),
    "load_model": (0, ("name",), "whisper"),
    "from_hparams": (0, ("source",), "hf"),
    "LLM": (0, ("model",), "hf"),
    "YOLO": (0, ("model",), "ultralytics"),
    "load_state_dict_from_url": (0, ("url",), "url"),
    "urlretrieve": (0, ("url",), "url"),
}
_SIZES = re.compile(r"(?:tiny|base|small|medium)(?:\.en)?|large(?:-v[123](?:-turbo)?)?|turbo")


def inline_python(text: str, found: Sightings, *, line: int) -> None:
    """Note the models that a short Python text loads.

    Args:
        text: of the program.
        found: where they are noted.
        line: of its first line in the file.
    """
    tree = _parsed(text)
    if tree is None:
        return
    constants = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            _call(node, constants, found, line)


def _parsed(text: str) -> ast.Module | None:
    if len(text) > MAX_TEXT:
        return None
    for attempt in (text, text.strip(), re.sub(r"^[ \t]+", "", text, flags=re.MULTILINE)):
        try:
            return ast.parse(attempt)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def _call(node: ast.Call, constants: dict[str, str], found: Sightings, line: int) -> None:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    at = line + node.lineno - 1
    if owner in {"spacy", "nltk"} or (owner == "spacy.cli" and name == "download"):
        _catalogued(node, owner.partition(".")[0], name, found, at)
        return
    row = _LOADERS.get(name)
    if row is None or (name == "load_model" and "whisper" not in owner):
        return
    if any(
        k.arg == "repo_type" and getattr(k.value, "value", "") in {"dataset", "space"} for k in node.keywords
    ):
        return
    position, keywords, form = row
    argument = next((k.value for k in node.keywords if k.arg in keywords), None)
    if argument is None and len(node.args) > position:
        argument = node.args[position]
    if argument is None:
        return
    text = _text(argument, constants)
    ref = _ref(text, form) if text else ""
    source = ast.unparse(argument)
    if ref:
        revision = next((_text(k.value, constants) for k in node.keywords if k.arg == "revision"), "")
        remote = any(
            k.arg == "trust_remote_code" and getattr(k.value, "value", 0) is True for k in node.keywords
        )
        how = ("literal",) if isinstance(argument, ast.Constant) else ("constant",)
        found.use(at, ref, Seen(f"python:{name}", source, how, Certainty.CALL, revision, remote_code=remote))
    elif not text and form != "url":
        found.unresolved(at, f"python:{name}", source, "its value is not in this text")


def _text(node: ast.expr, constants: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return constants.get(node.id, "")
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "{}" not in node.value:
        return node.value
    return ""


def _ref(text: str, form: str) -> str:
    if form == "url":
        return ref_of_url(text) if is_weights_url(text) else ""
    if form == "whisper" and _SIZES.fullmatch(text):
        return f"catalogue:whisper/{text}"
    if form == "ultralytics" and re.fullmatch(r"[\w-]+\.pt", text):
        return f"catalogue:ultralytics/{text}"
    if form == "sbert" and re.fullmatch(r"[\w.-]+", text):
        return f"hf:sentence-transformers/{text}"
    return hub_ref(text)


def _catalogued(node: ast.Call, library: str, name: str, found: Sightings, line: int) -> None:
    if name not in {"load", "download"} or not node.args:
        return
    rows = node.args[0].elts if isinstance(node.args[0], ast.List | ast.Tuple | ast.Set) else [node.args[0]]
    for row in rows:
        text = _text(row, {})
        if re.fullmatch(r"[\w.-]{2,80}", text):
            seen = Seen(f"python:{library}.{name}", ast.unparse(row))
            found.use(line, f"catalogue:{library}/{text}", seen)
