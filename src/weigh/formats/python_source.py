"""Python source beside weights: what it would do, found without running or importing it.

The tree is followed by `weigh.code`; here its effects become anomalies. Source: the Python language
reference.
"""

from dataclasses import dataclass
from types import MappingProxyType

from weigh.code.effects import Effect, EffectKind, SourceEffects
from weigh.core.facts import Anomaly, Basis, Coverage, ExternalReference, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent

FORMAT = "python"
MAX_PYTHON = 4 * 1024 * 1024
"""Bytes of one file that are looked at; what is longer than `syntax.MAX_SOURCE` by its words only."""
UNPARSED = "WGH-PY001"
HIDDEN_ENCODING = "WGH-PY012"

RULE_OF = MappingProxyType(
    {
        EffectKind.RUNS_DECODED: "WGH-PY002",
        EffectKind.RUNS_COMMAND: "WGH-PY003",
        EffectKind.RUNS_DOWNLOADED: "WGH-PY004",
        EffectKind.SENDS_SECRETS: "WGH-PY005",
        EffectKind.REMOTE_SHELL: "WGH-PY006",
        EffectKind.PERSISTS: "WGH-PY007",
        EffectKind.DISGUISED: "WGH-PY008",
        EffectKind.MACHINE_CODE: "WGH-PY009",
        EffectKind.DESTROYS: "WGH-PY010",
        EffectKind.UNPICKLE_GADGET: "WGH-PY011",
        EffectKind.STARTS_PROGRAM: "WGH-PY020",
        EffectKind.EVALUATES: "WGH-PY021",
        EffectKind.USES_NETWORK: "WGH-PY022",
        EffectKind.LOADS_OBJECTS: "WGH-PY023",
        EffectKind.IMPORTS_COMPUTED: "WGH-PY024",
        EffectKind.NATIVE_CODE: "WGH-PY025",
        EffectKind.CHANGES_FILES: "WGH-PY026",
        EffectKind.READS_SECRETS: "WGH-PY027",
        EffectKind.CHANGES_INTERPRETER: "WGH-PY028",
        EffectKind.TRUSTS_REMOTE_CODE: "WGH-PY029",
    }
)
"""What the code does → the rule of the table."""


@dataclass(frozen=True, slots=True)
class PythonJudged:
    """What is known of a piece of Python.

    Attributes:
        anomalies: what it would do.
        addresses: network addresses it names.
        unread: why it was not followed whole, "" where it was.
    """

    anomalies: tuple[Anomaly, ...]
    addresses: tuple[str, ...]
    unread: str


def read_python(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one Python file. Never raises for what the file holds.

    Addresses it names are `external`; `python.modules` are the modules it imports at its top.
    """
    del descent
    if reader.size > MAX_PYTHON:
        reason = f"it has {reader.size} bytes, Python is read up to {MAX_PYTHON}"
        return FileFacts(path, FORMAT, Coverage.PARTIAL, reason)
    judged = judge_python(reader.read(0, reader.size))
    return FileFacts(
        path,
        FORMAT,
        Coverage.PARTIAL if judged.unread else Coverage.COMPLETE,
        judged.unread,
        external=tuple(ExternalReference(address, "named in the source") for address in judged.addresses),
        metadata=(Fact("python.addresses", len(judged.addresses), Basis.DETECTED, path),),
        anomalies=judged.anomalies,
    )


def judge_python(data: bytes) -> PythonJudged:
    """What a source would do. Never raises for what it holds."""
    from weigh.code.source_text import effects_of_text
    from weigh.code.syntax import parse_source
    from weigh.code.taint import effects_of

    found = AnomalyList()
    parsed = parse_source(data)
    seen = effects_of(parsed.tree, parsed.text) if parsed.tree is not None else SourceEffects(())
    unread = seen.unread
    if parsed.hidden:
        found.add(HIDDEN_ENCODING, parsed.trouble)
    if parsed.trouble:
        found.add(UNPARSED, parsed.trouble)
        unread = parsed.trouble
    for effect in seen.effects:
        add_effect(found, effect)
    if unread:
        known = {e.kind for e in seen.effects}
        for effect in effects_of_text(parsed.text).effects:
            if effect.kind not in known:
                add_effect(found, effect)
    return PythonJudged(found.as_tuple(), seen.addresses, unread)


def add_effect(found: AnomalyList, effect: Effect, *, place: str = "line") -> None:
    """Note an effect under its rule."""
    where = f"{place} {effect.line}, " if effect.line else ""
    found.add(RULE_OF[effect.kind], f"{where}{effect.when.value}: {quoted(effect.detail)}")
