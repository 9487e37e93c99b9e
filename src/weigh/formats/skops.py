"""skops: a zip of `schema.json`, a tree of objects, and the arrays it refers to.

Source: skops/io/_persist.py; the tree is judged by `skops_tree`.
"""

from dataclasses import replace

from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import quoted
from weigh.formats.descent import BETWEEN, Descent
from weigh.formats.keras_json import MAX_SCHEMA, config_of
from weigh.formats.skops_tree import FILE_ABSENT, Tree
from weigh.formats.zip_members import ZipFileFacts, open_entry, open_zip, read_entry

FORMAT = "skops"
SCHEMA = "schema.json"
BROKEN = "WGH-SK007"
TWICE = "WGH-SK008"
UNREFERENCED = "WGH-SK009"


def read_skops(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one skops file. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot.
        descent: reads the arrays and whatever else lies in it.
    """
    archive = open_zip(reader)
    found = archive.anomalies
    tree = Tree(frozenset(entry.name for entry in archive.entries))
    facts: list[Fact] = []
    broken = ""
    for entry in (e for e in archive.entries if e.name == SCHEMA):
        data = read_entry(reader, entry, archive, descent, limit=MAX_SCHEMA)
        value, wrong = config_of(data, MAX_SCHEMA) if data is not None else (None, [])
        for anomaly in wrong:
            found.add(TWICE if value is not None else BROKEN, anomaly.detail)
        if isinstance(value, dict):
            tree.run(value)
            facts += [
                Fact(f"skops.{key.strip('_')}", str(value[key])[:80], Basis.DECLARED, path)
                for key in ("protocol", "_skops_version", "__module__", "__class__")
                if key in value
            ]
        else:
            broken = "its schema is no JSON object" if data is not None else "its schema cannot be read"
            found.add(BROKEN, broken)
    members = _members(reader, path, descent, tree, archive)
    for anomaly in tree.found.as_tuple():
        found.add(anomaly.rule, anomaly.detail)
    if any(anomaly.rule == FILE_ABSENT for anomaly in tree.found.as_tuple()):
        broken = broken or "a file that its schema needs is not there"
    if archive.entry(SCHEMA) is None:
        broken = "it has no schema.json"
        found.add(BROKEN, broken)
    return FileFacts(
        path,
        FORMAT,
        Coverage.MALFORMED if broken else archive.coverage,
        broken or archive.reason,
        callables=tuple(tree.callables),
        metadata=tuple(facts),
        anomalies=found.as_tuple(),
        members=members,
    )


def _members(
    reader: RangeReader, path: str, descent: Descent, tree: Tree, archive: ZipFileFacts
) -> tuple[FileFacts, ...]:
    members: list[FileFacts] = []
    for entry in archive.entries:
        if entry.folder or entry.name == SCHEMA:
            continue
        if entry.name not in tree.files and entry.name != "README.md":
            archive.anomalies.add(UNREFERENCED, f"nothing refers to {quoted(entry.name)}")
        with open_entry(reader, entry, archive, descent) as content:
            if content is not None:
                member = descent.member(content, f"{path}{BETWEEN}{entry.name}")
                if member.coverage is Coverage.UNREAD and entry.name in tree.raw:
                    # the tree says that these are plain bytes, and they are nothing else that is known
                    member = replace(member, format="bytes", coverage=Coverage.COMPLETE, reason="")
                members.append(member)
    return tuple(members)
