"""zip files: what kind of archive it is by its members, and every member read.

Source: PKWARE's APPNOTE.TXT 6.3.10. The rules stand in docs/formats/archives.md.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

from weigh.core.facts import Anomaly, Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.archive_members import empty_member, plain_member
from weigh.formats.archive_paths import MAX_LINK, link_fault
from weigh.formats.descent import BETWEEN, Descent
from weigh.formats.zip_members import ZipEntry, ZipFileFacts, checked_slice, open_entry, open_zip, read_entry

FORMAT = "zip"
_MANIFEST = "MAR-INF/MANIFEST.json"
MAX_MANIFEST = 256 * 1024
"""Bytes of a manifest that are parsed; published ones have less than one thousand."""
_LEAST = (Coverage.COMPLETE, Coverage.PARTIAL, Coverage.UNREAD, Coverage.MALFORMED)
_TORCH_NAMES = frozenset(
    {
        "data.pkl",
        "constants.pkl",
        "archive_format",
        "serialized_exported_program.json",
        "serialized_state_dict.pt",
    }
)
"""Members only torch writes: torch.save, TorchScript, and the two layouts of torch.export."""

_KERAS_NAMES = frozenset({"metadata.json", "model.weights.h5", "model.weights.npz", "model.weights.json"})
"""What Keras 3 puts beside `config.json`."""


def read_zip(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one zip file. Never raises for what the file holds.

    Args:
        reader: its bytes; packed members are unpacked as a stream, nothing is written to a folder.
        path: of the file inside the snapshot.
        descent: reads the members.
    """
    archive = open_zip(reader)
    kind = kind_of(archive, path)
    hidden = _behind(reader, path, descent, archive.tail)
    special = _special(kind, reader, path, descent)
    if special is not None:
        return _joined(special, archive, hidden)
    members = (*_members(reader, path, archive, descent), *hidden)
    if kind == "mar":
        _judge_manifest(reader, archive, descent)
    return FileFacts(
        path,
        FORMAT,
        archive.coverage,
        archive.reason,
        metadata=(
            Fact("archive.members", len(archive.entries), Basis.DETECTED, path),
            *((Fact("archive.kind", kind, Basis.DETECTED, path),) if kind else ()),
        ),
        anomalies=archive.anomalies.as_tuple(),
        members=members,
    )


def _behind(reader: RangeReader, path: str, descent: Descent, tail: tuple[int, int]) -> tuple[FileFacts, ...]:
    """A file that begins in the comment or behind the end; most archives have neither."""
    if tail[1] <= tail[0]:
        return ()
    from weigh.formats.smuggled import smuggled

    return smuggled(reader, path, descent, *tail)


def kind_of(archive: ZipFileFacts, path: str = "") -> str:
    """What the members show an archive to be: `torch`, `keras`, `npz`, `skops`, `mar`, …; "" for others."""
    names = {entry.name.removeprefix("./") for entry in archive.entries}
    if not names.isdisjoint(_TORCH_NAMES) or any(n.partition("/")[2] in _TORCH_NAMES for n in names):
        return "torch"
    if "config.json" in names and (path.lower().endswith(".keras") or not names.isdisjoint(_KERAS_NAMES)):
        return "keras"
    if "schema.json" in names:
        return "skops"
    if _MANIFEST in names:
        return "mar"
    if names and all(name.endswith(".npy") for name in names):
        return "npz"
    return _packaging(names)


def _packaging(names: set[str]) -> str:
    """Archives of software and documents: told for the reader's sake, read like any other."""
    if any(name.endswith(".dist-info/RECORD") for name in names):
        return "wheel"
    if "META-INF/MANIFEST.MF" in names:
        return "jar"
    if "[Content_Types].xml" in names:
        return "office"
    return ""


def _special(kind: str, reader: RangeReader, path: str, descent: Descent) -> FileFacts | None:
    """What the reader of a kind of its own says, None where the kind has none."""
    if kind == "torch":
        from weigh.formats.torch_zip import read_torch_zip

        return read_torch_zip(reader, path, descent)
    if kind == "keras":
        from weigh.formats.keras import read_keras

        return read_keras(reader, path, descent)
    if kind == "npz":
        from weigh.formats.npz import read_npz

        return read_npz(reader, path, descent)
    if kind == "skops":
        from weigh.formats.skops import read_skops

        return read_skops(reader, path, descent)
    return None


def _joined(special: FileFacts, archive: ZipFileFacts, hidden: tuple[FileFacts, ...]) -> FileFacts:
    """What a special reader saw together with what the archive itself showed, and what its end hides."""
    coverage = max(special.coverage, archive.coverage, key=_LEAST.index)
    anomalies: tuple[Anomaly, ...] = tuple(dict.fromkeys((*special.anomalies, *archive.anomalies.as_tuple())))
    return replace(
        special,
        coverage=coverage,
        reason=special.reason or archive.reason,
        anomalies=anomalies,
        members=(*special.members, *hidden),
    )


def _members(reader: RangeReader, path: str, archive: ZipFileFacts, descent: Descent) -> Iterator[FileFacts]:
    for entry in archive.entries:
        if entry.folder:
            continue
        if entry.link:
            _judge_link(reader, entry, archive, descent)
        elif not entry.size and not entry.packed:
            yield empty_member(f"{path}{BETWEEN}{entry.name}")
        elif entry.plain:
            place = (entry.start, checked_slice(reader, entry, archive).size)
            yield plain_member(descent, reader, path, entry.name, place)
        else:
            with open_entry(reader, entry, archive, descent) as content:
                if content is not None and not content.size:
                    yield empty_member(f"{path}{BETWEEN}{entry.name}")
                elif content is not None:
                    yield descent.member(content, f"{path}{BETWEEN}{entry.name}")


def _judge_manifest(reader: RangeReader, archive: ZipFileFacts, descent: Descent) -> None:
    """Add what the manifest of a TorchServe archive breaks; that it is JSON its own reader judges."""
    from weigh.formats.mar_manifest import mar_anomalies

    entry = archive.entry(_MANIFEST)
    raw = read_entry(reader, entry, archive, descent, limit=MAX_MANIFEST) if entry else None
    if raw is None:
        return
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return
    for anomaly in mar_anomalies(value):
        archive.anomalies.add(anomaly.rule, anomaly.detail, offset=anomaly.offset)


def _judge_link(reader: RangeReader, entry: ZipEntry, archive: ZipFileFacts, descent: Descent) -> None:
    target = read_entry(reader, entry, archive, descent, limit=MAX_LINK)
    if target is None:
        archive.missing = archive.missing or "the target of a link is too long to be one"
        return
    rule, why = link_fault(entry.name, target.decode("utf-8", "backslashreplace"))
    archive.anomalies.add(rule, why, offset=entry.header)
