"""One pickle among other bytes: what loading it would do, and what lies inside its literals."""

from weigh.core.facts import Anomaly, Coverage, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.descent import Descent
from weigh.formats.pickle_arrays import SIZE_RULE, arrays_of
from weigh.formats.pickle_inside import Inside
from weigh.formats.pickle_machine import OnPersistent, PickleRun, run_pickle


def follow(
    reader: RangeReader, path: str, descent: Descent, *, start: int = 0, meet: OnPersistent | None = None
) -> tuple[PickleRun, FileFacts]:
    """Follow the stream at `start`; its facts are those of a member `path`.

    Args:
        reader: bytes the stream lies in.
        path: of what the stream is, a member's path.
        descent: reads what lies inside literals.
        start: first byte of the stream.
        meet: told of persistent ids.
    """
    run = run_pickle(reader, start, on_persistent=meet)
    return run, facts_of(run, reader, path, descent)


def facts_of(run: PickleRun, reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of a stream that was followed; the arrays of numpy in its literals are its tensors."""
    inside = Inside(reader, path, descent)
    inside.look(run.nested)
    tensors, wrong = arrays_of(run.root, path, run.uses)
    sizes = tuple(Anomaly(SIZE_RULE, detail, offset) for detail, offset in wrong)
    coverage, reason = run.coverage, run.reason
    if inside.reason and coverage is Coverage.COMPLETE:
        coverage, reason = Coverage.PARTIAL, inside.reason
    return FileFacts(
        path,
        "pickle",
        coverage,
        reason,
        tensors=tuple(tensors),
        callables=run.uses,
        anomalies=(*run.anomalies, *inside.anomalies, *sizes),
        members=tuple(inside.members),
    )
