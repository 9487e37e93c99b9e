"""GGUF: what a model file of llama.cpp and its relatives holds, read from its header.

Source: ggml's docs/gguf.md, versions 1 to 3, and the checks of ggml/src/gguf.cpp. Rules are listed in
docs/formats/gguf.md. Chat templates are judged by `jinja_judge`, never rendered.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.facts import Anomaly, Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.carried_code import carried_code
from weigh.formats.descent import Descent
from weigh.formats.gguf_cursor import Cursor
from weigh.formats.gguf_tensors import Entry, judge_entries, read_entry, tensor_info
from weigh.formats.gguf_values import Listed, NewerError, Values

FORMAT = "gguf"
MAGIC = b"GGUF"
NEWEST = 3
FUTURE = 16
"""Versions up to this may come; a higher number is damage."""
MOST_PAIRS = 1 << 16
MOST_TENSORS = 1 << 17
"""Far above any file: models have some 200 pairs and at most some 10,000 tensors."""
DEFAULT_ALIGNMENT = 32
MOST_ALIGNMENT = 1 << 20
MAX_FACTS = 2_000
"""Pairs that are kept as facts."""

_ALIGNMENT = "general.alignment"
_ENDINGS = ("scores", "token_type")
"""Lists of the tokenizer that readers index by the token's number."""


@dataclass(slots=True)
class _Header:
    version: int
    big: bool
    values: Values = field(default_factory=Values)
    entries: list[Entry] = field(default_factory=list)
    start: int = 0
    alignment: int = DEFAULT_ALIGNMENT


