"""The local Hugging Face layout: what its files say together about the model as a whole.

A model may be composed: an ONNX file of one package beside tokenizer and configuration of another.
Every fact says where it was read; a fact that nothing states is not there. Where two files disagree,
the one that a loader would follow counts and `layout.conflicts` says so.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.json_text import read_json
from weigh.formats.layout_card import card_facts
from weigh.formats.layout_weights import weight_facts
from weigh.formats.layout_words import (
    NO_LIMIT,
    OFFSET_POSITIONS,
    POOLING_FLAGS,
    SENTENCE_CONFIGS,
    SIZES,
    TASKS,
)

MAX_LABELS = 100_000
MAX_SMALL_JSON = 8 * 1024 * 1024
"""Bytes of a JSON file that is parsed a second time for facts about the whole model."""

Files = Mapping[str, FileFacts]


def layout_facts(files: Files, open_reader: Callable[[str], RangeReader]) -> tuple[Fact, ...]:
    """Facts about the model as a whole, each name once.

    Args:
        files: facts of every file, by path.
        open_reader: gives the bytes of a file of `files`; only small JSON files are asked for.

    Returns:
        In the order they were found. See docs/formats/layout.md for the names.
    """
    layout = _Layout(files, open_reader)
    found: dict[str, Fact] = {}
    for fact in (*layout.facts(), *weight_facts(files, layout.json), *card_facts(files)):
        found.setdefault(fact.name, fact)
    if layout.conflicts:
        found["layout.conflicts"] = Fact("layout.conflicts", layout.conflicts, Basis.DERIVED)
    return tuple(found.values())


class _Layout:
    """Reads the JSON files of one model."""

    def __init__(self, files: Files, open_reader: Callable[[str], RangeReader]) -> None:
        self._files = files
        self._open = open_reader
        self.conflicts: list[str] = []
        self._parsed: dict[str, Any] = {}
        self.modules = self._module_list()
        first = self.modules[0][1] if self.modules else ""
        self.folder = first if posixpath.join(first, "config.json") in files else ""
        self.config_path = posixpath.join(self.folder, "config.json")
        self.config = self.object(self.config_path)

    def json(self, path: str) -> Any:
        """The value of a JSON file that was read without fault, else None."""
        if path not in self._parsed:
            self._parsed[path] = self._read(path)
        return self._parsed[path]

    def _read(self, path: str) -> Any:
        facts = self._files.get(path)
        if facts is None or facts.coverage not in {Coverage.COMPLETE, Coverage.PARTIAL}:
            return None
        reader = self._open(path)
        try:
            return read_json(reader) if reader.size <= MAX_SMALL_JSON else None
        except MalformedError:
            return None
        finally:
            close = getattr(reader, "close", None)
            if close is not None:
                close()

    def object(self, path: str) -> dict[str, Any]:
        """The JSON object at `path`, empty when there is none."""
        value = self.json(path)
        return value if isinstance(value, dict) else {}

    def facts(self) -> Iterator[Fact]:
        """Facts of the configuration, the modules and the tokenizer."""
        yield from self._architecture()
        yield from self._sizes()
        yield from self._modules()
        yield from self._text_length()
        yield from self._lowercase()
        yield from self._labels()
        yield from self._code()
        self._compare_vocabulary()

    def _module_list(self) -> list[tuple[str, str]]:
        """(type, folder) of each module of modules.json."""
        value = self.json("modules.json")
        entries = value if isinstance(value, list) else []
        return [
            (entry["type"], entry["path"].strip("/"))
            for entry in entries[:64]
            if isinstance(entry, dict)
            and isinstance(entry.get("type"), str)
            and isinstance(entry.get("path"), str)
        ]

    def _architecture(self) -> Iterator[Fact]:
        named = self.config.get("architectures")
        names = [n for n in named if isinstance(n, str)] if isinstance(named, list) else []
        if names:
            yield Fact("architecture", names[0], Basis.DECLARED, self.config_path)
        for fact, key, path in (
            ("model_type", "model_type", self.config_path),
            ("config.name_or_path", "_name_or_path", self.config_path),
            ("base_model", "base_model_name_or_path", "adapter_config.json"),
        ):
            value = self.object(path).get(key)
            if isinstance(value, str) and value:
                yield Fact(fact, [value] if fact == "base_model" else value, Basis.DECLARED, path)
        if any(kind.rpartition(".")[2] == "Pooling" for kind, _ in self.modules):
            yield Fact("task", "feature-extraction", Basis.DETECTED, "modules.json")
        elif names:
            task = next((task for ending, task in TASKS if names[0].endswith(ending)), "")
            if task:
                yield Fact("task", task, Basis.DERIVED, self.config_path)

    def _sizes(self) -> Iterator[Fact]:
        inner = self.config.get("text_config")
        for fact, keys in SIZES.items():
            for holder in (self.config, inner if isinstance(inner, dict) else {}):
                value = next((holder[k] for k in keys if _is_size(holder.get(k))), None)
                if value is not None:
                    yield Fact(fact, value, Basis.DECLARED, self.config_path)
                    break

    def _modules(self) -> Iterator[Fact]:
        kinds = [kind.rpartition(".")[2] for kind, _ in self.modules]
        if self.modules:
            yield Fact("modules", kinds, Basis.DECLARED, "modules.json")
            yield Fact("normalise", "Normalize" in kinds, Basis.DECLARED, "modules.json")
            gone = [
                folder
                for _, folder in self.modules
                if folder and not any(path.startswith(folder + "/") for path in self._files)
            ]
            if gone:
                yield Fact("layout.missing", gone, Basis.DERIVED, "modules.json")
        folder = next((f for k, f in zip(kinds, self.modules, strict=True) if k == "Pooling"), None)
        path = posixpath.join(folder[1] if folder else "1_Pooling", "config.json")
        modes = _pooling_modes(self.object(path))
        if modes:
            yield Fact("pooling.mode", modes[0] if len(modes) == 1 else modes, Basis.DECLARED, path)

    def _text_length(self) -> Iterator[Fact]:
        stated: tuple[int, str] | None = None
        for path in (*(posixpath.join(self.folder, n) for n in SENTENCE_CONFIGS), *SENTENCE_CONFIGS):
            value = self.object(path).get("max_seq_length")
            if _is_size(value):
                stated = (value, path)
                break
        path = posixpath.join(self.folder, "tokenizer_config.json")
        value = self.object(path).get("model_max_length")
        if stated is None and _is_size(value) and value <= NO_LIMIT:
            stated = (value, path)
        positions = self._positions()
        if stated is not None and (positions is None or stated[0] <= positions):
            yield Fact("max_length", stated[0], Basis.DECLARED, stated[1])
        elif positions is not None:
            if stated is not None:
                self.conflicts.append(
                    f"{stated[1]} says {stated[0]} tokens, {self.config_path} has positions for {positions}"
                )
            yield Fact("max_length", positions, Basis.DERIVED, self.config_path)

    def _positions(self) -> int | None:
        """How many tokens the position embeddings have room for."""
        found = next((f.value for f in self._sizes() if f.name == "max_position_embeddings"), None)
        if found is None or self.config.get("model_type") not in OFFSET_POSITIONS:
            return found
        padding = self.config.get("pad_token_id")
        left = int(found) - (padding if _is_size(padding) else 1) - 1
        return left if left > 0 else None

    def _lowercase(self) -> Iterator[Fact]:
        tokenizer = self._files.get(posixpath.join(self.folder, "tokenizer.json"))
        detected = tokenizer.fact("tokenizer.lowercase") if tokenizer is not None else None
        path = posixpath.join(self.folder, "tokenizer_config.json")
        declared = self.object(path).get("do_lower_case")
        if detected is not None:
            yield Fact("lowercase", detected.value, Basis.DETECTED, detected.where)
            if isinstance(declared, bool) and declared != detected.value:
                self.conflicts.append(f"{path} says do_lower_case {declared}, tokenizer.json does otherwise")
        elif isinstance(declared, bool):
            yield Fact("lowercase", declared, Basis.DECLARED, path)

    def _labels(self) -> Iterator[Fact]:
        named = self.config.get("id2label")
        if not isinstance(named, dict) or not 0 < len(named) <= MAX_LABELS:
            return
        labels = [named.get(str(place)) for place in range(len(named))]
        if all(isinstance(label, str) for label in labels):
            yield Fact("labels", labels, Basis.DECLARED, self.config_path)
        else:
            self.conflicts.append(f"{self.config_path} numbers its labels with gaps")

    def _code(self) -> Iterator[Fact]:
        """Whether loading would want code that comes with the model."""
        paths = [path for path, facts in self._files.items() if facts.format == "json" and facts.callables]
        own = [p for p in self._files if p.endswith(".py")]
        if paths or own or self.config:
            where = ", ".join(sorted([*paths, *own])[:8]) or self.config_path
            yield Fact("remote_code", bool(paths), Basis.DETECTED, where)

    def _compare_vocabulary(self) -> None:
        tokenizer = self._files.get(posixpath.join(self.folder, "tokenizer.json"))
        largest = tokenizer.fact("tokenizer.max_id") if tokenizer is not None else None
        size = self.config.get("vocab_size")
        if largest is not None and _is_size(size) and largest.value >= size:
            self.conflicts.append(
                f"{largest.where} has token ids up to {largest.value}, {self.config_path} has {size} rows"
            )


def _pooling_modes(config: dict[str, Any]) -> list[str]:
    """The modes a Pooling module is told to use; several are put side by side."""
    named = config.get("pooling_mode")
    if isinstance(named, str) and named:
        return [named]
    if isinstance(named, list):
        return [mode for mode in named if isinstance(mode, str)]
    return [mode for flag, mode in POOLING_FLAGS.items() if config.get(flag) is True]


def _is_size(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
