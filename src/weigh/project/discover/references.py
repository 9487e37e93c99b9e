"""From the value of a loader's argument to the model that it names: one function for each form."""

import re
from collections.abc import Callable, Container
from dataclasses import dataclass, field

from weigh.core.usage import Pin
from weigh.project.discover.configured import Configurations
from weigh.project.discover.library_names import is_tagged
from weigh.project.discover.loaders import Loader
from weigh.project.discover.model_name_words import (
    FOLDERS,
    OTHER_ENDINGS,
    SENTENCE_TRANSFORMERS,
    SURE_WEIGHT_ENDINGS,
    WEIGHT_ENDINGS,
)
from weigh.project.discover.model_names import (
    ending,
    hosted_model,
    is_weights_url,
    known_bare_name,
    ollama_ref,
    ref_of_url,
    revision_of_url,
    stands_for_any,
)

MOST_TEXT = 400
"""Characters of a name; hubs and registries allow fewer."""

_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_HUB_NAME = re.compile(rf"(?:{_PART}/)?{_PART}")
_AT = re.compile(rf"((?:{_PART}/)?{_PART})@([\w./-]{{1,100}})")
_NOT_A_NAME = re.compile(r"[\x00-\x1f\x7f<>|\"'`$*?]|\{\}|\s{2}")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_LOCAL_WORD = re.compile(
    r"(?:.*[_-])?(?:outputs?|out|results?|checkpoints?|ckpts?|saved|model_?dir|model_?path|tmp|temp|runs?|logs?|cache"
    r"|weights|finetuned|fine_tuned|trained|dummy|local)(?:[_-]?(?:dir|path|folder|model|\d+|best|final|last))*"
    r"|(?:my|your|the)[_-].*|models?|path|dir|folder|.*[_-](?:dir|path|folder|out|output)|checkpoint-\d+",
    re.IGNORECASE,
)
_LOCAL_FOLDERS = FOLDERS - frozenset(
    """org owner user username your_org your-org your-username organization namespace org-name
    transformers public
    vendor core shared media main release site content apps app""".split()  # noqa: SIM905 - words
)
"""First parts of a path. What stands for an owner in a template is one in a loader call."""
_HUB_SCHEMES = ("hf://", "hf-hub:", "hf_hub:", "hf:", "huggingface:", "huggingface://", "hub://")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one value means.

    Attributes:
        ref: the model; "" when the value names none.
        why: what is wrong with the value when it should name one; "" with an empty ref means that nothing
            is loaded.
        revision: as the value itself writes it.
        pin: how firmly it names its bytes, where the ref's own form does not say.
    """

    ref: str = ""
    why: str = ""
    revision: str = ""
    pin: Pin | None = None


NOTHING = Reading()
"""The call loads nothing by this value."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of the project around a call.

    Attributes:
        paths: relative POSIX paths of files and folders of the project.
        written: texts that the program writes models to.
        configurations: what the project's configurations hold, for values that the program takes from them.
    """

    paths: Container[str] = field(default_factory=frozenset)
    written: Container[str] = field(default_factory=frozenset)
    configurations: Configurations = field(default_factory=Configurations)


def read_name(value: str, loader: Loader, around: Surroundings) -> Reading:
    """What a value means in a call of this kind."""
    text = value.strip()
    if not text:
        return Reading(why="the name is empty")
    if len(text) > MOST_TEXT or "\n" in text:
        return Reading(why="too long for the name of a model")
    return FORMS[loader.form.partition(":")[0]](text, loader, around)


def is_local(text: str, around: Surroundings) -> bool:
    """Whether a text names a place on the disk rather than something to fetch."""
    if text.startswith((".", "/", "~", "\\", "file:", "$")) or "\\" in text or _DRIVE.match(text):
        return True
    plain = text.rstrip("/")
    if plain in around.written or plain in around.paths or text.endswith("/"):
        return True
    first, slash, _ = plain.partition("/")
    if plain.count("/") > 1 or (slash and first.lower() in _LOCAL_FOLDERS):
        return True
    if ending(plain) in SURE_WEIGHT_ENDINGS or plain.endswith((".bin", ".model", ".pkl")):
        return True
    return not slash and not known_bare_name(plain) and _LOCAL_WORD.fullmatch(plain) is not None


def file_ref(text: str) -> Reading:
    """A place on the disk as a ref."""
    path = text.removeprefix("file://").removeprefix("file:")
    path = path.removeprefix("./").rstrip("/") or "."
    if "#" in path or re.search(r"[\x00-\x1f\x7f]", path):
        return Reading(why="not a path that can be written down")
    return Reading(f"file:{path}")


def _of_url(text: str) -> Reading:
    if any(mark in text for mark in ("{}", " ", "<", "\\")):
        return Reading(why="not a whole address")
    ref = ref_of_url(text)
    return Reading(ref, revision=revision_of_url(text))


def _hub(text: str, loader: Loader, around: Surroundings) -> Reading:
    if text.startswith(("http://", "https://")):
        return _of_url(text)
    for scheme in _HUB_SCHEMES:
        if text.startswith(scheme):
            return _hub_path(text.removeprefix(scheme))
    if text.startswith(("s3://", "gs://", "az://")):
        return _store(text)
    if is_local(text, around):
        return file_ref(text)
    if _NOT_A_NAME.search(text) or " " in text:
        return Reading(why="not the name of a model")
    if at := _AT.fullmatch(text):
        return Reading(f"hf:{at[1]}@{at[2]}", revision=at[2])
    if re.fullmatch(r"[A-Z0-9]+(?:_[A-Z0-9]+)+", text) or stands_for_any(text):
        return NOTHING  # a constant's name, as torchaudio's bundles have them, or an example's
    if not _HUB_NAME.fullmatch(text) or "--" in text or ".." in text:
        return Reading(why="not the name of a model")
    return Reading(f"hf:{_owned(text, loader)}")


def _owned(text: str, loader: Loader) -> str:
    """A name without an owner, as the library completes it."""
    if "/" in text:
        return text
    owner = loader.options.get("owner", "")
    known = known_bare_name(text)
    if owner and (text in SENTENCE_TRANSFORMERS or not known):
        return f"{owner}/{text}"
    return text


def _hub_path(text: str) -> Reading:
    """`[datasets/]owner/name[@revision][/file]`."""
    prefix = ""
    if text.startswith(("datasets/", "models/")):
        first, _, text = text.partition("/")
        prefix = "datasets/" if first == "datasets" else ""
    words = text.strip("/").split("/")
    name, _, revision = "/".join(words[:2]).partition("@")
    if not _HUB_NAME.fullmatch(name):
        return Reading(why="not the name of a model")
    ref = f"hf:{prefix}{name}" + (f"@{revision}" if revision else "")
    return Reading(ref + ("#" + "/".join(words[2:]) if words[2:] else ""), revision=revision)


def _store(text: str) -> Reading:
    kind, _, rest = text.partition("://")
    return Reading(f"{kind}:{rest}") if rest and " " not in text else Reading(why="not a whole address")


def _hub_sure(text: str, loader: Loader, around: Surroundings) -> Reading:
    """For methods that many libraries have: only what surely is a hub's name counts."""
    if "/" not in text and not known_bare_name(text) and not is_local(text, around):
        return NOTHING
    return _hub(text, loader, around)


