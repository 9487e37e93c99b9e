"""What differs inside the files of two versions of a model: tensors, configuration, code.

Files are read out of the store, verified when they were put there; nothing of them runs. What is not in
the store, or cannot be read, is stated as unknown.
"""

import difflib
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from weigh.core.change import (
    ChangeKind,
    CodeChange,
    FileChange,
    ModelChange,
    TensorChange,
    TensorChangeKind,
    ValueChange,
)  # fmt: skip
from weigh.core.errors import MalformedError
from weigh.core.facts import Coverage, FileFacts
from weigh.core.tensor import TensorInfo
from weigh.formats.json_text import read_json
from weigh.formats.reader import FileReader
from weigh.formats.table import read_file
from weigh.store.blobs import Blobs

MAX_TEXT = 512 * 1024
"""Bytes of a source or configuration file that are compared line by line or key by key."""
MAX_LINES = 400
"""Lines of one code diff that are kept."""
MAX_VALUES = 500
"""Changed keys of one configuration file that are kept."""
MAX_DEPTH = 64
_SHOWN = 120
_CHUNK = 1 << 20
CODE = (".py",)
"""Endings of source that loaders import."""


@dataclass(frozen=True, slots=True)
class _Side:
    """The tensors of one version, in files that differ.

    Attributes:
        tensors: by (group, name): a group is a file that both versions have, or else a format.
        blobs: digest of the stored file by path.
    """

    tensors: Mapping[tuple[str, str], TensorInfo]
    blobs: Mapping[str, str]


