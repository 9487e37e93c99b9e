"""joblib: a pickle with arrays between its opcodes (docs/formats/numpy.md).

Compressed files are unpacked by `compressed`; what comes out is read here. A loader that does not know joblib
takes the bytes of an array for opcodes: what those would do is looked at as well.
"""

from weigh.core.facts import CallableUse, Coverage, FileFacts, Use
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList
from weigh.formats.descent import Descent, SliceReader
from weigh.formats.joblib_arrays import JoblibArrays
from weigh.formats.pickle_machine import PickleLimits, PickleRun, run_pickle
from weigh.formats.torch_streams import facts_of

FORMAT = "joblib"
TWICE_RULE = "WGH-NP026"
TAIL_RULE = "WGH-NP027"
_LOOK = PickleLimits(opcodes=100_000, nodes=100_000)
"""Bound of the second reading; numbers rarely go on as opcodes for more than a few."""


def read_joblib(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one joblib stream. Never raises for what the file holds.

    Args:
        reader: its bytes; items of arrays are stepped over.
        path: of the file inside the snapshot.
        descent: reads what lies inside literals.
    """
    found = AnomalyList()
    arrays = JoblibArrays(reader, path, descent, found)
    run = run_pickle(reader, 0, on_build=arrays.step)
    facts = facts_of(run, reader, path, descent)
    for anomaly in facts.anomalies:
        found.add(anomaly.rule, anomaly.detail, offset=anomaly.offset, fatal=anomaly.fatal)
    hidden = _read_plainly(reader, arrays)
    if hidden:
        found.add(TWICE_RULE, "the bytes of an array are instructions to a plain unpickler")
    if 0 <= run.end < reader.size:
        found.add(TAIL_RULE, f"{reader.size - run.end} bytes follow the stream", offset=run.end)
    coverage, reason = _coverage(run, found)
    tail = _tail(reader, path, descent, run)
    return FileFacts(
        path,
        FORMAT,
        coverage,
        reason,
        tensors=tuple(arrays.tensors),
        callables=(*facts.callables, *hidden),
        external=tuple(arrays.external),
        anomalies=found.as_tuple(),
        members=(*facts.members, *arrays.members, *tail),
    )


def _coverage(run: PickleRun, found: AnomalyList) -> tuple[Coverage, str]:
    rules = {a.rule for a in found.as_tuple()}
    if run.coverage is Coverage.COMPLETE and "WGH-NP024" in rules:
        return Coverage.PARTIAL, "where an array ends is not known"
    if run.coverage is not Coverage.MALFORMED and "WGH-NP020" in rules:
        return Coverage.MALFORMED, "an array is cut short"
    return run.coverage, run.reason


def _tail(reader: RangeReader, path: str, descent: Descent, run: PickleRun) -> tuple[FileFacts, ...]:
    if not 0 <= run.end < reader.size:
        return ()
    tail = SliceReader(reader, run.end, reader.size - run.end)
    return (descent.member(tail, f"{path}!/(bytes at {run.end})"),)


def _read_plainly(reader: RangeReader, arrays: JoblibArrays) -> tuple[CallableUse, ...]:
    """What a plain unpickler would call on the way through the first array's bytes."""
    if not arrays.spans:
        return ()
    first, end = arrays.spans[0]
    plain = run_pickle(SliceReader(reader, 0, min(end, first + 1024 * 1024)), 0, limits=_LOOK)
    inside = (use for use in plain.uses if use.offset >= first and use.how is Use.CALL)
    return tuple(use for use in inside if _could_be(use.module) and _could_be(use.name))


def _could_be(dotted: str) -> bool:
    return bool(dotted) and dotted.isascii() and all(part.isidentifier() for part in dotted.split("."))
