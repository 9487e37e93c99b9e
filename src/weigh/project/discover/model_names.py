"""What looks like the name of a model: an id on a hub, a hosted model, an address of weights.

Nothing is asked over the network, so each answer is what the text alone shows. A path, a media type, a
container image, a time zone or a branch has the same form as `owner/name`; the words of `model_name_words`
keep them apart.
"""

import re
from urllib.parse import unquote, urlsplit

from weigh.core.usage import Pin
from weigh.project.discover.model_name_words import (
    BARE_NAMES,
    FOLDERS,
    KNOWN_OWNERS,
    MEDIA_TYPES,
    NOT_OWNERS,
    OTHER_ENDINGS,
    PROVIDERS,
    SENTENCE_TRANSFORMERS,
    SURE_WEIGHT_ENDINGS,
    WEIGHT_ENDINGS,
    WORD_PAIRS,
    ZONES,
)

_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_HUB_ID = re.compile(rf"{_PART}/{_PART}")
"""Source: huggingface_hub's validate_repo_id: letters, digits, `-`, `_`, `.`, at most 96 of them."""
_NUMBER = re.compile(r"[\d.,%x_-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT_COMMIT = re.compile(r"(?=.*[0-9])(?=.*[a-f])[0-9a-f]{7,39}")
_GENERIC = frozenset(
    [
        "model",
        "models",
        "id",
        "ids",
        "name",
        "names",
        "llm",
        "api",
        "key",
        "openai",
        "huggingface",
        "hf",
        "type",
        "path",
        "size",
        "config",
    ]
)
"""A name of nothing but such words is a key of settings, as `transcriber/model-id` is."""
_PLACEHOLDER = re.compile(
    r"(?:your|my)[-_]?(?:user(?:name)?|org(?:anization|anisation)?|name|hf|account|team)\b|<|some[-_]"
)
_VERSION = re.compile(r"v?\d+(?:\.\d+)+(?:[-.+]?\w+)*|v\d+|\d{4}-\d{2}-\d{2}|[a-z-]*-v?\d+(?:\.\d+)+")
_VARIABLE = re.compile(r"[${}<>%*\s\"'`()|;]")

_HOSTED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (provider, re.compile(pattern, re.IGNORECASE))
    for provider, pattern in (
        ("openai", r"gpt-(?:3\.5|35|4|4o|4\.1|4\.5|5(?:\.\d)?|image-1|realtime|audio)(?:[-.:]?[\w.-]*)?"),
        (
            "openai",
            r"chatgpt-4o-latest|o[134](?:-(?:mini|preview|pro|deep-research)(?:-[\w-]+)?|-\d{4}-\d\d-\d\d)",
        ),
        (
            "openai",
            r"text-embedding-(?:3-(?:small|large)|ada-002)|dall-e-[23]|tts-1(?:-hd)?(?:-\d+)?|whisper-1",
        ),
        ("openai", r"(?:text|code)-(?:davinci|curie|babbage|ada|cushman)-[\w-]+|(?:davinci|babbage)-002"),
        (
            "openai",
            r"(?:omni|text)-moderation-(?:latest|stable|\d+)|computer-use-preview|codex-mini-latest|sora-\d\S*",
        ),
        ("anthropic", r"claude-(?:\d|instant|v\d|opus|sonnet|haiku|fable|mythos)[\w.@:-]*"),
        ("google", r"gemini-(?:\d|pro|ultra|nano|flash|embedding|exp|live)[\w.:-]*|text-embedding-00[45]"),
        (
            "google",
            r"(?:text|chat|code|codechat)-(?:bison|unicorn|gecko)[\w@-]*|imagen-?\d[\w.@-]*|veo-\d[\w.-]*",
        ),
        ("google", r"textembedding-gecko[\w@-]*|text-multilingual-embedding-\d+"),
        (
            "mistral",
            r"(?:open-)?mistral-(?:tiny|small|medium|large|nemo|saba|embed|moderation|ocr)(?:-[\w-]+)?",
        ),
        (
            "mistral",
            r"open-mi(?:x|s)tral-[\w-]+|(?:codestral|ministral|magistral|devstral|pixtral)-[\w-]*(?:latest|\d{4})",
        ),
        (
            "cohere",
            r"command(?:-(?:r|r-plus|a|light|nightly|xlarge)[\w-]*)|embed-(?:english|multilingual|v4)[\w.-]*",
        ),
        ("cohere", r"rerank-(?:english|multilingual|v\d)[\w.-]*|c4ai-aya-[\w-]+"),
        ("deepseek", r"deepseek-(?:chat|reasoner|coder)"),
        ("xai", r"grok-(?:\d|beta|vision|code)[\w.-]*"),
        ("perplexity", r"sonar(?:-[\w-]+)|pplx-\d[\w-]+|llama-3(?:\.1)?-sonar-[\w-]+"),
        (
            "groq",
            r"llama3-\d+b-8192|llama-3\.\d-\d+b-(?:instant|versatile|specdec)|mixtral-8x7b-32768|gemma2?-\d+b-it",
        ),
        ("dashscope", r"qwen-(?:turbo|plus|max|long|vl-(?:plus|max))[\w-]*|text-embedding-v[1234]"),
        ("zhipu", r"glm-(?:3-turbo|4(?:v|-plus|-air|-flash|-long|-0520|\.\d)?[\w.-]*)|embedding-[23]"),
        ("moonshot", r"moonshot-v1-[\w-]+|kimi-(?:latest|k\d[\w.-]*)"),
        ("voyage", r"voyage-(?:\d|large|code|law|finance|multilingual|context|lite|multimodal)[\w.-]*"),
        ("ai21", r"j2-(?:ultra|mid|light)|jamba-(?:large|mini|instruct|\d)[\w.-]*"),
        (
            "upstage",
            r"solar-(?:pro|mini|docvision|1-mini-chat)[\w-]*|solar-embedding-1-large-(?:query|passage)",
        ),
        ("volcengine", r"doubao-[\w.-]+"),
        (
            "bedrock",
            r"(?:[a-z]+\.)?(?:anthropic\.claude|amazon\.(?:titan|nova)|meta\.llama|cohere\.embed)[\w.:-]*",
        ),
        (
            "bedrock",
            r"(?:[a-z]+\.)?(?:cohere\.command|mistral\.mi|ai21\.j|stability\.s|deepseek\.r)[\w.:-]*",
        ),
    )
)
"""Models that are asked over the network. Source: the providers' lists of models."""


