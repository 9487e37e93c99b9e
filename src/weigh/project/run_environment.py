"""What a program is told so that it reads the project's caches and nothing else: variables and hub hosts.

Every variable is one that an unmodified client reads itself: huggingface_hub (`constants.py`), transformers,
datasets, sentence-transformers, torch (`hub.py`), tensorflow_hub, kagglehub (`config.py`), keras.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from weigh.project.materialise.unit import CACHE

HUB_HOSTS = (
    "huggingface.co", "hf.co", "hf-mirror.com", "modelscope.cn", "modelscope.com",
    "github.com", "githubusercontent.com", "download.pytorch.org", "dl.fbaipublicfiles.com",
    "tfhub.dev", "kaggle.com", "kaggleusercontent.com", "storage.googleapis.com",
    "openaipublic.azureedge.net", "registry.ollama.ai", "civitai.com",
)  # fmt: skip
"""Where the loaders that `weigh discover` knows fetch models from; hosts below them are meant, too."""

_FORGOTTEN = (
    "TRANSFORMERS_CACHE", "PYTORCH_TRANSFORMERS_CACHE", "PYTORCH_PRETRAINED_BERT_CACHE",
    "HF_TOKEN_PATH", "TFHUB_MODEL_LOAD_FORMAT", "HUGGINGFACE_ASSETS_CACHE", "HUGGINGFACE_CO_STAGING",
)  # fmt: skip
"""Variables that would lead a client past the caches, or that newer clients answer with a warning."""

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
LOOPBACK = "localhost,127.0.0.1,::1"


def cache_variables(place: Path, private: Path) -> dict[str, str]:
    """Cache folders and offline switches for every family.

    Args:
        place: the project's `.weigh`, absolute.
        private: folder of this run alone, for code that clients copy before they import it.
    """
    cache = place / CACHE
    hub = str(cache / "hf" / "hub")
    return {
        "HF_HOME": str(cache / "hf"),
        "HF_HUB_CACHE": hub,
        "HUGGINGFACE_HUB_CACHE": hub,
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_MODULES_CACHE": str(private / "modules"),
        "HF_ASSETS_CACHE": str(private / "assets"),
        "HF_XET_CACHE": str(private / "xet"),
        "SENTENCE_TRANSFORMERS_HOME": hub,
        "TORCH_HOME": str(cache / "torch"),
        "TFHUB_CACHE_DIR": str(cache / "tfhub"),
        "KAGGLEHUB_CACHE": str(cache / "kaggle"),
        "KERAS_HOME": str(cache / "keras"),
        "DISABLE_COLAB_CACHE": "true",
        "DISABLE_KAGGLE_CACHE": "true",
    }


def child_environment(environ: Mapping[str, str], place: Path, private: Path, proxy: str) -> dict[str, str]:
    """The environment of a program under `weigh run`.

    Data sets stay where the user keeps them: only models are locked.

    Args:
        environ: of the user.
        place: the project's `.weigh`, absolute.
        private: folder of this run alone.
        proxy: address of the proxy that knows no hub, "" for none at all.
    """
    dropped = {name.lower() for name in _PROXIES}
    kept = {k: v for k, v in environ.items() if k not in _FORGOTTEN and k.lower() not in dropped}
    home = Path(environ.get("HF_HOME") or _default_hf_home(environ))
    kept.setdefault("HF_DATASETS_CACHE", str(home / "datasets"))
    made = kept | cache_variables(place, private)
    if proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            made |= {name: proxy, name.upper(): proxy}
        made |= {"no_proxy": LOOPBACK, "NO_PROXY": LOOPBACK}
    return made


def _default_hf_home(environ: Mapping[str, str]) -> Path:
    cache = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".cache")
    return Path(cache) / "huggingface"


def refused_hosts(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Hosts that give models out, the endpoints that the user configured included."""
    named = (
        environ.get(name, "") for name in ("HF_ENDPOINT", "HF_INFERENCE_ENDPOINT", "KAGGLE_API_ENDPOINT")
    )
    hosts = (urlsplit(address).hostname for address in named)
    return tuple(sorted({*HUB_HOSTS, *(host for host in hosts if host)}))
