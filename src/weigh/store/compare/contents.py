"""What the other files of two versions say otherwise: configuration, vocabulary, card, interface, code."""

import difflib
import hashlib
import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from weigh.core.change import ChangeKind, CodeChange, FileChange, Turned, ValueChange
from weigh.core.errors import MalformedError
from weigh.core.facts import FileFacts, ValuePort
from weigh.core.model_diff import ListChange
from weigh.formats.json_text import read_json
from weigh.store.compare.side import Side

MAX_TEXT = 1024 * 1024
"""Bytes of a source, card or licence file that are compared."""
MAX_JSON = 64 * 1024 * 1024
MAX_LINES = 400
MAX_VALUES = 500
MAX_DEPTH = 64
EXAMPLES = 8
_SHOWN = 120
_CHUNK = 4 * 1024 * 1024
_CODE = (".py",)
_LISTS = frozenset(("vocab.txt", "merges.txt", "tokenizer.json", "vocab.json", "labels.txt"))
_LINES = {"merges.txt": "merges", "labels.txt": "labels"}
_LICENCES = ("licen", "copying", "notice")
_SPECIAL = "special_tokens_map.json", "tokenizer_config.json", "added_tokens.json"
_TOLD_ELSEWHERE = ("parameters", "weights.", "labels", "layout.", "config.name_or_path")
"""Facts that other parts of the comparison show: tensors, labels, files."""


