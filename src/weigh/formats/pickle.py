"""A file of pickles: what loading it would do, and the numpy arrays in it.

The rules stand in docs/formats/pickle.md.

Source: CPython, Modules/_pickle.c and Lib/pickletools.py; PEP 307, 3154, 574.
"""

from dataclasses import dataclass, field, replace

from weigh.core.facts import Basis, CallableUse, Coverage, ExternalReference, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList
from weigh.formats.descent import Descent
from weigh.formats.joblib_arrays import wrapper_of
from weigh.formats.pickle_arrays import SIZE_RULE, arrays_of
from weigh.formats.pickle_data import walk_data
from weigh.formats.pickle_inside import Inside
from weigh.formats.pickle_machine import LIMITS, PickleLimits, PickleRun, run_pickle
from weigh.formats.pickle_probe import OPENERS, names_hold
from weigh.formats.pickle_values import Call
from weigh.formats.smuggled import smuggled

FORMAT = "pickle"
MOST_STREAMS = 100_000
"""Pickles one after another in one file."""
MOST_USES = 250_000
"""Different uses kept of one file."""
MOST_PADDING = 64 * 1024
"""Zero bytes and line ends after the last stream that are no matter."""
_JOBLIB_WRAPPERS = frozenset({"NumpyArrayWrapper", "NDArrayWrapper", "ZNDArrayWrapper"})
_ORDER = (Coverage.COMPLETE, Coverage.PARTIAL, Coverage.UNREAD, Coverage.MALFORMED)


