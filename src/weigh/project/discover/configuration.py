"""Models named in configurations: YAML, JSON, TOML, INI and .env files of any program.

A value counts when its key says that it names a model, or when it can hardly be anything else: an address of
weights, the id of an owner who publishes models, the name of a hosted model.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from weigh.code.word_lists import words
from weigh.core.usage import Certainty, FileUses, Role
from weigh.project.discover.entries import Entry, Table
from weigh.project.discover.flow_entries import flow_entries
from weigh.project.discover.model_keys import (
    file_keys,
    is_model_key,
    is_neutral_key,
    is_other_key,
    plain_key,
    revision_keys,
)
from weigh.project.discover.naming import Named, name_in
from weigh.project.discover.sightings import Seen, Sightings
from weigh.project.discover.table_entries import env_entries, ini_entries, toml_entries
from weigh.project.discover.yaml_entries import yaml_entries

MAX_BYTES = 8 * 1024 * 1024
"""Bytes of a configuration that are read; a larger file is data."""

_LOCKS = re.compile(
    r"(?:.*[-.])?lock\.(?:json|yaml|yml|toml)|.*\.lock|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum|\.package-lock\.json"
    r"|models\.toml|models\.lock|composer\.json|\.pre-commit-config\.yaml|mkdocs\.ya?ml|codecov\.yml|dependabot\.ya?ml"
    r"|tsconfig(?:\.\w+)?\.json|\.eslintrc(?:\.\w+)?|\.prettierrc(?:\.\w+)?|citation\.cff|\.all-contributorsrc"
)
_DATA_NAMES = re.compile(
    r"tokenizer\.json|vocab\.json|added_tokens\.json|special_tokens_map\.json|.*\.index\.json|merges\.json"
    r"|generation_config\.json|preprocessor_config\.json|quantize_config\.json"
)
_WORTH = re.compile(
    rb"model|pretrain|repo_id|encoder|tokenizer|checkpoint|ckpt|weights|embed|rank|llm|adapter|backbone|hf[\s_:.-]|hub"
    rb"|hugging|spacy|nltk|whisper|gdown|kaggle|llama|mistral"
    rb"|gpt|claude|gemini|bert|_target_|lora|unet|vae|load_from|/resolve/|\.(?:pth?|safetensors|onnx|h5|gguf|tflite)\b",
    re.IGNORECASE,
)
_ENTRIES: dict[str, Callable[[str], Iterable[Entry]]] = {
    "yaml": yaml_entries,
    "json": flow_entries,
    "toml": toml_entries,
    "ini": ini_entries,
    "env": env_entries,
}
_KINDS = {
    **dict.fromkeys(("yaml", "yml"), "yaml"),
    **dict.fromkeys(("json", "jsonc", "json5", "webmanifest"), "json"),
    "toml": "toml",
    **dict.fromkeys(("ini", "cfg", "conf", "properties", "config"), "ini"),
    "env": "env",
}


def kind_of_configuration(path: str) -> str:
    """`yaml`, `json`, `toml`, `ini` or `env` by the name of a file, "" for another file."""
    name = path.rpartition("/")[2].lower()
    if name.startswith((".env", "env.")) or name.endswith(".env"):
        return "env"
    return _KINDS.get(name.rpartition(".")[2], "") if "." in name else ""


def decoded(data: bytes) -> str:
    """The text of a file; what is no UTF-8 is replaced, for the rest of it still counts."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def entries_of(data: bytes, path: str) -> Table:
    """Every scalar of a configuration, by the kind that its name says, and those of JSON within a text."""
    return Table(_with_inner(_ENTRIES[kind_of_configuration(path) or "yaml"](decoded(data))))


