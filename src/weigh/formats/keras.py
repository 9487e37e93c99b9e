"""Keras 3's `.keras` file: a zip of configuration, weights and assets.

Source: keras/src/saving/saving_lib.py (Keras 3): `config.json`, `metadata.json`, `model.weights.h5` and the
folder `assets`. Every member is read by what it is; the configuration is judged by `keras_config`.
"""

from dataclasses import replace

from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.descent import BETWEEN, Descent
from weigh.formats.keras_config import INCOMPLETE, keras_anomalies
from weigh.formats.keras_json import MAX_CONFIG, config_of
from weigh.formats.zip_members import ZipEntry, ZipFileFacts, open_entry, open_zip

FORMAT = "keras"
CONFIG = "config.json"
METADATA = "metadata.json"
_STATED = ("keras_version", "date_saved", "library")


def read_keras(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one `.keras` file. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot.
        descent: reads the weights and whatever else lies in it.
    """
    archive = open_zip(reader)
    facts: list[Fact] = []
    members: list[FileFacts] = []
    for entry in archive.entries:
        if entry.folder:
            continue
        member = _member(reader, entry, archive, path, descent)
        if member is None:
            continue
        members.append(member)
        facts += member.metadata if entry.name in {CONFIG, METADATA} else ()
    if archive.entry(CONFIG) is None:
        archive.anomalies.add(INCOMPLETE, "it has no config.json")
    return FileFacts(
        path,
        FORMAT,
        archive.coverage,
        archive.reason,
        metadata=tuple(facts),
        anomalies=archive.anomalies.as_tuple(),
        members=tuple(members),
    )


def _member(
    reader: RangeReader, entry: ZipEntry, archive: ZipFileFacts, path: str, descent: Descent
) -> FileFacts | None:
    """One member: configuration and metadata are read here, all else by what its content is."""
    name = f"{path}{BETWEEN}{entry.name}"
    with open_entry(reader, entry, archive, descent) as content:
        if content is None:
            return None
        if entry.name == CONFIG:
            if content.size > MAX_CONFIG:
                reason = f"its configuration is read up to {MAX_CONFIG} bytes"
                return FileFacts(name, "keras-config", Coverage.PARTIAL, reason)
            return _config(content.read(0, content.size), name)
        member = descent.member(content, name)
        if entry.name == METADATA and content.size <= 65_536:
            return replace(member, metadata=_metadata(content.read(0, content.size), name))
        return member


def _config(data: bytes, path: str) -> FileFacts:
    value, wrong = config_of(data)
    if value is None:
        return FileFacts(path, "json", Coverage.MALFORMED, "it is not JSON", anomalies=tuple(wrong))
    anomalies, callables = keras_anomalies(value)
    kind = value.get("class_name") if isinstance(value, dict) else None
    stated = (Fact("keras.model_class", str(kind)[:80], Basis.DECLARED, path),) if kind else ()
    return FileFacts(
        path,
        "keras-config",
        Coverage.COMPLETE,
        callables=tuple(callables),
        metadata=stated,
        anomalies=(*wrong, *anomalies),
    )


def _metadata(data: bytes, path: str) -> tuple[Fact, ...]:
    value, _ = config_of(data)
    if not isinstance(value, dict):
        return ()
    return tuple(
        Fact(f"keras.{key}", str(value[key])[:80], Basis.DECLARED, path) for key in _STATED if key in value
    )
