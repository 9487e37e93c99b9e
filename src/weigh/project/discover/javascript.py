"""Models that JavaScript and TypeScript load: transformers.js, TensorFlow.js, ONNX Runtime, hosted models.

A call that is known to load a model is reported as unresolved where its model cannot be found out. Besides
the calls, a key that names a model and a text that can hardly be anything else count with less certainty.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from weigh.code.word_lists import words
from weigh.core.usage import Certainty, FileUses, Role
from weigh.project.discover.javascript_tasks import DEFAULTS, PACKAGES
from weigh.project.discover.javascript_values import (
    Program,
    Text,
    arguments,
    expression_end,
    program_of,
    properties,
    source,
    texts,
)
from weigh.project.discover.javascript_words import tokens_of
from weigh.project.discover.model_keys import is_model_key, is_other_key
from weigh.project.discover.model_names import (
    hosted_model,
    is_weights_path,
    is_weights_url,
    ollama_ref,
    ref_of_url,
)
from weigh.project.discover.naming import name_in
from weigh.project.discover.shell_programs import hub_ref
from weigh.project.discover.sightings import Seen, Sightings

MAX_BYTES = 4 * 1024 * 1024
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_TRANSFORMERS = re.compile(r"@(?:xenova|huggingface)/transformers|transformers(?:\.min)?\.js|transformers@")
_AI = re.compile(r"@ai-sdk/|from\s+['\"]ai['\"]|@openrouter/|workers-ai-provider|ollama-ai-provider")
_WORTH = re.compile(
    rb"transformers|from_pretrained|tensorflow|tfjs|tf\.load|onnx|ort\.|huggingface|openai|anthropic|@ai-sdk|gemini|gpt-"
    rb"|claude|ollama|web-llm|mlc|ml5|face-?api|[mM]odel|\.(?:onnx|gguf|safetensors|tflite|pth?)\b|llama|mistral|Xenova",
)


@dataclass(frozen=True, slots=True)
class _Loader:
    """How one call names its model.

    Attributes:
        name: of the loader.
        position: of the argument, counted from 0.
        keys: under which the model stands where that argument is an object.
        ref: from the text to the ref, "" where it names none.
        revision: position of the object that holds the revision.
        strict: without a model that is known the call is unresolved.
        needs: what the file must hold for the call to be this one.
    """

    name: str
    position: int
    keys: tuple[str, ...]
    ref: Callable[[str], str]
    revision: int = -1
    strict: bool = True
    needs: re.Pattern[str] | None = None


def _address(text: str) -> str:
    if text.startswith(("https://", "http://")):
        return ref_of_url(text)
    local = text.startswith(("/", ".")) or is_weights_path(text) or text.endswith(".json")
    usable = local and not re.search(r"[\s<>*]", text)
    return f"file:{text.removeprefix('./').lstrip('/') or '.'}" if usable else hub_ref(text)


def _mlc(text: str) -> str:
    return f"hf:mlc-ai/{text}" if re.fullmatch(r"[\w.-]+-MLC(?:-\w+)?", text) else hub_ref(text)


def _hosted(text: str) -> str:
    hosted = hosted_model(text)
    if hosted:
        return f"endpoint:{hosted}"
    named = name_in(text, sure=True)
    return named.ref if named is not None and not named.ref.startswith("file:") else ""


def _provider(name: str) -> Callable[[str], str]:
    def named(text: str) -> str:
        hosted = hosted_model(text)
        if hosted and name not in {"openrouter", "azure", "bedrock", "groq", "vertex"}:
            return f"endpoint:{hosted}"
        return f"endpoint:{name}/{text}" if re.fullmatch(r"[\w.:/@-]{2,120}", text) else ""

    return named


_LOADERS: dict[str, _Loader] = {
    "from_pretrained": _Loader("transformers.js.from_pretrained", 0, (), hub_ref, 1),
    "loadGraphModel": _Loader("tfjs.loadGraphModel", 0, (), _address),
    "loadLayersModel": _Loader("tfjs.loadLayersModel", 0, (), _address),
    "loadGraphModelSync": _Loader("tfjs.loadGraphModel", 0, (), _address),
    "loadSavedModel": _Loader("tfjs.loadSavedModel", 0, (), _address),
    "loadTFLiteModel": _Loader("tflite.loadTFLiteModel", 0, (), _address),
    "loadFromUri": _Loader("face-api.loadFromUri", 0, (), _address),
    "loadFromDisk": _Loader("face-api.loadFromDisk", 0, (), _address),
    "CreateMLCEngine": _Loader("web-llm", 0, (), _mlc),
    "CreateWebWorkerMLCEngine": _Loader("web-llm", 1, (), _mlc),
    "CreateServiceWorkerMLCEngine": _Loader("web-llm", 0, (), _mlc),
    "getGenerativeModel": _Loader("google.generativeai", 0, ("model",), _hosted),
    "downloadFile": _Loader(
        "huggingface.hub", 0, ("repo",), hub_ref, 0, needs=re.compile(r"@huggingface/hub")
    ),
    "snapshotDownload": _Loader(
        "huggingface.hub", 0, ("repo",), hub_ref, 0, needs=re.compile(r"@huggingface/hub")
    ),
    "downloadFileToCacheDir": _Loader("huggingface.hub", 0, ("repo",), hub_ref, 0),
    **{
        name: _Loader(f"langchain.{name}", 0, ("model", "modelName", "deploymentName", "azureOpenAIApiDeploymentName"),  # noqa: E501 - reads best in one piece
                      _hosted, strict=False)
        for name in ("ChatOpenAI", "OpenAI", "ChatAnthropic", "ChatGoogleGenerativeAI", "OpenAIEmbeddings", "ChatGroq",  # noqa: E501 - reads best in one piece
                     "ChatMistralAI", "HuggingFaceTransformersEmbeddings", "HuggingFaceInferenceEmbeddings",
                     "ChatCohere", "CohereEmbeddings", "AzureChatOpenAI", "BedrockChat", "ChatVertexAI")
    },
    **{
        name: _Loader(f"langchain.{name}", 0, ("model", "modelName"), ollama_ref, strict=False)
        for name in ("ChatOllama", "Ollama", "OllamaEmbeddings")
    },
}  # fmt: skip
_SDK = {
    "openai": "openai", "anthropic": "anthropic", "google": "google", "mistral": "mistral", "cohere": "cohere",  # noqa: E501 - reads best in one piece
    "groq": "groq", "xai": "xai", "azure": "azure", "bedrock": "bedrock", "vertex": "vertex", "deepseek": "deepseek",  # noqa: E501 - reads best in one piece
    "openrouter": "openrouter", "perplexity": "perplexity", "togetherai": "together", "fireworks": "fireworks",  # noqa: E501 - reads best in one piece
    "cerebras": "cerebras",
}  # fmt: skip
_SDK_METHODS = frozenset(
    ["chat", "embedding", "textEmbeddingModel", "languageModel", "responses", "completion", "image"]
)
_HOSTED_CALLS = re.compile(
    r".*\b(?:completions|messages|embeddings|responses|chat|images|transcriptions|speech|moderations|models)"
    r"\.(?:create|parse|stream|generate|generateContent|generateContentStream|embedContent)"
)
_INFERENCE = re.compile(
    r".*\.(?:textGeneration\w*|chatCompletion\w*|featureExtraction|textToImage|summarization|translation|fillMask"
    r"|textClassification|tokenClassification|questionAnswering|zeroShotClassification|automaticSpeechRecognition"
    r"|imageClassification|objectDetection|imageToText|sentenceSimilarity|textToSpeech|request)"
)
_OLLAMA_CALLS = re.compile(r"ollama\.(?:chat|generate|embed|embeddings|pull|show)")


def read_javascript(
    data: bytes, path: str, role: Role, *, outside: Mapping[str, Sequence[Text]] | None = None
) -> FileUses:
    """The models that a script, a component or the scripts of a page load. Never raises.

    Args:
        data: its bytes.
        path: relative POSIX path; of `.vue`, `.svelte`, `.astro` and `.html` only the scripts are read.
        role: what the file is for.
        outside: texts of the names that the file imports, where they are known.
    """
    found = Sightings(path, role)
    if len(data) > MAX_BYTES:
        found.unread(f"a script is read up to {MAX_BYTES} bytes")
        return found.result()
    text = data.decode("utf-8-sig", errors="replace")
    if not _WORTH.search(data):
        return found.result()
    if _is_minified(text):
        found.unread("it is minified, and so no source")
        return found.result()
    if path.lower().endswith((".vue", ".svelte", ".html", ".htm", ".astro")):
        text = _scripts(text, path)
    program = program_of(tokens_of(text))
    program.outside = outside or {}
    _imports(program, found)
    for name, places in program.calls.items():
        for opened in places:
            _call(program, name, opened, text, found)
    _keys(program, found)
    _looks(program, found)
    return found.result()


def _is_minified(text: str) -> bool:
    return len(text) > 20_000 and len(text) / (text.count("\n") + 1) > 1_000


def _scripts(text: str, path: str) -> str:
    """The scripts of a page, at their own lines; the front part of an Astro file is one too."""
    kept = list(re.sub(r"[^\n]", " ", text))
    for match in _SCRIPT.finditer(text):
        kept[match.start(1) : match.end(1)] = match[1]
    if path.lower().endswith(".astro") and (front := re.match(r"---\n(.*?)\n---", text, re.DOTALL)):
        kept[front.start(1) : front.end(1)] = front[1]
    return "".join(kept)


def exported_texts(data: bytes) -> dict[str, list[Text]]:
    """The texts of the constants that a file exports, for the files that import them."""
    program = program_of(tokens_of(data.decode("utf-8-sig", errors="replace")))
    tokens = program.tokens
    found: dict[str, list[Text]] = {}
    for index, token in enumerate(tokens[:-2]):
        if token.text == "export" and tokens[index + 1].text in {"const", "let", "var"}:
            name = tokens[index + 2].text
            values = [
                text
                for start, _ in program.values.get(name, ())
                for text in texts(program, start, expression_end(program, start))
            ]
            known = [text for text in values if text.known]
            if known:
                found[name] = known
    return found


def _callee(program: Program, at: int) -> str:
    """The dotted name before a bracket, from the name next to it backwards."""
    tokens = program.tokens
    words = [tokens[at].text]
    while at >= 2 and tokens[at - 1].text in {".", "?."} and tokens[at - 2].kind == "name":
        at -= 2
        words.append(tokens[at].text)
    if at >= 2 and tokens[at - 1].text in {".", "?."}:
        words.append("")
    return ".".join(reversed(words))


def _call(program: Program, name: str, opened: int, text: str, found: Sightings) -> None:
    callee = _callee(program, opened - 1)
    line = program.tokens[opened - 1].line
    loader = _LOADERS.get(name)
    if name == "pipeline":
        _pipeline(program, opened, line, text, found)
    elif loader is not None:
        _load(program, loader, opened, line, text, found)
    elif name == "create" and "InferenceSession" in callee:
        _load(program, _Loader("onnxruntime.InferenceSession", 0, (), _address), opened, line, text, found)
    elif _HOSTED_CALLS.fullmatch(callee):
        _load(program, _Loader("hosted.call", 0, ("model",), _hosted, strict=True), opened, line, text, found)
    elif _OLLAMA_CALLS.fullmatch(callee):
        _load(program, _Loader("ollama.call", 0, ("model",), ollama_ref), opened, line, text, found)
    elif _INFERENCE.fullmatch(callee) and "huggingface/inference" in text:
        _load(
            program,
            _Loader("huggingface.inference", 0, ("model",), _hub_only, strict=False),
            opened,
            line,
            text,
            found,
        )
    elif _sdk(callee) and _AI.search(text):
        provider = _sdk(callee)
        _load(program, _Loader(f"ai-sdk.{provider}", 0, (), _provider(provider)), opened, line, text, found)


def _hub_only(text: str) -> str:
    ref = hub_ref(text)
    return ref if ref.startswith("hf:") else ""


def _sdk(callee: str) -> str:
    first, _, rest = callee.partition(".")
    return _SDK.get(first, "") if not rest or rest in _SDK_METHODS else ""


def _argument(program: Program, opened: int, position: int) -> tuple[int, int] | None:
    places = arguments(program, opened)
    if position >= len(places):
        return None
    start = places[position]
    end = min(expression_end(program, start), program.ends.get(opened, len(program.tokens)))
    return start, end


def _pipeline(program: Program, opened: int, line: int, text: str, found: Sightings) -> None:
    """`pipeline(task, model, options)` of transformers.js; without a model its task implies one."""
    ours = _TRANSFORMERS.search(text) is not None
    model = _argument(program, opened, 1)
    task = _argument(program, opened, 0)
    if model is not None and program.tokens[model[0]].text not in {"null", "undefined"}:
        spec = _Loader("transformers.js.pipeline", 1, (), hub_ref, 2, strict=ours)
        _load(program, spec, opened, line, text, found)
        return
    if not ours or task is None:
        return
    tasks = [value for value in texts(program, *task) if value.known]
    expression = f"pipeline({source(program, *task)})"
    for value in tasks:
        default = DEFAULTS.get(value.text)
        if default:
            found.use(line, f"hf:{default}", Seen("transformers.js.pipeline", expression, ("implied",)))
    if not any(value.text in DEFAULTS for value in tasks):
        found.unresolved(
            line, "transformers.js.pipeline", expression, "its task is not known, and it names no model"
        )


def _load(program: Program, spec: _Loader, opened: int, line: int, text: str, found: Sightings) -> None:
    """Note what one call loads."""
    if spec.needs is not None and not spec.needs.search(text):
        return
    place = _argument(program, opened, spec.position)
    if place is None:
        return
    start, end = place
    options = _options(program, opened, spec)
    if spec.keys:
        members = properties(program, start) if program.tokens[start].text == "{" else {}
        inner = next((members[key] for key in spec.keys if key in members), None)
        if inner is None:
            if spec.strict and not members:
                found.unresolved(
                    line, spec.name, source(program, start, end), "its options are put together elsewhere"
                )
            return
        start, end = inner, min(expression_end(program, inner), end)
    expression = source(program, start, end)
    values = texts(program, start, end)
    if program.tokens[start].text == "{" and not values:
        members = properties(program, start)
        inner = members.get("name")
        values = texts(program, inner, expression_end(program, inner)) if inner is not None else []
    _noted(spec, line, expression, values, options, found)


def _noted(
    spec: _Loader,
    line: int,
    expression: str,
    values: list[Text],
    options: Mapping[str, str],
    found: Sightings,
) -> None:
    known = [(value, spec.ref(value.text)) for value in values if value.known]
    named = [(value, ref) for value, ref in known if ref]
    for value, ref in named:
        file = options.get("path", "") if spec.name == "huggingface.hub" else ""
        whole = f"{ref}#{file}" if file and "#" not in ref and ref.startswith("hf:") else ref
        seen = Seen(
            spec.name,
            expression,
            value.how,
            Certainty.CALL,
            options.get("revision", ""),
            value.line,
            len(named),
        )
        found.use(line, whole, seen)
    if spec.strict and not named:
        partial = next((value.text for value in values if not value.known and value.text != "{}"), "")
        why = "its value is not in this file" if not known else "it has not the form of a model's name"
        found.unresolved(line, spec.name, expression, why, partial=partial)


def _options(program: Program, opened: int, spec: _Loader) -> dict[str, str]:
    place = _argument(program, opened, spec.revision) if spec.revision >= 0 else None
    if place is None or program.tokens[place[0]].text != "{":
        return {}
    members = properties(program, place[0])
    options: dict[str, str] = {}
    for key in ("revision", "path"):
        if key in members:
            values = texts(program, members[key], expression_end(program, members[key]))
            options[key] = next(
                (v.text for v in values if v.known), "${" + key + "}" if key == "revision" else ""
            )
    return options


def _imports(program: Program, found: Sightings) -> None:
    """Note packages that bring or fetch a model of their own."""
    for index, token in enumerate(program.tokens):
        if token.kind != "string" or token.text not in PACKAGES or not index:
            continue
        before = program.tokens[index - 1].text
        if before in {"from", "import"} or (
            before == "(" and program.tokens[index - 2].text in {"require", "import"}
        ):
            ref = PACKAGES[token.text]
            found.use(token.line, ref, Seen("npm.import", token.text, ("implied",)))


def _keys(program: Program, found: Sightings) -> None:
    """Note models under keys of objects and fields of classes that name models."""
    tokens = program.tokens
    for index in range(2, len(tokens)):
        token, mark, key = tokens[index], tokens[index - 1], tokens[index - 2]
        if token.kind not in {"string", "template"} or token.parts[1:] or mark.text not in {":", "="}:
            continue
        if key.kind not in {"name", "string"} or not is_model_key(key.text) or is_other_key(key.text):
            continue
        if tokens[index - 3].text in {"?", "case"}:
            continue
        named = name_in(token.text, sure=True)
        if named is not None:
            seen = Seen("javascript.key", f'{key.text}: "{token.text}"', named.how, Certainty.KEY)
            found.use(token.line, named.ref, seen)


_COMPARED = words(
    """
    === == !== != case | includes startsWith endsWith indexOf from import require
    """
)


def _looks(program: Program, found: Sightings) -> None:
    """Note texts that can hardly be anything but a model's name, where they are neither compared nor keys."""
    tokens = program.tokens
    for index, token in enumerate(tokens):
        if token.kind != "string" or not 4 < len(token.text) < 400:
            continue
        before = tokens[index - 1].text if index else ""
        earlier = tokens[index - 2].text if index > 1 else ""
        after = tokens[index + 1].text if index + 1 < len(tokens) else ""
        opens_key = after == ":" and before in {"{", ","}
        if before in _COMPARED or (before == "(" and earlier in _COMPARED) or after == "|" or opens_key:
            continue
        if after in {"===", "==", "!==", "!="} or (before == "=" and earlier in {"href", "src", "to"}):
            continue
        named = name_in(token.text, sure=False)
        if named is None:
            continue
        if named.ref.startswith("https:") and not is_weights_url(token.text):
            continue
        found.use(
            token.line, named.ref, Seen("javascript.text", f'"{token.text}"', certainty=Certainty.LOOKS)
        )
