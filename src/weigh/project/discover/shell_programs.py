"""Programs whose command lines load models: which word names the model, which flag its revision.

A reviewed table. Sources: the programs' own help texts and documentation.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from weigh.project.discover.library_names import demucs_ref
from weigh.project.discover.model_names import (
    ending,
    hosted_model,
    is_hub_id,
    is_weights_path,
    is_weights_url,
    known_bare_name,
    ollama_ref,
    ref_of_url,
)
from weigh.project.discover.naming import name_in
from weigh.project.discover.shell_words import Word

NONE: frozenset[str] = frozenset()


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Spec:
    """How one program names a model.

    Attributes:
        loader: its id in what discover prints.
        start: words that the command begins with, divided by blanks.
        ref: from the text of an argument to the ref, "" for a text that names no model.
        flags: flags whose value is the model.
        positional: a word without a flag is the model where no flag names it.
        every: all such words are.
        revision: flags whose value is the revision.
        valued: further flags that take a value.
        files: further words name files of the model.
        required: without a model that is known the call is unresolved.
        only_if: a text that is not wholly known counts as unresolved only where this is found in it.
        skip_when: texts in the command that say it is about something else.
    """

    loader: str
    start: str
    ref: Callable[[str], str]
    flags: frozenset[str] = NONE
    positional: bool = True
    every: bool = False
    revision: frozenset[str] = NONE
    valued: frozenset[str] = NONE
    files: bool = False
    required: bool = True
    only_if: re.Pattern[str] | None = None
    skip_when: tuple[str, ...] = ()

    def only_if_found(self, text: str) -> bool:
        """Whether a text that is partly known is about a model."""
        return self.only_if is None or self.only_if.search(text) is not None


def hub_ref(text: str) -> str:
    """The ref of a value that names a model for certain; a path gives a file: ref."""
    named = name_in(text, sure=True)
    if named is not None:
        return "" if named.ref.startswith("endpoint:") and not hosted_model(text) else named.ref
    if re.match(r"\.{0,2}/", text) and not re.search(r"[\s{}*]", text):
        return "file:" + (text.removeprefix("./") or ".")
    bare = re.fullmatch(r"[A-Za-z0-9][\w.-]{1,95}", text)
    return "" if bare is None or not known_bare_name(text) else f"hf:{known_bare_name(text)}"


def _repository(text: str) -> str:
    """A repository's id without anything that could be a path."""
    if known_bare_name(text):
        return f"hf:{known_bare_name(text)}"
    body = text.removeprefix("hf.co/").removeprefix("https://huggingface.co/").partition(":")[0]
    return f"hf:{body}" if is_hub_id(body) or (re.fullmatch(r"[\w.-]+", body) and "-" in body) else ""


def _clone(text: str) -> str:
    """The ref of an address that git clones, "" for one that is no hub's."""
    address = re.sub(r"^(?:ssh://)?git@(hf\.co|huggingface\.co)[:/]", r"https://\1/", text)
    address = re.sub(r"^https://[^/@]+@", "https://", address)
    if re.match(r"https://(?:www\.)?modelscope\.cn/", address):
        name = address.removesuffix(".git").partition("modelscope.cn/")[2].removeprefix("models/")
        return _modelscope(name)
    if not re.match(r"https?://(?:huggingface\.co|hf\.co|hf-mirror\.com)/", address):
        return ""
    ref = ref_of_url(address)
    return ref if ref.startswith("hf:") and not ref.startswith("hf:datasets/") else ""


def _download(text: str) -> str:
    return ref_of_url(text) if is_weights_url(text) else ""


_DRIVE = re.compile(r"(?:https://drive\.google\.com/\S*?(?:id=|/d/))?([\w-]{25,60})(?:[/?&].*)?")


def _drive(text: str) -> str:
    match = _DRIVE.fullmatch(text)
    return f"https://drive.google.com/uc?id={match[1]}" if match else _download(text)