def _with_inner(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries, and behind a text that is itself a JSON object the entries of that object."""
    for entry in entries:
        yield entry
        if entry.value.startswith("{") and entry.value.endswith("}") and '"' in entry.value:
            for inner in flow_entries(entry.value):
                line = entry.line + inner.line - 1 if entry.block else entry.line
                yield replace(inner, keys=(*entry.keys, *inner.keys), line=line, document=entry.document)


def read_configuration(data: bytes, path: str, role: Role) -> FileUses:
    """The models that a configuration names. Never raises.

    Args:
        data: its bytes.
        path: relative POSIX path; its ending tells the language.
        role: what the file is for.
    """
    found = Sightings(path, role)
    name = path.rpartition("/")[2].lower()
    if len(data) > MAX_BYTES:
        found.unread(f"a configuration is read up to {MAX_BYTES} bytes")
        return found.result()
    if (
        _LOCKS.fullmatch(name)
        or _DATA_NAMES.fullmatch(name)
        or b"\0" in data[:4096]
        or not _WORTH.search(data)
    ):
        return found.result()
    table = entries_of(data, path)
    if "weightsManifest" in table.top():
        return found.result()  # a model of TensorFlow.js: what it names are its own tensors
    from weigh.project.discover.adapter_files import read_adapter_entries
    from weigh.project.discover.compose import is_compose, is_runner, read_compose_entries
    from weigh.project.discover.kubernetes import is_kubernetes, read_kubernetes_entries
    from weigh.project.discover.workflow import is_workflow, read_workflow_entries

    if read_adapter_entries(table, path, found):
        return found.result()
    if is_workflow(table):
        read_workflow_entries(table, found)
    elif is_compose(table):
        read_compose_entries(table, found)
        table = Table(entry for entry in table.entries if not is_runner(entry))
    elif is_kubernetes(table):
        read_kubernetes_entries(table, found)
    else:
        read_commands(table, found)
    read_values(table, found)
    return found.result()


def read_values(
    table: Table, found: Sightings, *, loader: str = "configuration", entries: Iterable[Entry] | None = None
) -> None:
    """Note the models that values of a table name."""
    for entry in table.entries if entries is None else entries:
        if entry.block or not entry.keys:
            continue
        judged = _judged(table, entry)
        for named in judged:
            seen = Seen(
                loader=_loader(table, entry) or loader,
                expression=f"{entry.key}: {entry.value}" if entry.key else entry.value,
                how=named.how,
                certainty=named.certainty,
                revision=_beside(table, entry, revision_keys(entry.key)),
                alternatives=max(1, len(judged)),
                remote_code=_beside(table, entry, ("trust_remote_code",)).lower()
                in {"true", "1", "yes", "on"},
            )
            found.use(entry.line, named.ref, seen, column=entry.column)


def _judged(table: Table, entry: Entry) -> list[Named]:
    """The models that one value names: one, or several between commas."""
    key = entry.key
    if is_other_key(key) or _is_list_of_something_else(entry):
        return []
    sure = _is_sure(entry)
    named = name_in(entry.value, sure=sure, key=_with_section(entry))
    if named is None and sure and "," in entry.value and len(entry.value) < 2_000:
        parts = [name_in(part, sure=True, key=key) for part in entry.value.split(",") if part.strip()]
        return [part for part in parts if part is not None] if all(parts) else []
    if named is None:
        return []
    certainty = Certainty.KEY if sure else named.certainty
    return [Named(_with_file(table, entry, named.ref), certainty, named.how)]


def _is_sure(entry: Entry) -> bool:
    """Whether the keys of a value say that it names a model."""
    words = [key for key in entry.keys if isinstance(key, str)]
    if not words:
        return False
    if is_model_key(words[-1]):
        return True
    return is_neutral_key(words[-1]) and any(is_model_key(word) for word in words[-3:-1])


def _with_section(entry: Entry) -> str:
    """The key of a value behind that of its section, which may tell whose name it is: `ollama: {llm: a}`."""
    words = [key for key in entry.keys if isinstance(key, str)]
    return "_".join(words[-2:])


def _is_list_of_something_else(entry: Entry) -> bool:
    words = [plain_key(key) for key in entry.keys if isinstance(key, str)]
    return any(
        word in {"dependencies", "devdependencies", "dev_dependencies", "keywords", "tags"} for word in words
    )


def _beside(table: Table, entry: Entry, names: tuple[str, ...]) -> str:
    around = {plain_key(str(key)): other.value for key, other in table.beside(entry).items()}
    own = plain_key(entry.key)
    value = next((around[name] for name in names if name in around and name != own), "")
    return "" if value.lower() in {"null", "none", "~"} else value


def _with_file(table: Table, entry: Entry, ref: str) -> str:
    """A hub's ref with the file that is named beside the repository's id."""
    if (
        not ref.startswith("hf:")
        or "#" in ref
        or plain_key(entry.key) not in {"repo_id", "hf_repo", "repo", "hf_repo_id"}
    ):
        return ref
    file = _beside(table, entry, file_keys())
    usable = file and "/" not in file[:1] and ".." not in file and not re.search(r"[\s*${}#]", file)
    return f"{ref}#{file}" if usable else ref


def _loader(table: Table, entry: Entry) -> str:
    """The call that a Hydra configuration makes with this value, "" when there is none."""
    target = table.beside(entry).get("_target_") or table.beside(entry).get("class_path")
    return f"hydra:{target.value}"[:100] if target is not None else ""


def read_commands(table: Table, found: Sightings) -> None:
    """Note the models that command lines of a table name: values of `command`, `run`, `args` and the like."""
    from weigh.project.discover.shell import read_words, shell_uses

    for entry in table.entries:
        if not entry.keys or plain_key(entry.key) not in _COMMAND_KEYS:
            continue
        if " " in entry.value or (entry.block and not isinstance(entry.keys[-1], int)):
            shell_uses(entry.value, found, line=entry.line)
    for row in argument_lists(table):
        read_words([(word.value, word.line) for word in row], found)


_COMMAND_KEYS = words(
    """
    command commands cmd run script scripts args entrypoint exec setup install post_install
    before_script after_script post_create_command on_create_command start_command build_command
    run_command test lifecycle
    """
)


def argument_lists(table: Table) -> Iterator[list[Entry]]:
    """Lists of arguments: the items of each list under a key such as `command` or `args`."""
    lists: dict[tuple[int, object], list[Entry]] = {}
    for entry in table.entries:
        if len(entry.keys) > 1 and isinstance(entry.keys[-1], int) and plain_key(entry.key) in _COMMAND_KEYS:
            lists.setdefault((entry.document, entry.keys[:-1]), []).append(entry)
    yield from (row for row in lists.values() if any(" " not in word.value for word in row))