_STANDS_FOR_ANY = re.compile(
    r"(?:org|owner|user|username|some|any|foo|namespace|organization|author)/(?:some[-_])?(?:model|repo|name|id|bar)s?"
    r"(?:[-_](?:id|name))?"
)


def stands_for_any(text: str) -> bool:
    """Whether a text is what documentation and tests write for any model: `org/model`, `user/repo-name`."""
    return _STANDS_FOR_ANY.fullmatch(text) is not None


def is_hub_id(text: str) -> bool:
    """Whether a text has the form of `owner/name` and is not plainly something else."""
    if not _HUB_ID.fullmatch(text) or "--" in text or ".." in text:
        return False
    owner, _, name = text.partition("/")
    low = owner.lower()
    if low in FOLDERS or low in MEDIA_TYPES or low in NOT_OWNERS or text.lower() in WORD_PAIRS:
        return False
    if _PLACEHOLDER.match(low) or stands_for_any(text):
        return False
    if low in ZONES and name[:1].isupper() and "-" not in name and not any(map(str.isdigit, name)):
        return False
    if _NUMBER.fullmatch(owner) or _NUMBER.fullmatch(name):
        return False
    if all(word in _GENERIC for word in re.split("[-_.]", name.lower())):
        return False
    return not _is_file_name(name) and "." not in owner.strip(".")


def _is_file_name(name: str) -> bool:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return ending in OTHER_ENDINGS or ending in WEIGHT_ENDINGS


def known_owner(text: str) -> bool:
    """Whether a hub id belongs to an owner known for models, so that the text needs no other evidence."""
    return is_hub_id(text) and text.partition("/")[0].lower() in KNOWN_OWNERS


def known_bare_name(text: str) -> str:
    """The hub's id that a well-known name without an owner stands for, "" for another text."""
    if text in SENTENCE_TRANSFORMERS:
        return f"sentence-transformers/{text}"
    return text if text in BARE_NAMES else ""