def _hub_file_system(text: str, loader: Loader, around: Surroundings) -> Reading:
    del loader, around
    body = text.removeprefix("hf://")
    return NOTHING if body.startswith(("spaces/", "buckets/")) else _hub_path(body)


def _hub_data(text: str, loader: Loader, around: Surroundings) -> Reading:
    found = _hub(text, loader, around)
    named = found.ref.removeprefix("hf:")
    return Reading(f"hf:datasets/{named}") if named != found.ref else found


def _address(text: str, loader: Loader, around: Surroundings) -> Reading:
    """An address, or a place on the disk."""
    del around
    if text.startswith(("http://", "https://")):
        other = loader.id == "torch.hub.file" and ending(text) in OTHER_ENDINGS - WEIGHT_ENDINGS
        return NOTHING if other else _of_url(text)
    if text.startswith(("s3://", "gs://", "az://")):
        return _store(text)
    if " " in text.strip() and "/" not in text:
        return Reading(why="not an address")
    return file_ref(text)


def _weights_address(text: str, loader: Loader, around: Surroundings) -> Reading:
    """An address that is a model's only if it looks like one: these calls fetch anything."""
    del around
    if text.startswith(("http://", "https://")):
        if is_weights_url(text):
            return _of_url(text)
        if "drive.google.com" in text and loader.id == "download.url":
            return Reading("https://" + text.partition("://")[2])
    return NOTHING


