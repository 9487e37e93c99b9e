"""SentencePiece models (`tokenizer.model`, `spiece.model`): the vocabulary and how it was made.

Source: src/sentencepiece_model.proto of google/sentencepiece, version 0.2. A model holds pieces and numbers;
its loader runs nothing of it and opens no path that it names.
"""

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.wire import Span, Table, Take, Wire

FORMAT = "sentencepiece"
MAX_PIECES = 2_000_000
"""Pieces read. The largest published vocabularies have some 260,000."""

MODEL: Table = {
    1: ("pieces", Take.SPAN),
    2: ("trainer_spec", Take.SPAN),
    3: ("normalizer_spec", Take.SPAN),
    4: ("self_test_data", Take.SKIP),
    5: ("denormalizer_spec", Take.SPAN),
}
_PIECE: Table = {1: ("piece", Take.SPAN), 2: ("score", Take.FIXED32), 3: ("type", Take.INT)}
_TRAINER: Table = {
    **dict.fromkeys(range(1, 60), ("", Take.SKIP)),
    3: ("model_type", Take.INT),
    4: ("vocab_size", Take.INT),
    35: ("byte_fallback", Take.INT),
    40: ("unk_id", Take.INT),
    41: ("bos_id", Take.INT),
    42: ("eos_id", Take.INT),
    43: ("pad_id", Take.INT),
}
_NORMALIZER: Table = dict.fromkeys(range(1, 7), ("", Take.SKIP))
_INNER = {"trainer_spec": _TRAINER, "normalizer_spec": _NORMALIZER, "denormalizer_spec": _NORMALIZER}
_IDS = ("unk_id", "bos_id", "eos_id", "pad_id")
_TYPES = {1: "unigram", 2: "bpe", 3: "word", 4: "char"}


def looks_like_sentencepiece(reader: RangeReader, head: bytes) -> bool:
    """Whether the content is a SentencePiece model: one message of its fields, pieces among them.

    Args:
        reader: the bytes.
        head: the first of them.
    """
    if len(head) < 8 or head[0] != 0x0A or head[2] != 0x0A or head[3] + 2 > head[1]:
        return False
    wire = Wire(reader, broken="", beyond="")
    names: set[str] = set()
    try:
        for count, (name, _) in enumerate(wire.walk((0, reader.size), MODEL, depth=1)):
            names.add(name)
            if count > MAX_PIECES:
                return False
    except MalformedError:
        return False
    return {"pieces", "trainer_spec"} <= names


def read_sentencepiece(reader: RangeReader, path: str) -> FileFacts:
    """The facts of one SentencePiece model. Never raises for what the file holds."""
    wire = Wire(reader, broken="", beyond="")
    pieces = 0
    said: dict[str, int] = {}
    try:
        for name, span in wire.walk((0, reader.size), MODEL, depth=1):
            if name == "pieces":
                pieces += 1
                _exhaust(wire, span, _PIECE)
            elif name == "trainer_spec":
                said |= dict(wire.walk(span, _TRAINER, depth=2))
            else:
                _exhaust(wire, span, _INNER[name])
    except MalformedError as error:
        return FileFacts(path, FORMAT, Coverage.MALFORMED, error.why or error.what)
    unread = f"{wire.unknown_fields} fields are not known" if wire.unknown_fields else ""
    coverage = Coverage.PARTIAL if unread else Coverage.COMPLETE
    return FileFacts(path, FORMAT, coverage, unread, metadata=tuple(_facts(path, pieces, said)))


def _exhaust(wire: Wire, span: Span, table: Table) -> None:
    for _ in wire.walk(span, table, depth=2):
        pass


def _facts(path: str, pieces: int, said: dict[str, int]) -> list[Fact]:
    stated = {
        "sentencepiece.model": _TYPES.get(said.get("model_type", 1), "unknown"),
        "sentencepiece.vocab_size": pieces,
        "sentencepiece.byte_fallback": bool(said.get("byte_fallback", 0)),
    }
    stated |= {f"sentencepiece.{name}": said[name] for name in _IDS if name in said}
    return [Fact(name, value, Basis.DETECTED, path) for name, value in stated.items()]