class Contents:
    """Compares what files say, apart from their tensors.

    Args:
        old: one side.
        new: the other.
    """

    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        self.unknown: list[str] = []

    def files(self) -> tuple[tuple[FileChange, ...], frozenset[str]]:
        """The files that differ, and the paths of those that do not."""
        before, after = self._old.files, self._new.files
        found, same = [], set()
        for path in sorted({*before, *after}):
            was, now = before.get(path), after.get(path)
            if was is not None and now is not None and was.size == now.size and self._equal(path):
                same.add(path)
                continue
            kind = (
                ChangeKind.ADDED if was is None
                else ChangeKind.REMOVED if now is None else ChangeKind.CHANGED
            )  # fmt: skip
            found.append(
                FileChange(
                    path, kind, was.size if was else -1, now.size if now else -1,
                    self._old.digests.get(path, "") if was else "",
                    self._new.digests.get(path, "") if now else "",
                )
            )  # fmt: skip
        return tuple(found), frozenset(same)

    def _equal(self, path: str) -> bool:
        one, other = self._old.digests.get(path), self._new.digests.get(path)
        if one and other:
            return one == other
        with self._old.reading(path) as left, self._new.reading(path) as right:
            return left.size == right.size and all(
                left.read(at, _CHUNK) == right.read(at, _CHUNK) for at in range(0, left.size, _CHUNK)
            )

    def values(self, files: tuple[FileChange, ...]) -> Iterator[ValueChange]:
        """Keys of JSON files; a tokenizer's lists are left to `lists`."""
        for file in files:
            if not file.path.endswith(".json") or file.kind is not ChangeKind.CHANGED:
                continue
            old, new = self._json(self._old, file.path), self._json(self._new, file.path)
            if old is None or new is None:
                continue
            yield from self._keys(file.path, _without_lists(file.path, old), _without_lists(file.path, new))

    def _keys(self, path: str, old: Any, new: Any) -> Iterator[ValueChange]:
        before, after = dict(_flat(old, "", 0)), dict(_flat(new, "", 0))
        changed = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
        if len(changed) > MAX_VALUES:
            self.unknown.append(f"{len(changed) - MAX_VALUES} more changed values in {path}")
        for key in changed[:MAX_VALUES]:
            kind = (
                ChangeKind.ADDED if key not in before
                else ChangeKind.REMOVED if key not in after else ChangeKind.CHANGED
            )  # fmt: skip
            yield ValueChange(path, key, kind, _cut(before.get(key, "")), _cut(after.get(key, "")))

    def lists(self, files: tuple[FileChange, ...]) -> Iterator[ListChange]:
        """Vocabularies, merges, added tokens and labels whose entries differ."""
        for file in files:
            name = posixpath.basename(file.path)
            if file.kind is not ChangeKind.CHANGED or not (name in _LISTS or name == "config.json"):
                continue
            old, new = self._entries(self._old, file.path), self._entries(self._new, file.path)
            for what in sorted({*old, *new}):
                change = compare_lists(what, file.path, old.get(what, {}), new.get(what, {}))
                if change is not None:
                    yield change

    def _entries(self, side: Side, path: str) -> dict[str, dict[str, Any]]:
        if path.endswith(".txt"):
            lines = self._text(side, path, MAX_JSON)
            # An empty line at the end is the last line's end, and no entry.
            kept = [line for line in lines if line and not line.startswith("#version")]
            return {_LINES.get(posixpath.basename(path), "vocabulary"): _numbered(kept)}
        return _json_lists(posixpath.basename(path), self._json(side, path))

    def statements(self, files: tuple[FileChange, ...]) -> Iterator[Turned]:
        """Facts about the model as a whole, the interface of its graphs, and licence texts."""
        paths = {file.path for file in files}
        before = {fact.name: fact.value for fact in self._old.view.model_facts()}
        after = {fact.name: fact.value for fact in self._new.view.model_facts()}
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name) and not name.startswith(_TOLD_ELSEWHERE):
                yield Turned(name, _told(before.get(name)), _told(after.get(name)))
        yield from self._cards(files)
        for old, new in self._same_kind(paths):
            yield from _interface(old, new)
        for file in files:
            if posixpath.basename(file.path).lower().startswith(_LICENCES):
                yield Turned(f"text of {file.path}", *self._text_names(file))

    def _cards(self, files: tuple[FileChange, ...]) -> Iterator[Turned]:
        for file in files:
            if not file.path.lower().endswith(".md") or file.kind is not ChangeKind.CHANGED:
                continue
            old, new = (
                {f.name: f.value for f in side.facts(file.path).metadata} for side in (self._old, self._new)
            )
            for name in sorted({*old, *new}):
                if name.startswith("card.") and old.get(name) != new.get(name):
                    yield Turned(f"{name} in {file.path}", _told(old.get(name)), _told(new.get(name)))

    def _same_kind(self, paths: set[str]) -> list[tuple[FileFacts, FileFacts]]:
        """Files with an interface that correspond: by path, or the only one of a format on both sides."""
        old = [self._old.facts(path) for path in sorted(paths & set(self._old.files))]
        new = [self._new.facts(path) for path in sorted(paths & set(self._new.files))]
        pairs = [(a, b) for a in old for b in new if a.path == b.path]
        taken = {a.path for a, _ in pairs}
        for form in sorted({facts.format for facts in old}):
            ones = [f for f in old if f.format == form and f.path not in taken]
            others = [f for f in new if f.format == form and f.path not in taken]
            if len(ones) == len(others) == 1:
                pairs.append((ones[0], others[0]))
        return pairs

    def _text_names(self, file: FileChange) -> tuple[str, str]:
        made = []
        for side, size in ((self._old, file.old_size), (self._new, file.new_size)):
            lines = self._text(side, file.path, MAX_TEXT) if size >= 0 else []
            title = next((line.strip() for line in lines if line.strip()), "")
            made.append(f"{_cut(title)} ({len(lines)} lines)" if lines else "")
        return made[0], made[1]

    def code(self, files: tuple[FileChange, ...]) -> Iterator[CodeChange]:
        """Source files that come with the model, as the lines of a unified diff."""
        for file in files:
            if not file.path.endswith(_CODE):
                continue
            old = self._text(self._old, file.path, MAX_TEXT) if file.old_size >= 0 else []
            new = self._text(self._new, file.path, MAX_TEXT) if file.new_size >= 0 else []
            lines = list(difflib.unified_diff(old, new, f"a/{file.path}", f"b/{file.path}", lineterm=""))
            if len(lines) > MAX_LINES:
                self.unknown.append(f"{len(lines) - MAX_LINES} more lines of the diff of {file.path}")
            yield CodeChange(file.path, file.kind, tuple(lines[:MAX_LINES]))

    def _json(self, side: Side, path: str) -> Any:
        try:
            with side.reading(path) as reader:
                return read_json(reader)
        except MalformedError as error:
            self.unknown.append(f"the values in {path}: {error.why or error.what}")
            return None

    def _text(self, side: Side, path: str, most: int) -> list[str]:
        with side.reading(path) as reader:
            if reader.size > most:
                why = f"it has {reader.size} bytes, at most {most} are compared"
                self.unknown.append(f"the text of {path}: {why}")
                return []
            return reader.read(0, reader.size).decode("utf-8", "backslashreplace").splitlines()


