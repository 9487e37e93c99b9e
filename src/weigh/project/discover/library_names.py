"""Names from a library's own list of models: told by their form, or by the key that they stand under.

`base` is a word and `titanet_large` is not: a form that nothing else has needs no more evidence, a plain
word needs a key that speaks of the library.
"""

import re

from weigh.project.discover.model_keys import plain_key
from weigh.project.discover.model_names import hosted_model, ollama_ref

_NEMO = re.compile(
    r"(?:stt|asr)_[a-z]{2,10}_\w*(?:conformer|citrinet|quartznet|jasper|contextnet|squeezeformer|canary)\w*"
    r"|(?:vad|commandrecognition)_\w*(?:marblenet|matchboxnet)\w*|titanet_(?:large|small)"
    r"|speaker(?:verification|recognition|diarization)_speakernet|langid_(?:ambernet|titanet)"
    r"|diar_(?:msdd_\w+|(?:streaming_)?sortformer_\w+)|tts_[a-z]{2,8}_(?:\w*_)?(?:fastpitch|hifigan|tacotron2)\w*"
)
"""Source: NVIDIA's list of NeMo's pretrained checkpoints."""
_WHISPER_SIZE = re.compile(r"(?:tiny|base|small|medium)(?:\.en)?|large(?:-v[123](?:-turbo)?)?|turbo")
"""Source: `_MODELS` of openai-whisper."""
_CLIP = re.compile(r"RN(?:50|101)(?:x\d+)?|ViT-[BLH]/\d\d(?:@\d+px)?")
"""Source: `_MODELS` of OpenAI's clip."""
_TAGGED = re.compile(
    r"[a-z][a-z0-9._-]{1,60}:(?:e?\d+(?:\.\d+)?[bm]|\d+x\d+b)(?:-[a-z0-9._-]+)?", re.IGNORECASE
)
"""A model of Ollama with its size: `qwen3:8b`, `llama3.2:3b-instruct-q4_K_M`. No image has such a tag."""
_YOLO = re.compile(r"yolov?(?:3|5|8|9|10|11|12|26)[a-z]6?u?(?:-(?:seg|cls|pose|obb))?\.pt")
"""Weights that ultralytics fetches by their file name. Source: its `GITHUB_ASSETS_NAMES`."""
_OLLAMA_NAME = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*(?::[\w.-]+)?")
"""A model of Ollama's own library, with or without a tag."""
_NO_MODEL = frozenset(
    {"none", "null", "auto", "default", "ollama", "custom", "true", "false", "model", "latest"}
)
_DEMUCS = re.compile(r"htdemucs(?:_ft|_6s)?|hdemucs_mmi|mdx(?:_extra)?(?:_q)?")
"""Source: the README of demucs."""
_AT_PROVIDER = re.compile(r"([a-z][a-z_-]{2,30}):([\w./@-]{3,100})")
_PROVIDERS = {
    "openai": "openai",
    "azure_openai": "openai",
    "anthropic": "anthropic",
    "google_genai": "google",
    "google-gla": "google",
    "google-vertex": "google",
    "google_vertexai": "google",
    "google_anthropic_vertex": "anthropic",
    "groq": "groq",
    "mistralai": "mistral",
    "mistral": "mistral",
    "cohere": "cohere",
    "bedrock": "bedrock",
    "bedrock_converse": "bedrock",
    "deepseek": "deepseek",
    "xai": "xai",
    "perplexity": "perplexity",
}
"""First parts of `provider:model`, as LangChain's init_chat_model and Pydantic AI write them."""


_MAKERS = frozenset({"openai", "anthropic", "cohere", "mistral", "deepseek", "xai", "perplexity"})
"""Providers that serve their own models only."""


def of_library(text: str) -> str:
    """The ref of a name whose form belongs to one library alone, "" for another text."""
    if _NEMO.fullmatch(text):
        return f"catalogue:nemo/{text}"
    match = _AT_PROVIDER.fullmatch(text)
    provider = _PROVIDERS.get(match[1], "") if match is not None else ""
    maker = hosted_model(match[2]).partition("/")[0] if match is not None and provider else ""
    if match is None or not maker or (maker != provider and provider in _MAKERS):
        return ""
    return f"endpoint:{provider}/{match[2]}"


def is_tagged(text: str) -> bool:
    """Whether a text is a name of Ollama with the size behind it; hosted models have no such names."""
    return _TAGGED.fullmatch(text) is not None


def under_key(text: str, key: str) -> str:
    """The ref of a name that only its key tells, "" for another text.

    Args:
        text: the value.
        key: what it stands under; it names a model.
    """
    if is_tagged(text):
        return ollama_ref(text)
    if _YOLO.fullmatch(text):
        return f"catalogue:ultralytics/{text}"
    words = plain_key(key).split("_")
    if "whisper" in words and _WHISPER_SIZE.fullmatch(text):
        return f"catalogue:whisper/{text}"
    if "clip" in words and _CLIP.fullmatch(text):
        return f"catalogue:clip/{text}"
    if "ollama" in words and _OLLAMA_NAME.fullmatch(text) and text not in _NO_MODEL:
        return ollama_ref(text)
    return ""


def demucs_ref(text: str) -> str:
    """The ref of a model of demucs, "" for another text."""
    return f"catalogue:demucs/{text}" if _DEMUCS.fullmatch(text) else ""