def hosted_model(text: str) -> str:
    """`provider/model` where a text names a model that is asked over the network, "" for another text."""
    if not 2 < len(text) <= 120 or _VARIABLE.search(text):
        return ""
    if text in {"o1", "o3"}:
        return f"openai/{text}"
    provider, slash, rest = text.partition("/")
    low = provider.lower()
    if not slash:
        return next((f"{who}/{text}" for who, form in _HOSTED if form.fullmatch(text)), "")
    if low in PROVIDERS and (low == "openrouter" or hosted_model(rest.rpartition("/")[2])):
        return f"{low}/{rest}"
    return ""


def ending(path: str) -> str:
    """The ending of a path or address, in lower case and without what compresses it."""
    name = path.rpartition("/")[2].lower()
    for packing in (".gz", ".bz2", ".xz", ".zip"):
        name = name.removesuffix(packing)
    return name.rpartition(".")[2] if "." in name else ""


def is_weights_path(text: str) -> bool:
    """Whether a text is a path of a file whose ending says weights."""
    if not text or len(text) > 300 or _VARIABLE.search(text) or "://" in text:
        return False
    return ending(text) in SURE_WEIGHT_ENDINGS


_MODEL_HOSTS = frozenset({"huggingface.co", "hf.co", "hf-mirror.com", "tfhub.dev", "modelscope.cn"})
_ARCHIVE = re.compile(r"\.(?:zip|tar|tar\.gz|tgz|tar\.bz2|7z)$", re.IGNORECASE)
_MODEL_WORDS = re.compile(
    r"model|weight|checkpoint|ckpt|pretrain|bert|vgg(?:\d|[-_]?face|ish)|resnet|shape_predictor|mmod_human|landmarks?\.dat|buffalo_[slm]|antelopev2|yolo|encoder|word2vec|glove|fasttext|embedding|lpips|graph_def\.pb|(?:frozen|inference)_graph",
    re.IGNORECASE,
)


def is_weights_url(text: str) -> bool:
    """Whether a text is an address from which weights are fetched."""
    if not text.startswith(("https://", "http://")) or len(text) > 500 or _VARIABLE.search(text):
        return False
    parts = urlsplit(text)
    host, path = (parts.hostname or "").removeprefix("www."), unquote(parts.path)
    if host in _MODEL_HOSTS:
        ref = ref_of_url(text)
        # the page of a repository is mostly a link; only an address below it fetches something
        page = ref.startswith("hf:") and "@" not in ref
        return not page and not ref.startswith(("https:", "hf:datasets/"))
    if host == "kaggle.com":
        return path.startswith("/models/")
    kind = ending(path)
    if kind in SURE_WEIGHT_ENDINGS:
        return True
    sure_word = _MODEL_WORDS.search(f"{host}{path}") is not None
    return sure_word and (kind in WEIGHT_ENDINGS or kind == "dat" or is_archive_url(text))


def is_archive_url(text: str) -> bool:
    """Whether a text is an address of an archive, which may hold anything."""
    return text.startswith(("https://", "http://")) and _ARCHIVE.search(urlsplit(text).path) is not None


_EXAMPLE_HOST = re.compile(
    r"(?:.*\.)?(?:example\.(?:com|org|net|edu)|(?:.*\.)?(?:example|invalid|test|localhost))|localhost|127\.\d+\.\d+\.\d+"
)


def is_example_url(text: str) -> bool:
    """Whether an address is one of those that are kept for examples and tests. Source: RFC 2606, RFC 6761."""
    if not text.startswith(("https://", "http://")):
        return False
    return _EXAMPLE_HOST.fullmatch((urlsplit(text).hostname or "").lower()) is not None