def _kaggle(text: str) -> str:
    return f"kaggle:{text}" if re.fullmatch(r"[\w.-]+(?:/[\w.-]+){1,4}", text) else ""


def _catalogue(library: str) -> Callable[[str], str]:
    def named(text: str) -> str:
        usable = re.fullmatch(r"[A-Za-z0-9][\w.+/-]{0,95}", text)
        return f"catalogue:{library}/{text}" if usable else ""

    return named


def _whisper(text: str) -> str:
    sizes = r"(?:tiny|base|small|medium)(?:\.en)?|large(?:-v[123](?:-turbo)?)?|turbo"
    return f"catalogue:whisper/{text}" if re.fullmatch(sizes, text) else hub_ref(text)


def _spacy(text: str) -> str:
    match = re.fullmatch(r"([a-z]{2}_[a-z]+_[a-z_]+)(?:-(\d[\w.]*))?", text)
    return f"catalogue:spacy/{match[1]}" + (f"@{match[2]}" if match[2] else "") if match else ""


def _store(text: str) -> str:
    scheme, _, body = text.partition("://")
    if scheme not in {"s3", "gs", "az"} or re.search(r"[\s*{}]", body):
        return ""
    model_word = re.search(r"model|weight|checkpoint|ckpt|pretrain", body, re.IGNORECASE)
    usable = is_weights_path(body) or (model_word and ending(body) in {"tar", "tgz", "zip", "bin"})
    return f"{scheme}:{body}" if usable else ""


def _local(text: str) -> str:
    body = re.sub(r"(?<=[\w-]):[\w.-]+$", "", text) if "//" not in text else text
    return f"file:{body.removeprefix('./')}" if is_weights_path(body) else hub_ref(body)


def _modelscope(text: str) -> str:
    return f"catalogue:modelscope/{text}" if is_hub_id(text) else ""


def _ultralytics(text: str) -> str:
    if re.fullmatch(r"(?:yolo|rtdetr|sam|mobile_sam|FastSAM)[\w-]*\.pt", text):
        return f"catalogue:ultralytics/{text}"
    return f"file:{text.removeprefix('./')}" if is_weights_path(text) else ""


def _docker_model(text: str) -> str:
    if text.startswith(("hf.co/", "huggingface.co/")):
        return _repository(text)
    return f"oci:docker.io/{text}" if re.fullmatch(r"[a-z0-9-]+/[\w.-]+(?::[\w.-]+)?", text) else ""


def _endpoint(text: str) -> str:
    hosted = hosted_model(text)
    return f"endpoint:{hosted}" if hosted else ""


_REVISION = _set("--revision --hf-revision --model-revision")
_VLLM = _set("--model --tokenizer --speculative-model --draft-model")
_VALUED = _set("--local-dir --cache-dir --token --include --exclude --repo-type --max-workers --quant-method")
_DOWN_VALUED = _set(
    "-O -o -P -d --output --output-document --directory-prefix --dir --out -U --user-agent -H --header "
    "--retry "
    "--connect-timeout -x -A -b --cookie"
)
_WEIGHTS = re.compile(r"huggingface\.co|hf\.co|\.(?:safetensors|gguf|pth?|onnx|ckpt|h5|tflite)$|/resolve/")
_HUBS = re.compile(r"huggingface\.co|hf\.co|hf-mirror")