def _path(text: str, loader: Loader, around: Surroundings) -> Reading:
    return _address(text, loader, around)


def _loose_path(text: str, loader: Loader, around: Surroundings) -> Reading:
    """What opens models and other files alike; a name is a path."""
    if text.startswith(("http", "s3://", "gs://")):
        return _address(text, loader, around)
    if text.startswith(_HUB_SCHEMES):
        return _hub(text, loader, around)
    return file_ref(text)


def _weights_path(text: str, loader: Loader, around: Surroundings) -> Reading:
    del loader, around
    return (
        file_ref(text)
        if ending(text) in {"pkl", "pickle", "joblib", "sav", "pt", "pth", "model"}
        else NOTHING
    )


def _catalogue(text: str, loader: Loader, around: Surroundings) -> Reading:
    """A name of a library's own list; a file of the disk and an address are taken by most of them, too."""
    if text.startswith(("http://", "https://")):
        return _of_url(text)
    if text.startswith(("hf-hub:", "hf://", "hf_hub:")):
        return _hub(text, loader, around)
    if text.startswith(("/", "./", "../", "~")) or ending(text) in SURE_WEIGHT_ENDINGS:
        return file_ref(text)
    if _NOT_A_NAME.search(text) or " " in text.strip():
        return Reading(why="not the name of a model")
    if loader.detail == "rembg" and text.endswith("_custom"):
        return NOTHING  # sessions for a file of one's own
    name = loader.options.get("prefix", "") + text
    return Reading(f"catalogue:{loader.detail}/{name}".rstrip("/"), pin=Pin.NONE)


def _path_or_catalogue(text: str, loader: Loader, around: Surroundings) -> Reading:
    return file_ref(text) if "/" in text or "." in text else _catalogue(text, loader, around)


def _hosted(text: str, loader: Loader, around: Surroundings) -> Reading:
    """A model that is asked over the network."""
    del around
    if _NOT_A_NAME.search(text) or " " in text or len(text) > 200:
        return Reading(why="not the name of a model")
    if text.startswith(("https://", "http://")):
        return Reading(f"endpoint:https://{text.partition('://')[2]}")
    if text.startswith(("ollama/", "ollama_chat/", "ollama:")):
        return _ollama(re.split("[/:]", text, maxsplit=1)[1], loader, Surroundings())
    provider, model = loader.detail, text
    if provider not in {"", "openai"} and is_tagged(text):
        return (
            NOTHING  # Ollama's name, for a client that shares the variable; OpenAI's client asks Ollama, too
        )
    if colon := re.fullmatch(r"([a-z][a-z_-]+):([\w./:-]+)", text):
        provider, model = (colon[1], colon[2]) if not provider else (provider, text)
    known = hosted_model(model)
    if known and provider in {"", "openai"}:
        model = known
    elif provider and not model.startswith(f"{provider}/"):
        model = f"{provider}/{model}"
    dated = re.search(r"\d{4}-?\d{2}-?\d{2}|-\d{4}$|@\d", model) is not None
    return Reading(f"endpoint:{model}", pin=Pin.TAG if dated else Pin.NONE)


