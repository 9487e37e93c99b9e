"""The symbolic pickle machine: what a stream would import, call, change and make, without doing it.

`run_pickle` follows one stream from PROTO to STOP with the exact rules of CPython's unpickler and builds the
value graph of `pickle_values`. It serves two purposes: the callables for the security rules, and the
description of tensors for the readers of torch, joblib, numpy and others.

Which uses come out (`PickleRun.uses`):
- a global that was called gives `Use.CALL` for each way it was called, one that never was `Use.IMPORT`;
- NEWOBJ and NEWOBJ_EX call `Cls.__new__`: the use has the name `Cls.__new__` and the arguments *after* the
  class itself; REDUCE, OBJ and INST have the global's own name;
- BUILD on an instance gives `Use.SET_STATE` with the class's name (for `copyreg._reconstructor`,
  `copyreg.__newobj__` and `numpy` `_reconstruct` the class they are given) and the state as only argument;
- BUILD, SETITEM(S), APPEND(S), ADDITEMS on what is no container or instance made in the stream give
  `Use.CHANGE` with the name of the global (or of the function whose result it is) and the new values;
- `getattr(Global, "text")` counts as a call of getattr, and what it gives is taken for the dotted global;
- calling the result of any other call gives the name `function()` of that function's module;
- an extension code that the stream did not register has module `copyreg` and name `extension 5`; names that
  are computed by a call or not followed are `(computed)`.
"""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from weigh.core.facts import Anomaly, CallableUse, Coverage, Use
from weigh.core.ports import RangeReader
from weigh.formats.pickle_engine import Engine
from weigh.formats.pickle_expansion import expanded
from weigh.formats.pickle_flood import walk_rest
from weigh.formats.pickle_held import BrokenError, EnoughError
from weigh.formats.pickle_loop import AgainError, follow
from weigh.formats.pickle_nested import Nested
from weigh.formats.pickle_values import UNKNOWN, Call, Persistent, Value

OnPersistent = Callable[[Persistent], Any]
"""Told of every persistent id; what it returns becomes `Persistent.value`."""
OnBuild = Callable[[Call, int], int | None]
"""Told of an instance whose state was just set, and of the offset of the next opcode. Where the loader would
go on reading elsewhere (joblib puts array bytes there), it returns that offset; else None."""


@dataclass(frozen=True, slots=True)
class PickleLimits:
    """Bounds of one run. Meeting one makes the coverage PARTIAL, never malicious.

    Attributes:
        opcodes: followed at most.
        nodes: values kept at most, counted where they are made.
    """

    opcodes: int = 50_000_000
    nodes: int = 5_000_000


LIMITS = PickleLimits()
FEWEST_SHARED = 30
"""References to containers below which sharing cannot make a bomb: 3 ** (30 / 3) copies."""
LARGE = 10**9
BOMB = 10**13
"""Values that shared containers may stand for: three levels of 10,000 are 10 ** 12."""


@dataclass(frozen=True, slots=True)
class PickleRun:
    """What one stream holds.

    Attributes:
        start: its first byte.
        end: the byte after STOP; -1 when it was not reached.
        root: what the stream makes; UNKNOWN when STOP was not reached.
        uses: what loading would import, call or change, all before an error included.
        anomalies: rules broken.
        nested: literals to look into.
        coverage: COMPLETE, PARTIAL (a bound was met) or MALFORMED; `reason` why not complete.
        protocol: the stream's PROTO, 0 without one.
        opcodes: followed.
        last: the byte where reading stopped: `end`, or where the error lies.
    """

    start: int
    end: int
    root: Value
    uses: tuple[CallableUse, ...]
    anomalies: tuple[Anomaly, ...]
    nested: tuple[Nested, ...]
    coverage: Coverage
    reason: str
    protocol: int
    opcodes: int
    last: int


def run_pickle(
    reader: RangeReader,
    start: int = 0,
    *,
    limits: PickleLimits = LIMITS,
    on_persistent: OnPersistent | None = None,
    on_build: OnBuild | None = None,
) -> PickleRun:
    """What the pickle that begins at `start` would do and make. Never raises for what it holds.

    Args:
        reader: the bytes; read in windows, long literals are stepped over.
        start: offset of the first opcode.
        limits: bounds.
        on_persistent: told of persistent ids; without it an id whose shape is unknown is an anomaly.
        on_build: told of instances after BUILD.

    Raises:
        StorageError: the bytes cannot be had at all.
    """
    engine = Engine(reader, start, limits, on_persistent, on_build)
    root: Value = UNKNOWN
    end = -1
    coverage, reason = Coverage.COMPLETE, ""
    try:
        root = _followed(engine)
        end = engine.at
    except BrokenError as error:
        end, root = -1, UNKNOWN
        coverage, reason = Coverage.MALFORMED, error.detail
        engine.found.add(error.rule, error.detail, offset=engine.op, fatal=True)
    except EnoughError as error:
        coverage, reason = Coverage.PARTIAL, str(error)
        if not error.final:
            walk_rest(engine)
    lost = engine.lost or engine.merged
    if coverage is Coverage.COMPLETE and (engine.reason or lost or engine.uses.tired):
        tired = "telling its calls apart takes too long" if engine.uses.tired else ""
        coverage, reason = Coverage.PARTIAL, engine.reason or tired or "it holds more values than are kept"
    _see_expansion(engine, root)
    return PickleRun(
        start,
        end,
        root,
        tuple(_uses(engine)),
        engine.found.as_tuple(),
        tuple(engine.nested),
        coverage,
        reason,
        engine.protocol,
        engine.opcodes,
        end if end >= 0 else engine.op,
    )


def _followed(engine: Engine) -> Value:
    """What the stream makes.

    The collector of cycles stands still meanwhile: it would walk over all nodes again and again, and none of
    them can be given back before the end.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        while True:
            try:
                return follow(engine)
            except AgainError:
                continue
    finally:
        if collects:
            gc.enable()


def _uses(engine: Engine) -> list[CallableUse]:
    """All uses, and the globals that were only imported."""
    seen = set()
    for made in engine.globals:
        if not made.called and (made.module, made.name) not in seen:
            seen.add((made.module, made.name))
            engine.uses.add(Use.IMPORT, (made.module, made.name), made.offset)
    return sorted(engine.uses, key=lambda use: use.offset)


def _see_expansion(engine: Engine, root: Value) -> None:
    """Note a small stream of shared containers that stand for very many values."""
    if engine.shared < FEWEST_SHARED:
        return
    size = expanded(root)
    if size > BOMB:
        engine.found.add("WGH-PK016", f"its containers share parts and stand for {size:.0e} values")
    elif size > LARGE:
        engine.found.add("WGH-PK019", f"its containers share parts and stand for {size:.0e} values")