SPECS: tuple[Spec, ...] = (
    *(
        Spec(f"cli:{start}", start, _repository, revision=_REVISION, valued=_VALUED, files=True,
             skip_when=tuple(f"--repo-type{mark}{kind}" for mark in " =" for kind in ("dataset", "space")))
        for start in ("hf download", "huggingface-cli download", "huggingface_hub download")
    ),
    *(
        Spec("git.clone", start, _clone, revision=_set("-b --branch"),
             valued=_set("--depth -c --config -o --origin --filter -j --jobs"), required=True, only_if=_HUBS)
        for start in ("git clone", "git lfs clone", "git submodule add")
    ),
    *(
        Spec(f"cli:{name}", name, _download, every=True, valued=_DOWN_VALUED, only_if=_WEIGHTS)
        for name in ("wget", "curl", "aria2c", "axel", "curl.exe")
    ),
    Spec("cli:gdown", "gdown", _drive, flags=_set("--id"), valued=_set("-O --output")),
    Spec("cli:kaggle", "kaggle models instances versions download", _kaggle, valued=_set("-p --path")),
    Spec("cli:kaggle", "kaggle models variations versions download", _kaggle, valued=_set("-p --path")),
    Spec("cli:kagglehub", "kagglehub models download", _kaggle),
    Spec("spacy.download", "spacy download", _spacy, every=True),
    Spec("nltk.download", "nltk.downloader", _catalogue("nltk"), every=True, valued=_set("-d --dir -u")),
    *(Spec(f"ollama.{verb}", f"ollama {verb}", ollama_ref) for verb in ("pull", "run")),
    *(Spec("docker.model", f"docker model {verb}", _docker_model) for verb in ("pull", "run")),
    Spec("vllm", "vllm serve", hub_ref, flags=_VLLM, revision=_REVISION),
    Spec("vllm", "vllm bench", hub_ref, flags=_VLLM, positional=False, revision=_REVISION, required=False),
    *(
        Spec("vllm", start, hub_ref, flags=_VLLM, positional=False, revision=_REVISION)
        for start in ("vllm.entrypoints.openai.api_server", "vllm.entrypoints.api_server", "vllm/vllm-openai",
                      "vllm.entrypoints.launcher", "aphrodite.endpoints.openai.api_server")
    ),
    *(
        Spec("tgi", start, hub_ref, flags=_set("--model-id --speculate-model-id"), positional=False,
             revision=_REVISION)
        for start in ("text-generation-launcher", "text-embeddings-router", "text-generation-inference",
                      "text-embeddings-inference", "infinity_emb", "infinity")
    ),
    Spec("tgi", "text-generation-server download-weights", _repository, revision=_REVISION),
    Spec("sglang", "sglang.launch_server", hub_ref, flags=_set("--model-path --model --tokenizer-path"),
         positional=False, revision=_REVISION),
    Spec("lmdeploy", "lmdeploy serve api_server", hub_ref, revision=_REVISION),
    Spec("trtllm", "trtllm-serve", hub_ref),
    *(
        Spec("llama.cpp", start, _local, flags=_set("-hf -hfr --hf-repo -m --model -hfv"), positional=False,
             revision=NONE, required=False)
        for start in ("llama-server", "llama-cli", "llama-run", "llama-embedding", "llama-bench", "llama.cpp",
                      "llama_cpp.server", "llama-mtmd-cli", "whisper-cli", "main")
    ),
    *(
        Spec("mlx", start, hub_ref, flags=_set("--model --hf-path"), positional=False, required=False)
        for start in ("mlx_lm.generate", "mlx_lm.server", "mlx_lm.convert", "mlx_lm.lora", "mlx_lm.chat",
                      "mlx_vlm.generate", "mlx_vlm.server", "mlx_lm", "mlx_whisper")
    ),
    Spec("optimum.export", "optimum-cli export", hub_ref, flags=_set("-m --model"), positional=False,
         revision=_REVISION),
    Spec("ctranslate2", "ct2-transformers-converter", hub_ref, flags=_set("--model"), positional=False,
         revision=_REVISION),
    Spec("transformers.onnx", "transformers.onnx", hub_ref, flags=_set("--model -m"), positional=False),
    Spec("cli:transformers", "transformers-cli download", _repository),
    Spec("cli:transformers", "transformers serve", hub_ref, required=False),
    Spec("cli:modelscope", "modelscope download", _modelscope, flags=_set("--model"),
         revision=_set("--revision"), skip_when=("--dataset",)),
    *(
        Spec("demucs", start, demucs_ref, flags=_set("-n --name"), positional=False, required=False)
        for start in ("demucs", "demucs.separate")
    ),
    Spec("whisper", "whisper", _whisper, flags=_set("--model"), positional=False, required=False),
    Spec("whisper", "whisper-ctranslate2", _whisper, flags=_set("--model"), positional=False, required=False),
    Spec("whisper", "whisperx", _whisper, flags=_set("--model"), positional=False, required=False),
    Spec("litgpt", "litgpt download", _repository),
    Spec("torchtune", "tune download", _repository, valued=_set("--output-dir --hf-token --ignore-patterns")),
    Spec("cli:ilab", "ilab model download", _repository, flags=_set("-rp --repository"), positional=False,
         revision=_set("-rl --release"), required=False),
    Spec("ramalama", "ramalama pull", ollama_ref, required=False),
    *(
        Spec("object-store", start, _store, every=True, required=False)
        for start in ("aws s3 cp", "aws s3 sync", "gsutil cp", "gsutil -m cp", "gcloud storage cp",
                      "s5cmd cp")
    ),
)  # fmt: skip
_BY_FIRST: dict[str, list[Spec]] = {}
for _spec in SPECS:
    _BY_FIRST.setdefault(_spec.start.split()[0], []).append(_spec)