def _ollama(text: str, loader: Loader, around: Surroundings) -> Reading:
    del loader, around
    ref = ollama_ref(text)
    return Reading(ref) if ref else Reading(why="not a name that Ollama takes")


def _tf_hub(text: str, loader: Loader, around: Surroundings) -> Reading:
    if text.startswith(("https://", "http://")):
        found = _of_url(text)
        if found.ref.startswith("https://storage.googleapis.com"):
            return Reading(f"tfhub:{found.ref}", pin=Pin.NONE)
        return found
    if text.startswith("@"):
        return Reading(f"tfhub:https://tfhub.dev/{text[1:]}")
    if text.startswith("gs://"):
        return _store(text)
    return _address(text, loader, around)


def _kaggle(text: str, loader: Loader, around: Surroundings) -> Reading:
    del loader, around
    handle = text.removeprefix("kaggle://").strip("/")
    if text.startswith(("http://", "https://")):
        return _of_url(text)
    words = handle.split("/")
    if not 2 <= len(words) <= 5 or not all(re.fullmatch(r"[\w.-]+", word) for word in words):
        return Reading(why="not a Kaggle handle")
    return Reading(f"kaggle:{handle}")


def _kaggle_data(text: str, loader: Loader, around: Surroundings) -> Reading:
    found = _kaggle(text, loader, around)
    return Reading(found.ref.replace("kaggle:", "kaggle:datasets/"), found.why)


def _preset(text: str, loader: Loader, around: Surroundings) -> Reading:
    if text.startswith("kaggle://"):
        return _kaggle(text, loader, around)
    if text.startswith(_HUB_SCHEMES):
        return _hub(text, loader, around)
    if text.startswith(("modelscope://", "/", "./")):
        return file_ref(text) if not text.startswith("models") else _modelscope(text[13:], loader, around)
    if _NOT_A_NAME.search(text) or " " in text:
        return Reading(why="not the name of a preset")
    return Reading(f"catalogue:keras-hub/{text}", pin=Pin.NONE)


def _spacy(text: str, loader: Loader, around: Surroundings) -> Reading:
    name, _, version = text.partition("-")
    if re.fullmatch(r"[a-z]{2,3}_\w+", name) and (not version or re.fullmatch(r"[\d.]+\w*", version)):
        ref = f"catalogue:spacy/{name}" + (f"@{version}" if version else "")
        return Reading(ref, pin=Pin.EXACT if version else Pin.NONE)
    if re.fullmatch(r"[a-z]{2}", text):
        return Reading(f"catalogue:spacy/{text}", pin=Pin.NONE)
    return file_ref(text) if not _NOT_A_NAME.search(text) else _catalogue(text, loader, around)


def _flair(text: str, loader: Loader, around: Surroundings) -> Reading:
    """Flair's own short names; with an owner it is the hub's."""
    if "/" in text:
        return _hub(text, loader, around)
    if is_local(text, around):
        return file_ref(text)
    if not _HUB_NAME.fullmatch(text):
        return Reading(why="not the name of a model")
    return Reading(f"catalogue:flair/{text}", pin=Pin.NONE)


def _whisper(text: str, loader: Loader, around: Surroundings) -> Reading:
    """Sizes stand for repositories of the hub. Source: _MODELS in faster_whisper/utils.py."""
    if "/" in text or is_local(text, around):
        return _hub(text, loader, around)
    if text.startswith("distil-"):
        return Reading(f"hf:Systran/faster-{text.replace('distil-', 'distil-whisper-')}")
    if text in {"large-v3-turbo", "turbo"}:
        return Reading("hf:mobiuslabsgmbh/faster-whisper-large-v3-turbo")
    size = "large-v3" if text == "large" else text
    return (
        Reading(f"hf:Systran/faster-whisper-{size}")
        if _HUB_NAME.fullmatch(size)
        else Reading(why="not a size")
    )


