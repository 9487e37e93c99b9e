"""Calls of JavaScript that name a model: which argument, under which key, and what the text stands for.

A reviewed table. Sources: the documentation of the packages themselves; for the AI SDK the names of its
provider packages and the methods of `ProviderV2`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from weigh.code.word_lists import words
from weigh.project.discover.javascript_program import Program
from weigh.project.discover.model_names import (
    hosted_model,
    is_weights_path,
    ollama_ref,
    ref_of_url,
)
from weigh.project.discover.naming import name_in
from weigh.project.discover.shell_programs import hub_ref


@dataclass(frozen=True, slots=True)
class Loader:
    """How one call names its model.

    Attributes:
        name: of the loader.
        position: of the argument, counted from 0.
        keys: under which the model stands where that argument is an object.
        ref: from the text to the ref, "" where it names none.
        revision: position of the object that holds the revision.
        strict: without a model that is known the call is unresolved.
        needs: what the file must hold for the call to be this one.
        default: the ref of the model that the library takes when the call names none.
    """

    name: str
    position: int
    keys: tuple[str, ...]
    ref: Callable[[str], str]
    revision: int = -1
    strict: bool = True
    needs: re.Pattern[str] | None = None
    default: str = ""


def _address(text: str) -> str:
    if text.startswith(("https://", "http://")):
        return ref_of_url(text)
    local = text.startswith(("/", ".")) or is_weights_path(text) or text.endswith(".json")
    usable = local and not re.search(r"[\s<>*]", text)
    return f"file:{text.removeprefix('./').lstrip('/') or '.'}" if usable else hub_ref(text)


def _mlc(text: str) -> str:
    return f"hf:mlc-ai/{text}" if re.fullmatch(r"[\w.-]+-MLC(?:-\w+)?", text) else hub_ref(text)


def _edge(text: str) -> str:
    """A model of Supabase's edge runtime: one that it brings, or one of the Ollama beside it."""
    return "hf:Supabase/gte-small" if text == "gte-small" else ollama_ref(text)


def _hosted(text: str) -> str:
    hosted = hosted_model(text)
    if hosted:
        return f"endpoint:{hosted}"
    named = name_in(text, sure=True)
    if named is None or named.ref.startswith("file:"):
        return ""
    # a client asks for it over the network, whoever serves it: nothing is fetched from the hub
    return f"endpoint:{text}" if named.ref.startswith("hf:") and "/" in text else named.ref


def _inference(text: str) -> str:
    """A model that Hugging Face serves: nothing of it is fetched."""
    ref = hub_ref(text)
    return f"endpoint:huggingface/{ref.removeprefix('hf:')}" if ref.startswith("hf:") else ""


_RESOLD = frozenset(
    {"openrouter", "azure", "bedrock", "groq", "vertex", "huggingface", "together", "gateway"}
)
"""Providers that serve models of others: their name goes first, whoever made the model."""


def provided(provider: str) -> Callable[[str], str]:
    """From a text to the endpoint of a provider."""

    def named(text: str) -> str:
        hosted = hosted_model(text)
        if hosted and (provider not in _RESOLD or "/" in text):
            return f"endpoint:{hosted}"
        return f"endpoint:{provider}/{text}" if re.fullmatch(r"[\w.:/@-]{2,120}", text) else ""

    return named


_CHATS = words(
    """
    ChatOpenAI OpenAI ChatAnthropic ChatGoogleGenerativeAI OpenAIEmbeddings ChatGroq ChatMistralAI
    ChatCohere CohereEmbeddings AzureChatOpenAI BedrockChat ChatVertexAI
    """
)
_CHAT_KEYS = ("model", "modelName", "deploymentName", "azureOpenAIApiDeploymentName")
_HUB = re.compile(r"@huggingface/hub")
LOADERS: dict[str, Loader] = {
    "from_pretrained": Loader("transformers.js.from_pretrained", 0, (), hub_ref, 1),
    "loadGraphModel": Loader("tfjs.loadGraphModel", 0, (), _address),
    "loadLayersModel": Loader("tfjs.loadLayersModel", 0, (), _address),
    "loadGraphModelSync": Loader("tfjs.loadGraphModel", 0, (), _address),
    "loadSavedModel": Loader("tfjs.loadSavedModel", 0, (), _address),
    "loadTFLiteModel": Loader("tflite.loadTFLiteModel", 0, (), _address),
    "loadFromUri": Loader("face-api.loadFromUri", 0, (), _address),
    "loadFromDisk": Loader("face-api.loadFromDisk", 0, (), _address),
    "CreateMLCEngine": Loader("web-llm", 0, (), _mlc),
    "CreateWebWorkerMLCEngine": Loader("web-llm", 1, (), _mlc),
    "CreateServiceWorkerMLCEngine": Loader("web-llm", 0, (), _mlc),
    "getGenerativeModel": Loader("google.generativeai", 0, ("model",), _hosted),
    "downloadFile": Loader("huggingface.hub", 0, ("repo",), hub_ref, 0, needs=_HUB),
    "snapshotDownload": Loader("huggingface.hub", 0, ("repo",), hub_ref, 0, needs=_HUB),
    "downloadFileToCacheDir": Loader("huggingface.hub", 0, ("repo",), hub_ref, 0),
    **{n: Loader(f"langchain.{n}", 0, _CHAT_KEYS, _hosted, strict=False) for n in sorted(_CHATS)},
    "OpenAIEmbeddings": Loader(
        "langchain.OpenAIEmbeddings",
        0,
        _CHAT_KEYS,
        _hosted,
        strict=False,
        needs=re.compile("langchain"),
        default="endpoint:openai/text-embedding-ada-002",
    ),
    **{
        n: Loader(f"langchain.{n}", 0, ("model", "modelName"), hub_ref, strict=False)
        for n in ("HuggingFaceTransformersEmbeddings",)
    },
    **{
        n: Loader(f"langchain.{n}", 0, ("model",), _inference, strict=False)
        for n in ("HuggingFaceInferenceEmbeddings", "HuggingFaceInference")
    },
    **{
        n: Loader(f"langchain.{n}", 0, ("model", "modelName"), ollama_ref, strict=False)
        for n in ("ChatOllama", "Ollama", "OllamaEmbeddings")
    },
}
_EDGE_SESSION = Loader("supabase.ai.Session", 0, (), _edge)
_SESSION = Loader("onnxruntime.InferenceSession", 0, (), _address)
_HOSTED_CALL = Loader("hosted.call", 0, ("model",), _hosted)
_OLLAMA_CALL = Loader("ollama.call", 0, ("model",), ollama_ref)
_INFERENCE_CALL = Loader("huggingface.inference", 0, ("model",), _inference, strict=False)
_HOSTED_CALLS = re.compile(
    r".*\b(?:completions|messages|embeddings|responses|chat|images|transcriptions|speech|moderations|models)"
    r"\.(?:create|parse|stream|generate|generateContent|generateContentStream|embedContent)"
)
_INFERENCE_CALLS = re.compile(
    r".*\.(?:textGeneration\w*|chatCompletion\w*|featureExtraction|textToImage|summarization|translation|fillMask"
    r"|textClassification|tokenClassification|questionAnswering|zeroShotClassification|automaticSpeechRecognition"
    r"|imageClassification|objectDetection|imageToText|sentenceSimilarity|textToSpeech|textToVideo|imageToImage"
    r"|imageSegmentation|visualQuestionAnswering|documentQuestionAnswering|audioClassification|request)"
)
_OLLAMA_CALLS = re.compile(r"ollama\.(?:chat|generate|embed|embeddings|pull|show)")