def compare_lists(what: str, file: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> ListChange | None:
    """How two lists differ, None when they do not.

    Args:
        what: which list, in words.
        file: where it stands.
        old: entry → its number, before.
        new: now.
    """
    added = [entry for entry in new if entry not in old]
    removed = [entry for entry in old if entry not in new]
    moved = [entry for entry in new if entry in old and old[entry] != new[entry]]
    if not (added or removed or moved):
        return None
    shown = [*(f"+{e}" for e in added[:EXAMPLES]), *(f"-{e}" for e in removed[:EXAMPLES])]
    examples = tuple(_cut(text) for text in (shown or moved)[:EXAMPLES])
    return ListChange(what, file, len(old), len(new), len(added), len(removed), len(moved), examples)


def _numbered(entries: list[str]) -> dict[str, Any]:
    return {entry: place for place, entry in enumerate(entries)}


def _json_lists(name: str, value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict):
        return {}
    if name == "config.json":
        labels = value.get("id2label")
        # By number: a label that has another number now is another answer.
        return {"labels": {str(v): k for k, v in labels.items()}} if isinstance(labels, dict) else {}
    if name == "vocab.json":
        return {"vocabulary": {str(k): v for k, v in value.items()}}
    model = value.get("model")
    found: dict[str, dict[str, Any]] = {}
    if isinstance(model, dict):
        vocabulary, merges = model.get("vocab"), model.get("merges")
        if isinstance(vocabulary, dict):
            found["vocabulary"] = {str(k): v for k, v in vocabulary.items()}
        elif isinstance(vocabulary, list):
            found["vocabulary"] = _numbered([_first(entry) for entry in vocabulary])
        if isinstance(merges, list):
            pairs = (" ".join(map(str, m)) if isinstance(m, list) else str(m) for m in merges)
            found["merges"] = _numbered(list(pairs))
    tokens = value.get("added_tokens")
    if isinstance(tokens, list):
        found["special tokens"] = {str(t.get("content")): t.get("id") for t in tokens if isinstance(t, dict)}
    return found


def _first(entry: Any) -> str:
    return str(entry[0]) if isinstance(entry, list) and entry else str(entry)


def _without_lists(path: str, value: Any) -> Any:
    name = posixpath.basename(path)
    if not isinstance(value, dict) or name not in {"tokenizer.json", "config.json", "vocab.json"}:
        return value
    if name == "vocab.json":
        return {}
    if name == "config.json":
        return {k: v for k, v in value.items() if k not in {"id2label", "label2id"}}
    kept = {k: v for k, v in value.items() if k != "added_tokens"}
    if isinstance(kept.get("model"), dict):
        kept["model"] = {k: v for k, v in kept["model"].items() if k not in {"vocab", "merges"}}
    return kept


def _interface(old: FileFacts, new: FileFacts) -> Iterator[Turned]:
    """Inputs and outputs of a graph, and what a safetensors header says beside its tensors."""
    for what, one, other in (
        ("input", old.graph_inputs, new.graph_inputs),
        ("output", old.graph_outputs, new.graph_outputs),
    ):
        before, after = {p.name: _port(p) for p in one}, {p.name: _port(p) for p in other}
        for name in [*before, *(n for n in after if n not in before)]:
            if before.get(name) != after.get(name):
                yield Turned(f"{what} {name} of {new.path}", before.get(name, ""), after.get(name, ""))
    sets = [", ".join(f"{s.domain or 'ai.onnx'} {s.version}" for s in f.operator_sets) for f in (old, new)]
    if sets[0] != sets[1]:
        yield Turned(f"operator sets of {new.path}", *sets)
    told = [f.fact("safetensors.metadata") for f in (old, new)]
    values = [fact.value if fact is not None and isinstance(fact.value, dict) else {} for fact in told]
    for key in sorted({*values[0], *values[1]}):
        if values[0].get(key) != values[1].get(key):
            was, now = (_told(told.get(key)) for told in values)
            yield Turned(f"metadata {key} of {new.path}", was, now)


def _port(port: ValuePort) -> str:
    return f"{port.dtype} [{', '.join(str(d) or '?' for d in port.shape)}]"


def _told(value: Any) -> str:
    if value is None:
        return ""
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True))


def _flat(value: Any, key: str, depth: int) -> Iterator[tuple[str, str]]:
    """Dotted keys and JSON texts; a list is one value, so that one more entry does not shift all others."""
    if isinstance(value, dict) and value and depth < MAX_DEPTH:
        for name, inner in value.items():
            # A key with a dot in it must not pass for a path, or one change could hide another.
            part = json.dumps(name, ensure_ascii=False) if {".", '"'} & set(name) else name
            yield from _flat(inner, f"{key}.{part}" if key else part, depth + 1)
    else:
        yield key, json.dumps(value, ensure_ascii=False, sort_keys=True)


def _cut(text: str) -> str:
    if len(text) <= _SHOWN:
        return text
    # Two long values that begin alike must not look alike.
    return f"{text[:_SHOWN]}… ({hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]})"
