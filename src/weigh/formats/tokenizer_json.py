"""tokenizer.json of the Hugging Face tokenizers library: what it does to a text, and its limits."""

import re
from collections.abc import Iterator
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, malformed, quoted
from weigh.formats.json_text import MAX_JSON, read_json

FORMAT = "tokenizer"
MODELS = frozenset({"BPE", "Unigram", "WordLevel", "WordPiece"})
"""The model types of the tokenizers library."""
MAX_ID = 2**32 - 1
"""The library keeps ids in 32 bits."""
_NESTED_REPEAT = re.compile(r"\((?:[^()\\]|\\.)*[+*](?:[^()\\]|\\.)*\)[+*](?![+?])")
"""A repeat of something that repeats, the shape of patterns that take exponential time."""


def read_tokenizer(reader: RangeReader, path: str) -> FileFacts:
    """The facts of one tokenizer.json. Never raises for what the file holds.

    Facts: `tokenizer.model`, `.vocab_size`, `.max_id`, `.added_tokens` (count), `.lowercase`,
    `.truncation`, `.padding` (None where the file sets none), `.special_tokens` (token → id, of the
    post-processor), `.normalizers` (types in order).
    """
    if reader.size > MAX_JSON:
        return FileFacts(path, FORMAT, Coverage.PARTIAL, f"JSON is read up to {MAX_JSON} bytes")
    try:
        value = read_json(reader)
    except MalformedError as error:
        return malformed(path, FORMAT, error)
    found = AnomalyList()
    if not isinstance(value, dict) or not isinstance(value.get("model"), dict):
        why = "a tokenizer is an object with an object `model`"
        return malformed(path, FORMAT, MalformedError("this is no tokenizer", why=why, rule="WGH-T001"))
    facts = _facts(value, found)
    known = facts["tokenizer.model"] in MODELS
    return FileFacts(
        path,
        FORMAT,
        Coverage.COMPLETE if known else Coverage.PARTIAL,
        "" if known else "its model type is not one this version knows",
        metadata=tuple(Fact(name, item, Basis.DETECTED, path) for name, item in facts.items()),
        anomalies=found.as_tuple(),
    )


def _facts(value: dict[str, Any], found: AnomalyList) -> dict[str, Any]:
    stated = list(_vocabulary_ids(value["model"]))
    added = [t.get("id") for t in _objects(value.get("added_tokens"))]
    ids = [i for i in stated if _is_id(i)]
    if len(ids) != len(set(ids)):
        found.add("WGH-T002", f"{len(ids) - len(set(ids))} entries of the vocabulary share an id")
    every = [*ids, *(i for i in added if _is_id(i))]
    if len(every) != len(stated) + len(added):
        found.add("WGH-T003", "an entry of the vocabulary has no id, or one that is no number from 0")
    if max(every, default=0) > MAX_ID:
        found.add("WGH-T004", f"an id is {max(every)}, the library keeps 32 bits")
    _judge_added(value, found)
    _judge_patterns(value, found)
    steps = list(_steps(value.get("normalizer"), "normalizers"))
    return {
        "tokenizer.model": _text(value["model"].get("type")) or _guess(value["model"]),
        "tokenizer.vocab_size": len(set(every)),
        "tokenizer.max_id": max(every, default=-1),
        "tokenizer.added_tokens": len(added),
        "tokenizer.lowercase": any(s.get("type") == "Lowercase" or s.get("lowercase") is True for s in steps),
        "tokenizer.normalizers": [_text(s.get("type")) for s in steps],
        "tokenizer.truncation": _settings(value.get("truncation")),
        "tokenizer.padding": _settings(value.get("padding")),
        "tokenizer.special_tokens": _special(value.get("post_processor")),
    }


def _judge_added(value: dict[str, Any], found: AnomalyList) -> None:
    """Added tokens that take the id of another token of the vocabulary."""
    vocabulary = value["model"].get("vocab")
    if not isinstance(vocabulary, dict):
        return
    owner = {i: token for token, i in vocabulary.items() if _is_id(i)}
    seen: dict[Any, str] = {}
    for token in _objects(value.get("added_tokens")):
        content, place = _text(token.get("content")), token.get("id")
        if not _is_id(place):
            continue
        other = owner.get(place, seen.get(place, content))
        if other != content:
            found.add("WGH-T005", f"id {place} is {quoted(other)} and the added token {quoted(content)}")
        seen[place] = content


def _judge_patterns(value: dict[str, Any], found: AnomalyList) -> None:
    """Regular expressions of normalizers and pre-tokenizers."""
    places = (("normalizer", "normalizers"), ("pre_tokenizer", "pretokenizers"), ("decoder", "decoders"))
    for key, inner in places:
        for step in _steps(value.get(key), inner):
            pattern = step.get("pattern")
            text = pattern.get("Regex") if isinstance(pattern, dict) else None
            if isinstance(text, str) and _NESTED_REPEAT.search(text[:20_000]):
                found.add("WGH-T006", f"{quoted(text)} of {quoted(_text(step.get('type')))}")


def _vocabulary_ids(model: dict[str, Any]) -> Iterator[Any]:
    vocabulary = model.get("vocab")
    if isinstance(vocabulary, dict):
        yield from vocabulary.values()
    elif isinstance(vocabulary, list):
        # Unigram: (piece, score) pairs, the id is the place
        yield from range(len(vocabulary))


def _guess(model: dict[str, Any]) -> str:
    """Files before 2020 leave the type out; a list of merges belongs to BPE alone."""
    return "BPE" if isinstance(model.get("merges"), list) else ""


def _steps(value: Any, inner: str, depth: int = 0) -> Iterator[dict[str, Any]]:
    """A normalizer or processor, and those a Sequence is made of."""
    if not isinstance(value, dict) or depth > 8:
        return
    if value.get("type") == "Sequence":
        for step in _objects(value.get(inner)):
            yield from _steps(step, inner, depth + 1)
    else:
        yield value


def _special(processor: Any) -> dict[str, int]:
    """Tokens the post-processor puts around a text, with their ids."""
    tokens: dict[str, int] = {}
    for step in _steps(processor, "processors"):
        named = step.get("special_tokens")
        for token, entry in named.items() if isinstance(named, dict) else ():
            ids = entry.get("ids") if isinstance(entry, dict) else None
            if isinstance(ids, list) and len(ids) == 1 and _is_id(ids[0]):
                tokens[token] = ids[0]
        for side in ("cls", "sep"):
            pair = step.get(side)  # Bert and Roberta processing: [token, id]
            if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and _is_id(pair[1]):
                tokens[pair[0]] = pair[1]
    return tokens


def _settings(value: Any) -> dict[str, Any] | None:
    """Truncation or padding settings: plain values, and objects of plain values such as `{"Fixed": 128}`."""
    if not isinstance(value, dict):
        return None
    return {key: item for key, item in value.items() if _plain(item) or isinstance(item, dict)}


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | bool)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