class StoredContents:
    """Compares the content of files that are in the store.

    Args:
        blobs: the store.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def inside(self, change: ModelChange, code: frozenset[str]) -> ModelChange:
        """The change with what differs inside its files.

        Args:
            change: with its files.
            code: paths that are code, whatever they are called.
        """
        if change.kind is not ChangeKind.CHANGED:
            return change
        unknown: list[str] = []
        tensors, same = self._tensors(change.files, unknown)
        values = [v for f in change.files if f.path.endswith(".json") for v in self._values(f, unknown)]
        sources = [f for f in change.files if f.path.endswith(CODE) or f.path in code]
        return replace(
            change,
            tensors=tuple(tensors),
            same_tensors=same,
            values=tuple(values),
            code=tuple(self._code(f, unknown) for f in sources),
            unknown=tuple(dict.fromkeys(unknown)),
        )

    def _tensors(self, files: tuple[FileChange, ...], unknown: list[str]) -> tuple[list[TensorChange], int]:
        before = self._side({f.path: f.old_sha256 for f in files if f.old_sha256}, files, unknown)
        after = self._side({f.path: f.new_sha256 for f in files if f.new_sha256}, files, unknown)
        if before is None or after is None:
            return [], 0
        found: list[TensorChange] = []
        same = 0
        for key in sorted({*before.tensors, *after.tensors}):
            change = self._tensor(key[1], before, after, before.tensors.get(key), after.tensors.get(key))
            if change is None:
                same += 1
            else:
                found.append(change)
        return found, same

    def _side(
        self, places: Mapping[str, str], files: tuple[FileChange, ...], unknown: list[str]
    ) -> _Side | None:
        """The tensors of these files, or None when one of them could not be read: half a list would lie."""
        both = {f.path for f in files if f.kind is ChangeKind.CHANGED}
        read = [(path, self._facts(path, sha256, unknown)) for path, sha256 in places.items()]
        if any(facts is None for _, facts in read):
            return None
        held = [(path, facts, t) for path, facts in read if facts for t in facts.all_tensors()]
        names = Counter((facts.format, t.name) for path, facts, t in held if path not in both)
        tensors = {}
        for path, facts, tensor in held:
            # A model may be cut into other files than before; where names clash the file tells them apart.
            loose = path not in both and names[facts.format, tensor.name] == 1
            tensors[(f"({facts.format})" if loose else path, tensor.name)] = tensor
        return _Side(tensors, places)

    def _facts(self, path: str, sha256: str, unknown: list[str]) -> FileFacts | None:
        if not self._blobs.has(sha256):
            unknown.append(f"what is inside {path}: {sha256[:12]} is not in the store")
            return None
        with FileReader(self._blobs.path(sha256)) as reader:
            facts = read_file(reader, path)
        if facts.coverage in {Coverage.UNREAD, Coverage.MALFORMED} and facts.format not in {
            "unknown",
            "empty",
        }:
            unknown.append(f"what is inside {path}: {facts.reason or 'it breaks its own format'}")
        return facts

    def _tensor(
        self, name: str, before: _Side, after: _Side, old: TensorInfo | None, new: TensorInfo | None
    ) -> TensorChange | None:
        """What happened to a tensor; None when it is the same."""
        if old is None or new is None:
            kind = TensorChangeKind.ADDED if old is None else TensorChangeKind.REMOVED
            stands = new or old
            assert stands is not None
            return TensorChange(name, stands.file, kind, _form(old), _form(new))
        if old.shape != new.shape:
            return TensorChange(name, new.file, TensorChangeKind.RESHAPED, _form(old), _form(new))
        if old.dtype != new.dtype:
            return TensorChange(name, new.file, TensorChangeKind.RETYPED, _form(old), _form(new))
        was, now = self._digest(old, before.blobs), self._digest(new, after.blobs)
        alike = (old.encoding, old.strides) == (new.encoding, new.strides)
        if not (was and now and alike):
            return TensorChange(name, new.file, TensorChangeKind.UNKNOWN, _form(old), _form(new))
        return (
            None
            if was == now
            else TensorChange(name, new.file, TensorChangeKind.VALUES, _form(old), _form(new))
        )

    def _digest(self, tensor: TensorInfo, blobs: Mapping[str, str]) -> str:
        """sha256 of a tensor's bytes, "" where they are not one range of a stored file."""
        sha256 = blobs.get(tensor.file, "")
        if tensor.offset < 0 or not self._blobs.has(sha256):
            return ""
        digest = hashlib.sha256()
        with FileReader(self._blobs.path(sha256)) as reader:
            at, left = tensor.offset, tensor.nbytes
            while left and (chunk := reader.read(at, min(left, _CHUNK))):
                digest.update(chunk)
                at, left = at + len(chunk), left - len(chunk)
        return "" if left else digest.hexdigest()

    def _values(self, file: FileChange, unknown: list[str]) -> Iterator[ValueChange]:
        try:
            old = dict(self._leaves(file.old_sha256, file.old_size))
            new = dict(self._leaves(file.new_sha256, file.new_size))
        except _UnseenError as error:
            unknown.append(f"the values in {file.path}: {error}")
            return
        changed = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
        if len(changed) > MAX_VALUES:
            unknown.append(
                f"{len(changed) - MAX_VALUES} more changed values in {file.path}: only the first are listed"
            )
        for key in changed[:MAX_VALUES]:
            kind = (
                ChangeKind.ADDED if key not in old else
                ChangeKind.REMOVED if key not in new else ChangeKind.CHANGED
            )  # fmt: skip
            yield ValueChange(file.path, key, kind, old.get(key, ""), new.get(key, ""))

    def _leaves(self, sha256: str, size: int) -> Iterator[tuple[str, str]]:
        if not sha256:
            return
        self._require(sha256, size)
        try:
            with FileReader(self._blobs.path(sha256)) as reader:
                value = read_json(reader)
        except MalformedError as error:
            raise _UnseenError(error.why or error.what) from error
        yield from _flat(value, "", 0)

    def _code(self, file: FileChange, unknown: list[str]) -> CodeChange:
        try:
            old, new = (
                self._lines(file.old_sha256, file.old_size),
                self._lines(file.new_sha256, file.new_size),
            )
        except _UnseenError as error:
            unknown.append(f"the code in {file.path}: {error}")
            return CodeChange(file.path, file.kind)
        lines = list(difflib.unified_diff(old, new, f"a/{file.path}", f"b/{file.path}", lineterm=""))
        if len(lines) > MAX_LINES:
            unknown.append(f"{len(lines) - MAX_LINES} more lines of the diff of {file.path}")
        return CodeChange(file.path, file.kind, tuple(lines[:MAX_LINES]))

    def _lines(self, sha256: str, size: int) -> list[str]:
        if not sha256:
            return []
        self._require(sha256, size)
        return self._blobs.read(sha256, MAX_TEXT).decode("utf-8", "backslashreplace").split("\n")

    def _require(self, sha256: str, size: int) -> None:
        if size > MAX_TEXT:
            raise _UnseenError(f"it has {size} bytes, at most {MAX_TEXT} are compared")
        if not self._blobs.has(sha256):
            raise _UnseenError(f"{sha256[:12]} is not in the store")


class _UnseenError(Exception):
    """Why a file was not compared."""


def _flat(value: Any, key: str, depth: int) -> Iterator[tuple[str, str]]:
    """Dotted keys and JSON texts of a value; a list is one value, so that one element does not shift all."""
    if isinstance(value, dict) and value and depth < MAX_DEPTH:
        for name, inner in value.items():
            # A key with a dot in it must not pass for a path, or one change could hide another.
            part = json.dumps(name, ensure_ascii=False) if {".", '"'} & set(name) else name
            yield from _flat(inner, f"{key}.{part}" if key else part, depth + 1)
    else:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True)
        yield (
            key,
            text
            if len(text) <= _SHOWN
            else f"{text[:_SHOWN]}… ({hashlib.sha256(text.encode()).hexdigest()[:16]})",
        )


def _form(tensor: TensorInfo | None) -> str:
    return "" if tensor is None else f"{tensor.dtype} [{', '.join(map(str, tensor.shape))}]"
