"""From the text of a value to the model that it names."""

import re
from dataclasses import dataclass

from weigh.code.word_lists import words
from weigh.core.usage import Certainty
from weigh.project.discover.library_names import of_library, under_key
from weigh.project.discover.model_names import (
    ending,
    hosted_model,
    is_hub_id,
    is_weights_path,
    is_weights_url,
    known_bare_name,
    known_owner,
    ollama_ref,
    ref_of_url,
)


@dataclass(frozen=True, slots=True)
class Named:
    """A model that a text names.

    Attributes:
        ref: as `ModelUse.ref`.
        certainty: KEY when the form alone is not enough, LOOKS when it is.
        how: `literal`, or `default` for the value that holds when a variable is not set.
    """

    ref: str
    certainty: Certainty = Certainty.KEY
    how: tuple[str, ...] = ("literal",)


_SCHEMES = (
    ("hf://", "hf:"),
    ("hf-hub:", "hf:"),
    ("hf_hub:", "hf:"),
    ("huggingface://", "hf:"),
    ("hub://", "hf:"),
)
_PASSED = ("kaggle://", "mlflow:", "torchhub:", "tfhub:", "pypi:", "npm:", "oci:", "hf:", "kaggle:")
_STORES = ("s3://", "gs://", "az://", "abfs://", "wasbs://")
_AT_REVISION = re.compile(r"([\w.-]+/[\w.-]+)@([\w./-]{1,100})")
_QUANTISED = re.compile(r"([\w.-]+/[\w.-]+):([\w.-]{1,40})")
_SPACY_PACKAGE = re.compile(r"[a-z]{2}_(?:core|dep|ent|sent)_(?:web|news|wiki|sci|ud)_(?:sm|md|lg|trf)")
"""Packages as spaCy names them: language, type, genre, size. Source: spacy.io/models#conventions."""
_MODEL_WORD = re.compile(
    r"bert|gpt|t5|llama|bart|clip|whisper|vit|roberta|opt|wav2vec|hubert|mistral|mixtral|qwen|gemma|phi|falcon|bloom"
    r"|mpnet|minilm|electra|pegasus|marian|opus-mt|blip|detr|dino|sam|swin|stable-diffusion|sdxl|flux|yolo|bge|e5|gte"
    r"|deepseek|codegen|starcoder|santacoder|speecht5|vits|trocr|donut|layoutlm|segformer|resnet|convnext|mobilenet"
    r"|embed|rerank|llava|idefics|musicgen|encodec|clap|owl|siglip|granite|smollm|olmo|pythia|mamba|rwkv|yi-",
    re.IGNORECASE,
)
_PLAIN_WORDS = re.compile(
    r"command-(?:[ar]|light|nightly)|o[13]|sonar|davinci-002|babbage-002|embedding-[23]"
)
"""Names of hosted models that are other things, too: an architecture, a command, a font."""
_SHARED_OWNERS = words(
    """
    google facebook microsoft apple nvidia openai huggingface intel ibm bytedance tencent salesforce
    databricks snowflake qdrant argilla bigcode nateraw timm optimum deepset google-deepmind
    deepmind speechbrain espnet flair lmstudio-community mosaicml stabilityai suno unsloth upstage
    liuhaotian jinaai docling-project allenai eleutherai
    """
)
"""Owners that publish code, images or packages under the same name as well."""


def name_in(text: str, *, sure: bool, key: str = "") -> Named | None:
    """The model that a value names, None when it names none.

    Args:
        text: the value, without quotes.
        sure: the key, flag or call says that a model is named here; else the text must show it by itself.
        key: that key or flag; some names are words that only it tells from others.
    """
    text = text.strip()
    if not 2 <= len(text) <= 500 or "\n" in text:
        return None
    default = default_in(text)
    if default:
        inner = name_in(default, sure=sure, key=key)
        return inner and Named(inner.ref, inner.certainty, ("environment", "default"))
    found = _by_scheme(text) or _by_looks(text)
    if found or not sure:
        return found
    return _by_key(text, key)