def _ultralytics(text: str, loader: Loader, around: Surroundings) -> Reading:
    """`yolov8n.pt` is fetched by its name when no such file is there; a `.yaml` has no weights."""
    del loader
    if text.endswith((".yaml", ".yml")):
        return NOTHING
    if text.startswith(("http://", "https://")):
        return _of_url(text)
    name = text.rpartition("/")[2]
    stock = re.fullmatch(
        r"(?:yolov?(?:5|8|9|10|11|12|26|_nas_)\w*(?:-(?:seg|cls|pose|obb|world|worldv2|sem))?|yolov8[smlx]-world(?:v2)?"
        r"|sam2?(?:\.1)?_\w+|mobile_sam|FastSAM-[sx]|rtdetr-[lx]|yolo_nas_[sml]|yoloe-\w+(?:-seg)?(?:-pf)?)(?:\.pt)?",
        name,
    )
    if stock and (name == text or text in around.paths) and text not in around.paths:
        return Reading(f"catalogue:ultralytics/{name}", pin=Pin.NONE)
    return file_ref(text)


def _modelscope(text: str, loader: Loader, around: Surroundings) -> Reading:
    del loader
    if is_local(text, around):
        return file_ref(text)
    if not _HUB_NAME.fullmatch(text):
        return Reading(why="not the name of a model")
    return Reading(f"catalogue:modelscope/{text}", pin=Pin.NONE)


def _mlflow(text: str, loader: Loader, around: Surroundings) -> Reading:
    if text.startswith("models:/"):
        name, _, version = text.removeprefix("models:/").strip("/").replace("@", "/").partition("/")
        if not name or "{}" in name:
            return Reading(why="not the name of a registered model")
        ref = f"mlflow:{name}" + (f"@{version}" if version else "")
        exact = version.isdigit()
        return Reading(ref, revision=version, pin=Pin.EXACT if exact else Pin.BRANCH if version else Pin.NONE)
    if text.startswith("runs:/"):
        return Reading(f"mlflow:{text}", pin=Pin.EXACT)
    if "/" in text or "." in text:
        return _address(text, loader, around)
    return Reading(f"mlflow:{text}", pin=Pin.NONE)


def _wandb(text: str, loader: Loader, around: Surroundings) -> Reading:
    del loader, around
    if not re.fullmatch(r"(?:wandb-artifact://)?(?:[\w. -]+/){0,2}[\w. -]+(?::[\w.-]+)?", text):
        return Reading(why="not the name of an artifact")
    name, _, version = text.partition(":")
    versioned = re.fullmatch(r"v\d+", version) is not None
    pin = Pin.EXACT if versioned else Pin.BRANCH if version else Pin.NONE
    return Reading(f"catalogue:wandb/{name}" + (f"@{version}" if version else ""), revision=version, pin=pin)


def _replicate(text: str, loader: Loader, around: Surroundings) -> Reading:
    del loader, around
    name, _, version = text.partition(":")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        return Reading(why="not the name of a model")
    exact = re.fullmatch(r"[0-9a-f]{64}", version) is not None
    return Reading(f"endpoint:replicate/{text}", revision=version, pin=Pin.EXACT if exact else Pin.NONE)


def _nemo(text: str, loader: Loader, around: Surroundings) -> Reading:
    if "/" in text or is_local(text, around):
        return _hub(text, loader, around)
    return Reading(f"catalogue:nemo/{text}", pin=Pin.NONE)


