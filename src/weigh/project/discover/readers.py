"""Which reader reads which kind of file: a static table, each reader imported when its first file is met."""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from weigh.code.word_lists import words
from weigh.core.usage import FileUses, Role
from weigh.project.discover.model_name_words import SURE_WEIGHT_ENDINGS

Reader = Callable[[bytes, str, Role], FileUses]

MEBIBYTE = 1024**2


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Attributes:
        name: of the kind.
        reader: `module:function` of its reader; "" for Python, which is read as one program.
        most: bytes that are read; a larger file is left out with a reason.
        head: a larger file is read by its beginning, which is enough.
    """

    name: str
    reader: str
    most: int = 8 * MEBIBYTE
    head: bool = False


_ROOM = "weigh.project.discover"
PYTHON = Kind("python", "", MEBIBYTE)
NOTEBOOK = Kind("notebook", "", 64 * MEBIBYTE)
JAVASCRIPT = Kind("javascript", f"{_ROOM}.javascript:read_javascript", 2 * MEBIBYTE)
_SHELL = Kind("shell", f"{_ROOM}.shell:read_shell")
_DOCKERFILE = Kind("dockerfile", f"{_ROOM}.dockerfile:read_dockerfile")
_COMPOSE = Kind("compose", f"{_ROOM}.compose:read_compose")
_WORKFLOW = Kind("workflow", f"{_ROOM}.workflow:read_workflow")
_CONFIGURATION = Kind("configuration", f"{_ROOM}.configuration:read_configuration")
_REQUIREMENTS = Kind("requirements", f"{_ROOM}.requirements:read_requirements")
_KUBERNETES = Kind("kubernetes", f"{_ROOM}.kubernetes:read_kubernetes")
_MODELFILE = Kind("ollama modelfile", f"{_ROOM}.ollama_modelfile:read_ollama_modelfile")
_ADAPTER = Kind("adapter files", f"{_ROOM}.adapter_files:read_adapter_files")
_WEIGHTS = Kind("weight files", f"{_ROOM}.weight_files:read_weight_files", 2 * MEBIBYTE, head=True)

KINDS = (
    PYTHON,
    NOTEBOOK,
    JAVASCRIPT,
    _SHELL,
    _DOCKERFILE,
    _COMPOSE,
    _WORKFLOW,
    _KUBERNETES,
    _CONFIGURATION,
    _REQUIREMENTS,
    _MODELFILE,
    _ADAPTER,
    _WEIGHTS,
)

_SKIPPED = words(
    """
    package-lock.json yarn.lock pnpm-lock.yaml poetry.lock uv.lock pipfile.lock cargo.lock
    composer.lock models.toml
    models.lock policy.toml tokenizer.json vocab.json merges.txt tokenizer_config.json special_tokens_map.json
    added_tokens.json tsconfig.json jsconfig.json .prettierrc renovate.json .pre-commit-config.yaml mkdocs.yml
    codecov.yml .codecov.yml dependabot.yml bun.lock npm-shrinkwrap.json
    generation_config.json
    """
)
"""Names of files whose keys look like models' and are none, or that are read elsewhere."""
_ADAPTER_NAMES = frozenset({"adapter_config.json", "modules.json", "config.json", "model_index.json"})
_REQUIREMENT = re.compile(
    r"(?:.*[-_.])?requirements?(?:[-_.].*)?\.(?:txt|in|pip)|constraints.*\.txt|pyproject\.toml|setup\.(?:cfg|py)"
    r"|environment.*\.ya?ml|conda.*\.ya?ml|pipfile|package\.json|meta\.yaml"
)
_DOCKER = re.compile(r"(?:.*[._-])?(?:docker|container)file(?:[._-].*)?|.*\.dockerfile")
_COMPOSED = re.compile(r"(?:docker-)?compose(?:[._-].*)?\.ya?ml|.*[._-]compose\.ya?ml")
_SHELL_NAMES = re.compile(r"(?:gnu)?makefile(?:\..*)?|justfile|procfile|.*\.mk|tox\.ini|noxfile")
_KUBERNETES_FOLDERS = words(
    """
    k8s kubernetes manifests helm charts chart templates kustomize deploy deployment
    """
)
_RECORDED = frozenset({"__snapshots__", "cassettes", "__recordings__"})
"""Folders of answers that tests recorded: the models named there are loaded by nothing."""
_MODELFILES = re.compile(r"(?:.*[._-])?modelfile(?:[._-].*)?")
_BY_ENDING = {
    **dict.fromkeys(("py", "pyw", "pyi"), PYTHON),
    "ipynb": NOTEBOOK,
    **dict.fromkeys(
        ("js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "html", "htm", "astro"),
        JAVASCRIPT,
    ),
    **dict.fromkeys(("sh", "bash", "zsh", "ksh", "fish", "bat", "ps1", "slurm", "sbatch"), _SHELL),
    **dict.fromkeys(
        (
            "yaml",
            "yml",
            "json",
            "jsonc",
            "json5",
            "toml",
            "ini",
            "cfg",
            "conf",
            "env",
            "gin",
            "properties",
            "jsonnet",
        ),
        _CONFIGURATION,
    ),
    **dict.fromkeys(SURE_WEIGHT_ENDINGS - {"model"}, _WEIGHTS),
    **dict.fromkeys(("bin", "pb", "pkl", "joblib", "npz", "params"), _WEIGHTS),
}
_SETTINGS = re.compile(
    r"\.env(?:\..*)?|.*\.env|(?:.*[._-])?env[._-](?:example|sample|template|dist|defaults?)(?:[._-]\w+)?"
)


def kind_of(path: str) -> Kind | None:
    """The kind of a file by its relative POSIX path, None for one that no reader reads."""
    place = PurePosixPath(path)
    name = place.name.lower()
    folders = {part.lower() for part in place.parts[:-1]}
    if _RECORDED & folders and name.endswith((".json", ".yaml", ".yml")):
        return None
    if name in _SKIPPED or name.endswith((".min.js", ".d.ts", ".map", ".lock")):
        return None
    for fits, kind in _BY_NAME:
        if fits(name, folders):
            return kind
    return _BY_ENDING.get(name.rpartition(".")[2]) if "." in name else None


_FIRST_LINE = re.compile(
    rb"#![^\r\n]{0,200}?\b(python|pypy|bash|zsh|dash|ksh|sh|node|deno|bun)[\d.]*(?:[ \t\r\n]|$)"
)
MOST_OF_SCRIPT = MEBIBYTE
"""Bytes of a file without an ending that may be a script."""


def may_be_script(path: str) -> bool:
    """Whether only the first line of a file can tell what it is: its name has no ending."""
    name = PurePosixPath(path).name.lower()
    return "." not in name and name not in _NO_SCRIPTS


def kind_by_first_line(head: bytes) -> Kind | None:
    """The kind of a script by its `#!` line, None for a file without one."""
    match = _FIRST_LINE.match(head)
    if match is None:
        return None
    program = match[1].decode()
    if program in {"python", "pypy"}:
        return PYTHON
    return JAVASCRIPT if program in {"node", "deno", "bun"} else _SHELL


_NO_SCRIPTS = words(
    """
    license licence copying notice authors readme changelog contributing codeowners gradlew mvnw
    """
)


def _in_workflows(name: str, folders: set[str]) -> bool:
    ours = {".github", ".circleci", ".gitlab", ".azure-pipelines", ".devcontainer"} & folders
    plain = name in {
        ".gitlab-ci.yml",
        "azure-pipelines.yml",
        "action.yml",
        "action.yaml",
        "devcontainer.json",
    }
    return (bool(ours) or plain) and name.endswith((".yml", ".yaml", ".json"))


_BY_NAME: tuple[tuple[Callable[[str, set[str]], bool], Kind], ...] = (
    (lambda name, _: name in _ADAPTER_NAMES or name == "readme.md", _ADAPTER),
    (lambda name, _: name == "setup.py", PYTHON),
    (lambda name, _: _REQUIREMENT.fullmatch(name) is not None, _REQUIREMENTS),
    (lambda name, _: _DOCKER.fullmatch(name) is not None and not name.endswith((".py", ".md")), _DOCKERFILE),
    (lambda name, _: _COMPOSED.fullmatch(name) is not None, _COMPOSE),
    (_in_workflows, _WORKFLOW),
    (
        lambda name, _: _MODELFILES.fullmatch(name) is not None and not name.endswith((".py", ".md")),
        _MODELFILE,
    ),
    (lambda name, _: _SHELL_NAMES.fullmatch(name) is not None, _SHELL),
    (lambda name, _: _SETTINGS.fullmatch(name) is not None, _CONFIGURATION),
    (
        lambda name, folders: bool(folders & _KUBERNETES_FOLDERS) and name.endswith((".yaml", ".yml")),
        _KUBERNETES,
    ),
)


def reader_of(kind: Kind) -> Reader:
    """The function that reads a kind of file."""
    module, _, name = kind.reader.partition(":")
    read: Reader = getattr(importlib.import_module(module), name)
    return read
