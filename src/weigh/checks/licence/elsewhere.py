"""The same weights under other terms: what was stated about them in models that were asked about before."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weigh.checks.case import ModelCase
from weigh.checks.licence.records import Records
from weigh.checks.licence.statements import Statements
from weigh.core.canonical import dumps
from weigh.core.digest import is_sha256, sha256_hex
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.licence import PAPERS
from weigh.core.snapshot import Snapshot

ARTIFACT = "licence-claims"
VERSION = 1
FEWEST_BYTES = 1000
"""A smaller file is not told apart by its bytes: two empty ones are the same."""
MOST_EARLIER = 500
MOST_CLAIMS = 4 * 1024 * 1024
"""Bytes of one artifact; anything larger was not written by this check."""
MOST_FILES = 10_000

_ENDINGS = (
    ".safetensors .onnx .onnx_data .bin .pt .pth .ckpt .h5 .hdf5 .keras .gguf .ggml .tflite .pb .mlmodel "
    ".pkl .joblib .sav .npz .ftz .msgpack .jit .model .tar .xml .params .caffemodel .zip"
)
WEIGHTS = tuple(_ENDINGS.split())
"""Names of files that hold weights. Tokenizers and configurations are shared by models of every kind."""


@dataclass(frozen=True, slots=True)
class EarlierClaims:
    """What another model stated.

    Attributes:
        name: the packages it came in, else the beginning of its digest.
        files: sha256 → path of its weights.
        claims: (source, sorted ids) of each statement; no ids where it could not be read.
        digest: sha256 of the artifact it was read from.
    """

    name: str
    files: Mapping[str, str]
    claims: tuple[tuple[str, tuple[str, ...]], ...]
    digest: str

    @property
    def ids(self) -> frozenset[str]:
        """Every licence it may be under."""
        return frozenset(id_ for _, ids in self.claims for id_ in ids)


def weight_files(snapshot: Snapshot) -> dict[str, str]:
    """sha256 → path of the files that hold weights, by their names and sizes."""
    return {
        f.sha256: f.path
        for f in snapshot.files
        if f.size >= FEWEST_BYTES
        and not f.path.startswith(f"{PAPERS}/")
        and (f.path.lower().endswith(WEIGHTS) or f.path.rpartition("/")[2] == "model")
    }


def claims_bytes(snapshot: Snapshot, found: Statements, records: Records) -> bytes:
    """The artifact `licence-claims`: weights and statements of this model as canonical JSON."""
    packages = sorted({p[1] for f in snapshot.files if (p := f.path.split("/"))[0] == PAPERS and len(p) > 2})
    claims = [[s.source, s.text, s.reading.spdx, sorted(s.reading.licences(records))] for s in found.all]
    value = {
        "version": VERSION,
        "packages": packages,
        "files": weight_files(snapshot),
        "claims": claims,
    }
    return dumps(value)


def shared_claims(model: ModelCase, check: str) -> tuple[EarlierClaims, ...]:
    """Claims of earlier models that hold one of this model's weight files, sorted by digest.

    The digest is that of the claims, not of the evidence: two models that are asked about in turn would
    otherwise make each other's answers new for ever.
    """
    mine = weight_files(model.view.snapshot).keys()
    found: dict[str, EarlierClaims] = {}
    for earlier in model.elsewhere(check)[:MOST_EARLIER] if mine else ():
        if earlier.subject.digest == model.subject.digest:
            continue
        data = earlier.load(ARTIFACT)
        claims = read_claims(data, earlier.subject.digest) if data is not None else None
        if claims is not None and mine & claims.files.keys():
            found[claims.digest] = claims
    return tuple(claims for _, claims in sorted(found.items()))


def read_claims(data: bytes, subject: str) -> EarlierClaims | None:
    """An artifact's content, None when it is not one of this version."""
    if len(data) > MOST_CLAIMS:
        return None
    try:
        value: Any = json.loads(data)
        if not isinstance(value, dict) or value.get("version") != VERSION:
            return None
        files = {s: str(p) for s, p in list(value["files"].items())[:MOST_FILES] if is_sha256(s)}
        claims = tuple((str(source), tuple(map(str, ids))) for source, _, _, ids in value["claims"])
        name = ", ".join(map(str, value["packages"])) or subject.removeprefix("sha256:")[:12]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return EarlierClaims(name, files, claims, sha256_hex(data))


def elsewhere_findings(
    snapshot: Snapshot, found: Statements, earlier: Sequence[EarlierClaims], records: Records
) -> Iterator[Finding]:
    """A finding for each other model with the same weights and other licences."""
    mine = weight_files(snapshot)
    here = frozenset[str]().union(*(s.reading.licences(records) for s in found.all))
    for other in earlier:
        shared = sorted(mine.keys() & other.files.keys())
        if not shared or here == other.ids:
            continue
        path = mine[shared[0]]
        more = f" and {len(shared) - 1} more files" if len(shared) > 1 else ""
        yield Finding(
            "WGH-C022",
            Severity.HIGH if here and other.ids and not here & other.ids else Severity.MEDIUM,
            Confidence.HIGH,
            path,
            f"the same bytes (sha256 {shared[0][:12]}…{more}) came as {other.name} under "
            f"{_listed(other.ids)}; here under {_listed(here)}",
            "one of those who handed them on may have had no right to choose the licence",
            "find out where the weights were first published and under which licence",
        )


def _listed(ids: frozenset[str]) -> str:
    shown = sorted(ids)
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(shown[:5]) + more if shown else "no licence"