def _open_mmlab(text: str, loader: Loader, around: Surroundings) -> Reading:
    """`torchvision://resnet50` and `open-mmlab://…`. Source: mmengine/runner/checkpoint.py."""
    if text.startswith(("torchvision://", "modelzoo://")):
        return Reading(f"catalogue:torchvision/{text.partition('://')[2]}@IMAGENET1K_V1", pin=Pin.NONE)
    if text.startswith(("open-mmlab://", "openmmlab://", "mmcls://")):
        return Reading(f"catalogue:openmmlab/{text.partition('://')[2]}", pin=Pin.NONE)
    return _address(text, loader, around)


def _deepface(text: str, loader: Loader, around: Surroundings) -> Reading:
    del loader, around
    return Reading(f"catalogue:deepface/{text}", pin=Pin.NONE)


def _allennlp(text: str, loader: Loader, around: Surroundings) -> Reading:
    if text.startswith("hf://"):
        return _hub(text, loader, around)
    if text.startswith("http"):
        return _of_url(text)
    return (
        file_ref(text) if "/" in text or "." in text else Reading(f"catalogue:allennlp/{text}", pin=Pin.NONE)
    )


def _llama_local(text: str, loader: Loader, around: Surroundings) -> Reading:
    """`local:BAAI/bge-small-en` and `default`, as llama_index resolves them."""
    if text.startswith("local"):
        return _hub(text.partition(":")[2] or "BAAI/bge-small-en", loader, around)
    if text == "default":
        return Reading("endpoint:openai/text-embedding-ada-002", pin=Pin.NONE)
    return NOTHING


_SENTENCE_ENCODERS = {
    "universal-sentence-encoder": "universal-sentence-encoder/4",
    "universal-sentence-encoder-large": "universal-sentence-encoder-large/5",
    "universal-sentence-encoder-multilingual": "universal-sentence-encoder-multilingual/3",
    "universal-sentence-encoder-multilingual-large": "universal-sentence-encoder-multilingual-large/3",
}
"""Source: `use_model_urls` of top2vec."""


def _top2vec(text: str, loader: Loader, around: Surroundings) -> Reading:
    """Names of top2vec: encoders of TF Hub, and those of sentence-transformers."""
    del loader, around
    if text in _SENTENCE_ENCODERS:
        return Reading(f"tfhub:https://tfhub.dev/google/{_SENTENCE_ENCODERS[text]}")
    return Reading(f"hf:sentence-transformers/{text}") if text in SENTENCE_TRANSFORMERS else NOTHING


def _torchhub_fixed(text: str, loader: Loader, around: Surroundings) -> Reading:
    del loader, around
    return Reading(text, pin=Pin.NONE)


def _onnx(text: str, loader: Loader, around: Surroundings) -> Reading:
    return _loose_path(text, loader, around)


Form = Callable[[str, Loader, Surroundings], Reading]

FORMS: dict[str, Form] = {
    "hf": _hub,
    "hf-sure": _hub_sure,
    "hf-object": _hub,
    "hf-path": _hub_file_system,
    "hf-data": _hub_data,
    "url": _address,
    "url-weights": _weights_address,
    "path": _path,
    "path-loose": _loose_path,
    "path-weights": _weights_path,
    "path-or-catalogue": _path_or_catalogue,
    "catalogue": _catalogue,
    "list-catalogue": _catalogue,
    "endpoint": _hosted,
    "ollama": _ollama,
    "tfhub": _tf_hub,
    "kaggle": _kaggle,
    "kaggle-data": _kaggle_data,
    "keras-preset": _preset,
    "spacy": _spacy,
    "flair": _flair,
    "faster-whisper": _whisper,
    "ultralytics": _ultralytics,
    "modelscope": _modelscope,
    "mlflow": _mlflow,
    "wandb": _wandb,
    "replicate": _replicate,
    "nemo": _nemo,
    "openmmlab": _open_mmlab,
    "deepface": _deepface,
    "allennlp": _allennlp,
    "llama-local": _llama_local,
    "top2vec": _top2vec,
    "torchhub-fixed": _torchhub_fixed,
    "onnx": _onnx,
}
"""How a name is read, by the form of its row. The forms of `special_loaders` are not here."""