def loader_of(callee: str, script: str, factories: dict[str, str]) -> Loader | None:
    """The row for a call, None for one that loads nothing.

    Args:
        callee: its dotted name.
        script: the text of the file.
        factories: names that make models of the AI SDK, and their providers.
    """
    name = callee.rpartition(".")[2]
    if name in LOADERS:
        return LOADERS[name]
    if callee == "Supabase.ai.Session":
        return _EDGE_SESSION
    if name == "create" and "InferenceSession" in callee:
        return _SESSION
    if _HOSTED_CALLS.fullmatch(callee):
        return _HOSTED_CALL
    if _OLLAMA_CALLS.fullmatch(callee):
        return _OLLAMA_CALL
    if _INFERENCE_CALLS.fullmatch(callee) and "huggingface/inference" in script:
        return _INFERENCE_CALL
    first, _, method = callee.partition(".")
    provider = factories.get(first, "")
    if provider and (not method or method in _METHODS):
        return Loader(f"ai-sdk.{provider}", 0, (), provided(provider))
    return None


_METHODS = words(
    """
    chat chatModel completion completionModel embedding embeddingModel image imageModel interactions
    languageModel reranking rerankingModel responses speech speechModel textEmbedding
    textEmbeddingModel transcription transcriptionModel video videoModel messages
    """
)
_RENAMED = {
    "google-vertex": "vertex",
    "amazon-bedrock": "bedrock",
    "anthropic-aws": "bedrock",
    "togetherai": "together",
    "moonshotai": "moonshot",
    "alibaba": "dashscope",
    "ai-sdk-provider": "openrouter",
}
_PROVIDERS = words(
    """
    openai anthropic google mistral cohere groq xai azure deepseek perplexity fireworks cerebras
    huggingface deepinfra replicate baseten fal luma elevenlabs lmnt deepgram gladia assemblyai hume
    revai vercel voyage black-forest-labs bytedance klingai prodia
    """
) | frozenset(_RENAMED)
_FROM = re.compile(r"@ai-sdk/([\w-]+)(?:/(?!internal)[\w-]+)?|@openrouter/(ai-sdk-provider)")


def ai_sdk_factories(program: Program) -> dict[str, str]:
    """The names of a script that make models of the AI SDK, and the provider of each.

    `import { openai } from "@ai-sdk/openai"` brings one; `createOpenAI(…)` makes another.
    """
    found: dict[str, str] = {}
    makers: dict[str, str] = {}
    for at, token in enumerate(program.tokens):
        match = (
            _FROM.fullmatch(token.text) if token.kind == "string" and program.word(at - 1) == "from" else None
        )
        package = (match[1] or match[2]) if match else ""
        if package not in _PROVIDERS:
            continue
        provider = _RENAMED.get(package, package)
        for name in _imported(program, at - 1):
            (makers if name.startswith("create") else found)[name] = provider
    for name, values in program.values.items():
        for start, _ in values:
            if program.word(start) in makers and program.mark(start + 1) == "(":
                found[name] = makers[program.word(start)]
    return found


def _imported(program: Program, at: int) -> list[str]:
    """The names that the import with its `from` at some place gives to this file."""
    names: list[str] = []
    at -= 1
    while at >= 0 and program.word(at) != "import":
        token = program.tokens[at]
        if token.kind == "name" and token.text not in {"as", "type"} and program.word(at + 1) != "as":
            names.append(token.text)
        at -= 1
    return names
