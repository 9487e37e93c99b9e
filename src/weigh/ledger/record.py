"""A record of the ledger as bytes: one request, its evidence, its envelope, in canonical JSON."""

from dataclasses import dataclass
from typing import Any

import msgspec

from weigh.core.canonical import MAX_SAFE_INTEGER, NotCanonicalError, dumps
from weigh.core.evidence import Envelope, Evidence
from weigh.core.request import Request

SCHEMA = 1
"""Rises when a record of today could not be read by the weigh of yesterday."""

MAX_BYTES = 256 << 20
"""Bound on a record that is read back; a million findings fit."""


class CorruptRecordError(ValueError):
    """The bytes are not a record that weigh wrote. The ledger sets them aside; never a user's error."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An answer as the ledger gives it.

    Attributes:
        evidence: the answer.
        envelope: when, where and by which weigh it was made; `fresh` when it was made just now.
        request: the question.
    """

    evidence: Evidence
    envelope: Envelope
    request: Request


@dataclass(frozen=True, slots=True)
class _Envelope:
    tool: str
    host: str
    started: float
    seconds: float


@dataclass(frozen=True, slots=True)
class _Record:
    schema: int
    digest: str
    request: Request
    evidence: Evidence
    envelope: _Envelope


def encode(recorded: Recorded) -> bytes:
    """Canonical JSON of a record; equal records give equal bytes.

    Raises:
        NotCanonicalError: a value has no JSON form, which is a bug of whoever made it.
    """
    envelope = recorded.envelope
    return dumps(
        _Record(
            schema=SCHEMA,
            digest=recorded.evidence.digest,
            request=recorded.request,
            evidence=recorded.evidence,
            envelope=_Envelope(envelope.tool, envelope.host, envelope.started, envelope.seconds),
        )
    )


def decode(data: bytes) -> Recorded | None:
    """Read a record back and compare the evidence's digest with the one written beside it.

    Returns:
        The record, or None when a weigh with another schema wrote it.

    Raises:
        CorruptRecordError: it is not a record, or request and evidence do not have the digests
            it states.
    """
    try:
        tree = msgspec.json.decode(data)
        if _schema(tree) != SCHEMA:
            return None
        record = msgspec.convert(_doubles(tree), _Record)
        stated = (record.evidence.request, record.digest)
        found = (record.request.digest, record.evidence.digest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, NotCanonicalError) as error:
        raise CorruptRecordError(f"it is not a record: {error}") from error
    if stated != found:
        raise CorruptRecordError("its request and evidence do not have the digests it states")
    evidence, envelope = record.evidence, record.envelope
    return Recorded(
        evidence,
        Envelope(envelope.tool, envelope.host, envelope.started, envelope.seconds, fresh=False),
        record.request,
    )


def _doubles(value: Any) -> Any:
    """Whole numbers that canonical JSON writes only for doubles, as the doubles they were.

    The canonical form of 2.0**53 has no point, so it reads back as an integer too large to have one.
    """
    if isinstance(value, dict):
        return {key: _doubles(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_doubles(inner) for inner in value]
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        return float(value)
    return value


def _schema(tree: Any) -> int:
    schema = tree.get("schema") if isinstance(tree, dict) else None
    if not isinstance(schema, int):
        raise CorruptRecordError("it is not a record: no schema number")
    return schema