_IMAGES = (
    ("vllm/vllm-openai", "vllm/vllm-openai"),
    ("text-generation-inference", "text-generation-inference"),
    ("text-embeddings-inference", "text-embeddings-inference"),
    ("llama.cpp", "llama.cpp"),
    ("michaelf34/infinity", "infinity"),
)
_PYTHON = re.compile(r"(?:\S*/)?python[\d.]*|torchrun|accelerate|deepspeed")


def spec_of(words: Sequence[Word]) -> tuple[Spec | None, list[Word]]:
    """The row for a command and the words behind its name; None for a command that is not in the table."""
    texts = [word.literal for word in words]
    first = texts[0] if texts[0] in _BY_FIRST else texts[0].rpartition("/")[2]
    begin = 0
    if _PYTHON.fullmatch(texts[0]):
        begin = next((i + 1 for i, text in enumerate(texts) if text == "-m"), 0)
        if not begin or begin >= len(texts):
            return None, []
        first = texts[begin]
    elif first in {"docker", "podman", "nerdctl"} and texts[1:2] != ["model"]:
        return _image(words, texts)
    tail = [first, *texts[begin + 1 :]]
    fits = [
        spec for spec in _BY_FIRST.get(first, ()) if tail[: len(spec.start.split())] == spec.start.split()
    ]
    if not fits:
        return None, []
    spec = max(fits, key=lambda row: len(row.start))
    return spec, list(words[begin + len(spec.start.split()) :])


def _image(words: Sequence[Word], texts: list[str]) -> tuple[Spec | None, list[Word]]:
    """The server that a container's image starts, with the arguments behind the image."""
    for index, text in enumerate(texts):
        program = program_of_image(text)
        if program:
            return _BY_FIRST[program][0], list(words[index + 1 :])
        if text in {"exec", "run"} or text.startswith("-"):
            continue
        nested = index > 1 and (text in _BY_FIRST or _PYTHON.fullmatch(text) is not None)
        if nested and "exec" in texts[:index]:
            return spec_of(words[index:])
    return None, []


def program_of_image(image: str) -> str:
    """The program of the table that a container image starts with its arguments, "" for another image."""
    if image.startswith("-") or "=" in image or "/" not in image:
        return ""
    return next((program for mark, program in _IMAGES if mark in image), "")


def positionals(words: Sequence[Word], spec: Spec) -> list[Word]:
    """Words that are neither flags nor the values of flags that take one."""
    found: list[Word] = []
    valued = spec.valued | spec.revision | spec.flags
    skip = False
    for word in words:
        text = word.literal
        if skip:
            skip = False
        elif text.startswith("-") and len(text) > 1:
            skip = text in valued
        elif text:
            found.append(word)
    return found