def _by_scheme(text: str) -> Named | None:
    if is_weights_url(text):
        return Named(ref_of_url(text), Certainty.LOOKS)
    for scheme, kind in _SCHEMES:
        body = text.removeprefix(scheme)
        if body != text:
            other = body.startswith(("datasets/", "spaces/", "buckets/", "kernels/"))
            return None if other else _hub_path(body.removeprefix("models/"), kind)
    if text.startswith(_PASSED):
        kind, _, body = text.partition(":")
        usable = body.lstrip("/") and not re.search(r"[\s${}<>]", body)
        return Named(f"{kind}:{body.lstrip('/')}", Certainty.LOOKS) if usable else None
    if text.startswith("models:/") and text.count("/") >= 1:
        name, _, version = text.removeprefix("models:/").strip("/").replace("@", "/").partition("/")
        return Named(f"mlflow:{name}" + (f"@{version}" if version else "")) if name else None
    if text.startswith(_STORES) and is_weights_path(text.replace("://", ":")):
        kind, _, body = text.partition("://")
        return Named(f"{ {'abfs': 'az', 'wasbs': 'az'}.get(kind, kind) }:{body}", Certainty.LOOKS)
    return None


def _hub_path(body: str, kind: str) -> Named | None:
    """`owner/name[@revision][/file]` behind a scheme."""
    words = body.split("/")
    if len(words) < 2 or not all(words[:2]) or re.search(r"[\s${}<>]", body):
        return None
    ref = kind + "/".join(words[:2])
    return Named(ref + ("#" + "/".join(words[2:]) if words[2:] and words[2] else ""), Certainty.LOOKS)


def _by_looks(text: str) -> Named | None:
    hosted = hosted_model(text)
    if hosted and not _PLAIN_WORDS.fullmatch(text):
        return Named(f"endpoint:{hosted}", Certainty.LOOKS)
    if _SPACY_PACKAGE.fullmatch(text):
        return Named(f"catalogue:spacy/{text}", Certainty.LOOKS)
    if ref := of_library(text):
        return Named(ref, Certainty.LOOKS)
    if text.startswith(("ollama/", "ollama_chat/")):
        ref = ollama_ref(text.partition("/")[2])
        return Named(ref) if ref else None
    if text.startswith(("huggingface/", "hosted_vllm/", "vllm/")) and text.count("/") == 2:
        return name_in(text.partition("/")[2], sure=True)
    bare = known_bare_name(text)
    if bare and ("/" in bare or "-" in text):
        return Named(f"hf:{bare}", Certainty.LOOKS)
    if known_owner(text):
        shared = text.partition("/")[0].lower() in _SHARED_OWNERS
        if not shared or _MODEL_WORD.search(text.partition("/")[2]):
            return Named(f"hf:{text}", Certainty.LOOKS)
    return None


def _by_key(text: str, key: str) -> Named | None:
    if ref := under_key(text, key):
        return Named(ref)
    if hosted_model(text):
        return Named(f"endpoint:{hosted_model(text)}")
    if text.startswith("https://") and ref_of_url(text).startswith("hf:"):
        return None if "hf:datasets/" in ref_of_url(text) else Named(ref_of_url(text))
    bare = known_bare_name(text)
    if bare:
        return Named(f"hf:{bare}")
    if match := _AT_REVISION.fullmatch(text):
        return Named(f"hf:{match[1]}@{match[2]}") if is_hub_id(match[1]) else None
    if (match := _QUANTISED.fullmatch(text)) and known_owner(match[1]):
        return Named(f"hf:{match[1]}")
    if is_hub_id(text):
        return Named(f"hf:{text}")
    if is_weights_path(text):
        return Named(f"file:{text.removeprefix('./')}")
    return None


_DEFAULTS = (
    re.compile(r"^\$\{(?:oc\.env:)?[\w.]+(?::?-|,|:(?=[^/-]))\s*['\"]?([^}$'\"]+?)['\"]?\s*\}$"),
    re.compile(r"^\$?\{\{.*?(?:default\s+|\|\|\s*)['\"]([^'\"]+)['\"].*?\}\}$"),
    re.compile(r"^\{\{.*?default\s*\(\s*['\"]([^'\"]+)['\"]\s*\).*?\}\}$"),
)


def default_in(text: str) -> str:
    """The value that a placeholder falls back to.

    `${X:-value}` of shells, `${X:value}` of Spring, `${oc.env:X,value}` of OmegaConf, and
    `{{ x | default "value" }}` of Helm and Jinja.
    """
    if "{" not in text or len(text) > 1000:
        return ""
    return next((match[1].strip() for form in _DEFAULTS if (match := form.match(text))), "")


def weights_kind(path: str) -> str:
    """The ending of a weight file's path, "" for another path."""
    return ending(path) if is_weights_path(path) else ""