def read_gguf(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one GGUF file. Never raises for what the file holds.

    Args:
        reader: its bytes; the header is read, tensors are skipped.
        path: of the file inside the snapshot.
        descent: not needed, nothing is packed inside.
    """
    del descent
    found = AnomalyList()
    header = _Header(0, big=False)
    coverage, reason = Coverage.COMPLETE, ""
    try:
        _read(reader, header, found)
    except NewerError as error:
        coverage, reason = Coverage.PARTIAL, str(error)
    except MalformedError as error:
        found.add_error(error)
        coverage, reason = Coverage.MALFORMED, str(error)
    from weigh.formats.jinja_judge import judge_template

    kept = header.values.kept
    code = carried_code(v for k, v in kept.items() if isinstance(v, str) and "chat_template" not in k)
    if code:
        found.add("WGH-GG024", f"its metadata holds {code}")
    judged = [a for text in header.values.templates.values() for a in judge_template(text)]
    if coverage is Coverage.COMPLETE:
        coverage, reason = _coverage(header, found)
    tensors = tuple(tensor_info(e, path, header.start, big=header.big) for e in header.entries)
    return FileFacts(
        path,
        FORMAT,
        coverage,
        reason,
        tensors=tensors,
        templates=tuple(header.values.templates.values()),
        metadata=_facts(header, tensors, path),
        anomalies=(*found.as_tuple(), *_in_place(judged, header.values)),
    )


def _read(reader: RangeReader, header: _Header, found: AnomalyList) -> None:
    head = reader.read(0, 8)
    if head[:4] != MAGIC or len(head) < 8:
        raise MalformedError("this is no GGUF file", why="it has no whole header", offset=0, rule="WGH-GG001")
    header.big = head[6:8] != b"\0\0" and head[4:6] == b"\0\0"
    header.version = int.from_bytes(head[4:], "big" if header.big else "little")
    if NEWEST < header.version <= FUTURE:
        raise NewerError("its version is newer than this reader", why=f"it is version {header.version}")
    if not 1 <= header.version <= NEWEST:
        raise MalformedError(
            f"it states version {header.version}", why="there are 1 to 3", offset=4, rule="WGH-GG001"
        )
    cursor = Cursor(reader, big=header.big, wide=header.version > 1)
    cursor.position = 8
    form = "Q" if cursor.wide else "I"
    tensors, pairs = cursor.whole(form), cursor.whole(form)
    for count, most, what in ((tensors, MOST_TENSORS, "tensors"), (pairs, MOST_PAIRS, "key-value pairs")):
        if count > most:
            raise MalformedError(
                f"it claims {count} {what}",
                why=f"the file has {reader.size} bytes",
                offset=8,
                rule="WGH-GG002",
            )
    for _ in range(pairs):
        header.values.read(cursor, found)
    for _ in range(tensors):
        header.entries.append(read_entry(cursor, found))
    _finish(reader, header, cursor.position, found)


def _finish(reader: RangeReader, header: _Header, position: int, found: AnomalyList) -> None:
    """What can only be judged when the whole header is known."""
    stated = header.values.kept.get(_ALIGNMENT, DEFAULT_ALIGNMENT)
    sound = isinstance(stated, int) and 0 < stated <= MOST_ALIGNMENT and not stated & (stated - 1)
    if not sound:
        found.add(
            "WGH-GG008", f"the alignment is {quoted(str(stated))}, no power of two up to {MOST_ALIGNMENT}"
        )
    header.alignment = stated if sound else DEFAULT_ALIGNMENT
    header.start = -(-position // header.alignment) * header.alignment
    _judge_vocabulary(header.values, found)
    _judge_split(header.values, found)
    for key in header.values.skipped:
        found.add("WGH-JT006", f"the template {quoted(key)} is too long to be judged")
    if header.entries:
        judge_entries(reader, header.entries, header.start, header.alignment, found)
    elif reader.size > header.start:
        judge_entries(reader, [], header.start, header.alignment, found)


def _judge_vocabulary(values: Values, found: AnomalyList) -> None:
    """Lists that readers index by token number have an item for every token."""
    tokens = values.kept.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, Listed):
        return
    for ending in _ENDINGS:
        listed = values.kept.get(f"tokenizer.ggml.{ending}")
        if isinstance(listed, Listed) and 0 < listed.count < tokens.count:
            detail = f"tokenizer.ggml.{ending} has {listed.count} items for {tokens.count} tokens"
            found.add("WGH-GG022", detail)


def _judge_split(values: Values, found: AnomalyList) -> None:
    number, count = values.kept.get("split.no"), values.kept.get("split.count")
    if isinstance(number, int) and isinstance(count, int) and 0 < count <= number:
        found.add("WGH-GG023", f"it is part {number} of {count}; parts are counted from 0")


_BENIGN = frozenset({f"WGH-GG0{n}" for n in (18, 19, 20, 21, 23)} | {"WGH-JT006"})
"""Rules that do not keep the file from being read whole."""


def _coverage(header: _Header, found: AnomalyList) -> tuple[Coverage, str]:
    if any(a.rule not in _BENIGN for a in found.as_tuple()):
        return Coverage.MALFORMED, "it breaks the rules of its format"
    unknown = sorted({e.kind for e in header.entries if e.size < 0})
    if unknown:
        listed = ", ".join(str(kind) for kind in unknown[:5])
        return Coverage.PARTIAL, f"it has tensors of types this version does not know ({listed})"
    if header.values.skipped:
        return Coverage.PARTIAL, "a chat template is too long to be judged"
    return Coverage.COMPLETE, ""


def _in_place(judged: list[Anomaly], values: Values) -> list[Anomaly]:
    del values  # offsets inside a template mean nothing in the file
    return [Anomaly(a.rule, a.detail, -1, a.fatal) for a in judged]


def _facts(header: _Header, tensors: tuple[TensorInfo, ...], path: str) -> tuple[Fact, ...]:
    kept = header.values.kept
    shown = {key: _shown(value) for key, value in list(kept.items())[:MAX_FACTS]}
    licence = kept.get("general.license")
    declared = {
        "gguf.version": header.version,
        "gguf.architecture": kept.get("general.architecture"),
        "licence.declared": [licence] if isinstance(licence, str) else None,
        "gguf.metadata": shown,
        "gguf.templates": sorted(header.values.templates),
    }
    derived = {
        "parameters": sum(t.count for t in tensors),
        "gguf.types": dict(sorted(Counter(t.encoding.partition(":")[0] or t.dtype for t in tensors).items())),
        "gguf.byte_order": "big" if header.big else "",
    }
    return tuple(
        Fact(name, value, basis, path)
        for basis, facts in ((Basis.DECLARED, declared), (Basis.DERIVED, derived))
        for name, value in facts.items()
        if value
    )


def _shown(value: Any) -> Any:
    if not isinstance(value, Listed):
        return value
    return list(value.items) if value.items else f"({value.count} items)"