def ref_of_url(url: str) -> str:
    """The ref that an address stands for: hub, TF Hub and Kaggle pages as their own kind, else the address.

    Plain http is written as https, for nothing else can be declared.
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").removeprefix("www.")
    path = unquote(parts.path).strip("/")
    if host in {"huggingface.co", "hf.co", "hf-mirror.com"}:
        return _hub_page(path) or _https(url)
    if host in {"tfhub.dev", "thub.dev"} and path:
        return f"tfhub:https://tfhub.dev/{path}"
    if host == "kaggle.com" and path.startswith("models/"):
        words = [word for word in path.removeprefix("models/").split("/") if word != "versions"]
        return "kaggle:" + "/".join(words)
    return _https(url)


def _https(url: str) -> str:
    return "https://" + url.strip().removeprefix("https://").removeprefix("http://")


def _hub_page(path: str) -> str:
    """The hf: ref of a page or file of the hub, "" where the path names no repository.

    Source: the hub's own addresses, `[datasets/]OWNER/NAME[/resolve|blob|raw|tree/REVISION[/FILE]]`.
    """
    words = path.split("/")
    prefix = ""
    if words[0] in {"spaces", "docs", "blog", "papers", "collections", "api", "settings", "join", "new"}:
        return ""
    if words[0] == "datasets":
        prefix, words = "datasets/", words[1:]
    at = next((i for i, word in enumerate(words[:3]) if word in {"resolve", "blob", "raw", "tree"}), 0)
    named = words[:at] if at else words[:2]
    named = [word.removesuffix(".git") for word in named]
    if not named or not named[0] or (len(named) == 1 and not (at or known_bare_name(named[0]))):
        return ""
    ref = f"hf:{prefix}{'/'.join(named)}"
    rest = words[at + 1 :] if at else []
    if rest[:1] == ["refs"] and len(rest) > 2:
        rest = ["/".join(rest[:3]), *rest[3:]]
    if rest:
        ref += f"@{rest[0]}"
        if words[at] != "tree" and len(rest) > 1:
            ref += "#" + "/".join(rest[1:])
    return ref


def revision_of_url(url: str) -> str:
    """The revision that an address of a hub's file names, "" where it names none."""
    ref = ref_of_url(url)
    return ref.partition("#")[0].partition("@")[2] if ref.startswith("hf:") else ""


def pin_of_revision(revision: str) -> Pin:
    """How firmly a revision of a repository names its bytes, by its form."""
    if not revision:
        return Pin.NONE
    if _COMMIT.fullmatch(revision) or _SHORT_COMMIT.fullmatch(revision):
        return Pin.EXACT
    if _VARIABLE.search(revision):
        return Pin.UNKNOWN
    return Pin.TAG if _VERSION.fullmatch(revision) else Pin.BRANCH


_RELEASE = re.compile(r"https://github\.com/[^/]+/[^/]+/releases/download/")


_DATED = re.compile(r"-(?:\d{4}-\d\d-\d\d|20\d{6}|\d{4})(?:-v\d(?::\d)?)?$")


def pin_of_ref(ref: str) -> Pin:
    """How firmly a ref names its bytes, by its form alone."""
    kind, _, rest = ref.partition(":")
    body = rest.partition("#")[0]
    if kind == "hf":
        return pin_of_revision(body.partition("@")[2])
    if kind in {"tfhub", "kaggle"}:
        last = body.rpartition("/")[2]
        versioned = last.isdigit() and (kind == "tfhub" or body.count("/") >= 4)
        return Pin.EXACT if versioned else Pin.NONE
    if kind == "pypi":
        return Pin.EXACT if "==" in body else Pin.NONE
    if kind == "npm":
        version = body.rpartition("@")[2] if "@" in body[1:] else ""
        return Pin.EXACT if re.fullmatch(r"\d+\.\d+\.\d+\S*", version) else Pin.NONE
    if kind == "endpoint":
        return Pin.TAG if _DATED.search(body) else Pin.NONE
    if kind == "oci":
        return _pin_of_image(body)
    return Pin.TAG if _RELEASE.match(ref) else Pin.NONE


def _pin_of_image(body: str) -> Pin:
    if "@sha256" in body:
        return Pin.EXACT
    tag = body.rpartition(":")[2] if ":" in body.rpartition("/")[2] else ""
    if not tag:
        return Pin.NONE
    return Pin.BRANCH if tag == "latest" else Pin.TAG


_OLLAMA = re.compile(r"(?:[\w.-]+/){0,2}[a-z0-9][\w.-]*(?::[\w.-]+)?", re.IGNORECASE)


def ollama_ref(name: str) -> str:
    """The ref of a model that Ollama names, "" for a text that it would refuse.

    Source: Ollama's model names, `[HOST/][NAMESPACE/]MODEL[:TAG]`; its registry speaks OCI's protocol.
    """
    if not name or len(name) > 200 or not _OLLAMA.fullmatch(name):
        return ""
    if name.startswith(("hf.co/", "huggingface.co/")):
        return "hf:" + name.partition("/")[2].partition(":")[0]
    words = name.split("/")
    if len(words) == 3:
        return f"oci:{name}"
    return "oci:registry.ollama.ai/" + (name if len(words) == 2 else f"library/{name}")