def read_pickle(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one file. Never raises for what the file holds.

    Args:
        reader: its bytes; long literals are stepped over.
        path: of the file inside the snapshot.
        descent: what reading literals that are files themselves may cost.
    """
    file = _File(reader, path, descent, Inside(reader, path, descent))
    at = 0
    while at >= 0 and file.streams < MOST_STREAMS:
        at = file.read_stream(at)
    if at >= 0:
        file.lower(Coverage.PARTIAL, f"it holds more than {MOST_STREAMS} pickles")
    return file.facts()


@dataclass(slots=True)
class _File:
    """What was read so far of one file."""

    reader: RangeReader
    path: str
    descent: Descent
    inside: Inside
    streams: int = 0
    protocol: int = 0
    opcodes: int = LIMITS.opcodes
    coverage: Coverage = Coverage.COMPLETE
    reason: str = ""
    joblib: bool = False
    found: AnomalyList = field(default_factory=AnomalyList)
    uses: dict[object, CallableUse] = field(default_factory=dict)
    tensors: list[TensorInfo] = field(default_factory=list)
    external: list[ExternalReference] = field(default_factory=list)

    def lower(self, coverage: Coverage, reason: str) -> None:
        """Note that something was not understood."""
        if _ORDER.index(coverage) > _ORDER.index(self.coverage):
            self.coverage, self.reason = coverage, reason

    def read_stream(self, at: int) -> int:
        """Read the pickle at `at`; returns where the next one begins, -1 when there is none."""
        data = walk_data(self.reader, at)
        if data is not None:
            self.protocol = max(self.protocol, data.protocol)
            self.streams += 1
            self.inside.look(data.nested)
            return self._next(data.end)
        if self.opcodes <= 0:
            self.lower(Coverage.PARTIAL, f"it has more than {LIMITS.opcodes} opcodes")
            return -1
        run = run_pickle(self.reader, at, limits=PickleLimits(self.opcodes), on_build=self._on_build)
        if self.joblib:
            self._read_joblib(run)
            return -1
        if self.streams and run.end < 0 and not names_hold(run.uses):
            self._trailing(at)
            return -1
        self._add(run)
        return self._next(run.end) if run.end >= 0 else -1

    def _add(self, run: PickleRun) -> None:
        self.streams += 1
        self.opcodes -= run.opcodes
        self.protocol = max(self.protocol, run.protocol)
        self.lower(run.coverage, run.reason)
        self._add_uses(run.uses)
        for anomaly in run.anomalies:
            self.found.add(anomaly.rule, anomaly.detail, offset=anomaly.offset, fatal=anomaly.fatal)
        tensors, wrong = arrays_of(run.root, self.path, run.uses)
        self.tensors += tensors
        for detail, offset in wrong:
            self.found.add(SIZE_RULE, detail, offset=offset)
        self.inside.look(run.nested)

    def _add_uses(self, uses: tuple[CallableUse, ...]) -> None:
        for use in uses:
            key = (use.module, use.name, use.how, use.arguments, use.keywords)
            known = self.uses.get(key)
            if known is not None:
                self.uses[key] = replace(known, count=known.count + use.count)
            elif len(self.uses) < MOST_USES:
                self.uses[key] = use
            else:
                self.lower(Coverage.PARTIAL, f"it uses callables in more than {MOST_USES} ways")

    def _next(self, end: int) -> int:
        """Where the next stream begins, if what follows one is another."""
        left = self.reader.size - end
        if left <= 0:
            return -1
        head = self.reader.read(end, 64)
        padding = b"\0\r\n \t"
        if (
            left <= MOST_PADDING
            and not head.strip(padding)
            and not self.reader.read(end, left).strip(padding)
        ):
            return -1
        if head[0] in OPENERS:
            return end
        self._trailing(end)
        return -1

    def _trailing(self, end: int) -> None:
        left = self.reader.size - end
        self.found.add("WGH-PK026", f"{left} bytes after the pickle are no pickle", offset=end)
        self.inside.members += smuggled(self.reader, self.path, self.descent, end, end + left)

    # joblib.

    def _on_build(self, call: Call, offset: int) -> int | None:
        """Note a joblib file: an array's bytes follow the wrapper's state, and its own reader knows them."""
        del offset
        module, name = wrapper_of(call)
        if name not in _JOBLIB_WRAPPERS or "joblib" not in module.split(".") or self.streams:
            return None
        self.joblib = True
        return self.reader.size

    def _read_joblib(self, run: PickleRun) -> None:
        from weigh.formats.joblib import read_joblib

        facts = read_joblib(self.reader, self.path, self.descent)
        self.streams += 1
        self.protocol = run.protocol
        self._add_uses(facts.callables)
        known = {(use.module, use.name) for use in self.uses.values()}
        self._add_uses(tuple(use for use in run.uses if (use.module, use.name) not in known))
        self.external += facts.external
        for anomaly in facts.anomalies:
            self.found.add(anomaly.rule, anomaly.detail, offset=anomaly.offset, fatal=anomaly.fatal)
        self.tensors += facts.tensors
        self.inside.members += facts.members
        self.lower(facts.coverage, facts.reason)

    def _plain_uses(self, known: set[tuple[str, str]]) -> tuple[CallableUse, ...]:
        """What `pickle.load` would do, which takes the array bytes for opcodes."""
        run = run_pickle(self.reader, 0, limits=PickleLimits(self.opcodes))
        more = tuple(use for use in run.uses if (use.module, use.name) not in known)
        return more if names_hold(more) else ()

    def facts(self) -> FileFacts:
        """Everything that was read."""
        for anomaly in self.inside.anomalies:
            self.found.add(anomaly.rule, anomaly.detail, offset=anomaly.offset)
        if self.inside.reason:
            self.lower(Coverage.PARTIAL, self.inside.reason)
        metadata = (
            Fact("pickle.protocol", self.protocol, Basis.DETECTED, self.path),
            Fact("pickle.streams", self.streams, Basis.DETECTED, self.path),
        )
        return FileFacts(
            self.path,
            FORMAT,
            self.coverage,
            self.reason,
            tensors=tuple(self.tensors),
            callables=tuple(self.uses.values()),
            external=tuple(self.external),
            metadata=metadata,
            anomalies=self.found.as_tuple(),
            members=tuple(self.inside.members),
        )
