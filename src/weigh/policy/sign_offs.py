"""Sign-offs: has a named person answered what no measurement can? Only a live one passes; none fails."""

from collections.abc import Iterator, Set as AbstractSet
from datetime import date

from weigh.core.evidence import Evidence
from weigh.core.requirement import Requirement
from weigh.core.sign_off import CHECK_ID, MEASURE
from weigh.core.verdict import Reason, VerdictKind


def signed(line: Requirement, pieces: tuple[tuple[Evidence, str], ...], *, today: date) -> Reason:
    """Whether the line's question is signed for something this job is about.

    A sign-off counts when its subject is also the subject of other evidence of the job: a signature
    under another model's digest, or under the same model with other bytes, is none under this one. The
    same holds for the data set, where it names one.

    Args:
        line: a line of kind SIGN_OFF.
        pieces: all evidence of the job with its digests.
        today: a sign-off holds up to and including the day it names.
    """
    about = {e.subject.digest for e, _ in pieces if e.check != CHECK_ID}
    ends = [
        (end, digest)
        for evidence, digest in pieces
        if evidence.check == CHECK_ID and evidence.answered and evidence.subject.digest in about
        for end in _ends(evidence, line.sign_off, about)
    ]
    if not ends:
        text = f"nobody has signed {line.sign_off!r} for these bytes"
        return Reason(line.id, VerdictKind.UNKNOWN, text, required=line.required, sign_off=line.sign_off)
    last = max(ends, key=lambda pair: (pair[0] is None, pair[0] or date.min, pair[1]))
    end, digest = last
    if end is not None and end < today:
        text, kind = f"the last sign-off of {line.sign_off!r} ended on {end.isoformat()}", VerdictKind.UNKNOWN
    else:
        until = "with no end" if end is None else f"until {end.isoformat()}"
        text, kind = f"{line.sign_off!r} is signed, {until}", VerdictKind.PASS
    return Reason(line.id, kind, text, required=line.required, evidence=(digest,), sign_off=line.sign_off)


def _ends(evidence: Evidence, question: str, about: AbstractSet[str]) -> Iterator[date | None]:
    """The last day of each sign-off of the question; None for one without an end.

    A day that cannot be read is no day: such a sign-off counts for nothing.
    """
    for measure in evidence.measures:
        if not measure.matches(MEASURE, question=question) or measure.value != 1.0:
            continue
        if measure.label("data") and measure.label("data") not in about:
            continue
        said = dict(measure.labels).get("expires")
        if said == "":
            yield None
        elif said is not None:
            try:
                yield date.fromisoformat(said)
            except ValueError:
                continue
